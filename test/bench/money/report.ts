// The tables of the money bench, and whether what is to be shown is shown.

import { MODEL_SETS } from './model-sets.ts';
import type { PaperTally } from './paper-answerer.ts';
import type { SetResult } from './run-set.ts';

export interface Figures {
  readonly savedPercent: number;
  readonly naivePercent: number;
  /** The router's saving for the very requests that it served: without what retries of failed steps add. */
  readonly sameRequestsPercent: number;
  readonly listPercent: number;
  readonly reportedPercent: number;
  /** Reported minus true, points. */
  readonly reportErrorPoints: number;
  /** The daemon's own cost against the providers' bill, relative. */
  readonly costError: number;
  readonly failedPer100: number;
  /** Share of the eligible prefix tokens that were read, and that were warm before the provider's own misses. */
  readonly readPercent: number;
  readonly warmPercent: number;
  readonly switchesPerSession: number;
}

export function figuresOf({ baseline, naive, router, reported, sessions }: SetResult): Figures {
  const savedPercent = percentSaved(router.usd, baseline.usd);
  const reportedPercent = 100 * (reported.savedRatio ?? Number.NaN);
  return {
    savedPercent,
    naivePercent: percentSaved(naive.usd, baseline.usd),
    sameRequestsPercent: percentSaved(router.usd, router.sameRequestsUsd),
    listPercent: percentSaved(router.listUsd, router.listBaselineUsd),
    reportedPercent,
    reportErrorPoints: reportedPercent - savedPercent,
    costError: reported.costUsd / router.usd - 1,
    failedPer100: (100 * router.failures) / router.calls,
    readPercent: (100 * router.readTokens) / router.eligibleTokens,
    warmPercent: (100 * router.warmTokens) / router.eligibleTokens,
    switchesPerSession: router.switches / sessions,
  };
}

/** What the router must show on a set; empty = all of it. */
export function shortfalls(result: SetResult): readonly string[] {
  const set = MODEL_SETS[result.setName];
  const { router } = result;
  const figures = figuresOf(result);
  const found: string[] = [];
  const lead = figures.savedPercent - figures.naivePercent;
  if (
    !result.isMixed &&
    set?.leastSavedPercent !== undefined &&
    figures.savedPercent < set.leastSavedPercent
  ) {
    found.push(`saves ${fixed(figures.savedPercent)} %, less than ${set.leastSavedPercent} %`);
  }
  if (!result.isMixed && set?.leastLeadPoints !== undefined && lead < set.leastLeadPoints) {
    found.push(`is ${fixed(lead)} points above naive routing, less than ${set.leastLeadPoints}`);
  }
  if (!result.isMixed && figures.failedPer100 > 1.8) {
    found.push(`fails ${fixed(figures.failedPer100, 2)} steps per 100, more than 1.8`);
  }
  return [...found, ...brokenPromises(figures, router)];
}

/** What must hold on any set and with any options. */
export function brokenPromises(figures: Figures, router: SetResult['router']): readonly string[] {
  const found: string[] = [];
  if (!(Math.abs(figures.reportErrorPoints) <= 2)) {
    found.push(`reports a saving that is ${fixed(figures.reportErrorPoints)} points off the bill`);
  }
  if (!(Math.abs(figures.costError) <= 1e-6)) {
    found.push(`reports a cost that is ${(100 * figures.costError).toFixed(4)} % off the bill`);
  }
  if (!(figures.warmPercent >= 95)) {
    found.push(`keeps ${fixed(figures.warmPercent)} % of the eligible prefix warm, less than 95 %`);
  }
  if (router.violations > 0) {
    found.push(`bills ${router.violations} conversations more than 1.05 times staying`);
  }
  return found;
}

