// Collects a request body as bytes, bounded in size, in time and in what all bodies may hold together. Nothing is parsed
// and nothing becomes a string.

import type { IncomingMessage } from 'node:http';

import { RouterError } from '../errors.ts';
import type { Clock } from '../util/clock.ts';
import { createUnpacking, MAX_RATIO, UnpackingError, type Encoding } from '../util/unpacking.ts';
import type { BodyBudget, BodyShare } from './body-budget.ts';
import { ByteCollector } from './byte-collector.ts';

export interface ReadBodyOptions {
  /** Most bytes accepted, also after decompression. */
  readonly maxBytes: number;
  /** Longest pause between two pieces, ms. */
  readonly idleMs: number;
  readonly clock: Clock;
  /** What all requests hold in bodies. */
  readonly budget: BodyBudget;
  /** Ends the wait early; its reason becomes the error. */
  readonly signal?: AbortSignal;
}

export interface HeldBody {
  /** Decompressed. */
  readonly bytes: Buffer;
  /** The bytes are not needed any more; until then they count. */
  release(): void;
}

/** After twice the idle limit a body must have come at this pace on the whole. A slow tunnel does ten times as much. */
const MIN_BYTES_PER_S = 32 * 1024;
/** So many pieces are welcome however small, and behind them one for each so many bytes. */
const FREE_PIECES = 16_384;
const BYTES_PER_PIECE = 64;

/** So much is read of one body before all others have had their turn. */
const BURST_BYTES = 256 * 1024;

const ENCODINGS: readonly Encoding[] = ['gzip', 'br', 'zstd'];

/**
 * The whole body. Rejects with `request.too_large` before the excess is read (the caller answers and discards the rest),
 * `request.unsupported` for an unknown content-encoding, `request.malformed` for a stalled, dripping or broken upload,
 * `router.overloaded` when the bodies of all requests get too much, `client.closed` when the client leaves.
 */
export async function readBody(request: IncomingMessage, options: ReadBodyOptions): Promise<HeldBody> {
  const encoding = encodingOf(request.headers['content-encoding']);
  if (Number(request.headers['content-length'] ?? 0) > options.maxBytes) throw tooLarge(options.maxBytes);
  const upload = new Upload(request, options);
  const { share } = upload;
  try {
    const packed = await upload.bytes();
    const bytes = encoding === undefined ? packed : await unpack(packed, encoding, upload);
    share.complete();
    return { bytes, release: () => share.release() };
  } catch (error) {
    share.release();
    throw error;
  }
}

function encodingOf(contentEncoding: string | undefined): Encoding | undefined {
  const name = contentEncoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return undefined;
  const encoding = ENCODINGS.find((known) => known === name);
  if (encoding !== undefined) return encoding;
  throw new RouterError(
    'request.unsupported',
    `this content-encoding is not accepted; send the body plain or as ${ENCODINGS.join(', ')}`,
    { statusCode: 415, param: 'content-encoding' },
  );
}

/** One body on its way in. */
class Upload {
  readonly options: ReadBodyOptions;
  readonly share: BodyShare;
  readonly #request: IncomingMessage;
  readonly #collector = new ByteCollector();
  readonly #startedMs: number;
  #pieces = 0;
  #lastPieceMs: number;
  #burstBytes = 0;
  #nextTurn: NodeJS.Immediate | undefined;
  #cancelTimer = (): void => {};
  #resolve: (bytes: Buffer) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #evictedBy: RouterError | undefined;

  constructor(request: IncomingMessage, options: ReadBodyOptions) {
    this.#request = request;
    this.options = options;
    this.share = options.budget.open((error) => {
      this.#evictedBy = error;
      this.#fail(error);
    });
    this.#startedMs = options.clock.monotonicMs();
    this.#lastPieceMs = this.#startedMs;
  }

