// A table that can be sorted by pressing its headings, told to screen readers, and updated in place: whoever is on a
// heading stays there when new figures come.

import { nextOrder, sortRows, type SortOrder, type SortValue } from '../table-sort.ts';
import { element, fill, type Child } from './dom.ts';
import { refill } from './refill.ts';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => Child;
  /** Absent = it cannot be sorted by this column. */
  readonly sortBy?: (row: Row) => SortValue;
  /** Stands at the right, and is sorted largest first. */
  readonly isNumber?: boolean;
}

export interface TableOptions<Row> {
  /** What the table is about; heard, not seen, unless `isCaptionShown`. */
  readonly caption: string;
  readonly isCaptionShown?: boolean;
  /** The first one names the row. */
  readonly columns: readonly Column<Row>[];
  /** In place of rows when there are none. */
  readonly empty: string;
  readonly order?: SortOrder;
  readonly announce?: (sentence: string) => void;
}

export interface DataTable<Row> {
  readonly element: HTMLElement;
  update(rows: readonly Row[]): void;
  /** Other columns or another caption, e.g. after a switch; rows come with the next update. */
  reshape(caption: string, columns: readonly Column<Row>[]): void;
}

export function createDataTable<Row>(options: TableOptions<Row>): DataTable<Row> {
  let { columns } = options;
  let order: SortOrder | null = options.order ?? null;
  let rows: readonly Row[] = [];
  const caption = element('caption', options.isCaptionShown === true ? {} : { class: 'visually-hidden' });
  const head = element('tr');
  const body = element('tbody');
  const table = element('table', { class: 'table' }, caption, element('thead', {}, head), body);
  // Where no heading can be focused, the table itself must be, or nobody could scroll it by keyboard.
  const isSortable = columns.length === 0 || columns.some(({ sortBy }) => sortBy !== undefined);
  const scroller = element(
    'div',
    isSortable
      ? { class: 'table-scroll' }
      : { class: 'table-scroll', role: 'region', tabindex: 0, aria: { label: options.caption } },
    table,
  );

  function press(column: Column<Row>): void {
    order = nextOrder(order, column.key, column.isNumber === true);
    drawOrder();
    drawRows();
    options.announce?.(
      `Sorted by ${column.title}, ${order.isDescending ? 'largest first' : 'smallest first'}.`,
    );
  }

  function drawHead(): void {
    fill(head, ...columns.map((column) => headingOf(column, () => press(column))));
    drawOrder();
  }

  function drawOrder(): void {
    columns.forEach(({ key }, index) => {
      const heading = head.children[index];
      if (order?.key === key) {
        heading?.setAttribute('aria-sort', order.isDescending ? 'descending' : 'ascending');
      } else heading?.removeAttribute('aria-sort');
    });
  }

  function drawRows(): void {
    const column = columns.find(({ key }) => key === order?.key);
    const sorted =
      column?.sortBy === undefined || order === null
        ? rows
        : sortRows(rows, column.sortBy, order.isDescending);
    const drawn = sorted.map((row) => rowOf(columns, row));
    const empty = element('tr', {}, spanning(columns.length, options.empty));
    refill(body, ...(drawn.length === 0 ? [empty] : drawn));
  }

  caption.textContent = options.caption;
  drawHead();
  return {
    element: scroller,
    update(next) {
      rows = next;
      drawRows();
    },
    reshape(text, next) {
      caption.textContent = text;
      columns = next;
      if (!columns.some(({ key, sortBy }) => key === order?.key && sortBy !== undefined)) order = null;
      drawHead();
    },
  };
}

function headingOf<Row>({ title, sortBy, isNumber }: Column<Row>, press: () => void): HTMLElement {
  const label =
    sortBy === undefined
      ? title
      : element('button', { class: 'sort', type: 'button', on: { click: press } }, title);
  return element('th', { scope: 'col', ...(isNumber === true ? { class: 'number' } : {}) }, label);
}

function rowOf<Row>(columns: readonly Column<Row>[], row: Row): HTMLElement {
  return element(
    'tr',
    {},
    ...columns.map(({ cell, isNumber }, index) => {
      const attributes = isNumber === true ? { class: 'number' } : {};
      return index === 0
        ? element('th', { scope: 'row', ...attributes }, cell(row))
        : element('td', attributes, cell(row));
    }),
  );
}

function spanning(columns: number, text: string): HTMLElement {
  const cell = element('td', { class: 'hint' }, text);
  cell.colSpan = columns;
  return cell;
}
