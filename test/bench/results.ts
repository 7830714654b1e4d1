// What a run leaves behind: one JSON file that tables, judgement and picture are made of. Says what machine it was, but
// nothing that names one.

import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { format } from 'prettier';
import type { BooksResult } from './books.ts';
import type { CurveName } from './cases.ts';
import type { CaseResult } from './measure.ts';
import type { TargetResult } from './summarize.ts';
import type { StartupResult } from './startup.ts';
import type { TargetName } from './targets.ts';

export interface BenchResults {
  readonly version: 1;
  /** Day, UTC. */
  readonly day: string;
  readonly isQuick: boolean;
  readonly machine: MachineFacts;
  readonly peers: readonly string[];
  readonly startup: StartupResult;
  /** Absent when a single case was measured. */
  readonly memory?: { readonly afterLoadMb: number };
  readonly books?: BooksResult;
  readonly cases: readonly CaseResult[];
}

export interface MachineFacts {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
}

export function machineFacts(): MachineFacts {
  const cores = os.cpus();
  return {
    processor: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.machine()}`,
    node: process.versions.node,
  };
}

/** As the formatter of the project wants it, since one of them is kept. */
export async function writeResults(file: string, results: BenchResults): Promise<void> {
  writeFileSync(file, await format(JSON.stringify(results), { parser: 'json', printWidth: 110 }));
}

export function readResults(file: string): BenchResults {
  const results = JSON.parse(readFileSync(file, 'utf8')) as BenchResults;
  if (results.version !== 1) throw new Error(`${file} is of another version of the bench: run it again`);
  return results;
}

export function targetResult(
  results: Pick<BenchResults, 'cases'>,
  caseId: string,
  target: TargetName,
): TargetResult | undefined {
  return results.cases.find(({ id }) => id === caseId)?.targets[target];
}

/** Points of one curve by ascending x. */
export function curvePoints(
  results: Pick<BenchResults, 'cases'>,
  curve: CurveName,
  target: TargetName,
): readonly (readonly [x: number, addedP50Us: number])[] {
  return results.cases
    .flatMap(({ point, targets }) => {
      const y = targets[target]?.added.p50Us;
      return point?.curve === curve && y !== undefined ? [[point.x, y] as const] : [];
    })
    .sort(([one], [other]) => one - other);
}
