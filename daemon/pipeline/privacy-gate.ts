// Which privacy rules a request falls under, looked up before anything of it is sent anywhere. A conversation that fell
// under a rule stays under it: what was read once comes back in summaries that no longer name the file.

import type { ModelTarget } from '../catalog/model-target.ts';
import { requestClass } from '../classify/client-identity.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { isPassedOn } from '../dialects/dialect.ts';
import { RouterError } from '../errors.ts';
import { rulesText, whyHeldBack } from '../privacy/privacy-hold.ts';
import type { PrivacyHold } from '../protocol/exchange-record.ts';
import { firstUserText, type DecideDeps } from './decide.ts';
import type { Exchange } from './exchange.ts';
import type { RouterSnapshot } from './snapshot.ts';

export interface GatedRequest {
  readonly request: ConversationRequest;
  /** As the client sent it; `request` may hold earlier turns besides. */
  readonly bytes: Buffer;
  readonly headers: ReadonlyMap<string, string>;
  readonly snapshot: Pick<RouterSnapshot, 'privacy'>;
}

/** null = the request may go to any provider. */
export function privacyHold(
  deps: Pick<DecideDeps, 'conversationIndex' | 'conversations'>,
  { request, bytes, headers, snapshot }: GatedRequest,
): PrivacyHold | null {
  const rules = snapshot.privacy ?? null;
  if (rules === null) return null;
  const whole = request.body.bytes;
  const parts = whole === bytes ? [bytes] : [bytes, whole];
  return rules.holdOf(parts, isPassedOn(request.dialect) ? [] : earlierRules(deps, request, headers));
}

function earlierRules(
  deps: Pick<DecideDeps, 'conversationIndex' | 'conversations'>,
  request: ConversationRequest,
  headers: ReadonlyMap<string, string>,
): readonly string[] {
  const { id } = deps.conversationIndex.identify({
    headers,
    request,
    firstUserText: firstUserText(request),
    hint: requestClass(headers, request),
    remember: false,
  });
  return deps.conversations.get(id)?.privacyRules ?? [];
}

/** As above, noted in the record. Throws where no model at all may see the request. */
export function holdRequest(
  deps: Pick<DecideDeps, 'conversationIndex' | 'conversations'>,
  exchange: Pick<Exchange, 'snapshot' | 'warn'>,
  given: Omit<GatedRequest, 'snapshot'>,
): PrivacyHold | null {
  const hold = privacyHold(deps, { ...given, snapshot: exchange.snapshot });
  if (hold === null) return null;
  const text = rulesText(hold);
  if (hold.isRefused) {
    throw new RouterError(
      'privacy.refused',
      `${text} refuses this request, and nothing of it was sent; leave out what the rule protects, or change privacy.rules`,
    );
  }
  exchange.warn(
    `${text}: only ${hold.isLocalOnly ? 'models on this machine' : hold.providers.join(', ')} may answer`,
  );
  return hold;
}

/** The model that grades asks may not see this one. */
export function isKeptFromGrading(
  { table, gradingModel }: Pick<RouterSnapshot, 'table' | 'gradingModel'>,
  hold: PrivacyHold | null,
): boolean {
  const target = table.targets.find(({ id }) => id === gradingModel);
  return target !== undefined && whyHeldBack(target, hold) !== null;
}

/** The lock on the door, whatever was decided before. Throws for a model that may not see the request. */
export function mustMaySee(target: ModelTarget, hold: PrivacyHold | null): void {
  const why = whyHeldBack(target, hold);
  if (why !== null) throw new RouterError('privacy.refused', `${target.id} ${why}`);
}
