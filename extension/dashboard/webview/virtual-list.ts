// Rows of one height of which only those in sight exist. Moving the focus by keys, and standing still while rows come in
// above, are done here; what a row looks like is not.

import { element } from './dom.ts';

export interface VirtualListOptions<Item> {
  readonly rowHeightPx: number;
  readonly header: HTMLElement;
  readonly label: string;
  readonly columnCount: number;
  readonly keyOf: (item: Item) => string;
  /** An empty row; filled by `drawRow`, also again for another item. */
  readonly createRow: () => HTMLElement;
  readonly drawRow: (row: HTMLElement, item: Item) => void;
  readonly onOpen: (item: Item) => void;
  /** The last rows are close: more may be wanted. */
  readonly onNearEnd: () => void;
  /** Whether the topmost row is in sight. */
  readonly onTopChange: (isAtTop: boolean) => void;
}

/** Rows beyond the edges, so that fast scrolling does not show gaps. */
const OVERSCAN_ROWS = 8;
/** How many rows before the end more are asked for. */
const NEAR_END_ROWS = 40;

export class VirtualList<Item> {
  readonly element: HTMLElement;
  readonly #options: VirtualListOptions<Item>;
  readonly #space: HTMLElement;
  readonly #rows = new Map<string, { readonly row: HTMLElement; item: Item; index: number }>();
  #items: readonly Item[] = [];
  #activeKey: string | null = null;
  #selectedKey: string | null = null;
  #isPlanned = false;
  #isAtTop = true;
  /** How far the rows have moved down since it was last in sight. */
  #owedPx = 0;

