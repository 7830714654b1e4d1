// The time and the names that all views are narrowed to.

import type { TotalsBody } from '../../../daemon/protocol/control-api.ts';
import {
  choicesOf,
  FILTER_FIELDS,
  isNarrowed,
  sinceOf,
  TIME_WINDOWS,
  type FilterField,
  type TimeWindow,
} from '../page-filter.ts';
import { totalsRoute } from '../page-routes.ts';
import { element, fill } from './dom.ts';
import { button, uniqueId } from './parts.ts';
import type { PageState } from './page-host.ts';
import type { DashboardHost, Filter } from './view.ts';

type Names = PageState['filter'];

const NO_NAMES: Names = { client: null, model: null, task: null, workspace: null };

export class FilterBar {
  readonly element: HTMLElement;
  readonly #onChange: () => void;
  readonly #host: DashboardHost;
  readonly #selects = new Map<FilterField, HTMLSelectElement>();
  readonly #clear: HTMLButtonElement;
  #window: TimeWindow;
  #names: Names;
  #choicesFor: string | null = null;

  constructor(host: DashboardHost, start: Partial<PageState>, onChange: () => void) {
    this.#host = host;
    this.#onChange = onChange;
    this.#window = TIME_WINDOWS.some(({ id }) => id === start.window) ? (start.window ?? 'all') : 'all';
    this.#names = { ...NO_NAMES, ...start.filter };
    this.#clear = button('Clear filters', () => this.#change(NO_NAMES), { class: 'is-plain' });
    this.element = element(
      'form',
      {
        class: 'filters',
        role: 'search',
        aria: { label: 'Filter' },
        on: { submit: (event) => event.preventDefault() },
      },
      this.#windows(),
      ...FILTER_FIELDS.map(({ field, label }) => this.#select(field, label)),
      this.#clear,
    );
    this.#draw();
  }

  get window(): TimeWindow {
    return this.#window;
  }

  get names(): Names {
    return this.#names;
  }

  /** Worked out when asked, so that "today" is today also after midnight. */
  filter(): Filter {
    return { sinceMs: sinceOf(this.#window, Date.now()), ...this.#names };
  }

  /** The names that there are in this time; asked for when somebody is about to choose. */
  async loadChoices(): Promise<void> {
    const asked = this.#window;
    if (this.#choicesFor === asked) return;
    this.#choicesFor = asked;
    const everything = { ...this.filter(), ...NO_NAMES };
    await Promise.all(
      FILTER_FIELDS.map(async ({ field }) => {
        try {
          const totals = (await this.#host.call('GET', totalsRoute(everything, field))) as TotalsBody;
          if (this.#choicesFor === asked) this.#drawSelect(field, totals.groups);
        } catch {
          this.#choicesFor = null; // asked again next time
        }
      }),
    );
  }

  /** New names may have come. */
  forgetChoices(): void {
    this.#choicesFor = null;
  }

  #windows(): HTMLElement {
    const name = uniqueId('time');
    return element(
      'fieldset',
      { class: 'segments' },
      element('legend', { class: 'visually-hidden' }, 'Time'),
      ...TIME_WINDOWS.map(({ id, label }) => {
        const input = element('input', {
          type: 'radio',
          value: id,
          id: `${name}-${id}`,
          class: 'visually-hidden',
        });
        input.name = name;
        input.checked = id === this.#window;
        input.addEventListener('change', () => {
          this.#window = id;
          this.#changed();
        });
        return element('label', { class: 'segment', for: `${name}-${id}` }, input, label);
      }),
    );
  }

  #select(field: FilterField, label: string): HTMLElement {
    const select = element('select', { class: 'field', aria: { label } });
    select.addEventListener('change', () => {
      this.#change({ ...this.#names, [field]: select.value === '' ? null : select.value });
    });
    for (const name of ['pointerdown', 'focus', 'pointerenter']) {
      select.addEventListener(name, () => void this.loadChoices());
    }
    this.#selects.set(field, select);
    this.#drawSelect(field, []);
    return select;
  }

  #drawSelect(field: FilterField, groups: TotalsBody['groups']): void {
    const select = this.#selects.get(field);
    const all = FILTER_FIELDS.find((each) => each.field === field)?.all ?? 'All';
    if (select === undefined) return;
    const chosen = this.#names[field];
    fill(
      select,
      element('option', { value: '' }, all),
      ...choicesOf(field, groups, chosen).map(({ value, label }) => element('option', { value }, label)),
    );
    select.value = chosen ?? '';
  }

  #change(names: Names): void {
    this.#names = names;
    this.#changed();
  }

  #changed(): void {
    this.#draw();
    this.#onChange();
  }

  #draw(): void {
    for (const [field, select] of this.#selects) {
      select.value = this.#names[field] ?? '';
      select.classList.toggle('is-narrowed', this.#names[field] !== null);
    }
    this.#clear.hidden = !isNarrowed(this.filter());
  }
}
