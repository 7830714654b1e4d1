// What the path of a request says: the model and what is wanted of it
// (https://ai.google.dev/api/generate-content, checked 2026-11-21).

import { RouterError } from '../../errors.ts';
import { checkedModel } from '../body-fields.ts';

export interface ModelPath {
  readonly model: string;
  readonly isStream: boolean;
}

const ACTIONS: ReadonlyMap<string, boolean> = new Map([
  ['generateContent', false],
  ['streamGenerateContent', true],
]);

/** Names can hold slashes and colons, as they are or percent-encoded; the action stands behind the last colon. */
export function parseModelPath(path: string): ModelPath {
  const resource = /\/models\/(.+)$/s.exec(path)?.[1] ?? '';
  const colon = resource.lastIndexOf(':');
  const action = colon === -1 ? '' : resource.slice(colon + 1);
  const isStream = ACTIONS.get(action);
  if (isStream === undefined || colon === 0) {
    const what = action === '' ? 'the path names no method' : `there is no method ${action.slice(0, 100)}`;
    const advice = 'post to /v1beta/models/<model>:generateContent or :streamGenerateContent?alt=sse';
    throw new RouterError('request.not_found', `${what}; ${advice}`);
  }
  return { model: modelNameOf(decoded(resource.slice(0, colon))), isStream };
}

/** A model's resource name without `models/`, which some clients write twice. */
export function modelNameOf(name: string): string {
  return checkedModel(name.replace(/^(?:models\/)+/, ''));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is not worth an error: the name is looked up as it stands
  }
}
