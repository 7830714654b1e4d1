// The strip above all views: spent, would have cost, saved, coverage, requests. Always what `GET totals` says.

import type { TotalsBody } from '../../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import { isNarrowed } from '../page-filter.ts';
import { totalsRoute } from '../page-routes.ts';
import { stripField, stripFigures, stripSums, type StripFigure } from '../totals-strip.ts';
import { element, fill } from './dom.ts';
import type { DashboardHost, Filter } from './view.ts';

/** An agent sends several requests a second: the sums are asked for at most this often. */
const REFRESH_MS = 400;

export class SummaryStrip {
  readonly element = element('section', { class: 'strip', aria: { label: 'Totals' } });
  readonly #host: DashboardHost;
  readonly #filter: () => Filter;
  readonly #list = element('dl', { class: 'tiles' });
  readonly #note = element('p', { class: 'hint strip-note' });
  #generation = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(host: DashboardHost, filter: () => Filter) {
    this.#host = host;
    this.#filter = filter;
    this.element.append(this.#list, this.#note);
    this.#draw(stripFigures(EMPTY_SUMS).map((figure) => ({ ...figure, value: '–', note: null })));
  }

  onEvent(event: ControlEvent): void {
    if (event.type !== 'totals-update' || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.load();
    }, REFRESH_MS);
  }

  async load(): Promise<void> {
    const generation = ++this.#generation;
    const filter = this.#filter();
    try {
      const totals = (await this.#host.call('GET', totalsRoute(filter, stripField(filter)))) as TotalsBody;
      if (generation !== this.#generation) return;
      this.#draw(stripFigures(stripSums(totals, filter)));
      const isOfAll = isNarrowed(filter) && stripField(filter) === null;
      this.#note.textContent = isOfAll
        ? 'With several filters at once, these are the totals of everything in this time.'
        : '';
    } catch {
      // The state line says what is wrong; the last figures stay, since they are still true.
    }
  }

  #draw(figures: readonly StripFigure[]): void {
    fill(
      this.#list,
      ...figures.map(({ id, label, value, tone, note }) =>
        element(
          'div',
          { class: `tile tile-${id}` },
          element('dt', { class: 'tile-label' }, label),
          element('dd', { class: 'tile-value', data: { tone, figure: id } }, value),
          element('dd', { class: 'tile-note' }, note ?? ''),
        ),
      ),
    );
  }
}

const EMPTY_SUMS = {
  requests: 0,
  pricedRequests: 0,
  comparableRequests: 0,
  costUsd: 0,
  estimatedCostUsd: 0,
  baselineCostUsd: 0,
  savedUsd: 0,
};
