// What the user says of one answer: given by several buttons, kept by the daemon, shown by each of them.

import type { ExchangeBody, FeedbackBody, Verdict } from '../../../daemon/protocol/control-api.ts';
import type { DashboardHost } from './view.ts';

/** `body` null = it stands from before. */
type RatingListener = (verdict: Verdict | null, body: FeedbackBody | null) => void;

export class RequestRating {
  readonly #host: DashboardHost;
  readonly #exchangeId: string;
  readonly #listeners: RatingListener[] = [];
  #verdict: Verdict | null;

  constructor(host: DashboardHost, { exchangeId, feedback }: ExchangeBody) {
    this.#host = host;
    this.#exchangeId = exchangeId;
    this.#verdict = feedback?.verdict ?? null;
  }

  /** Called at once, and after each rating that was kept. */
  onChange(listener: RatingListener): void {
    this.#listeners.push(listener);
    listener(this.#verdict, null);
  }

  /** An empty reason is none. Rejects with `HostError` when it was not kept. */
  async give(verdict: Verdict, reason = ''): Promise<void> {
    const body = (await this.#host.call('POST', 'feedback', {
      exchangeId: this.#exchangeId,
      verdict,
      ...(reason === '' ? {} : { reason }),
    })) as FeedbackBody;
    this.#verdict = body.verdict;
    for (const listener of this.#listeners) listener(body.verdict, body);
  }
}
