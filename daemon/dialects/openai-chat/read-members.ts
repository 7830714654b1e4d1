// What the neutral model reads of a chat request: the counterpart of dialects/openai-chat/decode-*.ts, and of what
// changes no answer.

import { REASONING_EFFORTS } from '../../conversation/settings.ts';
import { objectOf } from '../../util/json.ts';
import {
  address,
  byType,
  flag,
  leftOut,
  list,
  members,
  nothing,
  number,
  object,
  oneOf,
  said,
  text,
  textOr,
  where,
  type Shape,
} from '../read-members.ts';

const part = byType(
  {
    text: members({ type: said, text }),
    refusal: members({ type: said, refusal: text }),
    image_url: members({
      type: said,
      image_url: (value) =>
        typeof value === 'string' ? address(value) : members({ url: address, detail: text })(value),
    }),
    file: members({
      type: said,
      file: members(
        { file_data: address, file_id: text, filename: text },
        { exclusive: ['file_data', 'file_id'] },
      ),
    }),
    thinking: leftOut,
  },
  said, // kept whole by the neutral model
);

const functionCall: Shape = members({
  id: said,
  type: said,
  function: members({ name: text, arguments: text }),
  extra_content: members({ google: members({ thought_signature: text }) }),
});

const call = byType(
  {
    '': functionCall,
    function: functionCall,
    custom: members({ id: said, type: said, custom: members({ name: text, input: text }) }),
  },
  leftOut,
);

const content = textOr(list(part));
const spoken = members({ role: said, name: text, content });

const MESSAGES: Readonly<Record<string, Shape>> = {
  system: spoken,
  developer: spoken,
  user: spoken,
  assistant: members({
    role: said,
    name: text,
    content,
    refusal: text,
    reasoning_content: text,
    tool_calls: list(call),
    annotations: nothing,
    audio: nothing,
    function_call: nothing,
  }),
  tool: members({ role: said, tool_call_id: text, content }),
};

const message: Shape = (value) => {
  const role = objectOf(value)?.['role'];
  const shape = typeof role === 'string' && Object.hasOwn(MESSAGES, role) ? MESSAGES[role] : undefined;
  return (shape ?? leftOut)(value);
};

const functionTool = members({
  type: said,
  function: members({ name: text, description: text, parameters: object, strict: flag }),
});

export const CHAT_BODY: Shape = members(
  {
    model: said,
    messages: list(message),
    stream: said,
    stream_options: said,
    n: number,
    max_tokens: number,
    max_completion_tokens: number,
    // A custom tool is kept whole, and one that the vendor runs is never compared.
    tools: list(byType({ '': functionTool, function: functionTool }, said)),
    response_format: byType(
      {
        text: members({ type: said }),
        json_object: members({ type: said }),
        json_schema: members({
          type: said,
          json_schema: members({ name: text, schema: object, strict: flag }),
        }),
      },
      leftOut,
    ),
    temperature: number,
    top_p: number,
    top_k: number,
    frequency_penalty: number,
    presence_penalty: number,
    seed: number,
    stop: textOr(list(text)),
    logprobs: oneOf(false),
    logit_bias: object,
    tool_choice: (value) =>
      typeof value === 'string'
        ? oneOf('auto', 'none', 'required', 'any')(value)
        : byType({ function: members({ type: said, function: members({ name: text }) }) }, leftOut)(value),
    parallel_tool_calls: flag,
    verbosity: oneOf('low', 'medium', 'high'),
    reasoning_effort: oneOf(...REASONING_EFFORTS),
    modalities: where((value) => JSON.stringify(value) === '["text"]'),
    user: said,
    safety_identifier: said,
    metadata: said,
    store: said,
    service_tier: said,
    prompt_cache_key: said,
    prompt_cache_retention: said,
    prompt_cache_options: said,
  },
  { exclusive: ['max_tokens', 'max_completion_tokens'] },
);