  constructor(options: VirtualListOptions<Item>) {
    this.#options = options;
    this.#space = element('div', { class: 'feed-space', role: 'rowgroup' });
    this.element = element(
      'div',
      {
        class: 'feed',
        role: 'grid',
        aria: { label: options.label, colcount: options.columnCount, rowcount: 1, readonly: true },
        on: {
          scroll: () => this.#plan(),
          keydown: (event) => this.#onKey(event as KeyboardEvent),
        },
      },
      element('div', { class: 'feed-head', role: 'rowgroup' }, options.header),
      this.#space,
    );
    options.header.setAttribute('aria-rowindex', '1');
    new ResizeObserver(() => this.#plan()).observe(this.element);
  }

  get isAtTop(): boolean {
    return this.#isAtTop;
  }

  /** `addedOnTop`: so many rows are new above the ones that were there; those stay where they are in sight. */
  setItems(items: readonly Item[], isComplete: boolean, addedOnTop = 0): void {
    const { rowHeightPx } = this.#options;
    this.#items = items;
    this.#space.style.height = `${items.length * rowHeightPx}px`;
    this.element.setAttribute('aria-rowcount', isComplete ? String(items.length + 1) : '-1');
    if (addedOnTop > 0 && !this.#isAtTop) this.#owedPx += addedOnTop * rowHeightPx;
    this.#draw();
  }

  scrollToTop(): void {
    this.#owedPx = 0;
    this.element.scrollTop = 0;
    this.#draw();
  }

  /** Marks the row that is opened; null = none. */
  select(key: string | null): void {
    this.#selectedKey = key;
    if (key !== null) this.#activeKey = key;
    this.#draw();
  }

  focusActive(): void {
    this.#focusIndex(Math.max(0, this.#activeIndex()));
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => {
      this.#isPlanned = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { rowHeightPx, keyOf } = this.#options;
    // Behind another view nothing can be measured; the observer calls again when it is back.
    if (this.element.clientHeight === 0) return;
    if (this.#owedPx > 0) this.element.scrollTop += this.#owedPx;
    this.#owedPx = 0;
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / rowHeightPx) - OVERSCAN_ROWS);
    const last = Math.min(
      this.#items.length - 1,
      Math.ceil((scrollTop + clientHeight) / rowHeightPx) + OVERSCAN_ROWS,
    );
    const activeIndex = this.#activeIndex();
    const wanted = new Set<string>();
    const drawAt = (index: number): void => {
      const item = this.#items[index];
      if (item === undefined) return;
      wanted.add(keyOf(item));
      this.#place(item, index, index === Math.max(0, activeIndex));
    };
    for (let index = first; index <= last; index++) drawAt(index);
    // What has the focus must not vanish under it, and what Tab goes to must exist.
    if (activeIndex < first || activeIndex > last) drawAt(Math.max(0, activeIndex));
    for (const [key, { row }] of this.#rows) {
      if (wanted.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    this.#insertNew();
    if (last >= this.#items.length - NEAR_END_ROWS) this.#options.onNearEnd();
    const isAtTop = scrollTop < rowHeightPx;
    if (isAtTop !== this.#isAtTop) {
      this.#isAtTop = isAtTop;
      this.#options.onTopChange(isAtTop);
    }
  }

  #place(item: Item, index: number, isActive: boolean): void {
    const { keyOf, createRow, drawRow, rowHeightPx, onOpen } = this.#options;
    const key = keyOf(item);
    let drawn = this.#rows.get(key);
    if (drawn === undefined) {
      const row = createRow();
      row.addEventListener('click', () => this.#open(key, onOpen));
      row.addEventListener('focus', () => this.#setActive(key));
      drawn = { row, item, index: -1 };
      drawRow(row, item);
      this.#rows.set(key, drawn);
    } else if (drawn.item !== item) {
      drawRow(drawn.row, item);
      drawn.item = item;
    }
    const { row } = drawn;
    if (drawn.index !== index) {
      drawn.index = index;
      row.style.transform = `translateY(${index * rowHeightPx}px)`;
      row.setAttribute('aria-rowindex', String(index + 2));
    }
    row.tabIndex = isActive ? 0 : -1;
    row.setAttribute('aria-selected', String(key === this.#selectedKey));
  }

  /** In the order in which they are read; those that are there are not moved, since that would take the focus. */
  #insertNew(): void {
    const inOrder = [...this.#rows.values()].sort((a, b) => b.index - a.index);
    let next: HTMLElement | null = null;
    for (const { row } of inOrder) {
      if (row.parentNode === null) this.#space.insertBefore(row, next);
      next = row;
    }
  }

  #open(key: string, onOpen: (item: Item) => void): void {
    const drawn = this.#rows.get(key);
    if (drawn === undefined) return;
    this.#setActive(key);
    onOpen(drawn.item);
  }

  #setActive(key: string): void {
    if (this.#activeKey === key) return;
    this.#activeKey = key;
    for (const [other, { row }] of this.#rows) row.tabIndex = other === key ? 0 : -1;
  }

  /** -1 = none, or no longer there. */
  #activeIndex(): number {
    const { keyOf } = this.#options;
    if (this.#activeKey === null) return -1;
    const drawn = this.#rows.get(this.#activeKey);
    const item = drawn === undefined ? undefined : this.#items[drawn.index];
    if (drawn !== undefined && item !== undefined && keyOf(item) === this.#activeKey) return drawn.index;
    return this.#items.findIndex((candidate) => keyOf(candidate) === this.#activeKey);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const index = this.#activeIndex();
    if (event.key === 'Enter' || event.key === ' ') {
      const item = this.#items[index];
      if (item === undefined) return;
      event.preventDefault();
      this.#options.onOpen(item);
      return;
    }
    const target = this.#targetOf(event.key, Math.max(0, index));
    if (target === null) return;
    event.preventDefault();
    this.#focusIndex(target);
  }

  #targetOf(key: string, index: number): number | null {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#options.rowHeightPx) - 2);
    const last = this.#items.length - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: last,
    };
    const target = Object.hasOwn(targets, key) ? targets[key] : undefined;
    return target === undefined ? null : Math.min(last, Math.max(0, target));
  }

  #focusIndex(index: number): void {
    const item = this.#items[index];
    if (item === undefined) return;
    const key = this.#options.keyOf(item);
    this.#activeKey = key;
    this.#bringIntoSight(index);
    this.#draw();
    this.#rows.get(key)?.row.focus({ preventScroll: true });
  }

  #bringIntoSight(index: number): void {
    const { rowHeightPx, header } = this.#options;
    const top = index * rowHeightPx;
    const room = this.element.clientHeight - header.offsetHeight;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + rowHeightPx > this.element.scrollTop + room) {
      this.element.scrollTop = top + rowHeightPx - room;
    }
  }
}
