// Pieces that several views are made of: facts, tables, chips and sections.

import { element, type Child } from './dom.ts';

let lastId = 0;

/** An id that no other element of the page has. */
export const uniqueId = (stem: string): string => `${stem}-${++lastId}`;

/** A part of a page under a heading, which also names it. */
export function section(title: string, ...children: readonly Child[]): HTMLElement {
  const id = uniqueId('section');
  return element(
    'section',
    { class: 'section', aria: { labelledby: id } },
    element('h3', { id }, title),
    ...children,
  );
}

export interface Fact {
  readonly label: string;
  readonly value: Child;
  readonly tone?: string;
}

/** Names and values in a quiet grid. */
export function facts(list: readonly Fact[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...list.map(({ label, value, tone }) =>
      element(
        'div',
        { class: 'fact' },
        element('dt', {}, label),
        element('dd', tone === undefined ? {} : { data: { tone } }, value),
      ),
    ),
  );
}

export interface TableColumn {
  readonly title: string;
  readonly isNumber?: boolean;
}

export interface TableRow {
  readonly cells: readonly Child[];
  readonly class?: string;
}

/** A table that scrolls on its own where it is too wide; `caption` is for those who hear it. */
export function table(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly TableRow[],
  footer: readonly TableRow[] = [],
): HTMLElement {
  const kind = (index: number): string => (columns[index]?.isNumber === true ? 'number' : '');
  const rowOf = (row: TableRow): HTMLElement =>
    element(
      'tr',
      row.class === undefined ? {} : { class: row.class },
      ...row.cells.map((cell, index) =>
        index === 0 ? element('th', { scope: 'row' }, cell) : element('td', { class: kind(index) }, cell),
      ),
    );
  return element(
    'div',
    { class: 'table-scroll', role: 'region', tabindex: 0, aria: { label: caption } },
    element(
      'table',
      { class: 'table' },
      element('caption', { class: 'visually-hidden' }, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...columns.map(({ title }, index) => element('th', { scope: 'col', class: kind(index) }, title)),
        ),
      ),
      element('tbody', {}, ...rows.map(rowOf)),
      footer.length > 0 && element('tfoot', {}, ...footer.map(rowOf)),
    ),
  );
}

export const sentences = (list: readonly string[]): HTMLElement | null =>
  list.length === 0
    ? null
    : element('div', { class: 'prose' }, ...list.map((text) => element('p', {}, text)));

export function button(
  label: string,
  onClick: () => void,
  options: { readonly isMain?: boolean; readonly class?: string } = {},
): HTMLButtonElement {
  const kind = options.isMain === true ? 'button is-main' : 'button';
  return element(
    'button',
    {
      class: options.class === undefined ? kind : `${kind} ${options.class}`,
      type: 'button',
      on: { click: onClick },
    },
    label,
  );
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
