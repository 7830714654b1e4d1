// What a replay of the stored history says, in figures, sentences and the places of a drawn range. Pure. It never claims
// more than the daemon does: intervals, what counts as it was billed, and what nobody can know stand with the sum.

import type { ReplayBody } from '../../daemon/protocol/control-api.ts';
import type { Profile } from '../../daemon/protocol/vocabulary.ts';
import { counted, grouped, percent, signedPercent, signedUsd, usd, usdRange } from './figures.ts';
import { sentence } from './request-story.ts';

/** From cheap to good, as the slider goes. */
export const PROFILES = [
  { profile: 'budget', label: 'Budget', explanation: 'the cheapest model that may do' },
  { profile: 'balanced', label: 'Balanced', explanation: 'price and quality weighed' },
  { profile: 'quality', label: 'Quality', explanation: 'the stronger model when in doubt' },
] as const satisfies readonly { profile: Profile; label: string; explanation: string }[];

export interface ReplayStory {
  /** The result in one sentence; also what screen readers hear when it is there. */
  readonly headline: string;
  readonly thenText: string;
  readonly nowText: string;
  /** 95 % interval; null = nothing is estimated. */
  readonly rangeText: string | null;
  readonly differenceText: string;
  readonly movedText: string;
  /** Expected of the models that would have answered, and of those that did. */
  readonly successText: string;
  readonly successThenText: string;
  /** How many were decided again, and why the others were not. */
  readonly coverage: readonly string[];
  readonly notes: readonly string[];
}

export function replayStory(body: ReplayBody): ReplayStory {
  const { storedCostUsd, costUsd, intervalUsd, moved, priced, expectedSuccess } = body;
  const difference = costUsd - storedCostUsd;
  return {
    headline: headlineOf(body),
    thenText: priced === 0 ? 'unknown' : usd(storedCostUsd),
    nowText: priced === 0 ? 'unknown' : usd(costUsd),
    rangeText: isExact(body) ? null : usdRange(intervalUsd),
    differenceText:
      priced === 0
        ? 'unknown'
        : `${signedUsd(difference)}${storedCostUsd === 0 ? '' : ` (${signedPercent(difference / storedCostUsd)})`}`,
    movedText: grouped(moved, 0),
    successText: percent(expectedSuccess?.replayed ?? null),
    successThenText: percent(expectedSuccess?.stored ?? null),
    coverage: coverageSentences(body),
    notes: [...body.notes.map(sentence), ...(moved === 0 ? [] : [UNKNOWABLE])],
  };
}

const UNKNOWABLE =
  'Not known: whether the other models would have done the work as well. Prompts are taken as they were, and failures beyond those seen here are not in the cost.';

function headlineOf(body: ReplayBody): string {
  const { requests, priced, costUsd, storedCostUsd, moved, profile } = body;
  const name = PROFILES.find((known) => known.profile === profile)?.label ?? profile;
  if (requests === 0) return 'No requests in this period; nothing to replay.';
  if (priced === 0) {
    return `The cost of ${counted(requests, 'request')} is not known, so that nothing can be compared.`;
  }
  if (moved === 0) return `${name}: every request would have gone to the model that answered it.`;
  const difference = costUsd - storedCostUsd;
  const change =
    usd(Math.abs(difference)) === usd(0)
      ? 'as much as was billed'
      : `about ${usd(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'} than was billed`;
  const doubt = isExact(body) || !isUndecided(body) ? '' : ', which may be chance';
  return `${name}: ${change}${doubt}.`;
}

function isExact({ intervalUsd: [low, high] }: ReplayBody): boolean {
  return high - low < 1e-9;
}

/** The interval holds what was billed: nobody can say whether it would have been more or less. */
function isUndecided({ intervalUsd: [low, high], storedCostUsd }: ReplayBody): boolean {
  return low <= storedCostUsd && storedCostUsd <= high;
}

function coverageSentences({ requests, replayed, asStored }: ReplayBody): readonly string[] {
  if (requests === 0) return [];
  const reasons = [
    [
      asStored['not-decided'],
      'answered without a decision (cached, passed on or refused): counted as billed.',
    ],
    [asStored['no-usage'], 'without tokens to reckon with: counted as billed.'],
    [asStored.unpriced, 'without a price, then or now: left out of every sum.'],
  ] as const;
  return [
    `${percent(replayed / requests)} of ${counted(requests, 'request')} decided again.`,
    ...reasons.flatMap(([count, what]) => (count === 0 ? [] : [`${counted(count, 'request')} ${what}`])),
  ];
}

/** One profile on the common scale; places are 0..1. */
export interface ReplayRange {
  readonly profile: Profile;
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly at: number;
  /** What is drawn, in words. */
  readonly sentence: string;
}

export interface ReplayScale {
  readonly highestUsd: number;
  /** Where what was billed lies. */
  readonly stored: number;
  readonly storedUsd: number;
  readonly ranges: readonly ReplayRange[];
}

/** All replays of the same time on one scale from 0; null = there is nothing to draw. */
export function replayScale(bodies: readonly ReplayBody[]): ReplayScale | null {
  const priced = bodies.filter((body) => body.priced > 0);
  const first = priced[0];
  if (first === undefined) return null;
  const most = Math.max(
    ...priced.flatMap(({ intervalUsd, costUsd, storedCostUsd }) => [intervalUsd[1], costUsd, storedCostUsd]),
  );
  const highestUsd = most <= 0 ? 1 : most * 1.05;
  const place = (amount: number): number => Math.min(1, Math.max(0, amount / highestUsd));
  const order = PROFILES.map(({ profile }): string => profile);
  return {
    highestUsd,
    stored: place(first.storedCostUsd),
    storedUsd: first.storedCostUsd,
    ranges: priced
      .toSorted((a, b) => order.indexOf(a.profile) - order.indexOf(b.profile))
      .map((body) => ({
        profile: body.profile,
        label: PROFILES.find((known) => known.profile === body.profile)?.label ?? body.profile,
        low: place(body.intervalUsd[0]),
        high: place(body.intervalUsd[1]),
        at: place(body.costUsd),
        sentence: `${usd(body.costUsd)}${isExact(body) ? '' : ` (95 %: ${usdRange(body.intervalUsd)})`}`,
      })),
  };
}
