// The scorer that lies beside the data: group means for tables, and its own full print with intervals.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { OutcomeRow } from './training/outcome-rows.ts';

export interface Pair {
  readonly name: string;
  readonly ds: string;
  readonly strong: string;
  readonly weak: string;
  readonly group: string;
  readonly strongCost: number;
  readonly weakCost: number;
  /** Regular expression on the row's task. */
  readonly task?: string;
}

/** One question as a pair of models sees it. */
export interface PairItem {
  readonly index: number;
  readonly strong: number;
  readonly weak: number;
}

interface ScorerModule {
  metrics(
    items: readonly { readonly strong: number; readonly weak: number; readonly score: number }[],
    pair: Pair,
  ): { readonly apgr: number };
}

export interface Scorer {
  readonly pairs: readonly Pair[];
  itemsOf(pair: Pair): readonly PairItem[];
  /** Mean APGR of each group of pairs. */
  groupMeans(scores: readonly number[]): ReadonlyMap<string, number>;
  /** What the scorer prints, with 90 % intervals of 200 draws. */
  print(scores: readonly number[]): string;
}

export async function loadScorer(folder: string, rows: readonly OutcomeRow[]): Promise<Scorer> {
  const program = path.join(folder, 'score.mjs');
  const scorer = (await import(program)) as ScorerModule;
  const pairsFile = path.join(folder, 'pairs.json');
  const { pairs } = JSON.parse(readFileSync(pairsFile, 'utf8')) as { pairs: readonly Pair[] };
  const itemsOf = (pair: Pair): readonly PairItem[] =>
    rows.flatMap((row, index) => {
      if (row.ds !== pair.ds) return [];
      if (pair.task !== undefined && !new RegExp(pair.task).test(row.task ?? '')) return [];
      const [strong, weak] = [row.outcomes[pair.strong], row.outcomes[pair.weak]];
      return strong === undefined || weak === undefined ? [] : [{ index, strong, weak }];
    });
  return {
    pairs,
    itemsOf,
    groupMeans: (scores) => {
      const groups = new Map<string, number[]>();
      for (const pair of pairs) {
        const items = itemsOf(pair).map((item) => ({ ...item, score: scores[item.index] ?? 0 }));
        groups.set(pair.group, [...(groups.get(pair.group) ?? []), scorer.metrics(items, pair).apgr]);
      }
      return new Map([...groups].map(([group, values]) => [group, meanOf(values)]));
    },
    print: (scores) => {
      const place = mkdtempSync(path.join(tmpdir(), 'pointsman-eval-'));
      try {
        const predictions = path.join(place, 'pred.jsonl');
        const lines = rows.map((row, index) => JSON.stringify({ id: row.id, score: scores[index] }));
        writeFileSync(predictions, `${lines.join('\n')}\n`);
        const given = ['--data', path.join(folder, 'data'), '--pairs', pairsFile, '--pred', predictions];
        return execFileSync(process.execPath, [program, ...given, '--boot', '200'], { encoding: 'utf8' });
      } finally {
        rmSync(place, { recursive: true });
      }
    },
  };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
