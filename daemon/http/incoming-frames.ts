// What one WebSocket connection may bring: so many messages, of so much in memory together with the bodies of all other
// requests, and none of them at a drip. Knows no sockets.

import type { Clock } from '../util/clock.ts';
import { MessageRate } from '../util/message-rate.ts';
import type { BodyBudget, BodyShare } from './body-budget.ts';

export interface IncomingFramesDeps {
  readonly bodies: BodyBudget;
  readonly clock: Clock;
  /** Closes the connection; called once at most. What comes afterwards is thrown away. */
  readonly expel: (code: number, reason: string) => void;
}

const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** Frames and pings; an assistant sends one for each answer. */
const MESSAGE_RATE = { burst: 256, perSecond: 32 };
/** Between two looks a large frame that has begun must grow by so much; one that is smaller may take its time. */
const MIN_GROWTH_BYTES = 1024 * 1024;

export class IncomingFrames {
  readonly #deps: IncomingFramesDeps;
  readonly #rate: MessageRate;
  /** What has arrived of the frame that is not complete yet. */
  #share: BodyShare;
  #bytesAtLook = 0;
  #isExpelled = false;

  constructor(deps: IncomingFramesDeps) {
    this.#deps = deps;
    this.#rate = new MessageRate(deps.clock, MESSAGE_RATE);
    this.#share = this.#open();
  }

  /** So many bytes came, whatever they are. */
  received(bytes: number): void {
    this.#share.grow(bytes);
  }

  /** A frame is complete: what it holds, to be released by whoever takes it. null = it is not welcome. */
  complete(): BodyShare | null {
    const share = this.#share;
    share.complete();
    this.#share = this.#open();
    this.#bytesAtLook = 0;
    if (this.isWelcome()) return share;
    share.release();
    return null;
  }

  /** One more message; false when there were too many. */
  isWelcome(): boolean {
    if (!this.#isExpelled && !this.#rate.take()) this.#expel(POLICY_VIOLATION, 'too many messages');
    return !this.#isExpelled;
  }

  /** For a look every half minute: whether a large frame hardly grows. Expels then. */
  isDripping(): boolean {
    const grownBytes = this.#share.bytes - this.#bytesAtLook;
    const isDripping = this.#bytesAtLook > MIN_GROWTH_BYTES && grownBytes < MIN_GROWTH_BYTES;
    this.#bytesAtLook = this.#share.bytes;
    if (isDripping) this.#expel(POLICY_VIOLATION, 'a frame came too slowly');
    return isDripping;
  }

  /** The connection is gone. */
  release(): void {
    this.#isExpelled = true;
    this.#share.release();
  }

  #open(): BodyShare {
    return this.#deps.bodies.open((error) => this.#expel(TRY_AGAIN_LATER, error.message));
  }

  #expel(code: number, reason: string): void {
    if (this.#isExpelled) return;
    this.release();
    this.#deps.expel(code, reason);
  }
}
