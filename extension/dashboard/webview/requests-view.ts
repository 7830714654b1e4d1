// The requests as they come, and one of them opened beside them.

import type { ExchangesBody } from '../../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import { FeedStore, type FeedChange, type FeedItem } from '../feed-store.ts';
import { isNarrowed } from '../page-filter.ts';
import { exchangesRoute } from '../page-routes.ts';
import { element, fill } from './dom.ts';
import { createFeedList } from './feed-list.ts';
import { RequestDetail } from './request-detail.ts';
import type { View, ViewContext } from './view.ts';
import type { VirtualList } from './virtual-list.ts';

export interface RequestsView extends View {
  open(exchangeId: string): void;
  /** The daemon went away: what ran is over, one way or another. */
  forgetRunning(): void;
}

export const createRequestsView = (context: ViewContext): RequestsView => new Requests(context);

class Requests implements RequestsView {
  readonly element: HTMLElement;
  readonly #context: ViewContext;
  readonly #store = new FeedStore();
  readonly #list: VirtualList<FeedItem>;
  readonly #detail: RequestDetail;
  readonly #notice = element('div', { class: 'feed-notice' });
  readonly #pill: HTMLButtonElement;
  #unseen = 0;
  /** Answers of an older filter are thrown away. */
  #generation = 0;
  #isLoading = false;
  #problem: string | null = null;
  #hasTriedOlder = false;
  #filterText: string | null = null;

  constructor(context: ViewContext) {
    this.#context = context;
    this.#list = createFeedList({
      onOpen: ({ exchangeId }) => this.open(exchangeId, true),
      onNearEnd: () => void this.#loadOlder(),
      onTopChange: (isAtTop) => {
        if (isAtTop) this.#showUnseen(0);
      },
    });
    this.#detail = new RequestDetail(context, () => this.#close());
    this.#pill = element('button', {
      class: 'button pill',
      type: 'button',
      hidden: true,
      on: {
        click: () => {
          this.#list.scrollToTop();
          this.#showUnseen(0);
        },
      },
    });
    this.element = element(
      'div',
      { class: 'requests' },
      element('div', { class: 'feed-frame' }, this.#pill, this.#list.element, this.#notice),
      this.#detail.element,
    );
  }

  show(): void {
    void this.#load();
  }

  hide(): void {
    // Rows go on being kept, so that coming back is at once.
  }

  onThemeChange(): void {
    // Nothing here is drawn on a canvas.
  }

  onEvent(event: ControlEvent): void {
    this.#draw(this.#store.apply(event));
    if (event.type === 'exchange-end') this.#detail.onEnd(event.record.exchangeId);
  }

  open(exchangeId: string, takesFocus = true): void {
    this.#list.select(exchangeId);
    this.element.classList.add('has-detail');
    const running = this.#store.find(exchangeId)?.running ?? null;
    void this.#detail.open(exchangeId, running, takesFocus);
  }

  forgetRunning(): void {
    this.#draw(this.#store.forgetRunning());
  }

  #close(): void {
    this.element.classList.remove('has-detail');
    this.#list.focusActive();
    this.#list.select(null);
  }

  async #load(): Promise<void> {
    const filter = this.#context.filter();
    const generation = ++this.#generation;
    const filterText = JSON.stringify(filter);
    if (filterText !== this.#filterText) {
      this.#filterText = filterText;
      this.#store.reset(filter);
      this.#list.scrollToTop();
      this.#showUnseen(0);
    }
    this.#isLoading = true;
    this.#problem = null;
    this.#drawNotice();
    try {
      const page = (await this.#context.host.call('GET', exchangesRoute(filter))) as ExchangesBody;
      if (generation !== this.#generation) return;
      this.#isLoading = false;
      this.#hasTriedOlder = false;
      this.#draw(this.#store.addNewest(page));
      performance.mark('requests-shown');
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#isLoading = false;
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#drawNotice();
    }
  }

  async #loadOlder(): Promise<void> {
    const { next } = this.#store;
    if (this.#isLoading || next === null || this.#hasTriedOlder) return;
    const generation = this.#generation;
    this.#isLoading = true;
    try {
      const route = exchangesRoute(this.#context.filter(), next);
      const page = (await this.#context.host.call('GET', route)) as ExchangesBody;
      if (generation !== this.#generation) return;
      this.#isLoading = false;
      this.#draw(this.#store.addPage(page));
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#isLoading = false;
      // Not again and again at each movement; the button in the notice does.
      this.#hasTriedOlder = true;
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#drawNotice();
    }
  }

  #draw({ addedOnTop, hasChanged }: FeedChange): void {
    if (!hasChanged) return;
    const wasAtTop = this.#list.isAtTop;
    this.#list.setItems(this.#store.items, this.#store.isComplete, addedOnTop);
    if (addedOnTop > 0 && !wasAtTop) this.#showUnseen(this.#unseen + addedOnTop);
    this.#drawNotice();
  }

  #showUnseen(count: number): void {
    this.#unseen = count;
    this.#pill.hidden = count === 0;
    this.#pill.textContent = count === 1 ? '1 new request' : `${count} new requests`;
  }

  /** What stands in place of rows when there are none, and why older ones do not come. */
  #drawNotice(): void {
    const isEmpty = this.#store.items.length === 0;
    this.#notice.classList.toggle('is-empty', isEmpty);
    if (this.#problem !== null) {
      fill(this.#notice, this.#problemNotice(this.#problem));
    } else if (isEmpty && !this.#isLoading && this.#store.isComplete) {
      fill(this.#notice, this.#emptyNotice());
    } else {
      fill(this.#notice);
    }
  }

  #problemNotice(problem: string): HTMLElement {
    const again = (): void => {
      this.#hasTriedOlder = false;
      void this.#load();
    };
    return element(
      'div',
      { class: 'empty', role: 'alert' },
      element('p', {}, `The requests could not be loaded: ${problem}`),
      element('button', { class: 'button', type: 'button', on: { click: again } }, 'Try again'),
    );
  }

  #emptyNotice(): HTMLElement {
    const { host, filter } = this.#context;
    const hasFilter = isNarrowed(filter()) || filter().sinceMs !== null;
    if (hasFilter) {
      return element(
        'div',
        { class: 'empty' },
        element('h2', {}, 'No requests here'),
        element('p', {}, 'Nothing matches the filter above. Choose a longer time or clear the filter.'),
      );
    }
    return element(
      'div',
      { class: 'empty' },
      element('h2', {}, 'No requests yet'),
      element(
        'p',
        {},
        host.kind === 'editor'
          ? 'Point a coding assistant at Pointsman, and each of its requests appears here with its model, cost and saving.'
          : 'Point a coding assistant at Pointsman with "pointsman connect", and each of its requests appears here with its model, cost and saving.',
      ),
      host.kind === 'editor' &&
        element(
          'button',
          {
            class: 'button',
            type: 'button',
            on: { click: () => host.runCommand('pointsman.connectAssistant') },
          },
          'Connect an assistant',
        ),
    );
  }
}
