// One set of models, many sessions: the router over HTTP, and on paper everything on the strong model and the naive
// router, all with the very same sessions.

import { DIALECT_HABITS } from './habits.ts';
import type { Habits } from './client-wire.ts';
import { createMovableClock, routerConfig, runDaemonOn } from './daemon-under-test.ts';
import { MODEL_SETS, type ModelSet } from './model-sets.ts';
import { PaperAnswerer, type PaperPolicy, type PaperTally } from './paper-answerer.ts';
import { playSession } from './play-session.ts';
import { createRandom, logNormal, pickOne } from './random.ts';
import { RouterAnswerer, type RouterTally } from './router-answerer.ts';
import { planSession, type Assumptions } from './session-plan.ts';
import { SimulatedProviders, type Verbosity } from './simulated-providers.ts';

export interface SetOptions {
  readonly setName: string;
  readonly sessions: number;
  readonly seed: number;
  readonly assumptions: Assumptions;
  readonly misses: 'random' | 'share';
  readonly verbosity: Verbosity;
  /** The name that clients ask for: `auto`, or `strong` for the strong model's own name. */
  readonly ask: 'auto' | 'strong';
  readonly hasLists: boolean;
  readonly isMixed: boolean;
  readonly profile: 'budget' | 'balanced' | 'quality';
}

/** What the daemon says of itself when all is over. */
export interface Reported {
  readonly requests: number;
  readonly costUsd: number;
  readonly baselineCostUsd: number;
  readonly savedRatio: number | null;
  readonly coverageRatio: number | null;
  /** Model -> what the baseline would have cost for what it answered. */
  readonly baselineByModel: Readonly<Record<string, number>>;
}

export interface SetResult {
  readonly setName: string;
  readonly title: string;
  readonly isMixed: boolean;
  readonly sessions: number;
  readonly seconds: number;
  readonly baseline: PaperTally;
  readonly naive: PaperTally;
  readonly router: RouterTally;
  readonly reported: Reported;
}

export interface SetProgress {
  readonly onSession: (done: number) => void;
  readonly isStopped: () => boolean;
}

export async function runSet(options: SetOptions, progress: SetProgress): Promise<SetResult> {
  const set = MODEL_SETS[options.setName];
  if (set === undefined) throw new Error(`no set of models is called ${options.setName}`);
  const startedMs = performance.now();
  const { router, reported, sessions } = await runRouter(set, options, progress);
  return {
    setName: options.setName,
    title: set.title,
    isMixed: options.isMixed,
    sessions,
    seconds: (performance.now() - startedMs) / 1000,
    baseline: await runPaper('baseline', set, { ...options, sessions }),
    naive: await runPaper('naive', set, { ...options, sessions }),
    router,
    reported,
  };
}

interface RouterRun {
  readonly router: RouterTally;
  readonly reported: Reported;
  readonly sessions: number;
}

async function runRouter(set: ModelSet, options: SetOptions, progress: SetProgress): Promise<RouterRun> {
  const { assumptions, seed, misses, verbosity, hasLists, isMixed, profile } = options;
  const clock = createMovableClock();
  const providers = new SimulatedProviders({ set, assumptions, clock, misses, verbosity, seed });
  const upstreamUrl = await providers.listen();
  const config = routerConfig({ set, upstreamUrl, hasLists, isMixed, profile });
  const daemon = await runDaemonOn(clock, config);
  const model = options.ask === 'auto' ? 'auto' : set.models.strong.name;
  const answerer = new RouterAnswerer({ set, daemon, providers, clock, model });
  try {
    let sessions = 0;
    for (; sessions < options.sessions && !progress.isStopped(); sessions += 1) {
      const { habits, sessionId, pauseMs } = sessionShape(seed, sessions);
      clock.advance(pauseMs);
      answerer.beginSession(sessionId, habits);
      const plan = planSession(assumptions, seed, sessions);
      await playSession({ plan, assumptions, habits, sessionId, clock, answerer });
      answerer.endSession();
      progress.onSession(sessions + 1);
    }
    const { requests, costUsd, baselineCostUsd, savedRatio, coverageRatio } = await daemon.totals();
    const { groups } = await daemon.totals('?groupBy=model');
    const baselineByModel = Object.fromEntries(groups.map((group) => [group.key, group.baselineCostUsd]));
    const reported = { requests, costUsd, baselineCostUsd, savedRatio, coverageRatio, baselineByModel };
    return { router: answerer.tally, reported, sessions };
  } finally {
    await daemon.stop();
    await providers.close();
  }
}

async function runPaper(policy: PaperPolicy, set: ModelSet, options: SetOptions): Promise<PaperTally> {
  const { assumptions, seed } = options;
  const clock = createMovableClock();
  const answerer = new PaperAnswerer({
    policy,
    set,
    assumptions,
    clock,
    isWordy: options.verbosity === 'text',
  });
  for (let index = 0; index < options.sessions; index += 1) {
    const { habits, sessionId, pauseMs } = sessionShape(seed, index);
    clock.advance(pauseMs);
    const plan = planSession(assumptions, seed, index);
    await playSession({ plan, assumptions, habits, sessionId, clock, answerer });
    answerer.endSession();
  }
  return answerer.tally;
}

/** Between two sessions: longer than any prompt cache lives, so that sessions do not warm each other. */
const PAUSE_H = [9, 0.5, 5, 40] as const;

function sessionShape(
  seed: number,
  index: number,
): { readonly habits: Habits; readonly sessionId: string; readonly pauseMs: number } {
  const random = createRandom(Math.imul(seed, 31_337) + index * 7 + 3);
  const habits = pickOne(random, DIALECT_HABITS);
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  const sessionId = `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
  return {
    habits: { ...habits, isStreaming: random() < 0.85 },
    sessionId,
    pauseMs: logNormal(random, PAUSE_H) * 3_600_000,
  };
}
