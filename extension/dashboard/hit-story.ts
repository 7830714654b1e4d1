// A request that was answered without asking a model, as a person tells it: whose answer it was, what it cost and saved,
// and what calling it wrong does. Pure.

import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { signedUsd, usd } from './figures.ts';

export interface HitStory {
  readonly title: string;
  /** Whose answer it was; `answerOf` is told apart, since it can be opened. */
  readonly origin: string;
  readonly answerOf: string | null;
  readonly money: string;
  /** What the button does, before it was pressed. */
  readonly offer: string;
  /** What was done. */
  readonly done: string;
}

type Served = Pick<
  ExchangeRecord,
  'cache' | 'responseModel' | 'decision' | 'costUsd' | 'savedUsd' | 'savedBy' | 'baselineModel'
>;

/** Whether a stored answer was given. */
export const isHit = ({ cache }: Pick<ExchangeRecord, 'cache'>): boolean =>
  cache === 'exact' || cache === 'semantic';

/** null = a model was asked. */
export function hitStory(record: Served): HitStory | null {
  if (!isHit(record)) return null;
  const isExact = record.cache === 'exact';
  const model = record.responseModel ?? 'a model';
  return {
    title: isExact ? 'Answer to an equal request' : 'Answer to a similar request',
    origin: isExact
      ? `${model} gave this answer before, to a request that was equal to this one.`
      : `${model} gave this answer before, to a question in other words that was taken to mean the same.`,
    answerOf: record.decision?.answerOf ?? null,
    money: moneyOf(record),
    offer: isExact
      ? 'A wrong answer is not given again: the next equal request is answered by a model.'
      : 'A wrong answer is not given to this question again, and others like it must be closer to be answered without a model. It does not count against the model, which was asked something else.',
    done: isExact
      ? 'It is not given again: ask once more, and a model answers.'
      : 'It is not given to this question again, and others like it must be closer from now on: ask once more, and a model answers.',
  };
}

/** What asking would have cost is the part that the cache saved; the rest is what routing would have saved anyway. */
function moneyOf({ savedUsd, savedBy, decision, cache, baselineModel }: Served): string {
  if (savedUsd === null)
    return 'It cost nothing. What asking would have cost is not known, so no saving is claimed.';
  const avoidedUsd = cache === 'exact' ? savedBy.exactCache : savedBy.semanticCache;
  const chosen = decision?.chosen ?? '';
  const who = chosen === '' ? 'a model' : chosen;
  const baseline = baselineModel === null || baselineModel === chosen ? '' : ` against ${baselineModel}`;
  const whole =
    avoidedUsd === savedUsd ? '' : ` Together with routing it saved ${signedUsd(savedUsd)}${baseline}.`;
  return `It cost nothing. Asking ${who} would have cost ${usd(avoidedUsd)}, which is what the cache saved.${whole}`;
}
