import assert from 'node:assert/strict';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { hitStory } from '../../../../extension/dashboard/hit-story.ts';
import { sampleExchange } from '../../../dashboard/sample-history.ts';

const MISS = sampleExchange(1, Date.parse('2026-11-21T12:00:00Z'));
const NOTHING = { routing: 0, exactCache: 0, semanticCache: 0, promptCacheInjection: 0 };

const hit = (change: Partial<ExchangeRecord> = {}): ExchangeRecord => ({
  ...MISS,
  cache: 'exact',
  responseModel: 'deepseek-pro',
  costUsd: 0,
  savedUsd: 0.5,
  savedBy: { ...NOTHING, exactCache: 0.5 },
  decision:
    MISS.decision === null ? null : { ...MISS.decision, chosen: 'deepseek-flash', answerOf: 'x_earlier' },
  ...change,
});

describe('[A31] a hit as a person tells it', () => {
  it('is none where a model was asked', () => {
    for (const cache of ['miss', 'bypass'] as const) assert.equal(hitStory({ ...MISS, cache }), null);
  });

  it('names the model that made the answer and the request that it was made for', () => {
    const story = hitStory(hit());
    assert.equal(
      story?.origin,
      'deepseek-pro gave this answer before, to a request that was equal to this one.',
    );
    assert.equal(story?.answerOf, 'x_earlier');
    assert.equal(hitStory(hit({ decision: null }))?.answerOf, null);
  });

  it('says what asking would have cost, and keeps apart what routing saved', () => {
    assert.equal(
      hitStory(hit())?.money,
      'It cost nothing. Asking deepseek-flash would have cost $0.50, which is what the cache saved.',
    );
    const savedBy = { ...NOTHING, exactCache: 0.125, routing: 0.375 };
    assert.match(
      hitStory(hit({ savedBy }))?.money ?? '',
      /would have cost \$0\.13, .* Together with routing it saved \+\$0\.50 against claude-opus\.$/,
    );
  });

  it('claims no saving that is not known', () => {
    const story = hitStory(hit({ savedUsd: null, baselineCostUsd: null }));
    assert.match(story?.money ?? '', /is not known, so no saving is claimed\.$/);
  });

  it('says of a semantic hit that the question was another one, and that a wrong one is not the model’s fault', () => {
    const savedBy = { ...NOTHING, semanticCache: 0.5 };
    const story = hitStory(hit({ cache: 'semantic', savedBy }));
    assert.match(story?.title ?? '', /similar/);
    assert.match(story?.origin ?? '', /in other words that was taken to mean the same\.$/);
    assert.match(story?.money ?? '', /would have cost \$0\.50/);
    assert.match(story?.offer ?? '', /must be closer .* does not count against the model/);
    assert.doesNotMatch(hitStory(hit())?.offer ?? '', /closer/);
  });
});
