import assert from 'node:assert/strict';

import { framingOf } from '../../../../daemon/catalog/token-framing.ts';

const familyOf = (
  upstreamModel: string,
  dialect: Parameters<typeof framingOf>[0]['dialect'] = 'openai-chat',
): string => framingOf({ upstreamModel, dialect }).family;

describe('the framing of tokens', () => {
  const families: readonly (readonly [string, string])[] = [
    ['gpt-4o-mini', 'OpenAI'],
    ['openai/gpt-5-mini', 'OpenAI reasoning'],
    ['o3-mini', 'OpenAI reasoning'],
    ['gpt-6-sol', 'OpenAI reasoning'],
    ['openai/gpt-oss-120b', 'gpt-oss'],
    ['claude-3-5-sonnet-20240620', 'Claude before 4.5'],
    ['claude-opus-4-1', 'Claude before 4.5'],
    ['anthropic/claude-haiku-4.5', 'Claude 4.5 and 4.6'],
    ['claude-opus-4-8', 'Claude since Opus 4.7'],
    ['claude-sonnet-5-5', 'Claude since Opus 4.7'],
    ['claude-fable-5-1', 'Claude since Opus 4.7'],
    ['google/gemini-2.5-flash', 'Gemini'],
    ['gemini-3.8-flash', 'Gemini 3'],
    ['deepseek-chat', 'DeepSeek'],
    ['deepseek-v4-pro', 'DeepSeek 4'],
    ['mistral-large-2512', 'Mistral'],
    ['meta-llama/Llama-4-Scout', 'Llama 4 at Groq'],
    ['a model of my own', 'any other'],
    ['', 'any other'],
  ];
  for (const [model, family] of families) {
    it(`knows ${model === '' ? 'a model without a name' : model} as ${family}`, () => {
      assert.equal(familyOf(model), family);
    });
  }

  it('differs by wire format where the vendor does', () => {
    assert.equal(familyOf('gpt-5-mini', 'openai-chat'), 'gpt-5 over chat completions');
    assert.equal(familyOf('gpt-5-mini', 'openai-responses'), 'OpenAI reasoning');
    assert.equal(familyOf('gpt-4o', 'openai-embeddings'), 'texts to complete or to embed');
  });

  it('has the image rule of the very model above that of its family', () => {
    const { image } = framingOf({ upstreamModel: 'gpt-5-nano', dialect: 'openai-responses' });
    assert.equal(image.kind, 'patches');
  });

  it('has finite numbers only', () => {
    for (const [model] of families) {
      const { prompt, answer } = framingOf({ upstreamModel: model, dialect: 'openai-chat' });
      for (const value of [...Object.values(prompt), ...Object.values(answer)]) {
        if (typeof value === 'number') assert.ok(Number.isFinite(value));
      }
      assert.ok(prompt.textFactor > 0.5 && prompt.textFactor < 2 && answer.textFactor > 0.5);
    }
  });
});
