// Ids of tool calls. Google's are optional: a response belongs to the call of its name, in order. The neutral model pairs
// by id alone, so calls without one get one from their place in the conversation, which stays the same from turn to turn.

import { type JsonObject, objectOf, stringOf } from '../../util/json.ts';
import { fieldOf } from './fields.ts';

interface OpenCall {
  readonly id: string;
  readonly name: string;
}

/** Ids by place: `<content>.<part>`. */
export type CallIds = ReadonlyMap<string, string>;

export function placeOf(content: number, part: number): string {
  return `${content}.${part}`;
}

export interface PairedContent {
  readonly isModel: boolean;
  readonly parts: readonly JsonObject[];
}

export function pairCalls(contents: readonly PairedContent[]): CallIds {
  const ids = new Map<string, string>();
  let open: OpenCall[] = [];
  let wasModel = false;
  for (const [index, { isModel, parts }] of contents.entries()) {
    // Calls of an earlier turn that nobody answered wait no longer once the model has spoken again.
    if (isModel && !wasModel) open = [];
    wasModel = isModel;
    for (const [position, part] of parts.entries()) {
      const call = callOf(part);
      const response = objectOf(fieldOf(part, 'functionResponse'));
      if (call !== undefined) {
        const name = stringOf(call['name']) ?? '';
        const id = ownId(call, name) ?? `call_${index}_${position}`;
        open.push({ id, name });
        ids.set(placeOf(index, position), id);
      } else if (response !== undefined) {
        ids.set(placeOf(index, position), takeCall(open, response) ?? `call_${index}_${position}`);
      }
    }
  }
  return ids;
}

function takeCall(open: OpenCall[], response: JsonObject): string | undefined {
  const name = stringOf(response['name']) ?? '';
  const id = ownId(response, name);
  let at = id === undefined ? -1 : open.findIndex((call) => call.id === id);
  if (id === undefined) {
    at = open.findIndex((call) => call.name === name);
    if (at === -1) at = open.length > 0 ? 0 : -1;
  }
  const [call] = at === -1 ? [] : open.splice(at, 1);
  return id ?? call?.id;
}

/** Gemini CLI writes `<name>__` in front of every id it is given; what the model gave is behind it. */
function ownId(call: JsonObject, name: string): string | undefined {
  const id = stringOf(call['id']) ?? '';
  if (id === '') return undefined;
  const prefix = `${name}__`;
  return name !== '' && id.startsWith(prefix) && id.length > prefix.length ? id.slice(prefix.length) : id;
}

function callOf(part: JsonObject): JsonObject | undefined {
  return objectOf(fieldOf(part, 'functionCall'));
}
