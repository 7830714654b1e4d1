// A chart over time, around uPlot: colours of the theme, a tip at the cursor, and the keyboard: left and right move from
// point to point, and each is told to screen readers. The figures themselves belong into a table beside it.

import uPlot from 'uplot';
import { axisLabels } from '../time-labels.ts';
import { element, fill } from './dom.ts';

export interface ChartLine {
  readonly label: string;
  /** A CSS colour, variables included. */
  readonly colour: string;
  readonly kind: 'line' | 'bars';
  readonly isDashed?: boolean;
}

/** The area where line `upper` is above line `lower`. */
export interface ChartArea {
  readonly label: string;
  readonly upper: number;
  readonly lower: number;
  readonly colour: string;
}

export interface ChartPoint {
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly text: string }[];
}

export interface ChartOptions {
  readonly label: string;
  readonly heightPx: number;
  readonly lines: readonly ChartLine[];
  readonly areas?: readonly ChartArea[];
  /** What stands at the marks of the upright axis. */
  readonly axis: (values: readonly number[]) => readonly string[];
  /** What is told of the point with this place in the data. */
  readonly describe: (index: number) => ChartPoint;
  readonly announce: (sentence: string) => void;
}

export interface ChartData {
  /** Unix epoch ms, rising. */
  readonly atMs: readonly number[];
  /** For each line. */
  readonly values: readonly (readonly (number | null)[])[];
  /** The axis goes from here to there. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether days begin at midnight UTC. */
  readonly isUtc: boolean;
}

export interface Chart {
  readonly element: HTMLElement;
  update(data: ChartData): void;
  themeChanged(): void;
}

const KEYS_HINT = 'Left and right arrow keys move from point to point.';

export function createChart(options: ChartOptions): Chart {
  const tip = element('div', { class: 'chart-tip', hidden: true, aria: { hidden: true } });
  const probe = element('span', { class: 'chart-probe', aria: { hidden: true } });
  const plot = element(
    'div',
    {
      class: 'chart-plot',
      tabindex: 0,
      role: 'application',
      aria: { label: `${options.label}. ${KEYS_HINT}`, roledescription: 'chart' },
    },
    probe,
    tip,
  );
  const palette = createPalette(probe);
  let data: ChartData = { atMs: [], values: [], fromMs: 0, toMs: 1, isUtc: false };
  let drawn: uPlot | null = null;

  function resize(): void {
    const width = Math.floor(plot.clientWidth);
    if (width === 0) return; // not in front
    if (drawn === null) {
      drawn = new uPlot(
        plotOptions(options, { width, palette, data: () => data, onCursor: showTip }),
        aligned(data),
        plot,
      );
    } else if (drawn.width !== width) drawn.setSize({ width, height: options.heightPx });
  }

  function showTip(self: uPlot): void {
    const index = self.cursor.idx;
    const at = index == null ? undefined : data.atMs[index];
    tip.hidden = index == null || at === undefined || (self.cursor.left ?? -1) < 0;
    if (tip.hidden || index == null || at === undefined) return;
    const { title, rows } = options.describe(index);
    fill(
      tip,
      element('strong', {}, title),
      element(
        'dl',
        {},
        ...rows.flatMap((row) => [element('dt', {}, row.label), element('dd', {}, row.text)]),
      ),
    );
    const left = self.over.offsetLeft + self.valToPos(at, 'x');
    const isRight = left > plot.clientWidth / 2;
    tip.style.left = isRight ? 'auto' : `${left + 12}px`;
    tip.style.right = isRight ? `${plot.clientWidth - left + 12}px` : 'auto';
  }

  function moveTo(index: number): void {
    const at = data.atMs[index];
    if (drawn === null || at === undefined) return;
    drawn.setCursor({ left: drawn.valToPos(at, 'x'), top: drawn.over.clientHeight / 2 });
    const { title, rows } = options.describe(index);
    options.announce(`${title}: ${rows.map(({ label, text }) => `${label} ${text}`).join(', ')}`);
  }

  function leave(): void {
    drawn?.setCursor({ left: -10, top: -10 });
  }

  plot.addEventListener('keydown', (event) => {
    const last = data.atMs.length - 1;
    const present = tip.hidden ? null : (drawn?.cursor.idx ?? null);
    if (event.key === 'Escape' && present !== null) leave();
    else {
      const next = indexAfter(event.key, present, last);
      if (next === null) return;
      moveTo(next);
    }
    event.preventDefault();
  });
  plot.addEventListener('blur', leave);
  new ResizeObserver(resize).observe(plot);

  return {
    element: element('div', { class: 'chart' }, legendOf(options), plot),
    update(next) {
      data = next;
      drawn?.setData(aligned(next));
      resize();
    },
    themeChanged() {
      palette.forget();
      drawn?.redraw(true, true); // bars keep their colours in their paths
    },
  };
}

function indexAfter(key: string, present: number | null, last: number): number | null {
  if (last < 0) return null;
  const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
  const step = steps[key];
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (step === undefined) return null;
  // From outside: the newest point first, since that is what most people want to know.
  return present === null ? last : Math.min(last, Math.max(0, present + step));
}

