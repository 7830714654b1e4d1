import assert from 'node:assert/strict';
import type { Decision, ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import type { CacheStatus } from '../../../../daemon/protocol/vocabulary.ts';
import {
  candidateRows,
  flipWords,
  requestStory,
  sentence,
  switchStory,
} from '../../../../extension/dashboard/request-story.ts';
import { sampleExchange } from '../../../dashboard/sample-history.ts';

const RECORD: ExchangeRecord = {
  ...sampleExchange(1, 0),
  client: 'claude-code',
  requestModel: 'claude-auto',
  responseModel: 'deepseek-pro',
  durationMs: 6500,
  reason: 'cheapest-capable',
};
const DECISION: Decision = {
  ...(RECORD.decision as Decision),
  chosen: 'deepseek-pro',
  bindingConstraint: 'deepseek-flash (0.002 USD instead of 0.01 USD) was not taken: too likely to fail',
};
const STORY_RECORD: ExchangeRecord = { ...RECORD, decision: DECISION };

describe('request story', () => {
  it('[A51] says in one sentence who asked for what and which model answered', () => {
    assert.equal(
      requestStory(STORY_RECORD).headline,
      'Claude Code asked for claude-auto, and deepseek-pro answered in 6.5 s.',
    );
  });

  it('says that nobody answered, and why', () => {
    const failed = { responseModel: null, status: 'error', errorType: 'upstream.all_failed' } as const;
    assert.equal(
      requestStory({ ...STORY_RECORD, ...failed }).headline,
      'Claude Code asked for claude-auto, and nobody answered. Every model that was tried failed.',
    );
  });

  it('says that an answer was a stored one, and to what kind of request', () => {
    const headline = (cache: CacheStatus): string => requestStory({ ...STORY_RECORD, cache }).headline;
    assert.match(headline('exact'), /and got the stored answer to an equal request\.$/);
    assert.match(headline('semantic'), /and got the stored answer to a similar request\.$/);
  });

  it('says of a stored answer which model would have been asked, and never that a plan began with it', () => {
    const choice = (cache: CacheStatus): readonly string[] =>
      requestStory({ ...STORY_RECORD, cache, reason: 'cache', responseModel: 'claude-opus' }).choice;
    assert.deepEqual(choice('exact'), [
      'The same request was answered before, so no model was asked.',
      `Without that, ${STORY_RECORD.decision?.chosen ?? ''} would have been asked.`,
    ]);
    assert.match(choice('semantic')[0] ?? '', /taken to mean the same/);
  });

  it('[C5] tells the runner-up, what kept it back, and what would have changed the choice', () => {
    const story = requestStory(STORY_RECORD);
    assert.match(story.choice.join(' '), /The next cheaper one, deepseek-flash .* too likely to fail\./);
    assert.deepEqual(
      story.flips.map(({ change, to }) => [change, to]),
      [
        ['chance of needing a stronger model below 25 %', 'deepseek-flash'],
        ['with the quality profile', 'claude-opus'],
      ],
    );
  });

  it('says the changes that would flip a choice in words, and leaves what it does not know', () => {
    assert.equal(
      flipWords('needsStrongest above 0.125'),
      'chance of needing the strongest models above 12.5 %',
    );
    assert.equal(flipWords('complexity simple'), 'read as simple');
    assert.equal(flipWords('task type code'), 'read as code');
    assert.equal(flipWords('gpt-5.6-mini out'), 'with gpt-5.6-mini out of service');
    assert.equal(flipWords('max cost set to 0.0024 USD'), 'max cost set to 0.0024 USD');
  });

  it('tells how the ask was read: task, grade, confidence, and the chance that it needs a stronger model', () => {
    const text = requestStory(STORY_RECORD).reading.join(' ');
    assert.match(text, /214 characters with 2 earlier turns/);
    assert.match(text, /86\.0 % sure/);
    assert.match(text, /probability of \d+\.\d %/);
    assert.match(text, /with the balanced profile/);
  });

  it('names the model that the plan began with where another one answered', () => {
    const [attempt] = STORY_RECORD.attempts;
    assert.ok(attempt);
    const failed = {
      ...attempt,
      model: 'deepseek-pro',
      status: 'failed',
      errorType: 'rate-limited',
    } as const;
    const record = { ...STORY_RECORD, responseModel: 'claude-opus', attempts: [failed, attempt] };
    assert.match(
      requestStory(record).choice.join(' '),
      /The plan began with deepseek-pro, which failed: rate limited\./,
    );
  });

  it('tells what it can of a record without a decision', () => {
    const story = requestStory({ ...RECORD, decision: null });
    assert.deepEqual([story.reading, story.flips, story.signals], [[], [], []]);
    assert.equal(story.choice.length, 1);
  });

  it('reads decisions of older versions, which lack members', () => {
    const { bindingConstraint: _, notes: __, wouldFlip: ___, ...older } = DECISION;
    const story = requestStory({ ...RECORD, decision: older as unknown as Decision });
    assert.deepEqual(story.flips, []);
  });

  it('lists each candidate with its costs, its chance, and why it lost', () => {
    const rows = candidateRows(DECISION);
    assert.deepEqual(rows[0], {
      model: 'deepseek-flash',
      isChosen: false,
      expectedCost: '$0.0021',
      taskCost: '$0.014',
      success: '62.0 %',
      warm: '–',
      effort: '',
      verdict: rows[0]?.verdict ?? '',
    });
    assert.match(rows.find(({ isChosen }) => isChosen)?.verdict ?? '', /^Chosen$/);
    const unpriced = {
      ...DECISION,
      candidates: DECISION.candidates.map((each) => ({ ...each, expectedCostUsd: null })),
    };
    assert.equal(candidateRows(unpriced)[0]?.expectedCost, 'unknown');
  });

  it('tells what staying and moving were reckoned to cost, and nothing where there was no such choice', () => {
    const story = switchStory(DECISION);
    assert.match(story?.sentence ?? '', /over the next 6 requests\.$/);
    assert.deepEqual(
      story?.rows.map(({ value }) => value),
      ['$0.39', '$0.051', '2 requests', '$0.021'],
    );
    assert.equal(switchStory({ ...DECISION, switchEconomics: null }), null);
  });

  it('makes a sentence of a remark, and leaves names of models as they are spelt', () => {
    assert.equal(sentence('costs 0.1 USD'), 'Costs 0.1 USD.');
    assert.equal(sentence('deepseek-flash was not taken'), 'deepseek-flash was not taken.');
    assert.equal(sentence('gpt-5.6 is out'), 'gpt-5.6 is out.');
    assert.equal(sentence('Already one.'), 'Already one.');
  });
});
