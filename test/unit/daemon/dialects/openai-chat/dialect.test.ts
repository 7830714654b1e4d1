import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { messagesOf } from '../../../../../daemon/conversation/request.ts';
import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { openAiChat } from '../../../../../daemon/dialects/openai-chat/dialect.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';
import { chunk, DONE, foreign, framesOf } from './chat-support.ts';

const TARGET = { dialect: 'openai-chat', upstreamModel: 'up', maxOutputTokens: 100 } as const;
const IDENTITY = { responseId: 'x_1', responseModel: 'm', createdAtS: 9, wantsUsage: true };

/** Right, nearly right and wrong values for one field. */
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(null, true, 5, 'user', '', [], {}));
const part = fc.record(
  {
    type: fc.constantFrom('text', 'image_url', 'refusal', 'thinking', 'file', 5),
    text: value,
    file: value,
    image_url: value,
    thinking: value,
  },
  { requiredKeys: [] },
);
const mostly = (right: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: value });
const wireCall = fc.record(
  {
    id: value,
    function: fc.record({ name: value, arguments: value }, { requiredKeys: [] }),
    custom: value,
    extra_content: fc.oneof(value, fc.constant({ google: { thought_signature: 's' } })),
  },
  { requiredKeys: [] },
);
const message = fc.record(
  {
    role: mostly(fc.constantFrom('system', 'user', 'assistant', 'tool', 'function')),
    content: mostly(fc.oneof(fc.string(), fc.array(part))),
    tool_calls: mostly(fc.array(fc.oneof(value, wireCall))),
    tool_call_id: value,
    function_call: value,
    reasoning_content: value,
    reasoning_details: value,
    name: value,
  },
  { requiredKeys: ['role'] },
);
const request = fc.record(
  {
    messages: mostly(fc.array(message, { minLength: 1, maxLength: 4 })),
    model: mostly(fc.string()),
    tools: mostly(fc.array(fc.record({ type: value, function: value }, { requiredKeys: [] }))),
    stream: mostly(fc.boolean()),
    stream_options: mostly(fc.constantFrom({}, null, { include_usage: 5 })),
    response_format: mostly(
      fc.record({ type: fc.constantFrom('json_schema', 'json_object', 1), json_schema: value }),
    ),
    max_tokens: mostly(fc.integer({ min: 1 })),
    stop: mostly(fc.array(value)),
    tool_choice: mostly(
      fc.record({ type: value, function: value, allowed_tools: value }, { requiredKeys: [] }),
    ),
    reasoning_effort: mostly(fc.constantFrom('low', 'none', 'odd')),
    reasoning: value,
    thinking: value,
    seed: mostly(fc.integer()),
    odd: value,
  },
  { requiredKeys: ['messages'] },
);

/** A model of which everything is known, and a memory that owns nothing. */
const PICKY: EncodeTarget = {
  ...TARGET,
  traits: {
    refuses: ['temperature', 'topLogprobs'],
    efforts: ['none', 'high'],
    thinkingSwitch: 'thinking',
    toolChoices: ['auto'],
    responseFormats: ['text', 'json-object'],
    outputLimitField: 'max_completion_tokens',
    seedField: 'random_seed',
    developerRole: false,
    systemInMessages: false,
    toolCallIds: 'alphanumeric-9',
    needsReasoningWithCalls: true,
    refusesFields: ['odd'],
    refusesMessageFields: ['name', 'reasoning_content'],
  },
  history: { maker: 'me', owns: () => false, recall: () => [] },
};

const delta = fc.record(
  {
    content: fc.oneof(fc.string(), fc.array(part), value),
    reasoning: value,
    reasoning_details: fc.oneof(
      fc.array(fc.record({ text: value, signature: value, data: value }, { requiredKeys: [] })),
      value,
    ),
    refusal: value,
    tool_calls: fc.oneof(
      fc.array(
        fc.record(
          {
            index: value,
            id: value,
            function: fc.record({ name: value, arguments: value }, { requiredKeys: [] }),
          },
          { requiredKeys: [] },
        ),
      ),
      value,
    ),
    function_call: value,
    odd: value,
  },
  { requiredKeys: [] },
);
const choice = fc.record(
  {
    index: fc.oneof(fc.nat({ max: 2 }), value),
    delta: fc.oneof(delta, value),
    message: delta,
    logprobs: value,
    finish_reason: fc.constantFrom(null, 'stop', 'tool_calls', 'odd', '', 'error'),
  },
  { requiredKeys: [] },
);
const wireChunk = fc.record(
  {
    id: value,
    model: value,
    created: value,
    choices: fc.oneof(fc.array(choice), value),
    usage: value,
    x_groq: value,
  },
  { requiredKeys: [] },
);

