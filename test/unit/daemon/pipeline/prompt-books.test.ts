import assert from 'node:assert/strict';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { PromptCacheReplay } from '../../../../daemon/catalog/prompt-cache-replay.ts';
import { PromptBooks } from '../../../../daemon/pipeline/prompt-books.ts';
import { requestOf } from '../dialects/anthropic-messages/request-support.ts';
import { closeTo, LARGE, pricing, usageOf } from './pipeline-rig.ts';

const MARK = { cache_control: { type: 'ephemeral' } };
const WORDS = 'why '.repeat(200);

/** An explicit cache with dear writes: 10 $ in, 12.5 $ written, 1 $ read. */
const EXPLICIT: ModelTarget = {
  ...LARGE,
  promptCache: { kind: 'explicit', minTokens: 0, ttlS: 300 },
  price: pricing(10, 20, { cacheReadUsdPerMtok: 1, cacheWriteUsdPerMtok: 12.5 }),
};

/** Costs of requests in turn, each of 1,000 tokens, had the model with the explicit cache served them. */
function baselines(...bodies: readonly object[]): readonly (number | null)[] {
  const caches = {
    promptCacheReplay: new PromptCacheReplay(),
    servedCacheReplay: new PromptCacheReplay(),
  };
  return bodies.map((body) => {
    return new PromptBooks(caches, requestOf(body), 1000).baseline(usageOf(1000, 0), EXPLICIT, EXPLICIT)
      .costUsd;
  });
}

describe('the baseline of a prompt', () => {
  const question = (more: object) => ({ role: 'user', content: [{ type: 'text', text: WORDS, ...more }] });

  it('[A39] that its client marked has been written to the cache, at what writing costs', () => {
    const [first] = baselines({ model: 'auto', messages: [question(MARK)] });
    closeTo(first, 0.0125);
  });

  it('[A39] is found in the cache when the mark has moved on', () => {
    const answer = { role: 'assistant', content: '' };
    const more = { role: 'user', content: [{ type: 'text', text: '', ...MARK }] };
    const [, second] = baselines(
      { model: 'auto', messages: [question(MARK)] },
      { model: 'auto', messages: [question({}), answer, more] },
    );
    assert.ok((second ?? 1) < 0.004, `${second} is cold`);
  });

  it('[A39] counts separate system text once', () => {
    const body = (text: string) => ({
      model: 'auto',
      system: WORDS,
      messages: [{ role: 'user', content: [{ type: 'text', text, ...MARK }] }],
    });
    // The two share half of what they hold.
    const [, second] = baselines(body(`a${WORDS}`), body(`b${WORDS}`));
    assert.ok(Math.abs((second ?? 0) - (0.0005 + 0.00625)) < 0.0006, `${second}`);
  });
});

describe('the baseline of a prompt that nobody marked', () => {
  const question = { role: 'user', content: [{ type: 'text', text: WORDS }] };
  const answer = { role: 'assistant', content: 'so' };

  it('[A39] is the cheaper of a marked and an unmarked one for a single question', () => {
    closeTo(baselines({ model: 'auto', messages: [question] })[0], 0.01);
  });

  it('[A39] has the marks that would be set here where the conversation goes on, or has tools', () => {
    closeTo(baselines({ model: 'auto', messages: [question, answer, question] })[0], 0.0125);
    const tools = [{ name: 'read', input_schema: { type: 'object' } }];
    closeTo(baselines({ model: 'auto', messages: [question], tools })[0], 0.0125);
  });
});

describe('what of a prompt is warm', () => {
  const BODY = { model: 'auto', messages: [{ role: 'user', content: WORDS }] };
  const LONGER = {
    model: 'auto',
    messages: [BODY.messages[0], { role: 'assistant', content: WORDS }, { role: 'user', content: WORDS }],
  };
  const OTHER = { ...EXPLICIT, id: 'other', promptCache: { ...EXPLICIT.promptCache, ttlS: 600 } };
  const ALL = [EXPLICIT, OTHER];

  function known() {
    const caches = { promptCacheReplay: new PromptCacheReplay(), servedCacheReplay: new PromptCacheReplay() };
    return (body: object, atMs = 0) => new PromptBooks(caches, requestOf(body), atMs);
  }

  it('[B4] [C2] is told of all models that have any of it', () => {
    const books = known();
    assert.deepEqual(books(BODY).warmTokens(ALL, 1000), {});
    books(BODY).remember(EXPLICIT, 1000);
    assert.deepEqual(books(BODY).warmTokens(ALL, 1000), { large: 1000 });
    books(LONGER).remember(OTHER, 3000);
    const warm = books(LONGER).warmTokens(ALL, 3000);
    assert.deepEqual(Object.keys(warm), ['large', 'other']);
    assert.equal(warm['other'], 3000);
    // A third of it, but for what stands around the messages.
    assert.ok(Math.abs((warm['large'] ?? 0) - 1000) < 60, JSON.stringify(warm));
  });

  it('[B4] cools down after the time to live of each model', () => {
    const books = known();
    for (const target of ALL) books(BODY).remember(target, 1000);
    assert.deepEqual(books(BODY, 299_999).warmTokens(ALL, 1000), { large: 1000, other: 1000 });
    assert.deepEqual(books(BODY, 300_000).warmTokens(ALL, 1000), { other: 1000 });
    assert.deepEqual(books(BODY, 600_000).warmTokens(ALL, 1000), {});
  });

  it('[B4] lives for an hour where it was written for one', () => {
    const books = known();
    books(BODY).remember(EXPLICIT, 1000, true);
    assert.deepEqual(books(BODY, 3_599_999).warmTokens(ALL, 1000), { large: 1000 });
    assert.deepEqual(books(BODY, 3_600_000).warmTokens(ALL, 1000), {});
    const day = { ...EXPLICIT, promptCache: { ...EXPLICIT.promptCache, ttlS: 86_400 } };
    books(BODY).remember(day, 1000, true);
    assert.deepEqual(books(BODY, 86_399_999).warmTokens([day], 1000), { large: 1000 });
  });

  it('[B4] is nothing below the shortest prefix that a model caches, in its own tokens', () => {
    const books = known();
    books(BODY).remember(EXPLICIT, 1000);
    const picky = { ...EXPLICIT, promptCache: { ...EXPLICIT.promptCache, minTokens: 1200 } };
    assert.deepEqual(books(BODY).warmTokens([picky], 1000), {});
    assert.deepEqual(books(BODY).warmTokens([{ ...picky, tokenizerFactor: 1.2 }], 1000), { large: 1000 });
  });

  it('[B4] [C2] of the baseline is told as if it had served everything', () => {
    const books = known();
    assert.equal(books(BODY).stayWarmTokens(EXPLICIT, 1000), 0);
    // Another model served.
    books(BODY).remember(OTHER, 1000);
    books(BODY).baseline(usageOf(1000, 0), OTHER, EXPLICIT);
    assert.equal(books(BODY).stayWarmTokens(EXPLICIT, 1000), 1000);
    assert.deepEqual(books(BODY).warmTokens(ALL, 1000), { other: 1000 });
    assert.equal(books(BODY).stayWarmTokens({ ...EXPLICIT, tokenizerFactor: 1.3 }, 1000), 1000);
    assert.equal(books(BODY, 300_000).stayWarmTokens(EXPLICIT, 1000), 0);
  });
});
