// What the daemon must show, as figures of the result file beside their bounds. Bounds come from measurements of what the
// runtime can do and of what others reach; `stretch` is what we would like.

import { curvePoints, targetResult, type BenchResults } from './results.ts';
import { slopeOf } from './statistics.ts';
import type { TargetName } from './targets.ts';
import type { FigureName } from './summarize.ts';

export interface Goal {
  readonly title: string;
  readonly unit: string;
  /** atMost: the figure must not be larger. atLeast: not smaller. shown: there is no bound. */
  readonly kind: 'atMost' | 'atLeast' | 'shown';
  readonly bound?: number;
  readonly stretch?: number;
  /** undefined = was not measured in this run. */
  readonly figure: (results: BenchResults) => number | undefined;
}

export interface Judgement {
  readonly goal: Goal;
  readonly figure: number | undefined;
  readonly verdict: 'ok' | 'stretch' | 'short' | 'shown' | 'not measured';
}

export function judge(results: BenchResults): readonly Judgement[] {
  return GOALS.map((goal) => {
    const figure = goal.figure(results);
    return { goal, figure, verdict: verdictOn(goal, figure) };
  });
}

function verdictOn(goal: Goal, figure: number | undefined): Judgement['verdict'] {
  if (figure === undefined || !Number.isFinite(figure)) return 'not measured';
  if (goal.kind === 'shown' || goal.bound === undefined) return 'shown';
  const isWithin = (bound: number): boolean => (goal.kind === 'atMost' ? figure <= bound : figure >= bound);
  if (!isWithin(goal.bound)) return 'short';
  return goal.stretch !== undefined && isWithin(goal.stretch) ? 'stretch' : 'ok';
}

/** Above direct, in the same round. */
function added(title: string, caseId: string, figure: FigureName, bound: number, stretch?: number): Goal {
  return {
    title,
    unit: 'us',
    kind: 'atMost',
    bound,
    ...(stretch === undefined ? {} : { stretch }),
    figure: (results) => targetResult(results, caseId, 'daemon')?.added[figure],
  };
}

function processor(title: string, caseId: string, bound: number, stretch?: number): Goal {
  return {
    title,
    unit: 'ms CPU',
    kind: 'atMost',
    bound,
    ...(stretch === undefined ? {} : { stretch }),
    figure: (results) => targetResult(results, caseId, 'daemon')?.figures.processorMsPerRequest,
  };
}

function ofPipe(title: string, caseId: string, bound: number, stretch?: number): Goal {
  return {
    title,
    unit: 'of the pipe',
    kind: 'atLeast',
    bound,
    ...(stretch === undefined ? {} : { stretch }),
    figure: (results) => targetResult(results, caseId, 'daemon')?.ofPipe,
  };
}

function ofPeer(title: string, caseId: string, peer: TargetName, bound: number): Goal {
  return {
    title,
    unit: `x ${peer}`,
    kind: 'atLeast',
    bound,
    figure: (results) => {
      const own = targetResult(results, caseId, 'daemon')?.figures.requestsPerS;
      const theirs = targetResult(results, caseId, peer)?.figures.requestsPerS;
      return own === undefined || theirs === undefined ? undefined : own / theirs;
    },
  };
}

/** How much of the added time above that of the pipe grows with `per` of what the curve is drawn against. */
function growth(title: string, unit: string, curve: Parameters<typeof curvePoints>[1], per: number): Goal {
  return {
    title,
    unit,
    kind: 'shown',
    figure: (results) => {
      const pipe = new Map(curvePoints(results, curve, 'pipe'));
      const own = curvePoints(results, curve, 'daemon').map(
        ([x, y]) => [x, y - (pipe.get(x) ?? Number.NaN)] as const,
      );
      return own.length < 2 ? undefined : slopeOf(own) * per;
    },
  };
}

const measured = (
  title: string,
  unit: string,
  bound: number,
  stretch: number | undefined,
  figure: Goal['figure'],
): Goal => ({ title, unit, kind: 'atMost', bound, ...(stretch === undefined ? {} : { stretch }), figure });