describe('openai-chat dialect', () => {
  it('reads or refuses any request, and never breaks on one', () => {
    let accepted = 0;
    fc.assert(
      fc.property(request, (body) => {
        try {
          const view = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
          assert.equal(messagesOf(view).length, view.outline.length);
          assert.ok(view.tools().length >= view.toolCount);
          assert.ok(['text', 'json-object', 'json-schema'].includes(view.responseFormat.kind));
          const encoded = openAiChat.encodeRequest(view, TARGET).body;
          assert.equal((JSON.parse(encoded.toString()) as { model: string }).model, 'up');
          view.settings();
          view.unmappedFields();
          const fitted = JSON.parse(openAiChat.encodeRequest(view, PICKY).body.toString()) as {
            readonly messages: readonly Record<string, unknown>[];
          };
          assert.ok(fitted.messages.every((one) => !('name' in one) && one['role'] !== 'developer'));
          const other = foreign({ ...view, messages: messagesOf(view), tools: () => view.tools() });
          for (const target of [TARGET, PICKY]) openAiChat.encodeRequest(other, target);
          accepted += 1;
        } catch (error) {
          assert.ok(error instanceof RouterError && error.code === 'request.malformed', String(error));
        }
      }),
      { numRuns: 1_000 },
    );
    assert.ok(accepted > 50, `only ${accepted} requests were accepted`);
  });

  it('ends any stream in exactly one way, and can write down whatever it read', () => {
    const frame = fc.oneof(
      { weight: 6, arbitrary: wireChunk },
      {
        weight: 1,
        arbitrary: fc.constantFrom<(object | string)[]>(
          DONE,
          ': ping\n\n',
          'event: error\n\n',
          'data: {"id"\n\n',
          chunk({}, 'stop'),
        ),
      },
    );
    let complete = 0;
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), (frames) => {
        const decoder = openAiChat.createStreamDecoder();
        const events = [...framesOf(...frames).flatMap((one) => decoder.push(one)), ...decoder.end()];
        const ends = events.filter(({ type }) => type === 'response-end' || type === 'response-failed');
        assert.equal(ends.length, 1);
        assert.equal(ends[0], events.at(-1));
        if (ends[0]?.type === 'response-end') complete += 1;
        const encoder = openAiChat.createStreamEncoder(IDENTITY);
        for (const event of events) encoder.push(event);
        encoder.end(undefined);
        openAiChat.encodeResponse(events, IDENTITY);
      }),
      { numRuns: 1_000 },
    );
    assert.ok(complete > 50, `only ${complete} streams were complete`);
  });

  it('starts and ends every part once, in order, whatever the deltas', () => {
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 6 }), (deltas) => {
        const decoder = openAiChat.createStreamDecoder();
        const frames = framesOf(...deltas.map((one) => chunk(one)), chunk({}, 'stop'));
        const open = new Set<string>();
        const seen = new Set<string>();
        for (const event of frames.flatMap((one) => decoder.push(one))) {
          if (!('id' in event) || event.type === 'refusal-delta') continue;
          if (event.type.endsWith('-start')) {
            assert.ok(!seen.has(event.id), 'an id is used once');
            seen.add(event.id);
            open.add(event.id);
          }
          assert.ok(open.has(event.id), `${event.type} of a part that is not open`);
          if (event.type.endsWith('-end')) open.delete(event.id);
        }
        assert.equal(open.size, 0);
      }),
      { numRuns: 500 },
    );
  });

  it('reads any plain answer without breaking', () => {
    fc.assert(
      fc.property(wireChunk, (body) => {
        const events = openAiChat.decodeResponse(body);
        assert.ok(['response-end', 'response-failed'].includes(events.at(-1)?.type ?? ''));
      }),
      { numRuns: 500 },
    );
  });

  it('makes a failure of any error answer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 400, max: 599 }),
        fc.oneof(
          value.map((json) => JSON.stringify(json)),
          fc.string(),
        ),
        (status, text) => {
          const failure = openAiChat.decodeFailure(status, text);
          assert.equal(failure.statusCode, status);
          assert.ok(failure.message.length <= 500);
        },
      ),
      { numRuns: 500 },
    );
  });
});
