// The page around the views: tabs, filter, totals, the state of the daemon, and who gets which event.

import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import type { HostState } from '../messages.ts';
import { ConnectionLine } from './connection-line.ts';
import { element } from './dom.ts';
import { FilterBar } from './filter-bar.ts';
import type { PageHost } from './page-host.ts';
import { createRequestsView, type RequestsView } from './requests-view.ts';
import { SummaryStrip } from './summary-strip.ts';
import { Tabs } from './tabs.ts';
import { onThemeChange } from './theme.ts';
import type { View, ViewContext, ViewName } from './view.ts';
import { ANALYSIS_VIEWS, VIEW_TITLES } from './views.ts';

/** Builds the page inside `root`, and begins. */
export function startPage(root: Element, host: PageHost): void {
  new Shell(root, host).begin();
}

class Shell {
  readonly #host: PageHost;
  readonly #context: ViewContext;
  readonly #filters: FilterBar;
  readonly #strip: SummaryStrip;
  readonly #connection: ConnectionLine;
  readonly #tabs: Tabs;
  readonly #requests: RequestsView;
  readonly #views = new Map<ViewName, View>();
  readonly #spoken = element('p', { class: 'visually-hidden', role: 'status', aria: { live: 'polite' } });
  #current: ViewName;
  #status: HostState['status'] = 'starting';

  constructor(root: Element, host: PageHost) {
    this.#host = host;
    const start = host.readState();
    this.#filters = new FilterBar(host, start, () => this.#filterChanged());
    this.#strip = new SummaryStrip(host, () => this.#filters.filter());
    this.#connection = new ConnectionLine(host);
    this.#context = {
      host,
      filter: () => this.#filters.filter(),
      announce: (sentence) => (this.#spoken.textContent = sentence),
      openExchange: (exchangeId) => this.#openExchange(exchangeId),
      go: (view) => this.#go(view),
    };
    this.#requests = createRequestsView(this.#context);
    this.#views.set('requests', this.#requests);
    this.#current =
      start.view !== undefined && Object.hasOwn(VIEW_TITLES, start.view) ? start.view : 'requests';
    this.#tabs = new Tabs(VIEW_TITLES, this.#current, (view) => this.#go(view));
    this.#tabs.put('requests', this.#requests.element);
    root.replaceChildren(
      element(
        'header',
        { class: 'top' },
        element('h1', { class: 'brand' }, 'Pointsman'),
        this.#tabs.list,
        this.#connection.dot,
      ),
      this.#connection.element,
      element('main', { class: 'main' }, this.#filters.element, this.#strip.element, ...this.#tabs.panels),
      this.#spoken,
    );
  }

  begin(): void {
    this.#host.onState((state) => this.#stateChanged(state));
    this.#host.onEvent((event) => this.#received(event));
    this.#host.onShow((exchangeId) => this.#openExchange(exchangeId));
    onThemeChange(() => {
      for (const view of this.#views.values()) view.onThemeChange();
    });
    this.#host.begin();
  }

  #stateChanged(state: HostState): void {
    const wasReady = this.#status === 'ready';
    this.#status = state.status;
    this.#connection.show(state);
    if (state.status === 'ready') {
      if (!wasReady) this.#load();
    } else if (wasReady) {
      this.#requests.forgetRunning();
    }
  }

  #received(event: ControlEvent): void {
    this.#strip.onEvent(event);
    for (const view of this.#views.values()) view.onEvent(event);
    if (event.type === 'exchange-end') this.#filters.forgetChoices();
  }

  #load(): void {
    this.#viewOf(this.#current).show();
    void this.#strip.load();
  }

  #filterChanged(): void {
    this.#keepState();
    this.#load();
  }

  #go(view: ViewName): void {
    if (view === this.#current) return;
    this.#viewOf(this.#current).hide();
    this.#current = view;
    this.#tabs.select(view);
    this.#keepState();
    if (this.#status === 'ready') this.#viewOf(view).show();
    else this.#viewOf(view);
  }

  #openExchange(exchangeId: string): void {
    this.#go('requests');
    this.#requests.open(exchangeId);
  }

  /** Made when it is looked at for the first time. */
  #viewOf(name: ViewName): View {
    const known = this.#views.get(name);
    if (known !== undefined || name === 'requests') return known ?? this.#requests;
    const made = ANALYSIS_VIEWS[name](this.#context);
    this.#views.set(name, made);
    this.#tabs.put(name, made.element);
    return made;
  }

  #keepState(): void {
    this.#host.writeState({
      view: this.#current,
      window: this.#filters.window,
      filter: this.#filters.names,
    });
  }
}
