// Who may look at the dashboard in a browser: one-time tickets that become sessions known by a cookie. Kept in memory, as
// hashes: they end with the daemon, and with the admin token that they came from.

import { hash, randomBytes } from 'node:crypto';

import type { Clock } from '../util/clock.ts';

export interface DashboardTicket {
  /** Goes into one address, once. */
  readonly ticket: string;
  /** Unix epoch ms. */
  readonly expiresAtMs: number;
}

/** Name of the cookie. Cookies know no ports: every server on this host name sees it, hence the rules in guard.ts. */
export const DASHBOARD_COOKIE = 'pointsman_dashboard';

/** Long enough for a browser to start. */
const TICKET_MS = 60_000;
/** A working day. */
export const SESSION_MS = 12 * 3_600_000;
/** One person's browsers; the oldest gives way. */
const MAX_SESSIONS = 8;
const MAX_TICKETS = 32;
const RANDOM_BYTES = 16;

interface Session {
  readonly endsAtMs: number;
  /** What ends with it: open event sockets. */
  readonly held: Set<() => void>;
}

export class DashboardSessions {
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs' | 'setTimer'>;
  /** By hash; oldest first. Times are of the clock that never runs backwards. */
  readonly #tickets = new Map<string, number>();
  readonly #sessions = new Map<string, Session>();

  constructor(clock: Pick<Clock, 'now' | 'monotonicMs' | 'setTimer'>) {
    this.#clock = clock;
  }

  issueTicket(): DashboardTicket {
    const ticket = randomName();
    this.#tickets.set(keyOf(ticket), this.#clock.monotonicMs() + TICKET_MS);
    dropOldest(this.#tickets, MAX_TICKETS);
    return { ticket, expiresAtMs: this.#clock.now() + TICKET_MS };
  }

  /** Takes the ticket out of the world and answers the value of a new cookie; null = used, too old or never issued. */
  redeem(ticket: string): string | null {
    const key = keyOf(ticket);
    const endsAtMs = this.#tickets.get(key);
    this.#tickets.delete(key);
    return endsAtMs === undefined || endsAtMs < this.#clock.monotonicMs() ? null : this.open();
  }

  /** A new session; answers the value of its cookie. */
  open(): string {
    const id = randomName();
    this.#sessions.set(keyOf(id), { endsAtMs: this.#clock.monotonicMs() + SESSION_MS, held: new Set() });
    for (const ended of dropOldest(this.#sessions, MAX_SESSIONS)) endAll(ended);
    return id;
  }

  isOpen(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  /** `end` is called when the session of the cookie header ends. The returned function takes that back. */
  hold(cookieHeader: string, end: () => void): () => void {
    const session = cookiesOf(cookieHeader)
      .map((id) => this.#find(id))
      .find((found) => found !== undefined);
    if (session === undefined) return () => undefined;
    const leftMs = session.endsAtMs - this.#clock.monotonicMs() + 1;
    const endOnce = (): void => {
      cancel();
      if (session.held.delete(endOnce)) end();
    };
    const cancel = this.#clock.setTimer(leftMs, endOnce);
    session.held.add(endOnce);
    return () => {
      cancel();
      session.held.delete(endOnce);
    };
  }

  /** The admin token was replaced: whoever came in by the old one has to come in again. */
  endAll(): void {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    this.#tickets.clear();
    sessions.forEach(endAll);
  }

  #find(id: string): Session | undefined {
    const key = keyOf(id);
    const session = this.#sessions.get(key);
    if (session === undefined || session.endsAtMs >= this.#clock.monotonicMs()) return session;
    this.#sessions.delete(key);
    endAll(session);
    return undefined;
  }
}

/** Values of our cookie in a cookie header. Another server on this host may have set one of that name beside ours. */
export function cookiesOf(header: string): readonly string[] {
  return header.split(';').flatMap((part) => {
    const [name = '', value = ''] = part.trim().split('=', 2);
    return name === DASHBOARD_COOKIE && value !== '' ? [value] : [];
  });
}

/** Readable by no script, sent to no other site, gone after a working day. */
export function setCookieOf(id: string): string {
  return `${DASHBOARD_COOKIE}=${id}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${SESSION_MS / 1000}`;
}

function endAll({ held }: Session): void {
  for (const end of held) end();
}

function dropOldest<Value>(entries: Map<string, Value>, most: number): readonly Value[] {
  const dropped: Value[] = [];
  for (const [key, value] of entries) {
    if (entries.size <= most) break;
    entries.delete(key);
    dropped.push(value);
  }
  return dropped;
}

function randomName(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}

/** What is looked up is a hash, so the time of the look-up tells nothing of how much of a guess is right. */
function keyOf(name: string): string {
  return hash('sha256', name, 'base64');
}
