// The picture of a result for the README: key figures, how the daemon compares, and what its added time grows with. One
// SVG on a ground of its own, so that it reads alike on light and dark pages. Pure.

import { barGroups } from './bars.ts';
import { curvePanels } from './curves.ts';
import { COLORS, MARGIN, WIDTH } from './style.ts';
import { targetResult, type BenchResults } from '../results.ts';
import { element, textAt } from './svg.ts';

const HEIGHT = 724;

export function pictureOf(results: BenchResults): string {
  const parts = [
    element('title', {}, 'What Pointsman adds to a request, measured side by side'),
    element('rect', { x: 0.5, y: 0.5, width: WIDTH - 1, height: HEIGHT - 1, rx: 14, fill: COLORS.ground }),
    textAt(MARGIN, 46, 'What Pointsman adds to a request', { class: 'title' }),
    ...keyFigures(results, 66),
    ...barGroups(results, 186),
    ...curvePanels(results, 396),
    ...footNote(results, HEIGHT - 42),
  ];
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: WIDTH,
      height: HEIGHT,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
    },
    element('style', {}, STYLE),
    `\n${parts.join('\n')}\n`,
  );
}

const STYLE = [
  `text{font:13px -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;fill:${COLORS.text}}`,
  `.title{font-size:21px;font-weight:600}`,
  `.figure{font-size:26px;font-weight:600;fill:${COLORS.own}}`,
  `.heading{font-size:14px;font-weight:600}`,
  `.quiet{fill:${COLORS.quiet};font-size:12px}`,
  `.own{fill:${COLORS.own}}`,
  `.pipe{fill:${COLORS.pipe}}`,
  `.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace}`,
].join('');

/** Large figures with a line of words below each. */
function keyFigures(results: BenchResults, top: number): readonly string[] {
  const small = targetResult(results, 'small-1', 'daemon');
  const paced = targetResult(results, 'paced-32', 'daemon');
  const cpu = targetResult(results, 'small-32', 'daemon')?.figures.processorMsPerRequest;
  const figures: readonly (readonly [
    value: number | undefined,
    write: (value: number) => string,
    words: string,
    more: string,
  ])[] = [
    [small?.added.p50Us, duration, 'added to a small chat', 'median, one at a time'],
    [
      targetResult(results, 'agent-1', 'daemon')?.added.p50Us,
      duration,
      'added to an agent request',
      'of 200 kB',
    ],
    [paced?.added.tokenDelayP50Us, duration, 'added to each token', '32 streams at once'],
    [cpu === undefined ? undefined : cpu * 1000, duration, 'of processor time', 'for a small chat'],
    [
      results.startup.readyMs,
      (value) => `${value} ms`,
      'from start to ready',
      `${results.startup.idleMb} MB of memory, idle`,
    ],
  ];
  const step = (WIDTH - 2 * MARGIN) / figures.length;
  return figures.flatMap(([value, write, words, more], index) => {
    const x = MARGIN + index * step;
    const written = value === undefined || !Number.isFinite(value) ? '–' : write(value);
    return [
      textAt(x, top + 34, written, { class: 'figure' }),
      textAt(x, top + 56, words),
      textAt(x, top + 73, more, { class: 'quiet' }),
    ];
  });
}

/** Microseconds as people read them. */
export function duration(us: number): string {
  if (Math.abs(us) < 1000) return `${Number(us.toPrecision(3)).toFixed(0)} µs`;
  const ms = us / 1000;
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

function footNote({ machine, day, peers }: BenchResults, y: number): readonly string[] {
  const facts = `${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${day}.`;
  const others = peers.length === 0 ? '' : `Compared with ${peers.join(' and ')}.`;
  const command = `npm run bench -- ${peers.length === 0 ? '' : '--peers '}--picture`;
  return [
    textAt(MARGIN, y, facts, { class: 'quiet' }),
    textAt(MARGIN, y + 18, others, { class: 'quiet' }),
    textAt(WIDTH - MARGIN, y + 18, command, { class: 'quiet code', 'text-anchor': 'end' }),
  ];
}
