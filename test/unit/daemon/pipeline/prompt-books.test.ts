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
