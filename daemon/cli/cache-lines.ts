// The words of `pointsman cache`.

import type { CacheBody, CacheExplanation } from '../protocol/cache-api.ts';
import type { TotalsBody } from '../protocol/control-api.ts';
import { counted, megabytes, percent } from './figures.ts';
import { alignRows } from './table.ts';

export function cacheStatsLines({ exact, semantic }: CacheBody, totals: TotalsBody): readonly string[] {
  const { savedBy, cacheHitRatio } = totals;
  const rows = [
    ['exact cache', exact.enabled ? 'on' : 'off (cache.exact.enabled)'],
    [
      'in memory',
      `${counted(exact.entries, 'answer')}, ${megabytes(exact.bytes)} of ${megabytes(exact.maxBytes)}`,
    ],
    ['on disk', exact.disk === null ? 'nothing (cache.exact.onDisk)' : diskText(exact.disk)],
    ['kept for', `${exact.ttlS} s`],
    ['being made', counted(exact.inFlight, 'answer')],
    ['since start', `${counted(exact.lookups, 'lookup')}, ${counted(exact.hits, 'hit')}`],
    ['semantic cache', semantic.enabled ? semanticText(semantic) : 'off (cache.semantic.enabled)'],
    ['in the books', `${percent(cacheHitRatio)} of the requests answered from stored answers`],
    ['saved', `exact ${usd(savedBy.exactCache)}, semantic ${usd(savedBy.semanticCache)}`],
  ];
  return alignRows(rows);
}

function semanticText({ entries, bytes, lookups, hits, wrong }: CacheBody['semantic']): string {
  const said = wrong === 0 ? '' : `, ${counted(wrong, 'answer')} called wrong`;
  const held = `${counted(entries, 'question')}, ${megabytes(bytes)}`;
  return `${held}; ${counted(lookups, 'lookup')}, ${counted(hits, 'hit')}${said}`;
}

function diskText({ path, entries, bytes }: NonNullable<CacheBody['exact']['disk']>): string {
  return `${counted(entries, 'answer')}, ${megabytes(bytes)} in ${path}`;
}

export function cacheExplanationLines({
  verdict,
  why,
  answer,
  nearest,
  semantic,
}: CacheExplanation): readonly string[] {
  const lines = [`${verdict}: ${why}`];
  if (answer !== null) {
    lines.push(
      `the answer of exchange ${answer.exchangeId} by ${answer.model}, for another ${answer.expiresInS} s`,
    );
  }
  if (nearest !== null) {
    lines.push(
      `nearest: the question of exchange ${nearest.exchangeId}, answered by ${nearest.model}`,
      ...nearest.differences.map((difference) => `  different: ${difference}`),
    );
  }
  if (semantic !== null) lines.push(`by likeness: ${semantic.verdict}: ${semantic.why}`);
  return lines;
}

function usd(amount: number): string {
  return `${amount.toFixed(6)} $`;
}
