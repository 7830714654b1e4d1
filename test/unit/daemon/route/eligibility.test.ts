import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import { contextNeedTokens, rejectionOf } from '../../../../daemon/route/eligibility.ts';
import { ALL_CAPABILITIES, anyInput, AT_MS, input, target } from './route-fixtures.ts';

const CASES: readonly {
  readonly title: string;
  readonly model?: Partial<ModelTarget>;
  readonly request?: Partial<DecisionInput>;
  readonly filter: string | null;
  readonly why?: RegExp;
}[] = [
  { title: 'a model with everything is eligible', filter: null },
  {
    title: 'a provider without a key is out, and the reason says what to do',
    model: { usable: false, unusableWhy: 'has no key: set ALPHA_API_KEY' },
    filter: 'provider',
    why: /^has no key: set ALPHA_API_KEY$/,
  },
  {
    title: '[A19] [B2] a context window that is too small is told with both numbers',
    model: { contextTokens: 128_000 },
    request: { inputTokens: 209_000, expectedOutputTokens: 1000 },
    filter: 'context',
    why: /^needs 210000 tokens of context, has 128000$/,
  },
  {
    title: 'a request that fills the window to the last token is eligible',
    model: { contextTokens: 1100 },
    filter: null,
  },
  { title: 'one token more is not', model: { contextTokens: 1099 }, filter: 'context' },
  {
    title: 'the model counts the tokens with its own tokenizer',
    model: { contextTokens: 1100, tokenizerFactor: 1.35 },
    filter: 'context',
    why: /needs 1485 tokens/,
  },
  {
    title: 'an output limit above the model’s is clamped later, not rejected',
    model: { maxOutputTokens: 50, contextTokens: 1050 },
    request: { maxOutputTokens: 128_000 },
    filter: null,
  },
  {
    title: 'tools need a model that calls tools',
    model: { supports: ['vision'] },
    request: { needs: ['tools'] },
    filter: 'tools',
    why: /cannot call tools/,
  },
  {
    title: '[A22] an image needs a model that sees',
    model: { supports: ['tools'] },
    request: { needs: ['vision'] },
    filter: 'vision',
    why: /cannot see images/,
  },
  {
    title: 'reasoning needs a model that reasons',
    model: { supports: [] },
    request: { needs: ['reasoning'] },
    filter: 'reasoning',
  },
  {
    title: 'structured output needs a model that has it',
    model: { supports: [] },
    request: { needs: ['json'] },
    filter: 'json',
  },
  {
    title: '[A30] an ejected model is out, with the reason and when it is tried again',
    request: { unavailable: [{ model: 'm', why: 'is rate limited (429)', retryAtMs: AT_MS + 12_300 }] },
    filter: 'unavailable',
    why: /^is out for now: is rate limited \(429\), tried again in 13 s$/,
  },
  {
    title: 'an outage without a known end names only its cause',
    request: { unavailable: [{ model: 'm', why: 'refuses its key (401)' }] },
    filter: 'unavailable',
    why: /^is out for now: refuses its key \(401\)$/,
  },
  {
    title: 'the outage of another model changes nothing',
    request: { unavailable: [{ model: 'n', why: 'x' }] },
    filter: null,
  },
  {
    title: 'a lasting reason is told before an outage',
    model: { contextTokens: 10 },
    request: { unavailable: [{ model: 'm', why: 'x' }] },
    filter: 'context',
  },
];

describe('route/eligibility', () => {
  for (const { title, model, request, filter, why } of CASES) {
    it(title, () => {
      const rejection = rejectionOf(target('m', model), input(request));
      assert.equal(rejection?.filter ?? null, filter);
      if (why !== undefined) assert.match(rejection?.why ?? '', why);
    });
  }

  it('rules out a dialect that is not served', () => {
    const model = target('m', { dialect: 'anthropic-messages' });
    assert.equal(rejectionOf(model, input(), { dialects: ['openai-chat'] })?.filter, 'dialect');
    assert.equal(rejectionOf(model, input(), { dialects: ['anthropic-messages'] }), null);
  });

  it('never throws, and each rejection has a reason without a line break', () => {
    fc.assert(
      fc.property(anyInput, fc.subarray([...ALL_CAPABILITIES]), fc.double(), (request, supports, factor) => {
        const rejection = rejectionOf(target('m1', { supports, tokenizerFactor: factor }), request);
        if (rejection !== null) assert.match(rejection.why, /^[^\n]{5,}$/);
      }),
    );
  });

  it('[B2] never calls a model eligible that lacks a capability or the room', () => {
    fc.assert(
      fc.property(anyInput, fc.subarray([...ALL_CAPABILITIES]), (request, supports) => {
        const model = target('m1', { supports, contextTokens: 32_000 });
        if (rejectionOf(model, request) !== null) return;
        assert.ok(request.needs.every((need) => supports.includes(need)));
        assert.ok(contextNeedTokens(model, request) <= 32_000);
      }),
    );
  });
});
