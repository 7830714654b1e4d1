// The response cache in words and figures: what each part of it holds and brings, and what becomes of it when stored
// answers are thrown away. Pure.

import type { CacheBody, ExactCacheStatus, SemanticCacheStatus } from '../../daemon/protocol/cache-api.ts';
import type { TotalsBody } from '../../daemon/protocol/control-api.ts';
import { byteText, counted, duration, grouped, percent, signedUsd } from './figures.ts';
import type { Tone } from './health-rows.ts';

/** One part of the cache. */
export interface CacheBlock {
  readonly name: string;
  readonly title: string;
  readonly stateWord: string;
  readonly tone: Tone;
  /** What it does, and the setting that switches it. */
  readonly sentence: string;
  readonly memory: CacheMemory | null;
  readonly facts: readonly CacheFact[];
}

export interface CacheMemory {
  /** 0..1 of the bar; a limit of nothing is full at once. */
  readonly fillRatio: number;
  /** `1.2 MB of 67.1 MB (1.8 %)`. */
  readonly text: string;
}

export interface CacheFact {
  readonly label: string;
  readonly value: string;
  readonly note: string;
}

/** As the cache stands now, whatever the page is narrowed to. */
export function cacheBlocks({ exact, semantic }: CacheBody): readonly CacheBlock[] {
  return [exactBlock(exact), semanticBlock(semantic)];
}

/** What it brought in the period of the page. */
export function cacheGains({ cacheHitRatio, savedBy, comparableRequests }: TotalsBody): readonly CacheFact[] {
  const { exactCache, semanticCache } = savedBy;
  const money = (amountUsd: number): string => (comparableRequests > 0 ? signedUsd(amountUsd) : 'unknown');
  return [
    {
      label: 'Requests answered from it',
      value: percent(cacheHitRatio),
      note: 'of all requests of the period',
    },
    {
      label: 'Saved by it',
      value: money(exactCache + semanticCache),
      note: `equal ${money(exactCache)}, same meaning ${money(semanticCache)}`,
    },
  ];
}

/** Answers that "clear" would throw away, as far as is known; what stands in several places is one of them. */
export function storedAnswers({ exact, semantic }: CacheBody): number {
  return Math.max(exact.entries, exact.disk?.entries ?? 0, semantic.entries);
}

export function clearQuestion(stored: number): string {
  // A file of a time when answers were kept on the disk may still be there.
  if (stored === 0) return 'Throw away stored answers? None is known of.';
  return `Throw away ${counted(stored, 'stored answer')}?`;
}

export const CLEAR_CONSEQUENCE =
  'Whoever asks the same again is answered by a model, which costs money. The books and what was saved so far stay.';

export function clearedWords(cleared: number): string {
  return cleared === 0
    ? 'There was no stored answer left.'
    : `${counted(cleared, 'stored answer')} thrown away.`;
}

/** `1 hour`, `2 days`, `1 min 30 s`. */
export function spanText(seconds: number): string {
  const whole = (
    [
      [86_400, 'day'],
      [3600, 'hour'],
      [60, 'minute'],
    ] as const
  ).find(([unit]) => seconds >= unit && seconds % unit === 0);
  return whole === undefined ? duration(seconds * 1000) : counted(seconds / whole[0], whole[1]);
}

function exactBlock(exact: ExactCacheStatus): CacheBlock {
  const { enabled, entries, inFlight, ttlS, disk } = exact;
  return {
    name: 'exact',
    title: 'Equal requests',
    ...stateOf(enabled, 'cache.exact.enabled'),
    sentence: enabled
      ? 'A request that is equal to an earlier one gets its answer again, without asking a model.'
      : 'Each request is answered by a model, also where it is equal to an earlier one.',
    memory: enabled || entries > 0 ? memoryOf(exact.bytes, exact.maxBytes) : null,
    facts: [
      hitFact(exact, 'exact'),
      {
        label: 'Answers held',
        value: grouped(entries, 0),
        note: inFlight === 0 ? 'in memory' : `in memory, and ${grouped(inFlight, 0)} being made`,
      },
      { label: 'Kept for', value: spanText(ttlS), note: 'cache.exact.ttlS' },
      diskFact(disk),
    ],
  };
}

function semanticBlock(semantic: SemanticCacheStatus): CacheBlock {
  const { enabled, entries, bytes, threshold, wrong } = semantic;
  return {
    name: 'semantic',
    title: 'Requests that mean the same',
    ...stateOf(enabled, 'cache.semantic.enabled'),
    sentence: enabled
      ? 'A question put in other words gets the answer that was given before. Each such answer says so.'
      : 'A question put in other words is answered by a model.',
    memory: null,
    facts: [
      hitFact(semantic, 'semantic'),
      { label: 'Answers held', value: grouped(entries, 0), note: `in memory, ${byteText(bytes)}` },
      { label: 'Similarity asked for', value: String(threshold), note: 'cache.semantic.threshold' },
      { label: 'Called wrong', value: grouped(wrong, 0), note: 'questions like these must be closer' },
    ],
  };
}

function stateOf(enabled: boolean, setting: string): Pick<CacheBlock, 'stateWord' | 'tone'> {
  return { stateWord: `${enabled ? 'On' : 'Off'} (${setting})`, tone: enabled ? 'good' : 'quiet' };
}

function memoryOf(used: number, allowed: number): CacheMemory {
  const ratio = allowed === 0 ? 1 : used / allowed;
  return {
    fillRatio: Math.min(1, ratio),
    text: `${byteText(used)} of ${byteText(allowed)} (${ratio > 0 && ratio < 0.0005 ? 'under 0.1 %' : percent(ratio)})`,
  };
}

function hitFact(
  { hits, lookups }: { readonly hits: number; readonly lookups: number },
  kind: string,
): CacheFact {
  return {
    label: 'Hit rate since start',
    value: lookups === 0 ? 'none yet' : percent(hits / lookups),
    note:
      lookups === 0 ? 'nothing looked up' : `${grouped(hits, 0)} of ${counted(lookups, `${kind} lookup`)}`,
  };
}

function diskFact(disk: ExactCacheStatus['disk']): CacheFact {
  const label = 'On disk';
  if (disk === null) return { label, value: 'Nothing', note: 'memory only (cache.exact.onDisk)' };
  return { label, value: byteText(disk.bytes), note: `${counted(disk.entries, 'answer')} in ${disk.path}` };
}
