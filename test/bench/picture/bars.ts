// Requests and streams per second, side by side. Each group has a scale of its own: what compares are bars of one group.

import { COLORS, colorOf, LABELS, MARGIN, WIDTH } from './style.ts';
import { targetResult, type BenchResults } from '../results.ts';
import { element, textAt } from './svg.ts';
import type { TargetName } from '../targets.ts';

const GROUPS: readonly {
  readonly title: string;
  readonly more: string;
  readonly caseId: string;
}[] = [
  { title: 'Small chats a second', more: '32 at once', caseId: 'small-32' },
  { title: 'Streams of 500 tokens a second', more: '32 at once', caseId: 'stream-32' },
  {
    title: 'Translated streams a second',
    more: 'Anthropic messages to chat, 8 kB, 32 at once',
    caseId: 'messages-to-chat-8k-32',
  },
];

/** The pipe is what this runtime can do at best; nginx is another runtime and would only make the rest small. */
const SHOWN: readonly TargetName[] = ['pipe', 'daemon', 'portkey', 'ccr'];

const GAP = 40;
const ROW = 44;
const BAR = 16;

export function barGroups(results: BenchResults, top: number): readonly string[] {
  const width = (WIDTH - 2 * MARGIN - GAP * (GROUPS.length - 1)) / GROUPS.length;
  return GROUPS.flatMap(({ title, more, caseId }, index) => {
    const x = MARGIN + index * (width + GAP);
    return [
      textAt(x, top, title, { class: 'heading' }),
      textAt(x, top + 17, more, { class: 'quiet' }),
      ...bars(results, caseId, x, top + 32, width),
    ];
  });
}

function bars(
  results: BenchResults,
  caseId: string,
  x: number,
  top: number,
  width: number,
): readonly string[] {
  const rates = SHOWN.flatMap((target) => {
    const perS = targetResult(results, caseId, target)?.figures.requestsPerS;
    return perS === undefined ? [] : [{ target, perS }];
  });
  const largest = Math.max(...rates.map(({ perS }) => perS));
  const own = rates.find(({ target }) => target === 'daemon')?.perS;
  return rates.flatMap(({ target, perS }, index) => {
    const y = top + index * ROW;
    const color = colorOf(target);
    return [
      textAt(x, y + 14, LABELS[target], target === 'daemon' ? { class: 'own' } : {}),
      textAt(x + width, y + 14, Math.round(perS).toLocaleString('en-US'), { 'text-anchor': 'end' }),
      element('rect', { x, y: y + 20, width, height: BAR, rx: 3, fill: COLORS.grid }),
      element('rect', {
        x,
        y: y + 20,
        width: Math.max(2, (width * perS) / largest),
        height: BAR,
        rx: 3,
        fill: color,
      }),
      timesText(perS, target, own, x + width - 6, y + 32),
    ];
  });
}

/** In a peer's row: how many times as much the daemon does. */
function timesText(perS: number, target: TargetName, own: number | undefined, x: number, y: number): string {
  if (own === undefined || (target !== 'portkey' && target !== 'ccr')) return '';
  const times = own / perS;
  const written = times >= 10 ? times.toFixed(0) : times.toFixed(1);
  return textAt(x, y, `Pointsman: ${written} ×`, { class: 'quiet', 'text-anchor': 'end' });
}
