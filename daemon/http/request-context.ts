// What a route handler gets: the node objects of one admitted request and what the guard learnt about it.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Admission } from './admission.ts';
import type { BodyBudget } from './body-budget.ts';
import type { ErrorEncoder } from './error-answer.ts';
import type { DoorRole } from './guard.ts';

export interface RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Without query and without a `/k/<token>` prefix. */
  readonly path: string;
  /** What stands in the place of the trailing `*` of the route's pattern, percent-decoded; '' without one. */
  readonly tail: string;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, string>;
  readonly role: DoorRole;
  /** Unix epoch, ms. */
  readonly receivedAtMs: number;
  readonly monotonicStartMs: number;
  /** Gives an error the shape that the caller of this path expects. */
  readonly encodeError: ErrorEncoder;
  /** Called when the daemon stops and the grace period is over. Whoever adds to it removes itself when done. */
  readonly stopListeners: Set<() => void>;
  /** Who may run; an exchange asks it when its body is here. */
  readonly admission: Pick<Admission, 'enter'>;
  /** What all requests hold in bodies. */
  readonly bodies: BodyBudget;
}

export interface Route {
  /** A route for GET also answers HEAD. */
  readonly methods: readonly string[];
  /** A literal path, or one that ends in `*` for "and anything behind it, at least one character". */
  readonly pattern: string;
  /** Exchanges occupy a provider for seconds to minutes and ask `admission`; everything else is quick. */
  readonly kind: 'exchange' | 'quick';
  /** May throw or reject with a RouterError as long as nothing was sent. */
  handle(context: RequestContext): void | Promise<void>;
}
