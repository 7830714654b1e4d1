// The time limits of one attempt on a single timer: first event, idle, total. Activity only stamps a deadline; the
// timer looks at it when it fires, so that a stream of a thousand tokens sets no thousand timers.

import type { Clock } from '../util/clock.ts';

export type ExpiredPhase = 'first-event' | 'idle' | 'total';

export class Watchdog {
  readonly #clock: Clock;
  readonly #onExpired: (phase: ExpiredPhase, limitMs: number) => void;
  readonly #totalMs: number;
  readonly #totalDeadlineMs: number;
  #phase: 'first-event' | 'idle' = 'first-event';
  #limitMs: number;
  #deadlineMs: number;
  /** A ping may push the idle limit back once between two generative events. */
  #isPingUsed = false;
  /** When the consumer stopped asking; its own slowness is not the upstream's. null = it waits for us. */
  #restingSinceMs: number | null = null;
  #cancelTimer: (() => void) | null = null;

  /** Starts with the first-event limit. `onExpired` is called at most once. */
  constructor(
    clock: Clock,
    limits: { readonly firstEventMs: number; readonly totalMs: number },
    onExpired: (phase: ExpiredPhase, limitMs: number) => void,
  ) {
    const nowMs = clock.monotonicMs();
    this.#clock = clock;
    this.#onExpired = onExpired;
    this.#totalMs = limits.totalMs;
    this.#totalDeadlineMs = nowMs + limits.totalMs;
    this.#limitMs = limits.firstEventMs;
    this.#deadlineMs = nowMs + limits.firstEventMs;
    this.#schedule(nowMs);
  }

  /** The first event is here: from now on only silence counts. */
  switchToIdle(idleMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#phase = 'idle';
    this.#limitMs = idleMs;
    this.#deadlineMs = nowMs + idleMs;
    this.#schedule(nowMs);
  }

  /** Something of the answer arrived. */
  generated(): void {
    this.#deadlineMs = this.#clock.monotonicMs() + this.#limitMs;
    this.#isPingUsed = false;
  }

  /** A sign of life without content. Before the first event it counts nothing. */
  pinged(): void {
    if (this.#phase !== 'idle' || this.#isPingUsed) return;
    this.#isPingUsed = true;
    this.#deadlineMs = this.#clock.monotonicMs() + this.#limitMs;
  }

  /** The consumer has what it asked for and does not wait any more. */
  rest(): void {
    this.#restingSinceMs = this.#clock.monotonicMs();
  }

  /** The consumer waits again; the time in between is not held against the upstream. */
  wait(): void {
    if (this.#restingSinceMs === null) return;
    this.#deadlineMs += this.#clock.monotonicMs() - this.#restingSinceMs;
    this.#restingSinceMs = null;
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #schedule(nowMs: number): void {
    this.#cancelTimer?.();
    const dueMs = Math.min(this.#deadlineMs, this.#totalDeadlineMs);
    this.#cancelTimer = this.#clock.setTimer(Math.max(1, dueMs - nowMs), () => this.#look());
  }

  #look(): void {
    this.#cancelTimer = null;
    const nowMs = this.#clock.monotonicMs();
    // Timers may fire a fraction of a millisecond early.
    if (nowMs >= this.#totalDeadlineMs - 1) return this.#onExpired('total', this.#totalMs);
    if (this.#restingSinceMs !== null) {
      this.#deadlineMs += nowMs - this.#restingSinceMs;
      this.#restingSinceMs = nowMs;
    }
    if (nowMs >= this.#deadlineMs - 1) return this.#onExpired(this.#phase, this.#limitMs);
    this.#schedule(nowMs);
  }
}
