// What a browser may ask with the dashboard's cookie, and what must speak for it. Part of the guard: a pure decision over
// method, path and headers.

import { RouterError } from '../errors.ts';
import { CONTROL_PREFIX } from '../protocol/control-api.ts';
import { isPageRoute } from '../protocol/page-routes.ts';
import { cookiesOf } from './dashboard-sessions.ts';

/** Where the page and its files are. */
export const DASHBOARD_PATH = '/dashboard';
const EVENTS_ROUTE = 'events';

export interface AskedTarget {
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Something that the dashboard page may ask, and what speaks for its being the page. */
export interface PageCall {
  /** Of a session that is open. */
  readonly isKnown: boolean;
  /** The browser says that our own page asks, and no other on this machine. */
  readonly isFromPage: boolean;
  readonly hasOwnOrigin: boolean;
}

/**
 * A cookie is sent by whatever page of this host name asks, on any port, so it opens a door only together with what no
 * page can forge: the browser's own word on where the request comes from. null = nothing that the page would ask.
 */
export function pageCallOf(
  { method, path, headers, isUpgrade }: AskedTarget & { readonly isUpgrade: boolean },
  isPageSession: ((cookie: string) => boolean) | undefined,
): PageCall | null {
  if (isPageSession === undefined) return null;
  const isFile = isDashboardPath(path) && isRead(method) && !isUpgrade;
  const route = path.startsWith(`${CONTROL_PREFIX}/`) ? path.slice(CONTROL_PREFIX.length + 1) : '';
  const isCall = isUpgrade ? route === EVENTS_ROUTE : isPageRoute(method, route);
  if (!isFile && !isCall) return null;
  const cookies = cookiesOf(headers.get('cookie') ?? '');
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site');
  if (cookies.length === 0 && site !== 'same-origin') return null;
  const isOwn = origin === `http://${(headers.get('host') ?? '').toLowerCase()}`;
  const hasOwnOrigin = cookies.length > 0 && isOwn;
  // An address that was typed, or opened by another program, comes from nowhere; only the page itself may come so.
  const isOwnSite = site === 'same-origin' || (isFile && (site === undefined || site === 'none'));
  return {
    isKnown: cookies.some((value) => isPageSession(value)),
    isFromPage: hasOwnOrigin || (origin === undefined && isOwnSite && !isUpgrade),
    hasOwnOrigin,
  };
}

/** Whether a path is the dashboard's: the page for everyone who asks, its files for those who were let in. */
export function isDashboardPath(path: string): boolean {
  return path === DASHBOARD_PATH || path.startsWith(`${DASHBOARD_PATH}/`);
}

/** Whether a `sec-fetch-site` names another site, or another port of this host. */
export function isForeignSite(site: string | undefined): boolean {
  return site !== undefined && site !== 'none' && site !== 'same-origin';
}

/** Somebody clicked a link to the dashboard. They get a page that says so, and nothing else. */
export function isFollowedLink({ method, path, headers }: AskedTarget): boolean {
  const isDocument = headers.get('sec-fetch-dest') === 'document' && !headers.has('origin');
  return isDocument && method === 'GET' && path === DASHBOARD_PATH;
}

export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

export function sessionEnded(): RouterError {
  return new RouterError(
    'auth.missing',
    'this visit to the dashboard has ended; open it again from the editor or with "pointsman dashboard"',
  );
}
