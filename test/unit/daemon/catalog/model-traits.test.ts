import assert from 'node:assert/strict';

import { DEFAULT_MODELS } from '../../../../daemon/catalog/default-models.ts';
import { KNOWN_PROVIDERS } from '../../../../daemon/catalog/known-providers.ts';
import { HOST_TRAITS, MODEL_TRAITS, traitsOf } from '../../../../daemon/catalog/model-traits.ts';
import { REASONING_EFFORTS } from '../../../../daemon/conversation/settings.ts';

const OPENAI = { baseUrl: 'https://api.openai.com/v1', dialect: 'openai-chat' } as const;
const MISTRAL = { baseUrl: 'https://api.mistral.ai/v1', dialect: 'openai-chat' } as const;
const DEEPSEEK = { baseUrl: 'https://api.deepseek.com/v1', dialect: 'openai-chat' } as const;
const ANTHROPIC = { baseUrl: 'https://api.anthropic.com', dialect: 'anthropic-messages' } as const;
const OWN = { baseUrl: 'http://127.0.0.1:8000/v1', dialect: 'openai-chat' } as const;

describe('catalog/model-traits [A5]', () => {
  it('knows nothing of a model that no row names at a host that no row names', () => {
    assert.equal(traitsOf(OWN, 'llama3'), undefined);
    assert.equal(traitsOf(OWN, 'mygpt-5'), undefined);
    assert.equal(traitsOf({ ...OWN, baseUrl: 'not a url' }, 'llama3'), undefined);
  });

  it('takes the row that names most of the model', () => {
    assert.deepEqual(traitsOf(OWN, 'gpt-5')?.efforts, ['minimal', 'low', 'medium', 'high']);
    assert.deepEqual(traitsOf(OWN, 'gpt-5.6-luna')?.efforts?.at(-1), 'max');
    assert.deepEqual(traitsOf(OWN, 'gpt-5-chat-latest')?.efforts, []);
    assert.equal(traitsOf(ANTHROPIC, 'claude-sonnet-4-5-20250929')?.thinking, 'budget');
    assert.equal(traitsOf(ANTHROPIC, 'claude-sonnet-4-6')?.thinking, 'adaptive');
  });

  it('joins what the provider refuses with what the model refuses', () => {
    const traits = traitsOf({ ...OPENAI, baseUrl: 'https://api.moonshot.ai/v1' }, 'kimi-k3');
    assert.deepEqual(traits?.efforts, ['low', 'high', 'max']);
    assert.equal(traits?.outputLimitField, 'max_completion_tokens');
    const gemini = {
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
      dialect: 'openai-chat',
    } as const;
    assert.equal(traitsOf(gemini, 'gemini-3.8-flash')?.refuses?.includes('seed'), true);
  });

  it('does not list as taken what the model refuses', () => {
    const traits = traitsOf(OPENAI, 'gpt-5.6-sol');
    assert.deepEqual(traits?.takes, ['promptCacheKey', 'serviceTier', 'userId', 'verbosity']);
    assert.equal(traits?.refuses?.includes('logitBias'), true);
  });

  it('gives traits of a host to all of its models, whatever port or path it is reached by', () => {
    assert.equal(traitsOf(MISTRAL, 'anything')?.toolCallIds, 'alphanumeric-9');
    assert.equal(
      traitsOf({ ...MISTRAL, baseUrl: 'https://api.mistral.ai:443/x' }, 'anything')?.efforts?.length,
      0,
    );
    assert.deepEqual(traitsOf(MISTRAL, 'mistral-medium-3-5')?.efforts, ['none', 'high']);
  });

  it('holds a row to the hosts and the dialects it names', () => {
    assert.equal(traitsOf(OWN, 'kimi-k3'), undefined);
    assert.equal(traitsOf({ ...DEEPSEEK, dialect: 'anthropic-messages' }, 'deepseek-flash'), undefined);
    assert.equal(traitsOf(DEEPSEEK, 'deepseek-flash')?.wantsReasoningBack, true);
  });

  it('knows subdomains of a host that is written with a star, and no others', () => {
    const azure = (host: string) =>
      traitsOf({ baseUrl: `https://${host}/openai/v1`, dialect: 'openai-chat' }, 'my-deployment');
    assert.deepEqual(azure('mine.openai.azure.com')?.takes, ['userId', 'logitBias', 'topLogprobs']);
    assert.equal(azure('evilopenai.azure.com'), undefined);
  });

  it('says of every current Claude that system text may stand between the turns and sampling is refused', () => {
    for (const model of ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5']) {
      const traits = traitsOf(ANTHROPIC, model);
      assert.equal(traits?.systemInMessages, true, model);
      assert.deepEqual(traits?.refuses, ['temperature', 'topP', 'topK'], model);
    }
    assert.deepEqual(traitsOf(ANTHROPIC, 'claude-opus-5-5')?.toolChoices, ['auto', 'none']);
    assert.equal(traitsOf(ANTHROPIC, 'claude-sonnet-4-5')?.systemInMessages, undefined);
  });

  it('knows something of every model that comes along with a provider', () => {
    for (const model of DEFAULT_MODELS) {
      const provider = KNOWN_PROVIDERS.find(({ name }) => name === model.provider);
      assert.ok(provider !== undefined);
      assert.notEqual(traitsOf(provider, model.upstreamModel), undefined, model.id);
    }
  });

  it('gives a source and a day for every row, efforts from weak to strong, and no row twice', () => {
    const names = MODEL_TRAITS.flatMap(({ match, hosts }) => match.map((name) => `${name} ${hosts?.join()}`));
    assert.equal(new Set(names).size, names.length);
    for (const { source, asOf, traits } of [...HOST_TRAITS, ...MODEL_TRAITS]) {
      assert.match(source, /^https:\/\/[^ ]+$/);
      assert.match(asOf, /^2026-\d{2}-\d{2}$/);
      const ranks = (traits.efforts ?? []).map((effort) => REASONING_EFFORTS.indexOf(effort));
      assert.deepEqual(
        ranks,
        ranks.toSorted((a, b) => a - b),
      );
      assert.ok(!ranks.includes(-1));
    }
  });

  it('asks no verbosity of the codex models, which take but one', () => {
    for (const model of ['gpt-5-codex', 'gpt-5.1-codex-max', 'gpt-5.2-codex']) {
      assert.equal(traitsOf(OPENAI, model)?.refuses?.includes('verbosity'), true, model);
      assert.equal(traitsOf(OPENAI, model)?.takes?.includes('verbosity'), false, model);
    }
    assert.equal(traitsOf(OPENAI, 'gpt-5.2')?.takes?.includes('verbosity'), true);
  });
});
