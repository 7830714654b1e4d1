// Who may talk to the daemon. A pure decision over the request line, the raw headers and the socket's addresses, so
// that every rule is a row in a test. Any web page in the user's browser can reach this port, hence the order: first
// what only browsers and attackers send (foreign Host, Origin, preflight), then the token, then the body's type.

import { RouterError } from '../errors.ts';
import { CONTROL_PREFIX } from '../protocol/control-api.ts';
import {
  DASHBOARD_PATH,
  isDashboardPath,
  isFollowedLink,
  isForeignSite,
  isRead,
  pageCallOf,
  sessionEnded,
  type PageCall,
} from './dashboard-access.ts';

export interface GuardProbe {
  readonly method: string;
  /** Request target as sent. */
  readonly target: string;
  /** Name, value, name, value, … as sent: duplicates are visible only here. */
  readonly rawHeaders: readonly string[];
  readonly localPort: number | undefined;
  readonly remoteAddress: string | undefined;
  /** A WebSocket handshake: its token may also come as subprotocol `pointsman.<token>`. */
  readonly isUpgrade: boolean;
}

export type TokenRole = 'client' | 'admin';

/** `page`: the dashboard in a browser, known by its cookie; it may ask what PAGE_ROUTES holds and nothing else. */
export type DoorRole = TokenRole | 'page' | 'anyone';

/** The request line without the secrets that may be in it; safe to log only as far as a route matches it. */
export interface GuardedTarget {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names; repeated headers joined with ", ". */
  readonly headers: ReadonlyMap<string, string>;
}

export type GuardDecision =
  | (GuardedTarget & { readonly admitted: true; readonly role: DoorRole })
  | (GuardedTarget & { readonly admitted: false; readonly error: RouterError });

export interface Guard {
  decide(probe: GuardProbe): GuardDecision;
}

export interface GuardOptions {
  /** What a token is good for; null = unknown. Must take the same time for every token of equal length. */
  verifies(token: string): TokenRole | null;
  /** Browser origins that may call; none by default. */
  readonly allowedOrigins?: readonly string[];
  /** Whether the dashboard's cookie has this value; nobody's by default. */
  readonly isPageSession?: (cookie: string) => boolean;
}

/** Prefix of the WebSocket subprotocol that carries the admin token. */
export const TOKEN_SUBPROTOCOL_PREFIX = 'pointsman.';

const HOST_PATTERN = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::(\d{1,5}))?$/;
const LOOPBACK_PATTERN = /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/;
/** Older versions of Node silently leave out what comes behind a thousand headers, and it could be an Origin. */
const MAX_HEADERS = 999;
const NEEDS_JSON: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
const HOW_TO_SEND =
  'send the pointsman token as "Authorization: Bearer <token>" or "x-api-key: <token>" (the command "pointsman token" prints it)';

/** Builds the guard; it keeps no state, so a rotated token counts from the next request on. */
export function createGuard(options: GuardOptions): Guard {
  const allowedOrigins = new Set(options.allowedOrigins);
  return {
    decide(probe) {
      const { path, query, pathToken } = splitTarget(probe.target);
      const headers = collectHeaders(probe.rawHeaders);
      const target: GuardedTarget = { path, query, headers };
      const asked = { ...target, method: probe.method, isUpgrade: probe.isUpgrade };
      const page = pathToken === null ? pageCallOf(asked, options.isPageSession) : null;
      const problem =
        checkOrigin(probe, target, { allowedOrigins, page }) ?? checkPathForm(path, pathToken) ?? undefined;
      if (problem !== undefined) return { ...target, admitted: false, error: problem };

      const role = strongestRole(options, tokensOf(headers, probe.isUpgrade), pathToken);
      const isPage = role === null && page?.isKnown === true && page.isFromPage;
      const error =
        (isPage ? undefined : checkRole(probe, target, { role, pathToken, page })) ??
        checkContentType(probe) ??
        (probe.isUpgrade ? checkHandshake(headers) : undefined);
      if (error !== undefined) return { ...target, admitted: false, error };
      return { ...target, admitted: true, role: role ?? (isPage ? 'page' : 'anyone') };
    },
  };
}

/** Whether a path belongs to the control API and therefore needs the admin token. */
export function isControlPath(path: string): boolean {
  return path === CONTROL_PREFIX || path.startsWith('/pointsman/');
}

