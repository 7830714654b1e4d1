import assert from 'node:assert/strict';
import { replayScale, replayStory } from '../../../../extension/dashboard/replay-story.ts';
import { emptyReplay, richReplay } from '../../../dashboard/analysis-data.ts';

describe('the story of a replay', () => {
  it('[C4] says what the same history would have cost under another profile, with its interval', () => {
    const story = replayStory(richReplay('budget'));
    assert.equal(story.headline, 'Budget: about $4.30 less than was billed.');
    assert.equal(story.thenText, '$13.20');
    assert.equal(story.nowText, '$8.90');
    assert.equal(story.rangeText, '$7.70 to $10.40');
    assert.equal(story.differenceText, '-$4.30 (-32.6 %)');
  });

  it('says that a difference may be chance where the interval holds what was billed', () => {
    assert.equal(
      replayStory(richReplay('balanced')).headline,
      'Balanced: about $0.10 less than was billed, which may be chance.',
    );
  });

  it('says so when it would have cost more', () => {
    const story = replayStory(richReplay('quality'));
    assert.match(story.headline, /^Quality: about \$9\.40 more than was billed\.$/);
    assert.match(story.differenceText, /^\+\$9\.40 \(\+71\.2 %\)$/);
  });

  it('gives no interval where nothing is estimated', () => {
    const same = { ...richReplay('balanced'), costUsd: 13.2, intervalUsd: [13.2, 13.2] as const, moved: 0 };
    const story = replayStory(same);
    assert.equal(story.rangeText, null);
    assert.equal(story.headline, 'Balanced: every request would have gone to the model that answered it.');
    assert.ok(!story.notes.some((note) => note.startsWith('Not known')));
  });

  it('lists why requests count as they were billed', () => {
    const { coverage } = replayStory(richReplay('budget'));
    assert.deepEqual(coverage, [
      '92.5 % of 1,328 requests decided again.',
      '84 requests answered without a decision (cached, passed on or refused): counted as billed.',
      '7 requests without tokens to reckon with: counted as billed.',
      '9 requests without a price, then or now: left out of every sum.',
    ]);
  });

  it('says what nobody can know', () => {
    assert.match(
      replayStory(richReplay('budget')).notes.at(-1) ?? '',
      /^Not known: whether the other models/,
    );
  });

  it('claims nothing about a cost that is not known', () => {
    const story = replayStory({ ...richReplay('budget'), priced: 0, costUsd: 0, storedCostUsd: 0 });
    assert.equal(story.nowText, 'unknown');
    assert.equal(story.differenceText, 'unknown');
    assert.match(story.headline, /is not known, so that nothing can be compared/);
  });

  it('has nothing to replay without requests', () => {
    assert.equal(
      replayStory(emptyReplay('budget')).headline,
      'No requests in this period; nothing to replay.',
    );
    assert.equal(replayScale([emptyReplay('budget')]), null);
  });
});

describe('the scale of replays', () => {
  const scale = replayScale([richReplay('quality'), richReplay('budget')]);

  it('puts all profiles and the bill on one scale from zero, cheapest profile first', () => {
    assert.deepEqual(
      scale?.ranges.map(({ label }) => label),
      ['Budget', 'Quality'],
    );
    assert.ok(Math.abs((scale?.stored ?? 0) * (scale?.highestUsd ?? 0) - 13.2) < 1e-9);
  });

  it('keeps each estimate inside its interval and everything inside the scale', () => {
    for (const { low, at, high } of scale?.ranges ?? []) {
      assert.ok(0 <= low && low <= at && at <= high && high <= 1);
    }
  });

  it('says in words what is drawn', () => {
    assert.equal(scale?.ranges[0]?.sentence, '$8.90 (95 %: $7.70 to $10.40)');
  });
});
