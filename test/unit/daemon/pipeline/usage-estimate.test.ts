import assert from 'node:assert/strict';

import type { ConversationRequest } from '../../../../daemon/conversation/request.ts';
import { anthropicMessages } from '../../../../daemon/dialects/anthropic-messages/dialect.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { openAiEmbeddings } from '../../../../daemon/dialects/passed-on/embeddings.ts';
import {
  estimateInputTokens,
  estimateOutputTokens,
  type EstimatedModel,
} from '../../../../daemon/pipeline/usage-estimate.ts';
import { promptSizes } from '../../../../daemon/pipeline/prompt-sizes.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

const GPT: EstimatedModel = { upstreamModel: 'gpt-4o', dialect: 'openai-chat', tokenizerFactor: 1 };
const CLAUDE: EstimatedModel = {
  upstreamModel: 'claude-sonnet-4-5',
  dialect: 'anthropic-messages',
  tokenizerFactor: 1,
};

type Body = Readonly<Record<string, unknown>>;

const chat = (body: Body): ConversationRequest =>
  openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify({ model: 'm', ...body }))));
const claude = (body: Body): ConversationRequest =>
  anthropicMessages.decodeRequest(
    parseRequestBody(Buffer.from(JSON.stringify({ model: 'm', max_tokens: 9, ...body }))),
  );
const ask = (content: unknown, more: Body = {}): ConversationRequest =>
  chat({ messages: [{ role: 'user', content }], ...more });

function near(actual: number, expected: number, share = 0.15): void {
  assert.ok(Math.abs(actual / expected - 1) <= share, `${actual} is not about ${expected}`);
}

const WEATHER = {
  name: 'weather',
  description: 'Gets the weather of a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string', description: 'Name of the city' }, unit: { enum: ['C', 'F'] } },
    required: ['city'],
    additionalProperties: false,
  },
};
const TOOLS = [{ type: 'function', function: WEATHER }];
const PNG_1024 = 'iVBORw0KGgoAAAANSUhEUgAABAAAAAQACAYAAAB/HSuDAAAAAElFTkSuQmCCAAAAAAAAAAAA'; // head of 1024 x 1024 pixels

