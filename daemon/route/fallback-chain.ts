// Who is tried after the chosen model failed: its own fallbacks as the user listed them, then the other candidates in
// their order. A failure is most often the provider's, so the first of them is at another provider whenever there is one.

import { tierRank, type Ordered } from './candidate-order.ts';

/** `candidates`: all that may be tried, best first; the first is the choice. No model twice. */
export function fallbackChain<Candidate extends Ordered>(
  candidates: readonly Candidate[],
): readonly Candidate[] {
  const [chosen, ...others] = candidates;
  if (chosen === undefined) return [];
  const own = chosen.target.fallback.flatMap(
    (id) => others.find((candidate) => candidate.target.id === id) ?? [],
  );
  const ownOnce = [...new Set(own)];
  const rest = others.filter((candidate) => !ownOnce.includes(candidate));
  const { provider } = chosen.target;
  const isElsewhere = (candidate: Ordered): boolean => candidate.target.provider !== provider;
  const spread = otherProvidersFirst(rest, isElsewhere);
  if (ownOnce.some(isElsewhere)) return [chosen, ...ownOnce, ...spread];
  const rescue = spread.find((candidate) => isElsewhere(candidate) && candidate.isCapable);
  if (rescue === undefined) return [chosen, ...ownOnce, ...spread];
  return [chosen, ...ownOnce, rescue, ...spread.filter((candidate) => candidate !== rescue)];
}

/** Within each run of one tier, where prices are alike; a dearer tier never moves ahead of a cheaper one here. */
function otherProvidersFirst<Candidate extends Ordered>(
  rest: readonly Candidate[],
  isElsewhere: (candidate: Ordered) => boolean,
): readonly Candidate[] {
  const runs: Candidate[][] = [];
  for (const candidate of rest) {
    const run = runs.at(-1);
    const last = run?.[0];
    const isSameRun =
      last !== undefined &&
      last.isCapable === candidate.isCapable &&
      tierRank(last.target.tier) === tierRank(candidate.target.tier);
    if (isSameRun) run?.push(candidate);
    else runs.push([candidate]);
  }
  return runs.flatMap((run) => [
    ...run.filter(isElsewhere),
    ...run.filter((candidate) => !isElsewhere(candidate)),
  ]);
}
