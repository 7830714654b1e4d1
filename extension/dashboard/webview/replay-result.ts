// What came out of a replay: figures, the three profiles on one scale, who would have answered instead, and what the
// figures cannot know.

import type { ReplayBody } from '../../../daemon/protocol/control-api.ts';
import { counted, grouped, signedUsd, usd } from '../figures.ts';
import { replayScale, replayStory, type ReplayRange, type ReplayScale } from '../replay-story.ts';
import { card, tileList } from './analysis-parts.ts';
import { createDataTable, type Column } from './data-table.ts';
import { element, fill } from './dom.ts';
import type { ViewContext } from './view.ts';

export interface ReplayResult {
  readonly element: HTMLElement;
  /** `all`: what is there of the same period, this one included. */
  draw(body: ReplayBody, all: readonly ReplayBody[]): void;
}

type Move = ReplayBody['moves'][number];
type Conversation = ReplayBody['conversations'][number];

export function createReplayResult({ announce }: ViewContext): ReplayResult {
  const headline = element('p', { class: 'summary' });
  const tiles = element('dl', { class: 'tiles' });
  const scale = element('div', { class: 'scale' });
  const moves = createDataTable<Move>({
    caption: 'Requests that would have gone to another model',
    columns: MOVE_COLUMNS,
    empty: 'No request would have gone to another model.',
    announce,
  });
  const conversations = createDataTable<Conversation>({
    caption: 'Conversations whose cost changes most',
    columns: CONVERSATION_COLUMNS,
    empty: 'No conversation would have cost more or less.',
    announce,
  });
  const coverage = element('ul', { class: 'plain-list' });
  return {
    element: element(
      'div',
      { class: 'stack', hidden: true },
      headline,
      tiles,
      card('Cost of the same work, with 95 % intervals', scale),
      card('Who would have answered instead', moves.element),
      card('Conversations that change most', conversations.element),
      card('What these figures rest upon', coverage),
    ),
    draw(body, all) {
      const story = replayStory(body);
      headline.textContent = story.headline;
      fill(tiles, ...tileList(tilesOf(story, body.requests)));
      fill(scale, ...scaleRows(replayScale(all), body));
      moves.update(body.moves);
      conversations.update(body.conversations);
      fill(coverage, ...[...story.coverage, ...story.notes].map((text) => element('li', {}, text)));
    },
  };
}

function tilesOf(story: ReturnType<typeof replayStory>, requests: number): Parameters<typeof tileList>[0] {
  return [
    { label: 'Billed then', value: story.thenText, notes: ['what was really paid'] },
    {
      label: 'Would cost now',
      value: story.nowText,
      notes: [story.rangeText === null ? 'nothing is estimated' : `95 %: ${story.rangeText}`],
    },
    { label: 'Difference', value: story.differenceText, notes: ['below zero is cheaper'] },
    {
      label: 'Would move',
      value: story.movedText,
      notes: [`of ${counted(requests, 'request')}, to another model`],
    },
    {
      label: 'Expected success',
      value: story.successText,
      notes: [`${story.successThenText} of the models that answered`],
    },
  ];
}

function scaleRows(scale: ReplayScale | null, body: ReplayBody): readonly HTMLElement[] {
  if (scale === null)
    return [element('p', { class: 'hint' }, 'No cost is known, so there is nothing to draw.')];
  const billed = element('div', { class: 'scale-row billed' });
  const line = element('span', { class: 'scale-bar' });
  line.style.width = `${scale.stored * 100}%`;
  billed.append(
    element('span', { class: 'scale-label' }, 'Billed'),
    element('span', { class: 'scale-track', aria: { hidden: true } }, line),
    element('span', { class: 'scale-text' }, usd(scale.storedUsd)),
  );
  return [billed, ...scale.ranges.map((range) => rangeRow(range, scale, range.profile === body.profile))];
}

function rangeRow(range: ReplayRange, scale: ReplayScale, isChosen: boolean): HTMLElement {
  const interval = element('span', { class: 'scale-interval' });
  interval.style.left = `${range.low * 100}%`;
  interval.style.width = `${(range.high - range.low) * 100}%`;
  const dot = element('span', { class: 'scale-dot' });
  dot.style.left = `${range.at * 100}%`;
  const stored = element('span', { class: 'scale-stored' });
  stored.style.left = `${scale.stored * 100}%`;
  return element(
    'div',
    { class: isChosen ? 'scale-row chosen' : 'scale-row' },
    element('span', { class: 'scale-label' }, range.label),
    element('span', { class: 'scale-track', aria: { hidden: true } }, stored, interval, dot),
    element('span', { class: 'scale-text' }, range.sentence),
  );
}

function money<Row>(
  key: string,
  title: string,
  amountOf: (row: Row) => number,
  text: (amount: number) => string = usd,
): Column<Row> {
  return { key, title, isNumber: true, cell: (row) => text(amountOf(row)), sortBy: amountOf };
}

/** What both tables have: how many, then and now. */
function billColumns<
  Row extends { readonly requests: number; readonly storedUsd: number; readonly replayedUsd: number },
>(): readonly Column<Row>[] {
  return [
    {
      key: 'requests',
      title: 'Requests',
      isNumber: true,
      cell: ({ requests }) => grouped(requests, 0),
      sortBy: ({ requests }) => requests,
    },
    money<Row>('stored', 'Billed', ({ storedUsd }) => storedUsd),
    money<Row>('replayed', 'Replayed', ({ replayedUsd }) => replayedUsd),
    money<Row>('change', 'Difference', ({ storedUsd, replayedUsd }) => replayedUsd - storedUsd, signedUsd),
  ];
}

const MOVE_COLUMNS: readonly Column<Move>[] = [
  { key: 'from', title: 'From', cell: ({ from }) => from, sortBy: ({ from }) => from },
  { key: 'to', title: 'To', cell: ({ to }) => to, sortBy: ({ to }) => to },
  ...billColumns<Move>(),
];

const CONVERSATION_COLUMNS: readonly Column<Conversation>[] = [
  {
    key: 'conversation',
    title: 'Conversation',
    cell: ({ conversationId }) => element('code', {}, conversationId),
    sortBy: ({ conversationId }) => conversationId,
  },
  ...billColumns<Conversation>(),
];
