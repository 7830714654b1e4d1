// What is measured side by side: each target is a running program with a port, the headers it wants, and the routes
// that it can serve. Peers are in peers.ts.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TotalsBody } from '../../daemon/protocol/control-api.ts';
import { startNginx } from './nginx.ts';
import type { AnswerScript } from './mock-upstream.ts';
import { startProgram, stopProgram, type Program } from './program.ts';
import type { WireDialect } from './wire-answers.ts';

export type TargetName = 'direct' | 'pipe' | 'nginx' | 'daemon' | 'portkey' | 'ccr';

/** Who speaks what; where both are the same, bytes can pass. */
export interface Route {
  readonly client: WireDialect;
  readonly upstream: WireDialect;
}

export interface Target {
  readonly name: TargetName;
  readonly program: Program;
  readonly port: number;
  /** Headers of a request on this route; null = it cannot serve it. */
  readonly headersFor: (route: Route) => Readonly<Record<string, string>> | null;
  readonly stop: () => Promise<void>;
  /** A reader of its events, as an open editor window is; the returned function closes it. Absent = it has none. */
  readonly openWindow?: () => Promise<() => Promise<void>>;
}

export interface Mock {
  readonly port: number;
  readonly program: Program;
  /** What is answered from now on. */
  readonly answerWith: (script: AnswerScript) => Promise<void>;
}

export const WIRE_PATHS: Readonly<Record<WireDialect, string>> = {
  'openai-chat': '/v1/chat/completions',
  'anthropic-messages': '/v1/messages',
};

const ROOT = path.join(import.meta.dirname, '..', '..');
export const DAEMON_FILE = path.join(ROOT, 'dist', 'daemon.cjs');

export async function startMock(): Promise<Mock> {
  const program = await startProgram({
    args: [path.join(import.meta.dirname, 'mock-upstream.ts')],
    hasChannel: true,
  });
  return {
    port: Number(program.line['port']),
    program,
    answerWith: (script) =>
      new Promise((resolve) => {
        program.child.once('message', () => resolve());
        program.child.send(script);
      }),
  };
}

/** The mock itself, without anything between: all that is added is added to this. */
export function directTo(mock: Mock): Target {
  return {
    name: 'direct',
    program: mock.program,
    port: mock.port,
    headersFor: () => NO_HEADERS,
    stop: () => stopProgram(mock.program),
  };
}

export async function startPipe(mock: Mock): Promise<Target> {
  const program = await startProgram({
    args: [path.join(import.meta.dirname, 'undici-pipe.ts'), String(mock.port)],
  });
  return {
    name: 'pipe',
    program,
    port: Number(program.line['port']),
    headersFor: onlySameDialect,
    stop: () => stopProgram(program),
  };
}

/** null = nginx is not installed. */
export async function startNginxTarget(mock: Mock): Promise<Target | null> {
  const started = await startNginx(mock.port);
  if (started === null) return null;
  return { name: 'nginx', ...started, headersFor: onlySameDialect };
}

export interface DaemonTarget extends Target {
  readonly totals: () => Promise<TotalsBody>;
}

/** The daemon as it is shipped, with three models at the mock, all of which speak `upstream`. */
export async function startDaemon(upstreamPort: number, upstream: WireDialect): Promise<DaemonTarget> {
  const home = daemonHome(upstreamPort, upstream);
  const program = await startProgram({ args: daemonArguments(home) });
  const url = new URL(String(program.line['url']));
  const token = readFileSync(path.join(home, 'token'), 'utf8').trim();
  const adminToken = readFileSync(path.join(home, 'admin-token'), 'utf8').trim();
  return {
    name: 'daemon',
    program,
    port: Number(url.port),
    headersFor: (route) => (route.upstream === upstream ? { authorization: `Bearer ${token}` } : null),
    openWindow: async () => {
      const reader = await startProgram({
        args: [path.join(import.meta.dirname, 'open-window.ts')],
        environment: {
          ...process.env,
          POINTSMAN_EVENTS_URL: `ws://${url.host}/pointsman/v1/events`,
          POINTSMAN_ADMIN_TOKEN: adminToken,
        },
      });
      return () => stopProgram(reader);
    },
    totals: async () => {
      const answer = await fetch(new URL('/pointsman/v1/totals', url), {
        headers: { authorization: `Bearer ${adminToken}` },
      });
      return (await answer.json()) as TotalsBody;
    },
    stop: async () => {
      await stopProgram(program);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export function daemonArguments(home: string): readonly string[] {
  return [DAEMON_FILE, 'serve', '--port', '0', '--home', home];
}

/** A fresh home folder whose configuration names the mock and is silent on everything else. */
export function daemonHome(upstreamPort: number, dialect: WireDialect): string {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-'));
  const model = (tier: string): object => ({
    provider: 'mock',
    upstreamModel: `bench-${tier}`,
    tier,
    contextTokens: 1_000_000,
    maxOutputTokens: 32_000,
    supports: ['tools', 'vision', 'json'],
    price: { inputUsdPerMtok: 1, outputUsdPerMtok: 2, asOf: '2026-11-21', source: 'bench' },
  });
  const baseUrl = `http://127.0.0.1:${upstreamPort}${dialect === 'openai-chat' ? '/v1' : ''}`;
  const config = {
    baseline: 'large',
    providers: { mock: { dialect, baseUrl } },
    models: { small: model('simple'), medium: model('moderate'), large: model('complex') },
  };
  writeFileSync(path.join(home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
  return home;
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

function onlySameDialect(route: Route): Readonly<Record<string, string>> | null {
  return route.client === route.upstream ? NO_HEADERS : null;
}
