// The table of requests: what its columns are, and how a row is drawn.

import { feedRow, rowLabel, type FeedRow } from '../feed-rows.ts';
import type { FeedItem } from '../feed-store.ts';
import { element, fill } from './dom.ts';
import { icon } from './icon.ts';
import { VirtualList, type VirtualListOptions } from './virtual-list.ts';

/** Fits one line of text and is a comfortable target; the style sheet has the same. */
export const ROW_HEIGHT_PX = 34;

interface Column {
  readonly name: string;
  readonly title: string;
  readonly draw: (cell: HTMLElement, row: FeedRow) => void;
}

const COLUMNS: readonly Column[] = [
  {
    name: 'time',
    title: 'Time',
    draw: (cell, row) => {
      cell.textContent = row.time;
      cell.title = row.fullTime;
    },
  },
  { name: 'client', title: 'Client', draw: (cell, row) => setText(cell, row.client) },
  {
    name: 'task',
    title: 'Task',
    draw: (cell, row) =>
      fill(cell, row.task, row.grade !== '' && element('span', { class: 'soft' }, ` · ${row.grade}`)),
  },
  { name: 'model', title: 'Model', draw: drawModel },
  { name: 'why', title: 'Why', draw: (cell, row) => setText(cell, row.why) },
  { name: 'tokens', title: 'Tokens', draw: (cell, row) => setText(cell, row.tokens) },
  { name: 'cost', title: 'Cost', draw: (cell, row) => setText(cell, row.cost) },
  {
    name: 'saved',
    title: 'Saved',
    draw: (cell, row) => {
      cell.textContent = row.saved;
      cell.dataset['tone'] = row.savedTone;
    },
  },
  { name: 'duration', title: 'Duration', draw: (cell, row) => setText(cell, row.duration) },
  {
    name: 'state',
    title: 'State',
    draw: (cell, row) => {
      cell.dataset['state'] = row.state;
      fill(cell, icon(row.state), element('span', {}, row.stateWords));
    },
  },
];

type Wiring = Pick<VirtualListOptions<FeedItem>, 'onOpen' | 'onNearEnd' | 'onTopChange'>;

export function createFeedList(wiring: Wiring): VirtualList<FeedItem> {
  return new VirtualList<FeedItem>({
    ...wiring,
    rowHeightPx: ROW_HEIGHT_PX,
    label: 'Requests, newest first',
    columnCount: COLUMNS.length,
    header: element(
      'div',
      { class: 'feed-row feed-header', role: 'row' },
      ...COLUMNS.map(({ name, title }) =>
        element('div', { class: `cell cell-${name}`, role: 'columnheader' }, title),
      ),
    ),
    keyOf: ({ exchangeId }) => exchangeId,
    createRow: () =>
      element(
        'div',
        { class: 'feed-row', role: 'row', tabindex: -1 },
        ...COLUMNS.map(({ name }) => element('div', { class: `cell cell-${name}`, role: 'gridcell' })),
      ),
    drawRow,
  });
}

function drawRow(element: HTMLElement, item: FeedItem): void {
  const row = feedRow(item, Date.now());
  element.setAttribute('aria-label', rowLabel(row));
  element.classList.toggle('is-running', row.state === 'running');
  for (const [index, { draw }] of COLUMNS.entries()) {
    const cell = element.children[index];
    if (cell instanceof HTMLElement) draw(cell, row);
  }
}

function drawModel(cell: HTMLElement, { requested, answered }: FeedRow): void {
  cell.title = requested === null ? answered : `asked for ${requested}, answered by ${answered}`;
  fill(
    cell,
    requested !== null && element('span', { class: 'soft requested' }, `${requested} → `),
    element('span', { class: 'answered' }, answered),
  );
}

function setText(cell: HTMLElement, text: string): void {
  cell.textContent = text;
  cell.title = text;
}
