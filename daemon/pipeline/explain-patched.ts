// A stored decision with something changed: what would have been chosen? Lets anybody check a stated flip, since it is
// planned anew from the stored input and, where it is still known, with the very table of that hour.

import { RouterError } from '../errors.ts';
import type { Decision, DecisionInput } from '../protocol/exchange-record.ts';
import { completeInput } from '../route/complete-input.ts';
import { applyMergePatch } from '../route/merge-patch.ts';
import type { Policy, RoutingTable } from '../route/policy.ts';
import { isJsonObject, type JsonObject } from '../util/json.ts';

export interface ExplainPatchedDeps {
  readonly policy: Policy;
  /** null = not kept. */
  readonly storedTable: (hash: string) => RoutingTable | null;
  readonly presentTable: () => RoutingTable;
  /** Throws `request.malformed` for what a policy must not be asked. */
  readonly decodeInput: (value: unknown) => DecisionInput;
}

/** `patch`: JSON merge patch (RFC 7396) of `decision.input`. Throws `request.malformed` when there is nothing to patch. */
export function explainPatched(
  deps: ExplainPatchedDeps,
  decision: Decision | null,
  patch: JsonObject,
): Decision {
  if (decision?.input == null) {
    const message = 'this exchange was not decided by the policy, so there is nothing to plan again';
    throw new RouterError('request.malformed', message, { param: 'exchangeId' });
  }
  checkGroups(decision.input, patch);
  const stored = deps.storedTable(decision.tableHash);
  const table = stored ?? deps.presentTable();
  const input = deps.decodeInput(completeInput(applyMergePatch(decision.input, patch)));
  const plan = deps.policy.plan(input, table);
  const chosen = plan.targets[0];
  const tableNote =
    stored === null
      ? `planned with the present models and prices (${table.hash}); those of the stored decision (${decision.tableHash}) are not kept any more`
      : `planned with the stored models and prices of the decision (${table.hash})`;
  return {
    ...decision,
    classification: input.classification,
    decisionPoint: input.decisionPoint,
    profile: plan.profile,
    reason: plan.reason,
    candidates: plan.candidates,
    bindingConstraint: plan.bindingConstraint,
    chosen: chosen?.id ?? '',
    effort: chosen === undefined ? null : (plan.efforts[chosen.id] ?? null),
    baseline: plan.baseline?.id ?? null,
    fallbacks: plan.targets.slice(1).map(({ id }) => id),
    wouldFlip: deps.policy.wouldFlip(input, table),
    notes: [...plan.notes, ...(plan.error === null ? [] : [plan.error.message]), tableNote],
    input,
    tableHash: table.hash,
  };
}

/** Completing an input makes these groups anew, so what does not belong there would vanish without a word. */
function checkGroups(stored: DecisionInput, patch: JsonObject): void {
  const { controls, evidence } = completeInput(stored);
  for (const [group, known] of Object.entries({ controls, evidence })) {
    const given = patch[group] ?? null;
    if (given === null) continue;
    if (!isJsonObject(given)) throw malformed(`patch.${group} must be an object`);
    const unknown = Object.keys(given).find((key) => !Object.hasOwn(known, key));
    if (unknown === undefined) continue;
    const members = Object.keys(known).join(', ');
    throw malformed(
      `the patch gives input.${group}.${unknown.slice(0, 50)}, which does not exist; there are ${members}`,
    );
  }
}

function malformed(message: string): RouterError {
  return new RouterError('request.malformed', message, { param: 'patch' });
}
