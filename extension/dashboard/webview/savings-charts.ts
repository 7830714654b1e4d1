// The two charts of the savings view, running and slice by slice, and the table with the same figures.

import type { SeriesBody } from '../../../daemon/protocol/control-api.ts';
import { axisUsd, grouped, signedUsd, usd } from '../figures.ts';
import { savingsSeries, type SavingsSeries, type SavingsSlice } from '../savings-series.ts';
import { dateTimeLabel, isUtcDays, sliceLabel } from '../time-labels.ts';
import { card } from './analysis-parts.ts';
import { createChart, type ChartPoint } from './chart.ts';
import { createDataTable, type Column } from './data-table.ts';
import { element } from './dom.ts';

export interface SavingsCharts {
  readonly element: HTMLElement;
  readonly draw: (body: SeriesBody, nowMs: number) => void;
  readonly themeChanged: () => void;
}

export function createSavingsCharts(announce: (sentence: string) => void): SavingsCharts {
  let series: SavingsSeries = {
    sliceMs: 1,
    slices: [],
    line: { atMs: [], baselineUsd: [], costUsd: [] },
  };
  const running = createChart({
    label: 'Cost and baseline, running sums; the area between them is the saving',
    heightPx: 240,
    lines: [
      { label: 'Baseline', colour: 'var(--chart-baseline)', kind: 'line', isDashed: true },
      { label: 'Cost', colour: 'var(--chart-1)', kind: 'line' },
    ],
    areas: [
      { label: 'Saved', upper: 0, lower: 1, colour: 'var(--gain)' },
      { label: 'Lost', upper: 1, lower: 0, colour: 'var(--loss)' },
    ],
    axis: axisUsd,
    describe: (index) => runningPoint(series, index),
    announce,
  });
  const sliced = createChart({
    label: 'Saved in each slice of time',
    heightPx: 150,
    lines: [
      { label: 'Saved', colour: 'var(--gain)', kind: 'bars' },
      { label: 'Lost', colour: 'var(--loss)', kind: 'bars' },
    ],
    axis: axisUsd,
    describe: (index) => slicePoint(series, index),
    announce,
  });
  const table = createDataTable<SavingsSlice>({
    caption: 'Savings over time',
    columns: columnsOf(() => series.sliceMs),
    empty: 'No slices yet.',
    order: { key: 'start', isDescending: true },
    announce,
  });
  const sliceTitle = element('h3', { class: 'chart-title' }, 'Saved in each slice');
  return {
    element: card(
      'Cost against the baseline',
      running.element,
      sliceTitle,
      sliced.element,
      element(
        'details',
        { class: 'figures' },
        element('summary', {}, 'Show the figures as a table'),
        table.element,
      ),
      element(
        'p',
        { class: 'hint' },
        'Only requests that could be compared with their baseline; both lines are sums since the beginning of the period.',
      ),
    ),
    draw(body, nowMs) {
      series = savingsSeries(body, nowMs);
      const { slices, sliceMs, line } = series;
      sliceTitle.textContent = `Saved per ${sliceName(sliceMs)}`;
      const span = {
        fromMs: slices[0]?.startMs ?? nowMs - 1,
        toMs: slices.length === 0 ? nowMs : (slices.at(-1)?.startMs ?? 0) + sliceMs,
        isUtc: isUtcDays(slices[0]?.startMs ?? 0, sliceMs),
      };
      running.update({ ...span, atMs: line.atMs, values: [line.baselineUsd, line.costUsd] });
      const saved = slices.map(({ savedUsd }) => savedUsd);
      sliced.update({
        ...span,
        atMs: slices.map(({ startMs }) => startMs + sliceMs / 2),
        values: [
          saved.map((amount) => (amount !== null && amount >= 0 ? amount : null)),
          saved.map((amount) => (amount !== null && amount < 0 ? amount : null)),
        ],
      });
      table.update(slices);
    },
    themeChanged() {
      running.themeChanged();
      sliced.themeChanged();
    },
  };
}

function runningPoint({ line }: SavingsSeries, index: number): ChartPoint {
  const atMs = line.atMs[index] ?? 0;
  const baseline = line.baselineUsd[index] ?? null;
  const cost = line.costUsd[index] ?? null;
  return {
    title: `Until ${dateTimeLabel(atMs)}`,
    rows: [
      { label: 'Baseline', text: usd(baseline) },
      { label: 'Cost', text: usd(cost) },
      { label: 'Saved', text: baseline === null || cost === null ? 'unknown' : signedUsd(baseline - cost) },
    ],
  };
}

function slicePoint({ slices, sliceMs }: SavingsSeries, index: number): ChartPoint {
  const slice = slices[index];
  if (slice === undefined) return { title: '', rows: [] };
  return {
    title: sliceLabel(slice.startMs, sliceMs),
    rows: [
      { label: 'Saved', text: signedUsd(slice.savedUsd) },
      { label: 'Baseline', text: usd(slice.baselineUsd) },
      { label: 'Cost', text: usd(slice.costUsd) },
      {
        label: 'Compared',
        text: `${grouped(slice.comparedRequests, 0)} of ${grouped(slice.requests, 0)} requests`,
      },
    ],
  };
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [604_800_000, 'week'],
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
];

/** `hour`, `6 hours`, `day`. */
function sliceName(sliceMs: number): string {
  for (const [ms, name] of UNITS) {
    if (sliceMs < ms || sliceMs % ms !== 0) continue;
    return sliceMs === ms ? name : `${grouped(sliceMs / ms, 0)} ${name}s`;
  }
  return 'slice';
}

function columnsOf(sliceMs: () => number): readonly Column<SavingsSlice>[] {
  const money = (
    key: string,
    title: string,
    amountOf: (slice: SavingsSlice) => number | null,
    text: (amount: number | null) => string = usd,
  ): Column<SavingsSlice> => ({
    key,
    title,
    isNumber: true,
    cell: (slice) => text(amountOf(slice)),
    sortBy: amountOf,
  });
  return [
    {
      key: 'start',
      title: 'From',
      cell: ({ startMs }) => sliceLabel(startMs, sliceMs()),
      sortBy: ({ startMs }) => startMs,
    },
    {
      key: 'requests',
      title: 'Requests',
      isNumber: true,
      cell: ({ requests }) => grouped(requests, 0),
      sortBy: ({ requests }) => requests,
    },
    {
      key: 'compared',
      title: 'Compared',
      isNumber: true,
      cell: ({ comparedRequests }) => grouped(comparedRequests, 0),
      sortBy: ({ comparedRequests }) => comparedRequests,
    },
    money('baseline', 'Baseline', ({ baselineUsd }) => baselineUsd),
    money('cost', 'Cost', ({ costUsd }) => costUsd),
    money('saved', 'Saved', ({ savedUsd }) => savedUsd, signedUsd),
    money('soFar', 'Saved so far', ({ savedSoFarUsd }) => savedSoFarUsd, signedUsd),
  ];
}
