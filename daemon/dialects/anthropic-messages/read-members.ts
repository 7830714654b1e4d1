// What the neutral model reads of a Messages request: the counterpart of dialects/anthropic-messages/decode-*.ts, and of
// what changes no answer.

import { REASONING_EFFORTS } from '../../conversation/settings.ts';
import { objectOf } from '../../util/json.ts';
import {
  byType,
  flag,
  having,
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

const file = members({ type: said, file_id: text });
const url = members({ type: said, url: text });
const base64 = members({ type: said, media_type: text, data: text });

const BLOCKS: Readonly<Record<string, Shape>> = {
  text: members({ type: said, text }),
  image: members({ type: said, source: byType({ base64, url }, said) }),
  document: members({
    type: said,
    title: text,
    source: byType(
      {
        base64,
        url,
        file,
        text: having(['media_type'], members({ type: said, media_type: oneOf('text/plain'), data: text })),
      },
      leftOut,
    ),
  }),
};

const resultBlock = byType(BLOCKS, said);

const block = byType(
  {
    ...BLOCKS,
    thinking: members({ type: said, thinking: text, signature: text }),
    redacted_thinking: members({ type: said, data: text }),
    // Raw text, so whatever it is.
    tool_use: members({ type: said, id: said, name: text, input: said }),
    tool_result: members({
      type: said,
      tool_use_id: text,
      content: textOr(list(resultBlock)),
      is_error: flag,
    }),
  },
  said, // kept whole by the neutral model
);

const effort = oneOf(...REASONING_EFFORTS);

const format = byType({ json_schema: members({ type: said, schema: object }) }, leftOut);

const outputConfig = members({ effort, format });

/** One that is switched off has no other words, and one that is switched on must say how much. */
const thinking: Shape = byType(
  {
    enabled: (value) =>
      typeof objectOf(value)?.['budget_tokens'] === 'number'
        ? members({ type: said, budget_tokens: said, display: oneOf('omitted', 'summarized') })(value)
        : leftOut(value),
    adaptive: members({ type: said, display: oneOf('omitted', 'summarized') }),
    disabled: members({ type: said }),
  },
  leftOut,
);

const tool = members({ type: said, name: text, description: text, input_schema: object, strict: flag });

const choice = members({ type: said, name: text, disable_parallel_tool_use: flag });

const body = members({
  model: said,
  system: textOr(list(byType({ text: members({ type: said, text }) }, said))),
  messages: list(members({ role: said, content: textOr(list(block)) })),
  stream: said,
  max_tokens: where((value) => typeof value === 'number' && value >= 1),
  temperature: number,
  top_p: number,
  top_k: number,
  stop_sequences: list(text),
  tools: list(byType({ '': tool, custom: tool }, said)), // one of the vendor's is never compared
  tool_choice: byType({ auto: choice, none: choice, any: choice, tool: choice }, leftOut),
  thinking,
  output_config: outputConfig,
  output_format: format,
  metadata: said,
  service_tier: said,
});

/** Two places say the format, and thinking that is switched off the effort: then none of them counts as said. */
export const MESSAGES_BODY: Shape = (value) => {
  const whole = objectOf(value) ?? {};
  const { thinking: thought = null, output_config: config = null, output_format: old = null } = whole;
  const inner = objectOf(config) ?? {};
  const isOff = objectOf(thought)?.['type'] === 'disabled' && inner['effort'] !== undefined;
  const isTwice = old !== null && inner['format'] !== undefined;
  const rest = body(value);
  return isOff || isTwice ? [rest ?? null, thought, config, old] : rest;
};
