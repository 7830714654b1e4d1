// `GET /dashboard` and its two files for people without the editor. The guard has judged who asks; here a ticket becomes
// a session, and whoever has neither reads what to do.

import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { RouterError } from '../errors.ts';
import { DASHBOARD_PATH, isForeignSite } from './dashboard-access.ts';
import {
  DASHBOARD_PAGE,
  fromElsewherePage,
  NEEDS_TICKET_PAGE,
  NOT_BUILT_PAGE,
  SPENT_TICKET_PAGE,
  type HtmlPage,
} from './dashboard-page.ts';
import { setCookieOf, type DashboardSessions } from './dashboard-sessions.ts';
import type { RequestContext, Route } from './request-context.ts';

export interface DashboardRoutesDeps {
  readonly sessions: Pick<DashboardSessions, 'redeem' | 'open'>;
  /** Rejects when the file is not there. */
  readonly readFile: (name: DashboardFile) => Promise<Buffer>;
}

type DashboardFile = 'dashboard.js' | 'dashboard.css';

const FILE_TYPES: Readonly<Record<DashboardFile, string>> = {
  'dashboard.js': 'text/javascript; charset=utf-8',
  'dashboard.css': 'text/css; charset=utf-8',
};

/** Other pages may neither read, frame nor keep a handle on these; a file is what its type says. */
const ISOLATION_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export function dashboardRoutes(deps: DashboardRoutesDeps): readonly Route[] {
  const fileRoute = (name: DashboardFile): Route => ({
    methods: ['GET'],
    pattern: `${DASHBOARD_PATH}/${name}`,
    kind: 'quick',
    handle: (context) => sendFile(context, name, deps),
  });
  return [
    {
      methods: ['GET'],
      pattern: DASHBOARD_PATH,
      kind: 'quick',
      handle: (context) => openPage(context, deps),
    },
    fileRoute('dashboard.js'),
    fileRoute('dashboard.css'),
  ];
}

async function openPage(context: RequestContext, deps: DashboardRoutesDeps): Promise<void> {
  const { request, response, role, query, headers } = context;
  const isIn = role === 'admin' || role === 'page';
  const ticket = query.get('ticket');
  if (isForeignSite(headers.get('sec-fetch-site'))) return sendPage(response, fromElsewherePage(ticket));
  // Programs that look at an address before a person does ask for its head; that must not use it up.
  if (ticket !== null && request.method === 'GET') {
    const id = deps.sessions.redeem(ticket);
    if (id !== null) return redirect(response, { 'set-cookie': setCookieOf(id) });
    return isIn ? redirect(response) : sendPage(response, SPENT_TICKET_PAGE);
  }
  if (!isIn) return sendPage(response, NEEDS_TICKET_PAGE);
  if (!(await isBuilt(deps))) return sendPage(response, NOT_BUILT_PAGE);
  // A browser whose owner sends the token with every request still cannot send it with a WebSocket.
  const isBrowser = role === 'admin' && headers.get('sec-fetch-dest') === 'document';
  sendPage(response, DASHBOARD_PAGE, isBrowser ? { 'set-cookie': setCookieOf(deps.sessions.open()) } : {});
}

async function isBuilt({ readFile }: DashboardRoutesDeps): Promise<boolean> {
  try {
    await Promise.all([readFile('dashboard.js'), readFile('dashboard.css')]);
    return true;
  } catch {
    return false; // whatever keeps them from being read, building them again is what helps
  }
}

/** To the same page without the ticket, so that it stands in no address bar and no history. */
function redirect(response: ServerResponse, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(303, {
    ...ISOLATION_HEADERS,
    ...headers,
    'cache-control': 'no-store',
    location: DASHBOARD_PATH,
    'content-length': 0,
  });
  response.end();
}

function sendPage(
  response: ServerResponse,
  { statusCode, html, contentSecurityPolicy }: HtmlPage,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(html);
  response.writeHead(statusCode, {
    ...ISOLATION_HEADERS,
    ...headers,
    'content-security-policy': contentSecurityPolicy,
    'content-type': 'text/html; charset=utf-8',
    'content-length': bytes.length,
    'cache-control': 'no-store',
  });
  response.end(bytes);
}

/** The browser keeps the file and asks each time whether it is still the one. */
async function sendFile(
  { request, response }: RequestContext,
  name: DashboardFile,
  deps: DashboardRoutesDeps,
): Promise<void> {
  const bytes = await deps.readFile(name).catch((cause: unknown) => {
    throw new RouterError(
      'request.not_found',
      `${name} is missing; run "npm run build" in the folder of pointsman`,
      { cause },
    );
  });
  const etag = `"${hash('sha256', bytes, 'base64url').slice(0, 27)}"`;
  const headers = { ...ISOLATION_HEADERS, etag, 'cache-control': 'private, no-cache' };
  if (isSame(request, etag)) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  response.writeHead(200, { ...headers, 'content-type': FILE_TYPES[name], 'content-length': bytes.length });
  response.end(bytes);
}

function isSame(request: IncomingMessage, etag: string): boolean {
  const known = request.headers['if-none-match'] ?? '';
  return known.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}
