// Tabs as the ARIA practices describe them: arrow keys move between them, and the chosen one is shown at once.

import { element } from './dom.ts';
import type { ViewName } from './view.ts';

export class Tabs {
  readonly list: HTMLElement;
  readonly #tabs = new Map<ViewName, HTMLButtonElement>();
  readonly #panels = new Map<ViewName, HTMLElement>();
  readonly #onSelect: (view: ViewName) => void;

  constructor(
    titles: Readonly<Record<ViewName, string>>,
    first: ViewName,
    onSelect: (view: ViewName) => void,
  ) {
    this.#onSelect = onSelect;
    for (const [name, title] of Object.entries(titles)) this.#add(name as ViewName, title);
    this.list = element(
      'div',
      {
        class: 'tabs',
        role: 'tablist',
        aria: { label: 'Views' },
        on: { keydown: (event) => this.#onKey(event as KeyboardEvent) },
      },
      ...this.#tabs.values(),
    );
    this.select(first);
  }

  get panels(): readonly HTMLElement[] {
    return [...this.#panels.values()];
  }

  put(view: ViewName, content: HTMLElement): void {
    this.#panels.get(view)?.replaceChildren(content);
  }

  select(view: ViewName): void {
    for (const [name, tab] of this.#tabs) {
      tab.setAttribute('aria-selected', String(name === view));
      tab.tabIndex = name === view ? 0 : -1;
    }
    for (const [name, panel] of this.#panels) panel.hidden = name !== view;
  }

  #add(name: ViewName, title: string): void {
    const tab = element(
      'button',
      {
        class: 'tab',
        role: 'tab',
        type: 'button',
        id: `tab-${name}`,
        aria: { controls: `panel-${name}` },
        on: { click: () => this.#onSelect(name) },
      },
      title,
    );
    const panel = element('div', {
      class: `panel panel-${name}`,
      role: 'tabpanel',
      id: `panel-${name}`,
      aria: { labelledby: `tab-${name}` },
    });
    this.#tabs.set(name, tab);
    this.#panels.set(name, panel);
  }

  #onKey(event: KeyboardEvent): void {
    const names = [...this.#tabs.keys()];
    const index = names.findIndex((name) => this.#tabs.get(name) === document.activeElement);
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: (index + 1) % names.length,
      ArrowLeft: (index - 1 + names.length) % names.length,
      Home: 0,
      End: names.length - 1,
    };
    const target = Object.hasOwn(targets, event.key) ? names[targets[event.key] ?? -1] : undefined;
    if (target === undefined || index < 0) return;
    event.preventDefault();
    this.#tabs.get(target)?.focus();
    this.#onSelect(target);
  }
}
