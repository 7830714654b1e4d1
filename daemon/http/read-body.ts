// Collects a request body as bytes, bounded in size and in idle time. Nothing is parsed and nothing becomes a string.

import type { IncomingMessage } from 'node:http';
import { brotliDecompress, gunzip, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';

import { RouterError } from '../errors.ts';
import type { Clock } from '../util/clock.ts';

export interface ReadBodyOptions {
  /** Most bytes accepted, also after decompression. */
  readonly maxBytes: number;
  /** Longest pause between two pieces, ms. */
  readonly idleMs: number;
  readonly clock: Clock;
  /** Ends the wait early; its reason becomes the error. */
  readonly signal?: AbortSignal;
}

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const DECOMPRESSORS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['gzip', promisify(gunzip)],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
]);

/**
 * The whole body, decompressed. Rejects with `request.too_large` before the excess is read (the caller answers and
 * discards the rest), `request.unsupported` for an unknown content-encoding, `request.malformed` for a stalled or
 * broken upload, `client.closed` when the client leaves.
 */
export async function readBody(request: IncomingMessage, options: ReadBodyOptions): Promise<Buffer> {
  const decompress = decompressorOf(request.headers['content-encoding']);
  if (Number(request.headers['content-length'] ?? 0) > options.maxBytes) throw tooLarge(options.maxBytes);
  const bytes = await collect(request, options);
  return decompress === undefined ? bytes : inflate(bytes, decompress, options.maxBytes);
}

function decompressorOf(contentEncoding: string | undefined): Decompress | undefined {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return undefined;
  const decompress = DECOMPRESSORS.get(encoding);
  if (decompress !== undefined) return decompress;
  throw new RouterError(
    'request.unsupported',
    `this content-encoding is not accepted; send the body plain or as ${[...DECOMPRESSORS.keys()].join(', ')}`,
    { statusCode: 415, param: 'content-encoding' },
  );
}

function collect(request: IncomingMessage, options: ReadBodyOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const chunks: Buffer[] = [];
    let receivedBytes = 0;
    let cancelTimer = (): void => {};

    const settle = (finish: () => void): void => {
      cancelTimer();
      signal?.removeEventListener('abort', onAbort);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      finish();
    };
    const onIdle = (): void => {
      const seconds = Math.round(options.idleMs / 1000);
      const message = `the request body stalled for ${seconds} s; send it without pauses`;
      settle(() => reject(new RouterError('request.malformed', message, { statusCode: 408 })));
    };
    const onData = (chunk: Buffer): void => {
      receivedBytes += chunk.length;
      if (receivedBytes > options.maxBytes) {
        request.pause();
        settle(() => reject(tooLarge(options.maxBytes)));
        return;
      }
      chunks.push(chunk);
      cancelTimer();
      cancelTimer = options.clock.setTimer(options.idleMs, onIdle);
    };
    const onEnd = (): void => {
      settle(() =>
        resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, receivedBytes)),
      );
    };
    const onGone = (): void => {
      settle(() =>
        reject(new RouterError('client.closed', 'the client left before its request was complete')),
      );
    };

    const onAbort = (): void => settle(() => reject(signal?.reason as Error));

    if (request.destroyed) {
      onGone();
      return;
    }
    signal?.addEventListener('abort', onAbort);
    cancelTimer = options.clock.setTimer(options.idleMs, onIdle);
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

async function inflate(bytes: Buffer, decompress: Decompress, maxBytes: number): Promise<Buffer> {
  try {
    return await decompress(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    // Node stops inflating at the cap, so a bomb costs no more than an honest body of that size.
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new RouterError('request.malformed', 'the body does not match its content-encoding', {
      cause: error,
    });
  }
}

function tooLarge(maxBytes: number): RouterError {
  const limit = maxBytes >= 1_048_576 ? `${Math.floor(maxBytes / 1_048_576)} MiB` : `${maxBytes} bytes`;
  return new RouterError(
    'request.too_large',
    `the request body is larger than ${limit}; shorten the conversation or raise limits.maxBodyBytes`,
  );
}
