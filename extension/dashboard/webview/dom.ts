// Building elements. Text is only ever set as text: nothing here, or anywhere in the page, parses HTML.

export type Child = Node | string | number | null | undefined | false;

export interface Attributes {
  readonly class?: string;
  readonly title?: string;
  readonly role?: string;
  readonly id?: string;
  readonly tabindex?: number;
  readonly type?: string;
  readonly href?: string;
  readonly for?: string;
  readonly value?: string;
  readonly scope?: string;
  readonly disabled?: boolean;
  readonly hidden?: boolean;
  readonly aria?: Readonly<Record<string, string | boolean | number>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
}

/** `element('p', { class: 'hint' }, 'text', child)`; `null`, `undefined` and `false` children are left out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  const { aria, data, on, ...plain } = attributes;
  for (const [name, value] of Object.entries(plain)) {
    if (value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${name}`, String(value));
  for (const [name, value] of Object.entries(data ?? {})) made.dataset[name] = value;
  for (const [name, listener] of Object.entries(on ?? {})) made.addEventListener(name, listener);
  append(made, children);
  return made;
}

/** Replaces everything inside `parent`. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(typeof child === 'number' ? String(child) : child);
  }
}
