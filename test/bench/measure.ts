// Measures one case: all targets in turn, round after round, beginning with another one each time, so that whatever
// drifts on the machine drifts for all.

import type { BenchCase } from './cases.ts';
import { runLoad, type LoadResult } from './load-client.ts';
import { processorMs } from './program.ts';
import { driftOf, summarize, type Figures, type TargetResult } from './summarize.ts';
import type { WireDialect } from './wire-answers.ts';
import { WIRE_PATHS, type Mock, type Target, type TargetName } from './targets.ts';

export interface Pace {
  readonly rounds: number;
  readonly roundMs: number;
  /** Of the round that is not counted. */
  readonly warmUpMs: number;
}

export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly bodyBytes: number;
  readonly connections: number;
  readonly upstream: WireDialect;
  readonly point?: BenchCase['point'];
  readonly targets: Readonly<Partial<Record<TargetName, TargetResult>>>;
  /** How far apart the rounds of direct are: largest minus smallest, of the median. Large = others were at work. */
  readonly driftRatio: number;
  /** Served by the daemon, warm-up included. */
  readonly daemonRequests: number;
}

export async function measureCase(
  benchCase: BenchCase,
  targets: readonly Target[],
  mock: Mock,
  pace: Pace,
): Promise<CaseResult> {
  await mock.answerWith(benchCase.answer);
  const able = targets.filter((target) => canServe(target, benchCase));
  const rounds = new Map<TargetName, Figures[]>(able.map(({ name }) => [name, []]));
  const closeWindows =
    benchCase.hasOpenWindow === true
      ? await Promise.all(able.map(async ({ openWindow }) => await openWindow?.()))
      : [];
  let daemonRequests = 0;
  for (let round = 0; round <= pace.rounds; round += 1) {
    for (let turn = 0; turn < able.length; turn += 1) {
      const target = able[(turn + round) % able.length];
      if (target === undefined) continue;
      const { load, figures } = await measureOnce(
        benchCase,
        target,
        round === 0 ? pace.warmUpMs : pace.roundMs,
      );
      if (target.name === 'daemon') daemonRequests += load.requests;
      if (round > 0) rounds.get(target.name)?.push(figures);
    }
  }
  for (const close of closeWindows) await close?.();
  const { id, title, body, connections, point } = benchCase;
  return {
    id,
    title,
    bodyBytes: body.bytes.length,
    connections,
    upstream: benchCase.route.upstream,
    ...(point === undefined ? {} : { point }),
    targets: Object.fromEntries(able.map(({ name }) => [name, summarize(name, rounds)])),
    daemonRequests,
    driftRatio: driftOf(rounds.get('direct') ?? []),
  };
}

function canServe(target: Target, benchCase: BenchCase): boolean {
  if (benchCase.targets !== undefined && !benchCase.targets.includes(target.name)) return false;
  return target.headersFor(benchCase.route) !== null;
}

/** Their failures are theirs: they are told, and what they did serve is counted. */
const PEERS: ReadonlySet<TargetName> = new Set(['portkey', 'ccr']);

/** What a program still does after the last answer (books, garbage) is part of its price. */
const AFTERWARDS_MS = 100;

async function measureOnce(
  benchCase: BenchCase,
  target: Target,
  durationMs: number,
): Promise<{ load: LoadResult; figures: Figures }> {
  const { route, body, connections, answer } = benchCase;
  const before = processorMs(target.program);
  const load = await runLoad({
    port: target.port,
    path: WIRE_PATHS[route.client],
    headers: target.headersFor(route) ?? {},
    body,
    connections,
    durationMs,
    expects: answer.kind,
  });
  if (load.failures > 0) {
    const what = `${target.name} failed ${load.failures} requests in "${benchCase.id}": ${load.failure}`;
    if (!PEERS.has(target.name)) throw new Error(what);
    console.log(what);
  }
  await new Promise((resolve) => {
    setTimeout(resolve, AFTERWARDS_MS);
  });
  const processorMsPerRequest =
    target.name === 'direct' ? Number.NaN : (processorMs(target.program) - before) / load.requests;
  return { load, figures: figuresOf(load, processorMsPerRequest) };
}

function figuresOf(load: LoadResult, processorMsPerRequest: number): Figures {
  const all = { ...load.figures, processorMsPerRequest };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => Number.isFinite(value)));
}
