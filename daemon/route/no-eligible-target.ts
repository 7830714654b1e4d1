// The sentence for "nobody can serve this": which filter removed which model, and so what could be changed.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { EligibilityFilter } from './eligibility.ts';

export interface RejectedTarget {
  readonly filter: EligibilityFilter | 'ceiling' | 'pinned' | 'escalation';
  /** A phrase that follows the model's name. */
  readonly why: string;
  readonly target: ModelTarget;
}

/** A sentence that nobody reads to its end helps nobody. */
const MAX_REASONS = 6;

/** `wish`: who asked for one certain model, so that only its own reason is told. */
export function noEligibleTarget(rejections: ReadonlyMap<string, RejectedTarget>, wish?: string): string {
  const all = [...rejections.values()];
  if (all.length === 0) {
    return 'no model is configured: give pointsman a provider key (see pointsman doctor) or add models to config.jsonc';
  }
  const told = wish === undefined ? all : all.filter(({ filter }) => filter !== 'pinned');
  const reasons = groupByReason(told);
  const shown = reasons.slice(0, MAX_REASONS).join('; ');
  const more = reasons.length > MAX_REASONS ? `; and ${reasons.length - MAX_REASONS} more reasons` : '';
  const subject =
    wish === undefined ? 'no model can serve this request' : `${wish}, which cannot serve this request`;
  return `${subject}: ${shown}${more}`;
}

/** "a, b cannot see images": models with the same reason share a phrase. */
function groupByReason(rejected: readonly RejectedTarget[]): readonly string[] {
  const modelsByReason = new Map<string, string[]>();
  for (const { why, target } of rejected) {
    const models = modelsByReason.get(why);
    if (models === undefined) modelsByReason.set(why, [target.id]);
    else models.push(target.id);
  }
  return [...modelsByReason].map(([why, models]) => {
    const shown = models.slice(0, MAX_REASONS).join(', ');
    const more = models.length > MAX_REASONS ? ` and ${models.length - MAX_REASONS} others` : '';
    return `${shown}${more} ${why}`;
  });
}
