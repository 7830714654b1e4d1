// What the added time grows with: three panels with one scale of time, so that they compare at a glance.

import type { CurveName } from '../cases.ts';
import { linearScale, type Scale } from './scale.ts';
import { COLORS, colorOf, LABELS, MARGIN, WIDTH } from './style.ts';
import { curvePoints, type BenchResults } from '../results.ts';
import { element, lineFrom, textAt } from './svg.ts';

interface Panel {
  readonly curve: CurveName;
  readonly title: string;
  readonly more: string;
  readonly largest: number;
  readonly write: (x: number) => string;
}

const kilobytes = (bytes: number): string => String(bytes / 1000);

const PANELS: readonly Panel[] = [
  {
    curve: 'body-bytes',
    title: 'Size of the request, kB',
    more: 'six messages, the same ask',
    largest: 1_000_000,
    write: kilobytes,
  },
  {
    curve: 'messages',
    title: 'Length of the history, messages',
    more: 'in a request of 200 kB',
    largest: 500,
    write: String,
  },
  {
    curve: 'ask-bytes',
    title: 'Length of the last ask, kB',
    more: 'in a request of 64 kB',
    largest: 30_000,
    write: kilobytes,
  },
];

const SHOWN = ['pipe', 'daemon'] as const;
const GAP = 40;
const HEIGHT = 160;
const LEFT = 44;

export function curvePanels(results: BenchResults, top: number): readonly string[] {
  const width = (WIDTH - 2 * MARGIN - GAP * (PANELS.length - 1)) / PANELS.length;
  const values = PANELS.flatMap(({ curve }) =>
    SHOWN.flatMap((target) => curvePoints(results, curve, target).map(([, us]) => us)),
  );
  if (values.length === 0) return [];
  const plotTop = top + 74;
  const time = linearScale(Math.max(...values), plotTop + HEIGHT, plotTop);
  const isInMs = (time.ticks.at(-1) ?? 0) >= 2000;
  const panels = PANELS.flatMap((panel, index) => {
    const x = MARGIN + index * (width + GAP);
    return [
      textAt(x, top + 38, panel.title, { class: 'heading' }),
      textAt(x, top + 55, panel.more, { class: 'quiet' }),
      ...axes(panel, time, isInMs ? 1000 : 1, x, width, plotTop),
      ...SHOWN.flatMap((target) => curveLine(results, panel, target, time, x, width)),
    ];
  });
  const title = `Median of the time added, one request at a time, in ${isInMs ? 'milliseconds' : 'microseconds'}`;
  return [textAt(MARGIN, top + 12, title), ...legend(top + 12), ...panels];
}

function legend(y: number): readonly string[] {
  return SHOWN.flatMap((target, index) => {
    const x = WIDTH - MARGIN - 87 - (SHOWN.length - 1 - index) * 110;
    return [
      lineFrom(x, y - 4, x + 18, y - 4, { stroke: colorOf(target), 'stroke-width': 3 }),
      textAt(x + 25, y, LABELS[target], { class: target === 'daemon' ? 'own' : 'pipe' }),
    ];
  });
}

function across({ largest }: Panel, x: number, width: number): Scale {
  return linearScale(largest, x + LEFT, x + width);
}

function axes(
  panel: Panel,
  time: Scale,
  usPerUnit: number,
  x: number,
  width: number,
  plotTop: number,
): readonly string[] {
  const horizontal = across(panel, x, width);
  return [
    ...time.ticks.flatMap((us) => [
      lineFrom(x + LEFT, time.at(us), x + width, time.at(us), { stroke: COLORS.grid }),
      textAt(x + LEFT - 8, time.at(us) + 4, String(us / usPerUnit), { class: 'quiet', 'text-anchor': 'end' }),
    ]),
    ...horizontal.ticks.map((value) =>
      textAt(horizontal.at(value), plotTop + HEIGHT + 18, panel.write(value), {
        class: 'quiet',
        'text-anchor': 'middle',
      }),
    ),
  ];
}

function curveLine(
  results: BenchResults,
  panel: Panel,
  target: (typeof SHOWN)[number],
  time: Scale,
  x: number,
  width: number,
): readonly string[] {
  const horizontal = across(panel, x, width);
  const points = curvePoints(results, panel.curve, target).map(
    ([value, us]) => [horizontal.at(value), time.at(Math.max(0, us))] as const,
  );
  const color = colorOf(target);
  return [
    element('polyline', {
      points: points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' '),
      fill: 'none',
      stroke: color,
      'stroke-width': target === 'daemon' ? 2.5 : 2,
      'stroke-linejoin': 'round',
    }),
    ...points.map(([px, py]) => element('circle', { cx: px, cy: py, r: 3, fill: color })),
  ];
}