  bytes(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const request = this.#request;
      if (request.destroyed) return this.#onGone();
      this.options.signal?.addEventListener('abort', this.#onAbort);
      this.#watch(this.options.idleMs);
      request.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onGone);
      request.on('close', this.#onGone);
    });
  }

  /** Throws what ends it although everything has arrived. */
  check(): void {
    if (this.#evictedBy !== undefined) throw this.#evictedBy;
    this.options.signal?.throwIfAborted();
  }

  #watch(delayMs: number): void {
    this.#cancelTimer = this.options.clock.setTimer(delayMs, () => this.#look());
  }

  /** One timer for the whole body: pieces only leave their time behind. */
  #look(): void {
    const { clock, idleMs } = this.options;
    const nowMs = clock.monotonicMs();
    const seconds = Math.round(idleMs / 1000);
    const idleAtMs = this.#lastPieceMs + idleMs;
    const dueAtMs = this.#startedMs + 2 * idleMs + (this.#collector.length / MIN_BYTES_PER_S) * 1000;
    if (nowMs >= idleAtMs) this.#fail(stalled(`stalled for ${seconds} s; send it without pauses`));
    else if (nowMs >= dueAtMs) this.#fail(stalled('came too slowly; send it at 32 KiB a second at least'));
    else this.#watch(Math.min(idleAtMs, dueAtMs) - nowMs);
  }

  readonly #onData = (piece: Buffer): void => {
    const { maxBytes, clock } = this.options;
    const collector = this.#collector;
    collector.push(piece);
    this.#pieces += 1;
    if (collector.length > maxBytes) return this.#fail(tooLarge(maxBytes));
    if (this.#pieces > FREE_PIECES + collector.length / BYTES_PER_PIECE) {
      return this.#fail(stalled('came in too many small pieces; send larger chunks', 400));
    }
    this.#lastPieceMs = clock.monotonicMs();
    this.#burstBytes += piece.length;
    if (this.#burstBytes >= BURST_BYTES) this.#letOthersGo();
    this.share.grow(piece.length);
  };

  #letOthersGo(): void {
    this.#burstBytes = 0;
    this.#request.pause();
    this.#nextTurn = setImmediate(() => this.#request.resume());
  }

  readonly #onEnd = (): void => {
    this.#settle();
    this.#resolve(this.#collector.take());
  };

  readonly #onGone = (): void => {
    this.#fail(new RouterError('client.closed', 'the client left before its request was complete'));
  };

  readonly #onAbort = (): void => this.#fail(this.options.signal?.reason);

  #fail(error: unknown): void {
    this.#settle();
    this.#collector.clear();
    this.#request.pause();
    this.#reject(error);
  }

  #settle(): void {
    this.#cancelTimer();
    clearImmediate(this.#nextTurn);
    this.options.signal?.removeEventListener('abort', this.#onAbort);
    const request = this.#request;
    request.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onGone);
    request.off('close', this.#onGone);
  }
}

/** While it goes on, both forms are held, and count. */
async function unpack(packed: Buffer, encoding: Encoding, upload: Upload): Promise<Buffer> {
  const { share, options } = upload;
  const unpacking = createUnpacking(encoding, { mayBeTorn: false });
  const collector = new ByteCollector();
  const take = (chunks: readonly Buffer[]): void => {
    for (const chunk of chunks) {
      collector.push(chunk);
      share.grow(chunk.length);
    }
    upload.check();
    if (collector.length > options.maxBytes) throw tooLarge(options.maxBytes);
  };
  try {
    for (let at = 0; at < packed.length; at += UNPACK_STEP_BYTES) {
      take(await unpacking.push(packed.subarray(at, at + UNPACK_STEP_BYTES)));
    }
    take(await unpacking.end());
    share.shrink(packed.length);
    return collector.take();
  } catch (error) {
    throw error instanceof UnpackingError ? unpackingProblem(error) : error;
  } finally {
    unpacking.close();
  }
}

/** A step unpacks to a hundred times as much at most, so what is not counted yet stays small. */
const UNPACK_STEP_BYTES = 16 * 1024;

function unpackingProblem(error: UnpackingError): RouterError {
  if (error.kind === 'broken') {
    const message = 'the body does not match its content-encoding';
    return new RouterError('request.malformed', message, { cause: error });
  }
  const message = `the body unpacks to more than ${MAX_RATIO} times its size; send it without compression`;
  return new RouterError('request.too_large', message, { cause: error });
}

function stalled(what: string, statusCode = 408): RouterError {
  return new RouterError('request.malformed', `the request body ${what}`, { statusCode });
}

function tooLarge(maxBytes: number): RouterError {
  const limit = maxBytes >= 1_048_576 ? `${Math.floor(maxBytes / 1_048_576)} MiB` : `${maxBytes} bytes`;
  return new RouterError(
    'request.too_large',
    `the request body is larger than ${limit}; shorten the conversation or raise limits.maxBodyBytes`,
  );
}
