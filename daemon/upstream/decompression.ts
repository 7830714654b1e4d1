// Unpacks answers of providers that compress although we ask them not to, within bounds.

import { createUnpacking, UnpackingError, type Encoding } from '../util/unpacking.ts';
import { AttemptError } from './transport-failure.ts';

/** Largest body that is taken from an upstream, unpacked. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Takes reads as they arrive and gives them back unpacked. */
export interface Decompression {
  push(chunks: readonly Buffer[]): Promise<readonly Buffer[]>;
  /** Frees what it holds; may be called at any time. */
  close(): void;
}

const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
]);

/** null when nothing has to be unpacked. Throws AttemptError for an encoding that nobody can read. */
export function decompressionFor(contentEncoding: string | undefined): Decompression | null {
  const name = contentEncoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return null;
  const encoding = ENCODINGS.get(name);
  if (encoding === undefined) {
    throw new AttemptError(
      'invalid-response',
      `the answer is encoded as ${name.slice(0, 40)}, which was not asked for`,
    );
  }
  const unpacking = createUnpacking(encoding, { mayBeTorn: true });
  return {
    async push(chunks) {
      try {
        return await unpacking.push(Buffer.concat(chunks));
      } catch (error) {
        throw failureOf(error);
      }
    },
    close: () => unpacking.close(),
  };
}

function failureOf(error: unknown): AttemptError {
  const isBomb = error instanceof UnpackingError && error.kind === 'ratio';
  return new AttemptError(
    'invalid-response',
    isBomb
      ? 'the answer unpacks to far more than any answer of a model'
      : 'the answer is compressed and its packing is broken',
  );
}
