// The attempts of one request on a line of time: waiting light, answering full, failures named.

import type { ExchangeBody } from '../../../daemon/protocol/control-api.ts';
import { attemptTimeline, timelineSentence, type TimelineBar } from '../attempt-timeline.ts';
import { duration } from '../figures.ts';
import { element } from './dom.ts';
import { section } from './parts.ts';

export function attemptsSection(record: ExchangeBody): HTMLElement {
  const timeline = attemptTimeline(record);
  if (timeline.bars.length === 0) {
    const isHit = record.cache === 'exact' || record.cache === 'semantic';
    const why = isHit ? 'The answer was kept from before, so no model was asked.' : 'No model was asked.';
    return section('Attempts', element('p', {}, why));
  }
  return section(
    timeline.bars.length === 1 ? 'Attempt' : 'Attempts',
    element('p', { class: 'visually-hidden' }, timelineSentence(timeline)),
    element('ol', { class: 'timeline' }, ...timeline.bars.map(barItem)),
    element(
      'div',
      { class: 'timeline-axis', aria: { hidden: true } },
      element('span', {}, '0'),
      element('span', {}, duration(timeline.totalMs)),
    ),
    timeline.decidingMs > 0 &&
      element(
        'p',
        { class: 'hint' },
        `Reading, classifying and deciding took the first ${duration(timeline.decidingMs)}.`,
      ),
  );
}

function barItem(bar: TimelineBar): HTMLElement {
  const wait = element('span', { class: 'timeline-wait' });
  const stream = element('span', { class: 'timeline-stream' });
  wait.style.left = share(bar.startRatio);
  wait.style.width = share(bar.waitRatio);
  stream.style.left = share(bar.startRatio + bar.waitRatio);
  stream.style.width = share(bar.streamRatio);
  return element(
    'li',
    { class: 'timeline-item', data: { status: bar.status } },
    element(
      'div',
      { class: 'timeline-words' },
      element('strong', {}, bar.model),
      bar.provider !== bar.model && element('span', { class: 'soft' }, bar.provider),
      element('span', { class: 'timeline-outcome', data: { status: bar.status } }, bar.outcome),
    ),
    element('div', { class: 'timeline-track', aria: { hidden: true } }, wait, stream),
    element('div', { class: 'timeline-figures soft' }, figuresOf(bar)),
  );
}

function figuresOf(bar: TimelineBar): string {
  return [
    `began ${bar.began}`,
    ...(bar.firstChunk === null ? ['no output'] : [`first output ${bar.firstChunk} later`]),
    `took ${bar.took}`,
    bar.cost === 'unknown' ? 'cost unknown' : bar.cost,
    ...(bar.isPossiblyBilled ? ['may have been billed'] : []),
  ].join(' · ');
}

const share = (ratio: number): string => `${(ratio * 100).toFixed(3)}%`;
