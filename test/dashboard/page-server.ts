// A stand-in for the daemon's side of the dashboard: serves the page as built from the sources, answers the routes out of
// made-up records, and pushes events. Only for tests that look at the page in a browser.

import { build } from 'esbuild';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ExchangeBody, ExchangesBody, TotalsBody } from '../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../daemon/protocol/control-events.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { emptyCache } from './analysis-data.ts';
import { sampleTotals } from './sample-totals.ts';
import { SAMPLE_MODELS } from './sample-history.ts';

const root = path.join(import.meta.dirname, '..', '..');

export interface PageCall {
  readonly method: string;
  readonly route: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface PageServer {
  readonly url: string;
  /** Newest first; may be changed between requests. */
  readonly records: ExchangeRecord[];
  /** All calls of the API so far. */
  readonly calls: readonly PageCall[];
  /** Answers instead of the made-up ones; `undefined` = the made-up one. */
  answer: (call: PageCall) => { readonly statusCode: number; readonly body: unknown } | undefined;
  send(event: ControlEvent): void;
  /** Cuts all event sockets, and refuses new ones until it is called with `true`. */
  setSockets(isOpen: boolean): void;
  close(): Promise<void>;
}

interface PageFiles {
  readonly js: string;
  readonly css: string;
}

/** Throws when the sources do not build. */
export async function buildPage(): Promise<PageFiles> {
  const shared = {
    bundle: true,
    write: false,
    minify: true,
    logLevel: 'silent',
    legalComments: 'none',
  } as const;
  const [js, css] = await Promise.all([
    build({
      ...shared,
      entryPoints: [path.join(root, 'extension/dashboard/webview/dashboard.ts')],
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
    }),
    build({ ...shared, entryPoints: [path.join(root, 'media/dashboard.css')], external: ['*.svg'] }),
  ]);
  return { js: js.outputFiles[0]?.text ?? '', css: css.outputFiles[0]?.text ?? '' };
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'";

const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Pointsman</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/dashboard/dashboard.css"><script src="/dashboard/dashboard.js" defer></script></head>
<body><div id="dashboard"></div></body></html>`;

export async function servePage(files: PageFiles, start: readonly ExchangeRecord[]): Promise<PageServer> {
  const records = [...start];
  const calls: PageCall[] = [];
  const sockets = new Set<WebSocket>();
  let isOpen = true;
  const webSockets = new WebSocketServer({ noServer: true });
  const http = createServer((request, response) => void handle(request, response));
  http.on('upgrade', (request, socket, head) => {
    if (!isOpen) {
      socket.destroy();
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (opened) => {
      sockets.add(opened);
      opened.on('close', () => sockets.delete(opened));
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/dashboard') return reply(response, 200, 'text/html', PAGE);
    if (url.pathname === '/dashboard/dashboard.js') return reply(response, 200, 'text/javascript', files.js);
    if (url.pathname === '/dashboard/dashboard.css') return reply(response, 200, 'text/css', files.css);
    const text = Buffer.concat(await request.toArray()).toString();
    const call: PageCall = {
      method: request.method ?? 'GET',
      route: url.pathname.replace('/pointsman/v1/', ''),
      query: url.searchParams,
      body: text === '' ? undefined : JSON.parse(text),
    };
    calls.push(call);
    const { statusCode, body } = server.answer(call) ?? madeUp(call, records);
    return reply(response, statusCode, 'application/json', JSON.stringify(body));
  }

  const server: PageServer = {
    url: '',
    records,
    calls,
    answer: () => undefined,
    send: (event) => {
      for (const socket of sockets) socket.send(JSON.stringify(event));
    },
    setSockets: (open) => {
      isOpen = open;
      if (!open) for (const socket of sockets) socket.terminate();
    },
    close: async () => {
      for (const socket of sockets) socket.terminate();
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  return Object.assign(server, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/dashboard` });
}

function reply(response: ServerResponse, statusCode: number, type: string, text: string): void {
  response.writeHead(statusCode, { 'content-type': type, 'content-security-policy': POLICY });
  response.end(text);
}

function madeUp(
  { route, query }: PageCall,
  records: readonly ExchangeRecord[],
): { readonly statusCode: number; readonly body: unknown } {
  if (route === 'exchanges') return { statusCode: 200, body: pageOf(records, query) };
  if (route === 'totals') return { statusCode: 200, body: totalsOf(records, query) };
  if (route === 'status') return { statusCode: 200, body: sampleStatus() };
  if (route === 'budgets') return { statusCode: 200, body: { budgets: [] } };
  if (route === 'cache') return { statusCode: 200, body: emptyCache() };
  if (route === 'series') return { statusCode: 200, body: { bucketMs: 86_400_000, points: [] } };
  const found = records.find(({ exchangeId }) => route === `exchanges/${exchangeId}`);
  if (found === undefined) {
    const message = 'there is no exchange with this id';
    return { statusCode: 404, body: { error: { code: 'request.not_found', message } } };
  }
  return { statusCode: 200, body: { ...found, feedback: null } satisfies ExchangeBody };
}

function pageOf(records: readonly ExchangeRecord[], query: URLSearchParams): ExchangesBody {
  const wanted = (name: string, value: string | null): boolean =>
    query.get(name) === null || query.get(name) === value;
  const fitting = records.filter(
    ({ client, responseModel, task, workspaceId }) =>
      wanted('client', client) &&
      wanted('model', responseModel) &&
      wanted('task', task) &&
      wanted('workspace', workspaceId),
  );
  const before = query.get('before');
  const from = before === null ? 0 : fitting.findIndex(({ exchangeId }) => exchangeId === before) + 1;
  const limit = Number(query.get('limit') ?? 50);
  const page = fitting.slice(from, from + limit);
  return {
    exchanges: page.map(withoutDecision),
    next: from + limit < fitting.length ? (page.at(-1)?.exchangeId ?? null) : null,
  };
}

function withoutDecision(record: ExchangeRecord): ExchangesBody['exchanges'][number] {
  const { decision: _, ...rest } = record;
  return rest;
}

function totalsOf(records: readonly ExchangeRecord[], query: URLSearchParams): TotalsBody {
  const since = Number(query.get('since') ?? 0);
  const fitting = records.filter(({ startedAt }) => Date.parse(startedAt) >= since);
  return sampleTotals(fitting, query.get('groupBy'));
}

export function sampleStatus(): unknown {
  return {
    version: '0.1.0',
    profile: 'balanced',
    baseline: 'claude-opus',
    override: null,
    models: SAMPLE_MODELS.map(({ id, provider, tier, prices }) => ({
      id,
      provider,
      upstreamModel: id,
      tier,
      usable: true,
      health: 'ok',
      retryAtMs: null,
      inputUsdPerMtok: prices.inputUsdPerMtok,
      outputUsdPerMtok: prices.outputUsdPerMtok,
      priceAsOf: prices.asOf,
      priceAgeDays: 20,
      priceSource: prices.source,
    })),
    providers: ['anthropic', 'deepseek'].map((name) => ({
      name,
      usable: true,
      why: 'key from the environment',
      health: 'ok',
      retryAtMs: null,
    })),
  };
}
