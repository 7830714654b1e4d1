// The host as the shell needs it: what views get, and a place for what the page was showing.

import type { DashboardHost, ViewName } from './view.ts';
import type { Filter } from './view.ts';
import type { TimeWindow } from '../page-filter.ts';

/** What a page that is opened again begins with. */
export interface PageState {
  readonly view: ViewName;
  readonly window: TimeWindow;
  readonly filter: Pick<Filter, 'client' | 'model' | 'task' | 'workspace'>;
}

export interface PageHost extends DashboardHost {
  readState(): Partial<PageState>;
  writeState(state: PageState): void;
  /** Listeners are in place: states, events and shows may come. */
  begin(): void;
}
