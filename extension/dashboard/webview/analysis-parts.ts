// Small parts that the analysis views share: tiles, cards, chips, empty states and buttons that mend something.

import type { Finding, Remedy, Tone } from '../health-rows.ts';
import { isNarrowed } from '../page-filter.ts';
import { route } from '../page-routes.ts';
import { element, fill, type Child } from './dom.ts';
import { button } from './parts.ts';
import type { Filter, ViewContext } from './view.ts';

export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly notes: readonly string[];
  readonly tone?: 'gain' | 'loss';
}

export function tileList(tiles: readonly Tile[]): readonly HTMLElement[] {
  return tiles.map(({ label, value, notes, tone }) =>
    element(
      'div',
      { class: 'tile' },
      element('dt', { class: 'tile-label' }, label),
      element('dd', { class: tone === undefined ? 'tile-value' : `tile-value ${tone}` }, value),
      ...notes.map((note) => element('dd', { class: 'tile-note' }, note)),
    ),
  );
}

/** A part of a view under a heading of its own. */
export function card(title: string, ...children: readonly Child[]): HTMLElement {
  return element('section', { class: 'card' }, element('h2', { class: 'card-title' }, title), ...children);
}

/** The tone is a shape and a word as well, never a colour alone. */
export function stateChip(text: string, tone: Tone): HTMLElement {
  return element('span', { class: `chip state ${tone}` }, text);
}

/** How full something is, as a bar; `text` says it to those who do not see it. */
export function meter(label: string, ratio: number, text: string, tone: Tone): HTMLElement {
  const bar = element('span', { class: `meter-fill ${tone}` });
  bar.style.width = `${ratio * 100}%`;
  const aria = { label, valuemin: 0, valuemax: 100, valuenow: Math.round(ratio * 100), valuetext: text };
  return element('div', { class: 'meter', role: 'meter', aria }, bar);
}

/** null where nothing can be run: a browser has no commands. */
export function remedyButton(
  { host }: ViewContext,
  remedy: Remedy | null,
  isMain = false,
): HTMLElement | null {
  if (remedy === null || host.kind === 'browser') return null;
  return button(remedy.label, () => host.runCommand(remedy.command), { isMain });
}

export function findingList(context: ViewContext, findings: readonly Finding[]): readonly HTMLElement[] {
  return findings.map(({ label, tone, sentence, remedy }) =>
    element(
      'li',
      { class: 'finding' },
      stateChip(label, tone),
      element('span', { class: 'finding-text' }, sentence),
      remedyButton(context, remedy),
    ),
  );
}

/** Quieter than a figure. */
export function unknownText(): HTMLElement {
  return element('span', { class: 'soft' }, 'unknown');
}

/** What went wrong, said at once, and the way out. */
export function errorBox(sentence: string, retry: () => void): HTMLElement {
  return element(
    'div',
    { class: 'load-error', role: 'alert' },
    element('p', {}, sentence),
    button('Try again', retry),
  );
}

/** In place of figures that are not there yet; says how they come. */
export function fillEmpty(context: ViewContext, target: HTMLElement, what: string): void {
  const filter = context.filter();
  const isPart = filter.sinceMs !== null || isNarrowed(filter);
  const inEditor = context.host.kind === 'editor';
  const advice = isPart
    ? 'Choose a longer period or clear the filters at the top.'
    : inEditor
      ? `Connect an assistant and ask it something; ${what}`
      : `Run "pointsman connect" with the name of an assistant in a terminal and ask it something; ${what}`;
  const connect: Remedy = { label: 'Connect assistant…', command: 'pointsman.connectAssistant' };
  fill(
    target,
    element('h2', { class: 'empty-title' }, isPart ? 'No requests for this choice' : 'No requests yet'),
    element('p', {}, advice),
    isPart ? null : remedyButton(context, connect, true),
  );
}

/** A route with everything that the page is narrowed to as its query. */
export function filteredRoute(
  path: string,
  { sinceMs, client, model, task, workspace }: Filter,
  more: Readonly<Record<string, string | null>> = {},
): string {
  const since = sinceMs === null ? null : String(sinceMs);
  return route(path, { since, client, model, task, workspace, ...more });
}
