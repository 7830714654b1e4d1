// The named model as a ceiling: no model of a higher tier and none with a higher expected cost may answer. Prices are
// compared with nothing warm, else a running conversation would lock every other model out.

import { tierRank } from './candidate-order.ts';
import { usdText } from './cost-limit.ts';
import type { Figures } from './figures.ts';

/** A phrase that follows the model's name; null = not above. Of an unpriced model nobody knows, so it stays out. */
export function aboveCeiling(candidate: Figures, limit: Figures): string | null {
  const { target, coldCostUsd } = candidate;
  const ceiling = limit.target;
  if (tierRank(target.tier) > tierRank(ceiling.tier)) {
    return `is of a higher tier (${target.tier}) than the ceiling ${ceiling.id} (${ceiling.tier})`;
  }
  if (target === ceiling || limit.coldCostUsd === null) return null;
  if (coldCostUsd === null) return `has no price, so it may be dearer than the ceiling ${ceiling.id}`;
  if (coldCostUsd <= limit.coldCostUsd) return null;
  return `would cost ${usdText(coldCostUsd)}, the ceiling ${ceiling.id} ${usdText(limit.coldCostUsd)}`;
}
