// What is known of a conversation's earlier requests makes the next one cheaper and nothing else: each request reads
// exactly as one that nobody has seen the beginning of.

import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { extractFeatures } from '../../../../daemon/classify/features.ts';
import { findStall } from '../../../../daemon/classify/stall.ts';
import { messageChecksums } from '../../../../daemon/conversation/message-checksums.ts';
import { messagesOf, type ConversationRequest } from '../../../../daemon/conversation/request.ts';
import { anthropicMessages } from '../../../../daemon/dialects/anthropic-messages/dialect.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { openAiResponses } from '../../../../daemon/dialects/openai-responses/dialect.ts';
import { promptMarks } from '../../../../daemon/pipeline/prompt-prefixes.ts';
import { BodyMemory } from '../../../../daemon/util/body-memory.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

const long = 'The gate opens when the cache is warm. '.repeat(300);
const word = fc.constantFrom(
  'list the files',
  'error: not found',
  long.slice(0, 4000),
  'é "quoted" \\ 漢字',
  '',
);

const chatStep = fc.oneof(
  fc.record({ role: fc.constant('user'), content: word }),
  fc.record({
    role: fc.constant('user'),
    content: fc.constant([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]),
  }),
  fc.record({ role: fc.constant('assistant'), content: word, reasoning_content: word }),
  fc.record({
    role: fc.constant('assistant'),
    tool_calls: fc.constant([
      { id: 'c1', type: 'function', function: { name: 'read', arguments: '{"a":1}' } },
    ]),
  }),
  fc.record({ role: fc.constant('tool'), tool_call_id: fc.constant('c1'), content: word }),
);

const anthropicBlock = fc.oneof(
  fc.record({ type: fc.constant('text'), text: word }),
  fc.record({
    type: fc.constant('text'),
    text: word,
    cache_control: fc.constant({ type: 'ephemeral' }),
  }),
  fc.record({
    type: fc.constant('tool_use'),
    id: fc.constant('t1'),
    name: fc.constant('read'),
    input: fc.constant({}),
  }),
  fc.record({ type: fc.constant('tool_result'), tool_use_id: fc.constant('t1'), content: word }),
);
const anthropicStep = fc.oneof(
  fc.record({ role: fc.constantFrom('user', 'assistant'), content: word }),
  fc.record({
    role: fc.constantFrom('user', 'assistant'),
    content: fc.array(anthropicBlock, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    role: fc.constant('user'),
    content: word,
    output_config: fc.record({ effort: fc.constantFrom('low', 'high') }),
    other: word,
  }),
);

const responsesStep = fc.oneof(
  fc.record({ role: fc.constant('user'), content: word }),
  fc.record({
    type: fc.constant('function_call'),
    call_id: fc.constant('c1'),
    name: fc.constant('read'),
    arguments: fc.constant('{}'),
  }),
  fc.record({ type: fc.constant('function_call_output'), call_id: fc.constant('c1'), output: word }),
);

const tools = Array.from({ length: 4 }, (_, index) => ({
  name: `tool_${index}`,
  description: long.slice(0, 900),
}));
const chatTools = tools.map((tool) => ({ type: 'function', function: tool }));
const responsesTools = tools.map((tool) => ({ type: 'function', ...tool }));

const clients = [
  {
    name: 'chat completions',
    step: chatStep,
    bodyOf: (steps: readonly object[]) => ({
      model: 'auto',
      messages: [{ role: 'system', content: long }, { role: 'user', content: 'Begin.' }, ...steps],
      tools: chatTools,
    }),
    dialect: openAiChat,
  },
  {
    name: 'Messages',
    step: anthropicStep,
    bodyOf: (steps: readonly object[]) => ({
      model: 'auto',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Begin.' }, ...steps],
      system: [{ type: 'text', text: long }],
      tools: tools.map((tool) => ({ ...tool, input_schema: { type: 'object' } })),
    }),
    dialect: anthropicMessages,
  },
  {
    name: 'Responses',
    step: responsesStep,
    bodyOf: (steps: readonly object[]) => ({
      model: 'auto',
      instructions: long,
      input: [{ role: 'user', content: 'Begin.' }, ...steps],
      tools: responsesTools,
    }),
    dialect: openAiResponses,
  },
] as const;

function readingOf(request: ConversationRequest): object {
  return {
    outline: request.outline,
    needs: request.needs,
    toolCount: request.toolCount,
    settings: request.settings(),
    unmapped: request.unmappedFields(),
    features: extractFeatures(request, { client: 'a test' }),
    checksums: messageChecksums(request),
    marks: promptMarks(request),
    stall: findStall(request),
    messages: messagesOf(request),
    bytes: request.outline.map((_, index) => request.messageBytes(index).toString()),
  };
}

describe('a request whose beginning is known', () => {
  for (const { name, step, bodyOf, dialect } of clients) {
    it(`reads in ${name} as one whose beginning is not`, () => {
      fc.assert(
        fc.property(
          fc.array(step as fc.Arbitrary<object>, { minLength: 1, maxLength: 6 }),
          fc.array(
            fc.record({ keep: fc.nat(6), more: fc.array(step as fc.Arbitrary<object>, { maxLength: 3 }) }),
            {
              minLength: 1,
              maxLength: 4,
            },
          ),
          (first, turns) => {
            const memory = new BodyMemory();
            let steps = first;
            const check = (): void => {
              const bytes = Buffer.from(JSON.stringify(bodyOf(steps)));
              const known = dialect.decodeRequest(parseRequestBody(bytes, undefined, memory), '');
              assert.deepEqual(
                readingOf(known),
                readingOf(dialect.decodeRequest(parseRequestBody(bytes), '')),
              );
            };
            check();
            for (const { keep, more } of turns) {
              steps = [...steps.slice(0, Math.max(1, steps.length - keep)), ...more];
              check();
            }
          },
        ),
        { numRuns: 60 },
      );
    });
  }
});
