// Unpacks compressed bodies within bounds, so that a small one cannot fill the memory. Read by read: what was flushed on
// the other side comes out, so compressed streams stay streams.

import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  constants,
} from 'node:zlib';
import type { Transform } from 'node:stream';

export type Encoding = 'gzip' | 'deflate' | 'br' | 'zstd';

/** Text packs 3-10 fold, runs of one byte a thousand fold. Small bodies may have any ratio. */
export const MAX_RATIO = 100;
const RATIO_FREE_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

export class UnpackingError extends Error {
  override readonly name = 'UnpackingError';
  readonly kind: 'ratio' | 'broken';

  constructor(kind: UnpackingError['kind']) {
    super(kind === 'ratio' ? `unpacks to more than ${MAX_RATIO} times its size` : 'the packing is broken');
    this.kind = kind;
  }
}

/** Takes reads as they arrive and gives them back unpacked. Rejects with UnpackingError. */
export interface Unpacking {
  push(packed: Buffer): Promise<readonly Buffer[]>;
  /** What is left when nothing more comes; rejects when the packed bytes end too early. */
  end(): Promise<readonly Buffer[]>;
  /** Frees what it holds; may be called at any time. Whoever waits is told so. */
  close(): void;
}

/** `mayBeTorn`: a missing end is no error, since the bytes inside say themselves where they end. */
export function createUnpacking(encoding: Encoding, options: { readonly mayBeTorn: boolean }): Unpacking {
  return new BoundedUnpacking(createTransform(encoding, options.mayBeTorn));
}

function createTransform(encoding: Encoding, mayBeTorn: boolean): Transform {
  const finishFlush = mayBeTorn ? constants.Z_SYNC_FLUSH : constants.Z_FINISH;
  const zlibOptions = { flush: constants.Z_SYNC_FLUSH, finishFlush, chunkSize: CHUNK_BYTES };
  switch (encoding) {
    case 'gzip':
      return createGunzip(zlibOptions);
    case 'deflate':
      return createInflate(zlibOptions);
    case 'br':
      return createBrotliDecompress({ chunkSize: CHUNK_BYTES });
    default:
      return createZstdDecompress({ chunkSize: CHUNK_BYTES });
  }
}

class BoundedUnpacking implements Unpacking {
  readonly #unpacker: Transform;
  #out: Buffer[] = [];
  #packedBytes = 0;
  #unpackedBytes = 0;
  #broken: UnpackingError | null = null;
  /** Whoever waits for a push or the end; one at a time. */
  #waiter: { resolve(chunks: readonly Buffer[]): void; reject(error: Error): void } | null = null;

  constructor(unpacker: Transform) {
    this.#unpacker = unpacker;
    unpacker.on('data', (chunk: Buffer) => this.#onData(chunk));
    unpacker.on('end', () => this.#done());
    unpacker.on('error', () => this.#fail('broken'));
    unpacker.on('close', () => this.#fail('broken')); // nobody may wait for ever
  }

  push(packed: Buffer): Promise<readonly Buffer[]> {
    this.#packedBytes += packed.length;
    return this.#wait(() =>
      this.#unpacker.write(packed, (error) => {
        if (error === undefined || error === null) this.#done();
        else this.#fail('broken');
      }),
    );
  }

  end(): Promise<readonly Buffer[]> {
    return this.#wait(() => this.#unpacker.end());
  }

  close(): void {
    this.#unpacker.destroy();
  }

  #wait(start: () => void): Promise<readonly Buffer[]> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      start();
    });
  }

  #onData(chunk: Buffer): void {
    if (this.#broken !== null) return;
    this.#out.push(chunk);
    this.#unpackedBytes += chunk.length;
    if (this.#unpackedBytes <= RATIO_FREE_BYTES || this.#unpackedBytes <= this.#packedBytes * MAX_RATIO) {
      return;
    }
    this.#fail('ratio');
    this.#unpacker.destroy();
  }

  #done(): void {
    const chunks = this.#out;
    this.#out = [];
    this.#waiter?.resolve(chunks);
    this.#waiter = null;
  }

  #fail(kind: UnpackingError['kind']): void {
    this.#broken ??= new UnpackingError(kind);
    this.#waiter?.reject(this.#broken);
    this.#waiter = null;
  }
}
