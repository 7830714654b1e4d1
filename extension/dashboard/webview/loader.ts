// How a view gets its figures: loads when it comes to the front, again when something happened (at most once a second,
// never while nobody looks), and says what went wrong with a button to try again.

import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import { clockLabel } from '../time-labels.ts';
import { errorBox } from './analysis-parts.ts';
import { element, fill } from './dom.ts';
import { messageOf } from './parts.ts';
import type { Filter, ViewContext } from './view.ts';

/** A busy daemon tells of hundreds of requests a second; nobody reads faster than this. */
const LEAST_PAUSE_MS = 1000;

export interface LoaderOptions<Data> {
  readonly context: ViewContext;
  /** What is shown when everything is well. */
  readonly body: HTMLElement;
  readonly load: (filter: Filter) => Promise<Data>;
  readonly draw: (data: Data) => void;
  /** After it the figures are old. */
  readonly isNews: (event: ControlEvent) => boolean;
}

export interface Loader {
  /** State and body. */
  readonly element: HTMLElement;
  readonly isShown: () => boolean;
  readonly show: () => void;
  readonly hide: () => void;
  readonly onEvent: (event: ControlEvent) => void;
  /** Now, whatever was loaded before. */
  readonly reload: () => void;
}

export function createLoader<Data>(options: LoaderOptions<Data>): Loader {
  const { context, body } = options;
  const state = element('div', { class: 'load-state' });
  const whole = element('div', { class: 'loaded' }, state, body);
  let isShown = false;
  let isRunning = false;
  let isDue = false;
  /** Answers to older questions are dropped. */
  let question = 0;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let drawnAtMs = 0;
  let drawnFor: string | null = null;
  let timer: number | undefined;
  body.hidden = true;

  function load(): void {
    stopTimer();
    const filter = context.filter();
    const mine = (question += 1);
    isRunning = true;
    isDue = false;
    askedAtMs = Date.now();
    const choice = JSON.stringify(filter);
    if (body.hidden) fill(state, element('p', { class: 'hint' }, 'Loading…'));
    whole.setAttribute('aria-busy', 'true');
    options.load(filter).then(
      (data) => {
        if (mine === question) succeed(data, choice);
      },
      (error: unknown) => {
        if (mine === question) fail(error, choice);
      },
    );
  }

  function succeed(data: Data, choice: string): void {
    fill(state);
    body.hidden = false;
    drawnFor = choice;
    drawnAtMs = Date.now();
    end();
    options.draw(data);
  }

  function fail(error: unknown, choice: string): void {
    // Figures of another choice would be read as those of this one.
    if (drawnFor !== choice) body.hidden = true;
    const old = body.hidden ? '' : ` The figures below are those of ${clockLabel(drawnAtMs)}.`;
    fill(state, errorBox(messageOf(error) + old, load));
    end();
  }

  function end(): void {
    isRunning = false;
    whole.removeAttribute('aria-busy');
    if (isDue) loadSoon();
  }

  function loadSoon(): void {
    if (!isShown) return;
    if (isRunning || document.hidden) isDue = true;
    else timer ??= setTimeout(load, Math.max(0, askedAtMs + LEAST_PAUSE_MS - Date.now()));
  }

  function stopTimer(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  document.addEventListener('visibilitychange', () => {
    if (isDue && !isRunning) loadSoon();
  });

  return {
    element: whole,
    isShown: () => isShown,
    show() {
      isShown = true;
      load();
    },
    hide() {
      isShown = false;
      isRunning = false;
      isDue = false;
      question += 1;
      stopTimer();
    },
    onEvent(event) {
      if (options.isNews(event)) loadSoon();
    },
    reload: load,
  };
}
