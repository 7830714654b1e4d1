// The simulated providers, read by the official clients directly: what they send must be what real providers send.

import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { SimulatedModel } from '../../../../daemon/demo/simulated-bill.ts';
import { simulatedChat } from '../../../../daemon/demo/simulated-chat.ts';
import { simulatedMessages } from '../../../../daemon/demo/simulated-messages.ts';
import {
  startSimulatedProvider,
  type SimulatedProvider,
} from '../../../../daemon/demo/simulated-provider.ts';
import { simulatedResponses } from '../../../../daemon/demo/simulated-responses.ts';
import type { SimulatedWire } from '../../../../daemon/demo/simulated-wire.ts';

const MODEL: SimulatedModel = {
  name: 'm',
  prices: { input: 10, cachedInput: 1, cacheWrite: 12, output: 100 },
  cache: { kind: 'marked', minTokens: 1, ttlS: 300 },
};
const NAME = 'run_tests';
const SCHEMA = { type: 'object', properties: {} } as const;
const ASK = 'why is it red';

describe('a simulated provider', () => {
  let provider: SimulatedProvider;
  const start = async (wire: SimulatedWire): Promise<void> => {
    provider = await startSimulatedProvider('simulated', wire, [MODEL]);
  };
  afterEach(() => provider.close());
  const openai = (): OpenAI => new OpenAI({ baseURL: provider.baseUrl, apiKey: 'k', maxRetries: 0 });
  const anthropic = (): Anthropic =>
    new Anthropic({ baseURL: new URL(provider.baseUrl).origin, apiKey: 'k', maxRetries: 0 });

  describe('of messages', () => {
    beforeEach(() => start(simulatedMessages));
    const body = (messages: Anthropic.MessageParam[]) => ({
      model: 'm',
      max_tokens: 100,
      messages,
      thinking: { type: 'adaptive' } as const,
      tools: [{ name: NAME, input_schema: SCHEMA }],
    });
    const question: Anthropic.MessageParam = { role: 'user', content: ASK };

    it('streams what it answers at once', async () => {
      const plain = await anthropic().messages.create(body([question]));
      const streamed = await anthropic()
        .messages.stream(body([question]))
        .finalMessage();
      const shape = ({ content, stop_reason }: Anthropic.Message) => [
        content.map((block) => ({ ...block, id: '' })),
        stop_reason,
      ];
      assert.deepEqual(shape(streamed), shape(plain));
      assert.deepEqual(
        plain.content.map(({ type }) => type),
        ['thinking', 'tool_use'],
      );
      assert.equal(streamed.usage.output_tokens, plain.usage.output_tokens);
    });

    it('takes its own thoughts back and no others', async () => {
      const { content } = await anthropic().messages.create(body([question]));
      const result = { type: 'tool_result', tool_use_id: content.at(-1)?.type ?? '', content: 'ok' } as const;
      const next = (thoughts: Anthropic.ContentBlockParam[]) =>
        body([question, { role: 'assistant', content: thoughts }, { role: 'user', content: [result] }]);
      assert.equal((await anthropic().messages.create(next(content))).stop_reason, 'end_turn');
      const altered = content.map((block) =>
        block.type === 'thinking' ? { ...block, thinking: 'other' } : block,
      );
      await assert.rejects(anthropic().messages.create(next(altered)), { status: 400 });
    });

    it('reports what its cache read and wrote apart from the rest', async () => {
      const text = (words: string) => ({ type: 'text', text: words }) as const;
      const mark = { cache_control: { type: 'ephemeral' } } as const;
      const sent = (blocks: Anthropic.TextBlockParam[]) =>
        anthropic().messages.create({ ...body([{ role: 'user', content: blocks }]), stream: false });
      const first = (await sent([{ ...text(ASK), ...mark }])).usage;
      const again = (await sent([{ ...text(ASK), ...mark }])).usage;
      assert.ok((first.cache_creation_input_tokens ?? 0) > 0);
      assert.equal(first.cache_read_input_tokens, 0);
      assert.deepEqual(
        [again.cache_read_input_tokens, again.cache_creation_input_tokens],
        [first.cache_creation_input_tokens, 0],
      );
    });
  });

  describe('of responses', () => {
    beforeEach(() => start(simulatedResponses));
    const body = {
      model: 'm',
      input: ASK,
      include: ['reasoning.encrypted_content' as const],
      tools: [{ type: 'function' as const, name: NAME, parameters: SCHEMA, strict: false }],
    };

    it('streams what it answers at once', async () => {
      const plain = await openai().responses.create(body);
      const streamed = await openai().responses.stream(body).finalResponse();
      const kinds = ({ output }: { output: { type: string }[] }) => output.map(({ type }) => type);
      assert.deepEqual(kinds(plain), ['reasoning', 'function_call']);
      assert.deepEqual(kinds(streamed), kinds(plain));
      assert.deepEqual(streamed.usage, {
        ...plain.usage,
        input_tokens_details: streamed.usage?.input_tokens_details,
      });
    });

    it('refuses a thought that another model encrypted', async () => {
      const summary = [{ type: 'summary_text' as const, text: 'a' }];
      const thought = { type: 'reasoning' as const, id: 'rs_1', summary, encrypted_content: 'foreign' };
      const input = [{ role: 'user' as const, content: ASK }, thought];
      await assert.rejects(openai().responses.create({ ...body, input }), { status: 400 });
    });
  });

  describe('of chat completions', () => {
    beforeEach(() => start(simulatedChat));
    const body = { model: 'm', messages: [{ role: 'user' as const, content: ASK }] };
    const billed = (inputTokens: number, outputTokens: number) =>
      (inputTokens * 10 + outputTokens * 100) / 1e6;

    it('bills what it reports', async () => {
      const { usage } = await openai().chat.completions.create(body);
      const expectedUsd = billed(usage?.prompt_tokens ?? 0, usage?.completion_tokens ?? 0);
      assert.equal(provider.billedUsd().toFixed(9), expectedUsd.toFixed(9));
      assert.equal(provider.billedForBrokenUsd(), 0);
    });

    it('breaks off where it was planned to, and bills what it had sent by then', async () => {
      const whole = await openai().chat.completions.create(body);
      const before = provider.billedUsd();
      provider.plan('cut-stream');
      const stream = await openai().chat.completions.create({ ...body, stream: true });
      let text = '';
      await assert.rejects(async () => {
        for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
      });
      assert.ok(text.length > 0 && text.length < (whole.choices[0]?.message.content ?? '').length);
      assert.equal(provider.billedForBrokenUsd(), provider.billedUsd() - before);
      assert.ok(provider.billedForBrokenUsd() < before);
    });

    it('is out and busy once each when that was planned', async () => {
      provider.plan('overloaded', 'rate-limited');
      await assert.rejects(openai().chat.completions.create(body), { status: 503 });
      await assert.rejects(openai().chat.completions.create(body), { status: 429 });
      assert.equal((await openai().chat.completions.create(body)).choices.length, 1);
      assert.equal(provider.requests(), 3);
    });
  });
});