/** Cuts `/k/<token>` off, so that the token stays in nobody's hands but the guard's. */
function splitTarget(target: string): {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly pathToken: string | null;
} {
  const queryAt = target.indexOf('?');
  const rawPath = queryAt < 0 ? target : target.slice(0, queryAt);
  const query = new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt + 1));
  if (!rawPath.startsWith('/k/')) return { path: rawPath, query, pathToken: null };
  const tokenEnd = rawPath.indexOf('/', 3);
  if (tokenEnd < 0) return { path: '/', query, pathToken: rawPath.slice(3) };
  return { path: rawPath.slice(tokenEnd), query, pathToken: rawPath.slice(3, tokenEnd) };
}

function collectHeaders(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function countOf(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index] ?? '';
    if (candidate.length === name.length && candidate.toLowerCase() === name) count += 1;
  }
  return count;
}

function checkOrigin(
  probe: GuardProbe,
  target: GuardedTarget,
  { allowedOrigins, page }: { readonly allowedOrigins: ReadonlySet<string>; readonly page: PageCall | null },
): RouterError | undefined {
  const { headers } = target;
  if (!LOOPBACK_PATTERN.test(probe.remoteAddress ?? '')) {
    return new RouterError('auth.forbidden', 'only programs on this machine may connect');
  }
  if (!probe.target.startsWith('/') && probe.method !== 'OPTIONS') {
    return new RouterError('auth.forbidden', 'the request must name a path, not a whole address', {
      statusCode: 421,
    });
  }
  if (probe.rawHeaders.length > 2 * MAX_HEADERS) {
    return new RouterError(
      'request.malformed',
      `the request has more than ${MAX_HEADERS} headers; send fewer`,
      {
        statusCode: 431,
      },
    );
  }
  if (countOf(probe.rawHeaders, 'host') !== 1) {
    return new RouterError('request.malformed', 'the request needs exactly one host header', {
      param: 'host',
    });
  }
  if (!isOwnHost(headers.get('host') ?? '', probe.localPort)) {
    return new RouterError(
      'auth.forbidden',
      'the host header names another server; use 127.0.0.1 or localhost with the port of the daemon',
      { param: 'host' },
    );
  }
  const origin = headers.get('origin');
  if (page?.hasOwnOrigin === true && !page.isKnown) return sessionEnded();
  if (origin !== undefined && !allowedOrigins.has(origin) && page?.hasOwnOrigin !== true) {
    return new RouterError('auth.forbidden', 'requests from web pages are refused', { param: 'origin' });
  }
  if (probe.method === 'OPTIONS') {
    return new RouterError('auth.forbidden', 'cross-origin preflights are refused');
  }
  const site = headers.get('sec-fetch-site');
  // Of a WebSocket some browsers compare ws: with http: there; its Origin, which they all send, has told by now.
  const isOwnSocket = probe.isUpgrade && page?.hasOwnOrigin === true;
  if (isForeignSite(site) && !isOwnSocket && !isFollowedLink({ ...target, method: probe.method })) {
    return new RouterError('auth.forbidden', 'requests from other web sites are refused', {
      param: 'sec-fetch-site',
    });
  }
  return undefined;
}

/** A rebound web page sends its own name as Host, and as a same-origin page it may send no Origin: Host is the only witness. */
function isOwnHost(host: string, localPort: number | undefined): boolean {
  const match = HOST_PATTERN.exec(host.toLowerCase());
  return match !== null && Number(match[1] ?? '80') === localPort;
}

function checkPathForm(path: string, pathToken: string | null): RouterError | undefined {
  if (pathToken === null || !(isControlPath(path) || isDashboardPath(path))) return undefined;
  return new RouterError(
    'auth.forbidden',
    'the control API is not served under /k/; send the admin token as a header',
  );
}

