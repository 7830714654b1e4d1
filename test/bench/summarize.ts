// What the rounds of a target come to: differences and ratios are taken within a round, between neighbours in time, and
// then the median over the rounds. Pure.

import { median, roundTo3Digits } from './statistics.ts';
import type { TargetName } from './targets.ts';

export type FigureName =
  | 'requestsPerS'
  | 'p50Us'
  | 'p99Us'
  | 'firstTokenP50Us'
  | 'firstTokenP99Us'
  | 'tokenDelayP50Us'
  | 'tokenDelayP99Us'
  | 'joinedRatio'
  | 'processorMsPerRequest';

/** Absent = does not apply. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

export interface TargetResult {
  readonly figures: Figures;
  /** Minus direct, in the same round. */
  readonly added: Figures;
  /** Requests a second against those of the other, in the same round. */
  readonly ofDirect?: number;
  readonly ofPipe?: number;
}

export function summarize(
  name: TargetName,
  rounds: ReadonlyMap<TargetName, readonly Figures[]>,
): TargetResult {
  const own = rounds.get(name) ?? [];
  const names = Object.keys(own[0] ?? {}) as FigureName[];
  const figures = names.map((figure) => [figure, medianOf(own.map((one) => one[figure]))]);
  const added = DIFFERENCES.filter((figure) => names.includes(figure)).map((figure) => [
    figure,
    medianOf(pairs(own, rounds.get('direct'), figure).map(([mine, theirs]) => mine - theirs)),
  ]);
  return {
    figures: Object.fromEntries(figures),
    added: name === 'direct' ? {} : Object.fromEntries(added),
    ...ratioTo('direct', 'ofDirect'),
    ...ratioTo('pipe', 'ofPipe'),
  };

  function ratioTo(other: TargetName, member: string): object {
    const ratios = pairs(own, rounds.get(other), 'requestsPerS').map(([mine, theirs]) => mine / theirs);
    return name === other || ratios.length === 0 ? {} : { [member]: medianOf(ratios) };
  }
}

export function driftOf(rounds: readonly Figures[]): number {
  const rates = rounds.map(({ requestsPerS }) => requestsPerS ?? Number.NaN);
  return roundTo3Digits((Math.max(...rates) - Math.min(...rates)) / median(rates));
}

const DIFFERENCES: readonly FigureName[] = [
  'p50Us',
  'p99Us',
  'firstTokenP50Us',
  'firstTokenP99Us',
  'tokenDelayP50Us',
  'tokenDelayP99Us',
];

/** The same figure of two targets, round by round. */
function pairs(
  own: readonly Figures[],
  other: readonly Figures[] | undefined,
  figure: FigureName,
): readonly (readonly [number, number])[] {
  return (other ?? []).map((theirs, round) => [
    own[round]?.[figure] ?? Number.NaN,
    theirs[figure] ?? Number.NaN,
  ]);
}

function medianOf(values: readonly (number | undefined)[]): number {
  return roundTo3Digits(median(values.filter((value) => value !== undefined)));
}
