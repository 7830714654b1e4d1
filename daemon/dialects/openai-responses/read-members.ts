// What the neutral model reads of a Responses request: the counterpart of dialects/openai-responses/decode-*.ts, and of
// what changes no answer.

import { REASONING_EFFORTS } from '../../conversation/settings.ts';
import { isJsonObject, objectOf, type JsonValue } from '../../util/json.ts';
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

const written = members({ type: said, text, annotations: nothing, logprobs: nothing });

const part = byType(
  {
    input_text: written,
    output_text: written,
    text: written,
    summary_text: leftOut,
    reasoning_text: leftOut,
    refusal: members({ type: said, refusal: text }),
    input_image: members(
      { type: said, image_url: address, detail: text, file_id: text },
      { exclusive: ['image_url', 'file_id'] },
    ),
    computer_screenshot: leftOut,
    image_url: leftOut,
    input_file: members(
      { type: said, file_data: address, file_url: text, file_id: text, filename: text },
      { exclusive: ['file_data', 'file_url', 'file_id'] },
    ),
  },
  said, // kept whole by the neutral model
);

/** Ids of items are made up anew by every vendor. */
const ITEM = { type: said, id: said, status: oneOf('completed') };
const ended = oneOf('completed', 'failed');

const oneText = (type: string): Shape => {
  const texts = list(byType({ [type]: members({ type: said, text }) }, leftOut));
  return (value) => (Array.isArray(value) && value.length > 1 ? leftOut(value) : texts(value));
};

const reasoning: Shape = (value) => {
  const { content, summary } = objectOf(value) ?? {};
  const areBothThere = hasElements(content) && hasElements(summary);
  return members({
    ...ITEM,
    summary: areBothThere ? leftOut : oneText('summary_text'),
    content: areBothThere ? leftOut : oneText('reasoning_text'),
    encrypted_content: text,
  })(value);
};

const message = members({ ...ITEM, role: said, content: textOr(list(part)) });
const output = members({ ...ITEM, status: ended, call_id: text, output: textOr(list(part)) });

const item: Shape = byType(
  {
    '': message,
    message,
    reasoning,
    function_call: members({ ...ITEM, call_id: text, name: text, arguments: text }),
    custom_tool_call: members({ ...ITEM, call_id: text, name: text, input: text }),
    function_call_output: output,
    custom_tool_call_output: output,
  },
  members({ id: said, call_id: said }),
);

const functionTool = members({ type: said, name: text, description: text, parameters: object, strict: flag });

/** Of tools of one name only the first is read. */
const tools: Shape = (value) => {
  const names = Array.isArray(value) ? (value as readonly JsonValue[]).map(nameOf) : [];
  if (new Set(names).size < names.length) return leftOut(value);
  return list(byType({ function: functionTool, custom: said, namespace: leftOut }, said))(value);
};

const format = byType(
  {
    text: members({ type: said }),
    json_object: members({ type: said }),
    json_schema: members({ type: said, name: text, schema: object, strict: flag }),
  },
  leftOut,
);

export const RESPONSES_BODY: Shape = members({
  model: said,
  instructions: text,
  input: textOr(list(item)),
  stream: said,
  stream_options: said,
  max_output_tokens: number,
  temperature: number,
  top_p: number,
  tools,
  tool_choice: (value) =>
    typeof value === 'string'
      ? oneOf('auto', 'none', 'required')(value)
      : byType({ function: members({ type: said, name: text }) }, leftOut)(value),
  parallel_tool_calls: flag,
  text: members({ format, verbosity: oneOf('low', 'medium', 'high') }),
  // What is summed up in which words differs with the kind of summary.
  reasoning: members({ effort: oneOf(...REASONING_EFFORTS), summary: oneOf('auto') }),
  // What else an answer holds: left out where it is anything.
  include: nothing,
  truncation: oneOf('disabled'),
  background: oneOf(false),
  generate: oneOf(true),
  top_logprobs: said, // never compared
  service_tier: said,
  user: said,
  safety_identifier: said,
  prompt_cache_key: said,
  prompt_cache_retention: said,
  prompt_cache_options: said,
  previous_response_id: where(() => false), // gone where its conversation is known, else never compared
  store: said,
  metadata: said,
  client_metadata: said,
  type: said,
  stream_id: said,
});

function hasElements(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function nameOf(tool: JsonValue): string {
  return isJsonObject(tool) ? JSON.stringify([tool['name'] ?? tool['type'], tool['server_label']]) : '';
}
