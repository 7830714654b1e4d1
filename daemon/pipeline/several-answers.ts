// Requests for more than one answer (`n`, `candidateCount`): few formats know them, so such a request goes to a model that
// can be asked for as many, where there is any. Programs that ask for three read the third.

import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { spokenDialect } from '../dialects/dialect.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import type { RouterSnapshot } from './snapshot.ts';

const KNOWS_SEVERAL: readonly DialectId[] = ['openai-chat', 'google-generate'];

/** The models that give one answer only; none where one is wanted, or where nobody can give more. */
export function withoutSeveralAnswers(
  { choiceCount, dialect }: Pick<ConversationRequest, 'choiceCount' | 'dialect'>,
  targets: readonly ModelTarget[],
  connections: RouterSnapshot['connections'],
): DecisionInput['unavailable'] {
  if (choiceCount <= 1) return [];
  const unable = targets.filter((target) => {
    const provider = connections.get(target.provider) ?? target;
    return !KNOWS_SEVERAL.includes(spokenDialect(provider, dialect));
  });
  if (unable.length === targets.length) return [];
  return unable.map(({ id }) => ({
    model: id,
    why: 'gives one answer, more are asked for',
    isLasting: true,
  }));
}
