// Ends the process in order: each step once, each with a bound, later steps even when earlier ones fail. The first
// signal asks for that, the second one forces.

import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';

export interface ShutdownStep {
  readonly name: string;
  /** `signal` is aborted when the step's time is up: cut what is left and return. `graceMs` is of all steps together. */
  readonly run: (signal: AbortSignal, graceMs: number) => Promise<void> | void;
}

export interface ShutdownOptions {
  /** Run one after the other, in this order. */
  readonly steps: readonly ShutdownStep[];
  /** Time for all steps together, ms. Later steps get at least LEAST_STEP_MS even when earlier ones used it up. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when the log's lines are written; awaited after the last line, so that nothing is under way at the end. */
  readonly flushLog?: () => Promise<void>;
  /** Ends the process. Called only by `signal`. */
  readonly exit: (code: number) => void;
}

export interface Shutdown {
  /** Whether it has begun; new requests are refused from then on. */
  readonly isStopping: boolean;
  /** Runs the steps; every call gives the same promise. Resolves to the exit code: 1 when a step failed or hung. */
  begin(reason: string, graceMs?: number): Promise<number>;
  /** For SIGTERM and SIGINT: begins and then exits; a second signal exits at once with code 1. */
  signal(name: string, graceMs?: number): void;
}

/** A flush after a drain that took all its time still needs a moment. */
export const LEAST_STEP_MS = 2000;
/** How long a step may take to end after it was told to. */
export const CUT_MS = 1000;

export function createShutdown(options: ShutdownOptions): Shutdown {
  let running: Promise<number> | null = null;
  let signals = 0;
  const begin = (reason: string, graceMs = options.graceMs): Promise<number> => {
    running ??= runSteps({ ...options, graceMs }, reason);
    return running;
  };
  return {
    get isStopping() {
      return running !== null;
    },
    begin,
    signal(name, graceMs) {
      signals += 1;
      if (signals > 1) {
        options.log.warn('second signal, ending at once', { signal: name });
        options.exit(1);
        return;
      }
      void begin(name, graceMs).then((code) => options.exit(code));
    },
  };
}

async function runSteps(options: ShutdownOptions, reason: string): Promise<number> {
  const { steps, graceMs, clock, log, flushLog } = options;
  // Without a live handle Node would end as soon as the last socket closes, before the later steps have run.
  const keepAlive = setInterval(() => undefined, 1000);
  const deadlineMs = clock.monotonicMs() + graceMs;
  let code = 0;
  log.info('stopping', { reason });
  try {
    for (const step of steps) {
      const limitMs = Math.max(deadlineMs - clock.monotonicMs(), Math.min(LEAST_STEP_MS, graceMs));
      const bounds = { graceMs, limitMs, clock, log };
      const failure = await runStep(step, bounds);
      if (failure !== null) {
        code = 1;
        log.error('a step of the shutdown failed', { step: step.name, error: failure });
      }
    }
    log.info('stopped', { code });
    if (flushLog !== undefined) {
      await runStep({ name: 'log', run: flushLog }, { graceMs, limitMs: LEAST_STEP_MS, clock, log });
    }
  } finally {
    clearInterval(keepAlive);
  }
  return code;
}

/** null when the step ended by itself, also after it was cut; else what went wrong. Never rejects. */
function runStep(
  step: ShutdownStep,
  bounds: Pick<ShutdownOptions, 'graceMs' | 'clock' | 'log'> & { readonly limitMs: number },
): Promise<string | null> {
  const { graceMs, limitMs, clock, log } = bounds;
  const cut = new AbortController();
  return new Promise((resolve) => {
    let cancelTimer = clock.setTimer(limitMs, () => {
      log.warn('a step of the shutdown is out of time', { step: step.name });
      cancelTimer = clock.setTimer(CUT_MS, () => resolve('did not end in time'));
      cut.abort();
    });
    const end = (failure: string | null): void => {
      cancelTimer();
      resolve(failure);
    };
    Promise.resolve()
      .then(() => step.run(cut.signal, graceMs))
      .then(
        () => end(null),
        (error: unknown) => end(error instanceof Error ? error.message : String(error)),
      );
  });
}