const COLUMNS: readonly (readonly [string, (result: SetResult, figures: Figures) => string])[] = [
  ['set', ({ setName, isMixed }) => `${setName}${isMixed ? ' mixed' : ''}`],
  ['sessions', ({ sessions }) => String(sessions)],
  ['calls', ({ router }) => String(router.calls)],
  ['$/session', ({ router, sessions }) => fixed(router.usd / sessions, 3)],
  ['baseline $', ({ baseline, sessions }) => fixed(baseline.usd / sessions, 3)],
  ['saved %', (_, { savedPercent }) => fixed(savedPercent)],
  ['naive %', (_, { naivePercent }) => fixed(naivePercent)],
  ['lead', (_, { savedPercent, naivePercent }) => fixed(savedPercent - naivePercent)],
  ['failed/100', (_, { failedPer100 }) => fixed(failedPer100, 2)],
  ['naive', ({ naive }) => fixed(failedOf(naive), 2)],
  ['base', ({ baseline }) => fixed(failedOf(baseline), 2)],
  ['reports %', (_, { reportedPercent }) => fixed(reportedPercent)],
  ['error', (_, { reportErrorPoints }) => fixed(reportErrorPoints)],
  ['same req. %', (_, { sameRequestsPercent }) => fixed(sameRequestsPercent)],
  ['list %', (_, { listPercent }) => fixed(listPercent)],
  ['read %', (_, { readPercent }) => fixed(readPercent)],
  ['warm %', (_, { warmPercent }) => fixed(warmPercent)],
  ['switches', (_, { switchesPerSession }) => fixed(switchesPerSession)],
  ['worst', ({ router }) => fixed(router.worstRatio, 3)],
  ['running', ({ router }) => fixed(router.worstRunningRatio, 3)],
  ['over 1.05', ({ router }) => `${router.violations}/${router.switchable}`],
];

export function tableOf(results: readonly SetResult[]): string {
  const rows = results.map((result) => {
    const figures = figuresOf(result);
    return COLUMNS.map(([, cell]) => cell(result, figures));
  });
  return markdown([COLUMNS.map(([title]) => title), ...rows]);
}

/** Who answered, why, and how the classifier read the asks. */
export function detailsOf(result: SetResult): string {
  const { router, title, setName, isMixed } = result;
  const { callsByTier, usdByTier, confusion, reasons } = router;
  const grades = ['simple', 'moderate', 'complex'];
  const shares = (['small', 'mid', 'strong'] as const)
    .map(
      (tier) =>
        `${tier} ${fixed((100 * callsByTier[tier]) / router.calls)} % ($${fixed(usdByTier[tier], 2)})`,
    )
    .join(', ');
  const rows = confusion.map((counts, row) => {
    const sum = counts.reduce((total, count) => total + count, 0);
    return `${grades[row]} -> ${counts.map((count) => fixed((100 * count) / sum, 0)).join(' / ')} % of ${sum}`;
  });
  const why = Object.entries(reasons)
    .toSorted(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');
  const models = MODEL_SETS[setName]?.models;
  const baselines = (['small', 'mid', 'strong'] as const).map((tier) => {
    const told = result.reported.baselineByModel[models?.[tier].name ?? ''] ?? 0;
    return `${tier} ${fixed(100 * (told / router.sameRequestsByTier[tier] - 1))} %`;
  });
  return [
    `${setName}${isMixed ? ' mixed' : ''} (${title}), ${fixed(result.seconds, 0)} s`,
    `  answered by: ${shares}`,
    `  reasons: ${why}`,
    `  reported baseline against that of the same requests, by who answered: ${baselines.join(', ')}`,
    `  graded simple / moderate / complex: ${rows.join('; ')}`,
  ].join('\n');
}

function percentSaved(usd: number, baselineUsd: number): number {
  return 100 * (1 - usd / baselineUsd);
}

function failedOf({ failures, calls }: PaperTally): number {
  return (100 * failures) / calls;
}

function fixed(value: number, digits = 1): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}

function markdown(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [head, rule, ...body].join('\n');
}