function aligned({ atMs, values }: ChartData): uPlot.AlignedData {
  return [[...atMs], ...values.map((line) => [...line])];
}

interface Palette {
  resolve(colour: string): string;
  forget(): void;
}

/** A canvas knows no CSS variables, so an element is asked what they come to. */
function createPalette(probe: HTMLElement): Palette {
  const known = new Map<string, string>();
  return {
    resolve(colour) {
      const found = known.get(colour);
      if (found !== undefined) return found;
      probe.style.color = colour;
      const { color } = getComputedStyle(probe);
      known.set(colour, color);
      return color;
    },
    forget: () => known.clear(),
  };
}

interface Surroundings {
  readonly width: number;
  readonly palette: Palette;
  readonly data: () => ChartData;
  readonly onCursor: (self: uPlot) => void;
}

function plotOptions(options: ChartOptions, around: Surroundings): uPlot.Options {
  const { width, palette, data } = around;
  const colour = (css: string) => () => palette.resolve(css);
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const shared: uPlot.Axis = {
    font,
    stroke: colour('var(--soft)'),
    grid: { stroke: colour('var(--chart-grid)'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: options.heightPx,
    ms: 1,
    tzDate: (ms) => (data().isUtc ? uPlot.tzDate(new Date(ms), 'Etc/UTC') : new Date(ms)),
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      move: (self, left, top) => [left < 0 ? left : nearestPx(self, left), top],
      drag: { x: false, y: false, setScale: false },
      points: { size: 7, width: 0 },
    },
    scales: {
      x: { time: true, range: () => [data().fromMs, data().toMs] },
      y: { range: (_, low, high) => rangeWithZero(low, high) },
    },
    axes: [
      {
        ...shared,
        grid: { show: false },
        space: 70,
        size: 30,
        values: (_, marks) => [...axisLabels(marks, data().isUtc)],
      },
      {
        ...shared,
        size: (_, marks) => widestPx(marks) + 14,
        gap: 8,
        space: (_, _axis, _low, _high, heightPx) => markSpacePx(heightPx),
        incrs: AXIS_STEPS,
        values: (_, marks) => [...options.axis(marks)],
      },
    ],
    series: [{}, ...options.lines.map((line) => seriesOf(line, colour))],
    bands: (options.areas ?? []).map((area) => ({
      series: [area.upper + 1, area.lower + 1],
      fill: colour(`color-mix(in srgb, ${area.colour} 22%, transparent)`),
      dir: -1,
    })),
    hooks: { setCursor: [around.onCursor] },
  };
}

/** The line of the cursor stands at a point, as the tip does. */
function nearestPx(self: uPlot, left: number): number {
  const at = self.data[0][self.posToIdx(left)];
  return at === undefined ? left : self.valToPos(at, 'x');
}

function seriesOf(line: ChartLine, colour: (css: string) => () => string): uPlot.Series {
  const shared: uPlot.Series = { label: line.label, points: { show: false } };
  if (line.kind === 'line') {
    const dash = line.isDashed === true ? { dash: [5, 4] } : {};
    return { ...shared, ...dash, stroke: colour(line.colour), width: 2 };
  }
  const bars = uPlot.paths.bars?.({ size: [0.7, 36], radius: 0.12 });
  return {
    ...shared,
    width: 0,
    fill: colour(line.colour),
    stroke: colour(line.colour),
    ...(bars === undefined ? {} : { paths: bars }),
  };
}

/**
 * How far apart the marks of the upright axis are at least. Steps grow by up to two and a half times: with less room than
 * five of them, nothing but zero may be marked where a chart goes both ways, and nobody can read it.
 */
function markSpacePx(heightPx: number): number {
  return Math.min(30, heightPx / 5);
}

/** Digits of the theme's font are about seven pixels wide. */
function widestPx(marks: readonly string[] | null): number {
  return Math.max(4, ...(marks ?? []).map((mark) => mark.length)) * 7;
}

/** Marks of the upright axis lie so far apart: what can be written with few digits. */
const AXIS_STEPS: number[] = Array.from({ length: 18 }, (_, power) => power - 9).flatMap((power) =>
  [1, 2, 5].map((digit) => Number(`${digit}e${power}`)),
);

function rangeWithZero(low: number | null, high: number | null): uPlot.Range.MinMax {
  const least = Math.min(0, low ?? 0);
  const most = Math.max(0, high ?? 0);
  if (least === most) return [0, 0.01];
  const room = (most - least) * 0.06;
  return [least < 0 ? least - room : 0, most > 0 ? most + room : 0];
}

function legendOf({ lines, areas }: ChartOptions): HTMLElement {
  const entry = (label: string, kind: string, colour: string): HTMLElement => {
    const swatch = element('span', { class: `swatch ${kind}`, aria: { hidden: true } });
    swatch.style.color = colour;
    return element('li', {}, swatch, label);
  };
  return element(
    'ul',
    { class: 'chart-legend' },
    ...lines.map(({ label, kind, colour, isDashed }) =>
      entry(label, isDashed === true ? 'dashed' : kind, colour),
    ),
    ...(areas ?? []).map(({ label, colour }) => entry(label, 'area', colour)),
  );
}
