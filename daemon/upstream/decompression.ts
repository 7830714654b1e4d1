// Unpacks answers of providers that compress although we ask them not to, within bounds, so that a small answer cannot
// fill the memory. One read in, one read out: nothing is held back, so compressed streams stay streams.

import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  constants,
} from 'node:zlib';
import type { Transform } from 'node:stream';
import { AttemptError } from './transport-failure.ts';

/** Largest body that is taken from an upstream, unpacked. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Text of models packs 3-10 fold, runs of one byte a thousand fold. Small bodies may have any ratio. */
const MAX_RATIO = 100;
const RATIO_FREE_BYTES = 1024 * 1024;

/** Takes reads as they arrive and gives them back unpacked. */
export interface Decompression {
  push(chunks: readonly Buffer[]): Promise<readonly Buffer[]>;
  /** Frees what it holds; may be called at any time. */
  close(): void;
}

const UNPACKERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }),
  'x-gzip': () => createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }),
  deflate: () => createInflate({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
};

/** null when nothing has to be unpacked. Throws AttemptError for an encoding that nobody can read. */
export function decompressionFor(contentEncoding: string | undefined): Decompression | null {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return null;
  const create = Object.hasOwn(UNPACKERS, encoding) ? UNPACKERS[encoding] : undefined;
  if (create === undefined) {
    throw new AttemptError(
      'invalid-response',
      `the answer is encoded as ${encoding}, which was not asked for`,
    );
  }
  return unpack(create());
}

function unpack(unpacker: Transform): Decompression {
  let out: Buffer[] = [];
  let packedBytes = 0;
  let unpackedBytes = 0;
  let broken: Error | null = null;
  let settle: ((error: Error | null) => void) | null = null;
  const fail = (error: Error): void => {
    broken ??= error;
    settle?.(broken);
  };
  unpacker.on('data', (chunk: Buffer) => {
    out.push(chunk);
    unpackedBytes += chunk.length;
    if (unpackedBytes <= RATIO_FREE_BYTES || unpackedBytes <= packedBytes * MAX_RATIO) return;
    fail(new AttemptError('invalid-response', 'the answer unpacks to far more than any answer of a model'));
    unpacker.destroy();
  });
  unpacker.on('error', () => {
    fail(new AttemptError('invalid-response', 'the answer is compressed and its packing is broken'));
  });
  return {
    async push(chunks) {
      const packed = Buffer.concat(chunks);
      packedBytes += packed.length;
      await new Promise<void>((resolve, reject) => {
        settle = (error) => (error === null ? resolve() : reject(error));
        if (broken === null) unpacker.write(packed, (error) => settle?.(error ?? null));
        else reject(broken);
      });
      const unpacked = out;
      out = [];
      return unpacked;
    },
    close() {
      unpacker.destroy();
    },
  };
}
