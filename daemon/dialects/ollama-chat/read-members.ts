// What the neutral model reads of an Ollama request: the counterpart of dialects/ollama-chat/decode-*.ts, and of what
// changes no answer.

import { REASONING_EFFORTS } from '../../conversation/settings.ts';
import { isJsonObject, objectOf, stringOf, type JsonValue } from '../../util/json.ts';
import {
  flag,
  leftOut,
  list,
  members,
  number,
  object,
  oneOf,
  said,
  text,
  textOr,
  where,
  type Shape,
} from '../read-members.ts';

const call = members({
  id: said,
  type: oneOf('function'),
  function: members({ name: text, arguments: where((value) => isJsonObject(value)) }),
});

const options = members({
  temperature: number,
  top_p: number,
  top_k: number,
  seed: number,
  stop: textOr(list(text)),
  frequency_penalty: number,
  presence_penalty: number,
  num_predict: where((value) => Number.isSafeInteger(value) && Number(value) > 0),
});

const functionTool = members({
  type: oneOf('function'),
  function: members({ name: text, description: text, parameters: object }),
});

export const OLLAMA_BODY: Shape = (value) => {
  const names = calledNames(objectOf(value)?.['messages']);
  // By its name a result finds its call; a name that no call has says something else.
  const name = where((given) => typeof given === 'string' && names.has(given));
  const message: Shape = (wire) => {
    const role = objectOf(wire)?.['role'];
    const isNamed = ['tool_call_id', 'tool_name', 'name'].some(
      (member) => objectOf(wire)?.[member] !== undefined,
    );
    if (role === 'tool' && !isNamed) return leftOut(wire);
    return members(
      {
        role: said,
        content: text,
        images: list(where((image) => typeof image === 'string' && !image.startsWith('data:'))),
        thinking: role === 'assistant' ? text : leftOut,
        tool_calls: role === 'assistant' ? list(call) : leftOut,
        tool_call_id: role === 'tool' ? said : leftOut,
        tool_name: role === 'tool' ? name : leftOut,
        name: role === 'tool' ? name : leftOut,
      },
      { exclusive: ['tool_call_id', 'tool_name', 'name'] },
    )(wire);
  };
  return members({
    model: said,
    messages: list(message),
    stream: said,
    options,
    tools: list(functionTool),
    format: (wanted) => (isJsonObject(wanted) ? undefined : oneOf('json', '')(wanted)),
    think: oneOf(true, false, ...REASONING_EFFORTS),
    logprobs: flag, // never compared where it is true
    keep_alive: said,
  })(value);
};

function calledNames(messages: JsonValue | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  for (const message of Array.isArray(messages) ? (messages as readonly JsonValue[]) : []) {
    const calls = objectOf(message)?.['tool_calls'];
    for (const made of Array.isArray(calls) ? (calls as readonly JsonValue[]) : []) {
      const name = stringOf(objectOf(objectOf(made)?.['function'])?.['name']);
      if (name !== undefined) names.add(name);
    }
  }
  return names;
}
