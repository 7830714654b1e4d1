// Answers kept for requests that come again: what each part of the response cache holds and brings, and the button that
// throws them away.

import type { CacheBody, CacheClearedBody } from '../../../daemon/protocol/cache-api.ts';
import type { TotalsBody } from '../../../daemon/protocol/control-api.ts';
import {
  cacheBlocks,
  cacheGains,
  CLEAR_CONSEQUENCE,
  clearedWords,
  clearQuestion,
  storedAnswers,
  type CacheBlock,
  type CacheFact,
} from '../cache-rows.ts';
import { card, meter, stateChip, tileList } from './analysis-parts.ts';
import { element, fill } from './dom.ts';
import { button, messageOf } from './parts.ts';
import { refill } from './refill.ts';
import type { ViewContext } from './view.ts';

export interface CacheCard {
  readonly element: HTMLElement;
  readonly draw: (cache: CacheBody, totals: TotalsBody) => void;
}

/** `reload`: the figures are old. */
export function createCacheCard({ host }: ViewContext, reload: () => void): CacheCard {
  let stored = 0;
  const gains = element('dl', { class: 'tiles' });
  const list = element('ul', { class: 'cache-list' });
  const said = element('p', { class: 'hint', role: 'status' });
  const place = element('div', { class: 'form-place' });
  const open = button('Clear stored answers…', () => {
    said.textContent = '';
    open.hidden = true;
    const question = confirmation(stored, { clear, close });
    fill(place, question.element);
    question.action.focus();
  });

  async function clear(): Promise<string | null> {
    try {
      const { cleared } = (await host.call('DELETE', 'cache')) as CacheClearedBody;
      close();
      said.textContent = clearedWords(cleared);
      reload();
      return null;
    } catch (error) {
      return `Nothing was thrown away: ${messageOf(error)}`;
    }
  }

  function close(): void {
    fill(place);
    open.hidden = false;
    open.focus();
  }

  return {
    element: card(
      'Response cache',
      gains,
      list,
      element('div', { class: 'buttons cache-clear' }, open, said),
      place,
    ),
    draw(cache, totals) {
      stored = storedAnswers(cache);
      fill(gains, ...factTiles(cacheGains(totals)));
      refill(list, ...cacheBlocks(cache).map(blockItem));
    },
  };
}

function blockItem({ name, title, stateWord, tone, sentence, memory, facts }: CacheBlock): HTMLElement {
  return element(
    'li',
    { class: 'cache-part', data: { part: name } },
    element('div', { class: 'budget-head' }, element('h3', {}, title), stateChip(stateWord, tone)),
    element('p', { class: 'hint' }, sentence),
    memory !== null &&
      meter(`Memory of stored answers, ${title.toLowerCase()}`, memory.fillRatio, memory.text, 'good'),
    memory !== null && element('p', { class: 'cache-memory' }, memory.text),
    element('dl', { class: 'tiles' }, ...factTiles(facts)),
  );
}

const factTiles = (facts: readonly CacheFact[]): readonly HTMLElement[] =>
  tileList(facts.map(({ label, value, note }) => ({ label, value, notes: [note] })));

/** `clear` resolves with a sentence when it failed; null = it is done, and this is gone. */
function confirmation(
  stored: number,
  { clear, close }: { readonly clear: () => Promise<string | null>; readonly close: () => void },
): { readonly element: HTMLElement; readonly action: HTMLButtonElement } {
  const title = clearQuestion(stored);
  const problem = element('p', { class: 'problem', role: 'alert' });
  const action = element('button', { class: 'button is-main', type: 'submit' }, 'Throw away');
  const form = element(
    'form',
    { class: 'card budget-form', aria: { label: title } },
    element('h3', { class: 'card-title' }, title),
    element('p', { class: 'hint' }, CLEAR_CONSEQUENCE),
    problem,
    element('div', { class: 'buttons' }, action, button('Cancel', close)),
  );
  let isRunning = false;
  const submit = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true; // not `disabled`, which would take the focus away
    problem.textContent = '';
    problem.textContent = (await clear()) ?? '';
    isRunning = false;
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  form.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') close();
  });
  return { element: form, action };
}
