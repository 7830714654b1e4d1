// Time, handed in wherever it is needed so that tests can own it.

export interface Clock {
  /** Unix epoch, ms. For stamps that people read. */
  now(): number;
  /** Milliseconds that never run backwards. For durations and deadlines. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the returned function cancels. The timer does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, rejects with the signal's reason when it is aborted first. */
export async function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.setTimer(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
