// The client of an answer that others wait for as well: when it leaves, the answer goes on being made, and what would
// have gone to it goes nowhere.

import type { Flight } from '../cache/response-cache.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import type { RouterError } from '../errors.ts';
import type { ClientResponse } from './client-response.ts';

export class ShelteredClient implements ClientResponse {
  readonly #client: ClientResponse;
  /** Of the client itself. */
  readonly #signal: AbortSignal;
  readonly #flight: Flight;

  constructor(client: ClientResponse, signal: AbortSignal, flight: Flight) {
    this.#client = client;
    this.#signal = signal;
    this.#flight = flight;
  }

  get isCommitted(): boolean {
    return this.#client.isCommitted;
  }

  commit(statusCode: number, headers: Readonly<Record<string, string>>): void {
    if (!this.#isForOthers) this.#client.commit(statusCode, headers);
  }

  write(chunk: Buffer | string): Promise<void> | undefined {
    if (this.#isForOthers) return undefined;
    return this.#client.write(chunk)?.catch((error: unknown) => {
      if (!this.#isForOthers) throw error;
    });
  }

  end(lastChunk?: Buffer | string): void {
    if (!this.#isForOthers) this.#client.end(lastChunk);
  }

  fail(dialect: ClientDialect, error: RouterError, headers: Readonly<Record<string, string>>): void {
    this.#client.fail(dialect, error, headers);
  }

  get #isForOthers(): boolean {
    return this.#signal.aborted && !this.#flight.signal.aborted;
  }
}