describe('the estimate of a prompt', () => {
  it('[A37] is that of OpenAI for a question and its frame', () => {
    near(estimateInputTokens(ask('What is the capital of France?'), GPT), 14, 0.1);
  });

  it('[A37] has the words that Anthropic puts in front of tools', () => {
    const tools = [{ name: 'now', input_schema: { type: 'object', properties: {} } }];
    const messages = [{ role: 'user', content: 'What time is it?' }];
    const plain = estimateInputTokens(claude({ messages }), CLAUDE);
    const withTools = estimateInputTokens(claude({ messages, tools }), CLAUDE);
    assert.ok(plain < 20 && withTools - plain > 480 && withTools - plain < 580, `${plain} ${withTools}`);
    const forced = claude({ messages, tools, tool_choice: { type: 'any' } });
    assert.ok(estimateInputTokens(forced, CLAUDE) > withTools + 50);
  });

  it('counts tools in the form that the vendor shows them in', () => {
    const sizes = promptSizes(ask('hi', { tools: TOOLS }));
    assert.ok(sizes.toolTokensTypeScript < 0.7 * sizes.toolTokensJson);
    const tools = estimateInputTokens(ask('hi', { tools: TOOLS }), GPT) - estimateInputTokens(ask('hi'), GPT);
    assert.ok(tools > sizes.toolTokensTypeScript / 2 && tools < sizes.toolTokensJson, String(tools));
  });

  it('leaves unused tools out where the vendor does', () => {
    const model = { ...GPT, upstreamModel: 'deepseek-chat' };
    const unused = ask('hi', { tools: TOOLS, tool_choice: 'none' });
    assert.equal(estimateInputTokens(unused, model), estimateInputTokens(ask('hi'), model));
    assert.ok(estimateInputTokens(unused, GPT) > estimateInputTokens(ask('hi'), GPT));
  });

  it('counts calls, results, and the schema of the answer', () => {
    const text = estimateInputTokens(ask('hi'), GPT);
    const call = { id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } };
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: 'sunny and warm' },
    ];
    const calls = estimateInputTokens(chat({ messages }), GPT) - text;
    assert.ok(calls > 20 && calls < 60, String(calls));
    const format = { type: 'json_schema', json_schema: { name: 'x', schema: WEATHER.parameters } };
    assert.ok(estimateInputTokens(ask('hi', { response_format: format }), GPT) > text + 20);
  });

  it('counts an image by its size and detail where they are known', () => {
    const image = (detail?: string): unknown => [
      {
        type: 'image_url',
        image_url: { url: `data:image/png;base64,${PNG_1024}`, ...(detail && { detail }) },
      },
    ];
    const frame = estimateInputTokens(ask(''), GPT);
    assert.equal(estimateInputTokens(ask(image()), GPT) - frame, 765); // four tiles of 170 and 85
    assert.equal(estimateInputTokens(ask(image('low')), GPT) - frame, 85);
    const nano = { ...GPT, upstreamModel: 'gpt-4.1-nano' };
    assert.equal(estimateInputTokens(ask(image()), nano) - frame, Math.round(1024 * 2.46));
    near(estimateInputTokens(ask(image()), { ...GPT, upstreamModel: 'claude-sonnet-4-5' }), 1398, 0.02);
  });

  it('does not count base64 as text', () => {
    const data = 'QUJD'.repeat(50_000);
    const file = {
      type: 'file',
      file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${data}` },
    };
    assert.ok(estimateInputTokens(ask([file]), GPT) < 3000);
    const sound = { type: 'input_audio', input_audio: { data, format: 'wav' } };
    assert.ok(promptSizes(ask([sound])).hasUnknownParts);
  });

  it('[B5] counts the sealed thoughts of the turn that goes on, and those of earlier turns not', () => {
    const thought = { type: 'thinking', thinking: 'hm', signature: 'x'.repeat(4000) };
    const use = { type: 'tool_use', id: 't', name: 'now', input: {} };
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'noon' }] };
    const open = [{ role: 'user', content: 'hi' }, { role: 'assistant', content: [thought, use] }, result];
    const over = [...open, { role: 'assistant', content: 'noon' }, { role: 'user', content: 'thanks' }];
    const going = estimateInputTokens(claude({ messages: open }), CLAUDE);
    assert.ok(going > 500, String(going));
    assert.ok(estimateInputTokens(claude({ messages: over }), CLAUDE) < going - 400);
  });

  it('is in the tokens of the model where the catalog knows its tokenizer', () => {
    const request = ask('why is the sky blue '.repeat(200));
    const plain = estimateInputTokens(request, GPT);
    near(estimateInputTokens(request, { ...GPT, tokenizerFactor: 1.35 }), plain * 1.35, 0.03);
    const known = { ...CLAUDE, tokenizerFactor: 1.35 };
    near(estimateInputTokens(request, known), plain * 1.35, 0.03); // instead of the family's factor, not on top of it
  });

  it('puts no frame around a text to embed', () => {
    const bytes = Buffer.from(JSON.stringify({ model: 'text-embedding-3-small', input: ['why', 'the sea'] }));
    const request = openAiEmbeddings.decodeRequest(parseRequestBody(bytes));
    const model = { ...GPT, upstreamModel: 'text-embedding-3-small', dialect: 'openai-embeddings' } as const;
    near(estimateInputTokens(request, model), 3, 0.01);
  });

  it('survives schemas that are none', () => {
    const schemas = [
      {},
      { type: 'object', properties: 7 },
      { properties: { a: null, b: { anyOf: [1, null] }, c: { type: ['string', 'null'] } } },
      { type: 'array' },
      { $ref: '#/$defs/x', enum: [] },
    ];
    const tools = schemas.map((parameters) => ({ type: 'function', function: { name: 'f', parameters } }));
    assert.ok(estimateInputTokens(ask('hi', { tools }), GPT) > 10);
  });

  it('knows what it cannot know', () => {
    assert.equal(promptSizes(ask('hi', { tools: TOOLS })).hasUnknownParts, false);
    const search = [{ type: 'web_search_20250305', name: 'web_search' }];
    const request = claude({ messages: [{ role: 'user', content: 'hi' }], tools: search });
    assert.equal(promptSizes(request).hasUnknownParts, true);
  });
});

describe('the estimate of an answer', () => {
  const NOTHING = {
    hasContent: true,
    textTokens: 0,
    reasoningTokens: 0,
    callCount: 0,
    callTokens: 0,
    sealCount: 0,
    sealChars: 0,
  };

  it('is nothing where nothing came', () => {
    assert.deepEqual(estimateOutputTokens({ ...NOTHING, hasContent: false }, GPT), {
      outputTokens: 0,
      reasoningOutputTokens: 0,
    });
  });

  it('is the text and a small frame', () => {
    near(estimateOutputTokens({ ...NOTHING, textTokens: 200 }, GPT).outputTokens, 200, 0.05);
  });

  it('has the frame of calls, which is large at Anthropic', () => {
    const call = { ...NOTHING, callCount: 1, callTokens: 5 };
    assert.ok(estimateOutputTokens(call, GPT).outputTokens < 15);
    assert.ok(estimateOutputTokens(call, CLAUDE).outputTokens > 30);
  });

  it('counts thoughts that can be read as reasoning', () => {
    const { outputTokens, reasoningOutputTokens } = estimateOutputTokens(
      { ...NOTHING, textTokens: 10, reasoningTokens: 90 },
      { ...GPT, upstreamModel: 'deepseek-reasoner' },
    );
    near(reasoningOutputTokens, 90, 0.05);
    assert.ok(outputTokens >= reasoningOutputTokens + 8);
  });

  it('estimates a sealed thought by its seal, and no shorter than what of it was shown', () => {
    const model = { ...GPT, upstreamModel: 'gpt-5.5', dialect: 'openai-responses' } as const;
    const sealed = { ...NOTHING, sealCount: 1, sealChars: 7500 };
    near(estimateOutputTokens(sealed, model).reasoningOutputTokens, 1000, 0.01);
    const shown = { ...NOTHING, sealCount: 1, sealChars: 500, reasoningTokens: 80 };
    near(estimateOutputTokens(shown, model).reasoningOutputTokens, 80, 0.05);
  });
});