export const GOALS: readonly Goal[] = [
  added('1 small chat, c=1: added p50', 'small-1', 'p50Us', 120, 80),
  added('1 small chat, c=1: added p99', 'small-1', 'p99Us', 400, 220),
  ofPipe('1 small chat, c=32: requests/s', 'small-32', 0.6, 0.8),
  ofPipe('1 small chat, c=128: requests/s', 'small-128', 0.6, 0.8),
  processor('1 small chat, c=32: processor time', 'small-32', 0.055, 0.042),
  added('2 agent request 200 kB, c=1: added p50', 'agent-1', 'p50Us', 350, 220),
  added('2 agent request 200 kB, c=1: added p99', 'agent-1', 'p99Us', 1500, 1000),
  processor('2 agent request 200 kB: processor time', 'agent-1', 0.55, 0.35),
  added('2 agent request 1 MB, c=1: added p50', 'large-1', 'p50Us', 1200, 700),
  added('3 paced streams, c=32: added to first token, p50', 'paced-32', 'firstTokenP50Us', 2000, 1200),
  added('3 paced streams, c=32: added to first token, p99', 'paced-32', 'firstTokenP99Us', 4000, 2000),
  added('3 paced streams, c=32: added per token, p50', 'paced-32', 'tokenDelayP50Us', 60, 40),
  added('3 paced streams, c=32: added per token, p99', 'paced-32', 'tokenDelayP99Us', 500, 250),
  measured('3 paced streams: tokens joined, above the pipe', '', 0.005, undefined, (results) => {
    const own = targetResult(results, 'paced-32', 'daemon')?.figures.joinedRatio;
    const pipe = targetResult(results, 'paced-32', 'pipe')?.figures.joinedRatio;
    return own === undefined || pipe === undefined ? undefined : Math.max(0, own - pipe);
  }),
  ofPipe('3 streams at once, c=32: streams/s', 'stream-32', 0.8, 0.95),
  added(
    '4 messages to chat, 8 kB: added to first token',
    'messages-to-chat-8k-1',
    'firstTokenP50Us',
    1000,
    600,
  ),
  processor('4 messages to chat, 8 kB: processor time', 'messages-to-chat-8k-1', 2.5, 1.8),
  added(
    '4 chat to messages, 8 kB: added to first token',
    'chat-to-messages-8k-1',
    'firstTokenP50Us',
    1000,
    600,
  ),
  processor('4 chat to messages, 8 kB: processor time', 'chat-to-messages-8k-1', 2.5, 1.8),
  added(
    '4 messages to chat, 200 kB: added to first token',
    'messages-to-chat-200k-1',
    'firstTokenP50Us',
    4000,
    2500,
  ),
  processor('4 messages to chat, 200 kB: processor time', 'messages-to-chat-200k-1', 6, 4),
  {
    title: '4 usage recorded, all requests and streams',
    unit: '',
    kind: 'atLeast',
    bound: 1,
    figure: ({ books }) => books?.usageRatio,
  },
  measured('5 start to ready', 'ms', 150, 90, ({ startup }) => startup.readyMs),
  measured('5 memory, idle', 'MB', 75, 60, ({ startup }) => startup.idleMb),
  measured('5 memory after the full load', 'MB', 180, 150, ({ memory }) => memory?.afterLoadMb),
  ofPeer('6 small chat, c=32: requests/s', 'small-32', 'portkey', 10),
  ofPeer('6 streams at once, c=32: streams/s', 'stream-32', 'portkey', 10),
  ofPeer('6 messages to chat, 8 kB, c=32: streams/s', 'messages-to-chat-8k-32', 'ccr', 5),
  ofPeer('6 messages to chat, 200 kB, c=1: streams/s', 'messages-to-chat-200k-1', 'ccr', 5),
  growth('7 added above the pipe, per 100 kB of body', 'us', 'body-bytes', 100_000),
  growth('7 added above the pipe, per 100 messages', 'us', 'messages', 100),
  growth('7 added above the pipe, per 1 kB of the last ask', 'us', 'ask-bytes', 1000),
];
