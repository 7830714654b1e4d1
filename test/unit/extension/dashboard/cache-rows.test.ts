import assert from 'node:assert/strict';
import type { CacheBody } from '../../../../daemon/protocol/cache-api.ts';
import {
  cacheBlocks,
  cacheGains,
  clearedWords,
  clearQuestion,
  spanText,
  storedAnswers,
} from '../../../../extension/dashboard/cache-rows.ts';
import { byteText } from '../../../../extension/dashboard/figures.ts';
import { EMPTY_TOTALS, emptyCache, richCache, richTotals } from '../../../dashboard/analysis-data.ts';

const block = (body: CacheBody, name: string) => cacheBlocks(body).find((each) => each.name === name);
const fact = (body: CacheBody, name: string, label: string): readonly string[] => {
  const found = block(body, name)?.facts.find((each) => each.label === label);
  return found === undefined ? [] : [found.value, found.note];
};

describe('[A31] the response cache in words', () => {
  it('says what each part holds, how long, and how often it was of use', () => {
    const cache = richCache();
    assert.deepEqual(fact(cache, 'exact', 'Hit rate since start'), ['31.7 %', '76 of 240 exact lookups']);
    assert.deepEqual(fact(cache, 'exact', 'Answers held'), ['214', 'in memory, and 2 being made']);
    assert.deepEqual(fact(cache, 'exact', 'Kept for'), ['1 hour', 'cache.exact.ttlS']);
    assert.deepEqual(fact(cache, 'semantic', 'Hit rate since start'), [
      '7.3 %',
      '12 of 164 semantic lookups',
    ]);
    assert.deepEqual(fact(cache, 'semantic', 'Answers held'), ['57', 'in memory, 310.0 kB']);
    assert.deepEqual(fact(cache, 'semantic', 'Similarity asked for'), ['0.9', 'cache.semantic.threshold']);
    assert.equal(fact(cache, 'semantic', 'Called wrong')[0], '1');
  });

  it('shows the memory as a part of what is allowed, and never more than all of it', () => {
    const { exact, semantic } = richCache();
    const memory = (bytes: number, maxBytes: number) =>
      block({ exact: { ...exact, bytes, maxBytes }, semantic }, 'exact')?.memory;
    assert.deepEqual(memory(12_400_000, 62_000_000), { fillRatio: 0.2, text: '12.4 MB of 62.0 MB (20.0 %)' });
    assert.equal(memory(10, 5)?.fillRatio, 1);
    assert.equal(memory(0, 0)?.fillRatio, 1);
    assert.equal(memory(1000, 62_000_000)?.text, '1.0 kB of 62.0 MB (under 0.1 %)');
    assert.equal(memory(0, 62_000_000)?.text, '0 B of 62.0 MB (0.0 %)');
  });

  it('names the setting that switches each part, and shows no memory of one that is off and empty', () => {
    const { exact, semantic } = emptyCache();
    const off = { exact: { ...exact, enabled: false }, semantic };
    assert.deepEqual(
      cacheBlocks(off).map(({ stateWord, tone, memory }) => [stateWord, tone, memory]),
      [
        ['Off (cache.exact.enabled)', 'quiet', null],
        ['Off (cache.semantic.enabled)', 'quiet', null],
      ],
    );
    assert.equal(block(richCache(), 'exact')?.stateWord, 'On (cache.exact.enabled)');
  });

  it('says whether answers are on the disk, and in which file', () => {
    assert.deepEqual(fact(richCache(), 'exact', 'On disk'), [
      '1.9 MB',
      '198 answers in /home/ada/.pointsman/cache.db',
    ]);
    assert.deepEqual(fact(emptyCache(), 'exact', 'On disk'), ['Nothing', 'memory only (cache.exact.onDisk)']);
  });

  it('gives no hit rate before anything was looked up', () => {
    assert.deepEqual(fact(emptyCache(), 'exact', 'Hit rate since start'), ['none yet', 'nothing looked up']);
  });

  it('shows what it saved as the totals have it, and nothing that is not known', () => {
    const totals = richTotals();
    const savedBy = { ...totals.savedBy, exactCache: 1.25, semanticCache: 0.5 };
    const [share, saved] = cacheGains({ ...totals, savedBy, cacheHitRatio: 0.125 });
    assert.equal(share?.value, '12.5 %');
    assert.deepEqual([saved?.value, saved?.note], ['+$1.75', 'equal +$1.25, same meaning +$0.50']);
    assert.deepEqual(
      cacheGains(EMPTY_TOTALS).map(({ value }) => value),
      ['unknown', 'unknown'],
    );
  });

  it('asks with the number of answers before it throws them away, those in the file once', () => {
    const { exact, semantic } = richCache();
    assert.equal(storedAnswers({ exact, semantic }), 214);
    const disk = { path: 'cache.db', entries: 300, bytes: 1 };
    assert.equal(storedAnswers({ exact: { ...exact, disk }, semantic }), 300);
    assert.equal(clearQuestion(1), 'Throw away 1 stored answer?');
    assert.match(clearQuestion(0), /None is known of/);
    assert.equal(clearedWords(1234), '1,234 stored answers thrown away.');
    assert.equal(clearedWords(0), 'There was no stored answer left.');
  });

  it('writes spans and sizes as people read them', () => {
    assert.deepEqual([3600, 7200, 86_400, 90, 60, 45].map(spanText), [
      '1 hour',
      '2 hours',
      '1 day',
      '1 min 30 s',
      '1 minute',
      '45.0 s',
    ]);
    assert.deepEqual([0, 999, 1000, 999_949, 999_950, 67_108_864, 17_179_869_184].map(byteText), [
      '0 B',
      '999 B',
      '1.0 kB',
      '999.9 kB',
      '1.0 MB',
      '67.1 MB',
      '17.18 GB',
    ]);
  });
});