/** Every key the request carries; an empty one counts as none. */
function tokensOf(headers: ReadonlyMap<string, string>, isUpgrade: boolean): readonly string[] {
  const bearer = /^bearer +(.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  const candidates = [bearer, headers.get('x-api-key'), headers.get('x-goog-api-key')];
  if (isUpgrade) {
    for (const protocol of (headers.get('sec-websocket-protocol') ?? '').split(',')) {
      const name = protocol.trim();
      if (name.startsWith(TOKEN_SUBPROTOCOL_PREFIX)) {
        candidates.push(name.slice(TOKEN_SUBPROTOCOL_PREFIX.length));
      }
    }
  }
  return candidates.map((token) => token?.trim() ?? '').filter((token) => token !== '');
}

/** An admin token in a path would end up in histories and logs of others, so there it is worth nothing. */
function strongestRole(
  options: GuardOptions,
  tokens: readonly string[],
  pathToken: string | null,
): TokenRole | null {
  const roles = tokens.map((token) => options.verifies(token));
  if (pathToken !== null && pathToken !== '') {
    roles.push(options.verifies(pathToken) === 'client' ? 'client' : null);
  }
  if (roles.includes('admin')) return 'admin';
  return roles.includes('client') ? 'client' : null;
}

function checkRole(
  probe: GuardProbe,
  target: GuardedTarget,
  {
    role,
    pathToken,
    page,
  }: {
    readonly role: TokenRole | null;
    readonly pathToken: string | null;
    readonly page: PageCall | null;
  },
): RouterError | undefined {
  if (role === null) {
    if (pathToken === null && isOpen(probe.method, target.path)) return undefined;
    if (page !== null && !page.isKnown) return sessionEnded();
    const sentSomething = (pathToken ?? '') !== '' || tokensOf(target.headers, probe.isUpgrade).length > 0;
    const what = sentSomething ? 'the key is not a token of this daemon' : 'a token is needed';
    return new RouterError('auth.missing', `${what}; ${HOW_TO_SEND}`);
  }
  const isAdmins = isControlPath(target.path) || isDashboardPath(target.path);
  if (role === 'client' && isAdmins && !isOpen(probe.method, target.path)) {
    return new RouterError(
      'auth.forbidden',
      'the control API needs the admin token, not the client token (see the file admin-token in the home folder)',
    );
  }
  return undefined;
}

/** The page itself says in words what is missing; its files and its data need the session. */
function isOpen(method: string, path: string): boolean {
  if (!isRead(method)) return false;
  if (path === DASHBOARD_PATH || path === `${DASHBOARD_PATH}/`) return true;
  return path === '/' || path === '/healthz' || (path === '/api/hello' && method === 'HEAD');
}

/**
 * Forms and text/plain can be posted by any page without a preflight, and the money is spent even if the page cannot
 * read the answer. Only application/json forces the preflight that we refuse.
 */
function checkContentType(probe: GuardProbe): RouterError | undefined {
  if (!NEEDS_JSON.has(probe.method)) return undefined;
  const values: string[] = [];
  for (let index = 0; index + 1 < probe.rawHeaders.length; index += 2) {
    if (probe.rawHeaders[index]?.toLowerCase() === 'content-type') {
      values.push(probe.rawHeaders[index + 1] ?? '');
    }
  }
  const mediaType = values[0]?.split(';', 1)[0]?.trim().toLowerCase();
  if (values.length === 1 && mediaType === 'application/json') return undefined;
  const what =
    values.length === 0 ? 'the content-type header is missing' : 'this content-type is not accepted';
  return new RouterError(
    'request.unsupported',
    `${what}; send the body as "content-type: application/json"`,
    {
      statusCode: 415,
      param: 'content-type',
    },
  );
}

const KEY_PATTERN = /^[+/0-9A-Za-z]{22}==$/;
const SUBPROTOCOL_PATTERN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What the WebSocket library would refuse too, but as a page of HTML. */
function checkHandshake(headers: ReadonlyMap<string, string>): RouterError | undefined {
  const offered = headers.get('sec-websocket-protocol');
  const protocols = offered === undefined ? [] : offered.split(',').map((name) => name.trim());
  const isSound =
    headers.get('sec-websocket-version') === '13' &&
    KEY_PATTERN.test(headers.get('sec-websocket-key') ?? '') &&
    protocols.every((name) => SUBPROTOCOL_PATTERN.test(name)) &&
    new Set(protocols).size === protocols.length;
  if (isSound) return undefined;
  return new RouterError(
    'request.malformed',
    'this WebSocket handshake is not valid; send sec-websocket-version: 13, one sec-websocket-key, and each subprotocol once',
  );
}
