// One request opened: what was asked for and what came of it, why this model, and the money to the last term.

import type { ExchangeBody } from '../../../daemon/protocol/control-api.ts';
import type { TokenUsage } from '../../../daemon/protocol/vocabulary.ts';
import {
  ESTIMATE_MARK,
  fullTime,
  moneyText,
  rowState,
  signedMoneyText,
  stateWords,
  toneOf,
} from '../feed-rows.ts';
import type { RunningExchange } from '../feed-store.ts';
import { duration, grouped } from '../figures.ts';
import { exchangeRoute } from '../page-routes.ts';
import { isHit } from '../hit-story.ts';
import { requestStory, sentence } from '../request-story.ts';
import { clientName, taskName } from '../words.ts';
import { element, fill } from './dom.ts';
import { icon, type IconName } from './icon.ts';
import { button, facts, messageOf, uniqueId, type Fact } from './parts.ts';
import { attemptsSection } from './request-detail-attempts.ts';
import { decisionSections } from './request-detail-decision.ts';
import { feedbackSection } from './request-detail-feedback.ts';
import { hitSection } from './request-detail-hit.ts';
import { moneySection } from './request-detail-money.ts';
import { RequestRating } from './request-rating.ts';
import { resendSection } from './resend.ts';
import type { ViewContext } from './view.ts';

export class RequestDetail {
  readonly element: HTMLElement;
  readonly #context: ViewContext;
  readonly #title: HTMLElement;
  readonly #state = element('span', { class: 'chip' });
  readonly #body = element('div', { class: 'request-body' });
  #exchangeId: string | null = null;

  constructor(context: ViewContext, onClose: () => void) {
    this.#context = context;
    const id = uniqueId('detail');
    this.#title = element('h2', { id, tabindex: -1 }, 'Request');
    const close = (): void => {
      this.#exchangeId = null;
      this.element.hidden = true;
      fill(this.#body);
      onClose();
    };
    this.element = element(
      'section',
      {
        class: 'request',
        hidden: true,
        aria: { labelledby: id },
        on: {
          keydown: (event) => {
            if ((event as KeyboardEvent).key !== 'Escape') return;
            event.preventDefault();
            close();
          },
        },
      },
      element(
        'header',
        { class: 'request-head' },
        this.#title,
        this.#state,
        element(
          'button',
          {
            class: 'icon-button',
            type: 'button',
            title: 'Close (Escape)',
            aria: { label: 'Close the request' },
            on: { click: close },
          },
          icon('close'),
        ),
      ),
      this.#body,
    );
  }

  /** `running`: it has not ended yet; then it is loaded when it has. */
  async open(exchangeId: string, running: RunningExchange | null, takesFocus: boolean): Promise<void> {
    this.#exchangeId = exchangeId;
    this.element.hidden = false;
    this.element.setAttribute('aria-busy', 'true');
    if (running === null) await this.#load(exchangeId);
    else this.#drawRunning(running);
    if (this.#exchangeId !== exchangeId) return;
    this.element.removeAttribute('aria-busy');
    this.#body.scrollTop = 0;
    if (takesFocus) this.#title.focus({ preventScroll: true });
  }

  onEnd(exchangeId: string): void {
    if (this.#exchangeId === exchangeId) void this.#load(exchangeId);
  }

  async #load(exchangeId: string): Promise<void> {
    try {
      const record = (await this.#context.host.call('GET', exchangeRoute(exchangeId))) as ExchangeBody;
      if (this.#exchangeId === exchangeId) this.#draw(record);
    } catch (error) {
      if (this.#exchangeId === exchangeId) this.#drawProblem(exchangeId, messageOf(error));
    }
  }

  #draw(record: ExchangeBody): void {
    const state = rowState(record);
    this.#title.textContent = `${taskName(record.task)} for ${clientName(record.client)}`;
    this.#setState(state, stateWords(state));
    const story = requestStory(record);
    const rating = new RequestRating(this.#context.host, record);
    fill(
      this.#body,
      element('p', { class: 'headline' }, story.headline),
      warningsOf(record),
      facts(mainFacts(record)),
      hitSection(this.#context, rating, record),
      ...decisionSections(record, story),
      attemptsSection(record),
      moneySection(record),
      feedbackSection(rating, record),
      resendSection(this.#context, record),
      identity(record),
    );
    this.#context.announce(story.headline);
  }

  #drawRunning(running: RunningExchange): void {
    this.#title.textContent = `Request of ${clientName(running.client)}`;
    this.#setState('running', 'Running');
    const by = running.chosen === null ? 'It is being decided' : `${running.chosen} is answering`;
    fill(
      this.#body,
      element(
        'p',
        { class: 'headline' },
        `${clientName(running.client)} asked for ${running.requestModel}. ${by}.`,
      ),
      element(
        'p',
        { class: 'hint' },
        'The decision and the money appear here as soon as the answer is complete.',
      ),
    );
  }

  #drawProblem(exchangeId: string, problem: string): void {
    this.#title.textContent = 'Request';
    this.#setState(null, '');
    fill(
      this.#body,
      element(
        'div',
        { class: 'empty', role: 'alert' },
        element('p', {}, `This request could not be opened: ${problem}`),
        button('Try again', () => void this.#load(exchangeId)),
      ),
    );
  }

  #setState(state: string | null, words: string): void {
    this.#state.hidden = state === null;
    this.#state.dataset['state'] = state ?? '';
    fill(this.#state, state !== null && icon(state as IconName), words);
  }
}

function warningsOf({ warnings }: ExchangeBody): HTMLElement | null {
  if (warnings.length === 0) return null;
  return element(
    'ul',
    { class: 'warnings', aria: { label: 'Warnings' } },
    ...warnings.map((text) => element('li', {}, sentence(text))),
  );
}

function mainFacts(record: ExchangeBody): readonly Fact[] {
  const { usage, usageSource } = record;
  const mark = usageSource === 'estimated' ? ESTIMATE_MARK : '';
  const isFree = isHit(record);
  const count = (kind: keyof TokenUsage): string => {
    if (usage === null) return isFree ? 'none' : 'unknown';
    return `${usage[kind] === 0 ? '' : mark}${grouped(usage[kind], 0)}`;
  };
  const { timeToFirstChunkMs: firstMs } = record;
  return [
    { label: 'Cost', value: moneyText(record.costUsd, usageSource) },
    {
      label: 'Saved',
      value: signedMoneyText(record.savedUsd, usageSource),
      tone: toneOf(record.savedUsd),
    },
    { label: 'Duration', value: duration(record.durationMs) },
    { label: 'First output', value: isFree && firstMs === null ? 'at once' : duration(firstMs) },
    { label: 'Tokens in', value: count('inputTokens') },
    { label: 'Of which cached', value: count('cacheReadInputTokens') },
    { label: 'Tokens out', value: count('outputTokens') },
    { label: 'Of which reasoning', value: count('reasoningOutputTokens') },
  ];
}

/** Where it came from and what it is called; seldom wanted, so it stands last. */
function identity(record: ExchangeBody): HTMLElement {
  const rows: readonly Fact[] = [
    { label: 'Started', value: fullTime(Date.parse(record.startedAt)) },
    { label: 'Asked for', value: record.requestModel },
    { label: 'Answered by', value: record.responseModel ?? 'nobody' },
    { label: 'Provider', value: record.provider ?? 'none' },
    { label: 'Started by', value: record.initiator ?? 'not told' },
    { label: 'Workspace', value: record.workspaceId ?? 'not told' },
    { label: 'Client speaks', value: `${record.clientDialect}${record.stream ? ', streamed' : ''}` },
    { label: 'Conversation', value: element('code', {}, record.conversationId) },
    { label: 'Request', value: element('code', {}, record.exchangeId) },
  ];
  return element(
    'section',
    { class: 'section', aria: { label: 'Where it came from' } },
    element('h3', {}, 'Where it came from'),
    facts(rows),
  );
}
