// A window of the editor as far as the daemon is concerned: a supervisor with the built bundle, on a home of the test's
// own. Everything that it starts is ended with `endAll`, by process id.
//
//   const editor = openEditor();
//   const { supervisor } = editor.open();
//   const connection = await supervisor.start();
//   ...
//   await editor.endAll();

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isProcessAlive } from '../../daemon/util/process-alive.ts';
import type { DaemonConnection, DaemonState } from '../../extension/daemon/daemon-session.ts';
import { stageDaemon } from '../../extension/daemon/stage.ts';
import {
  createSupervisor,
  type Supervisor,
  type SupervisorOptions,
} from '../../extension/daemon/supervisor.ts';
import { BUNDLE, eventually, ROOT } from './daemon-process.ts';

export interface EditorWindow {
  readonly supervisor: Supervisor;
  /** Each state that it was in, `status` or `failed: code`. */
  readonly states: readonly string[];
  /** Lines that the supervisor logged. */
  readonly log: readonly string[];
}

export interface EditorWindows {
  /** Everything is in here; gone after `endAll`. */
  readonly folder: string;
  readonly home: string;
  /** Where the copies of the daemon are put. */
  readonly copies: string;
  /** `dist` of the extension. */
  readonly dist: string;
  open(options?: Partial<SupervisorOptions>): EditorWindow;
  /** Processes of daemons that were started on this home and still run. */
  daemons(): readonly number[];
  /** Closes the windows and ends every daemon that was started here. */
  endAll(): Promise<void>;
}

export function openEditor(defaults: Partial<SupervisorOptions> = {}): EditorWindows {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-editor-'));
  const [home, copies] = [path.join(folder, 'home'), path.join(folder, 'copies')];
  const dist = bundleOfVersion(folder, bundleVersion());
  const windows: EditorWindow[] = [];
  return {
    folder,
    home,
    copies,
    dist,
    open(options = {}) {
      const states: string[] = [];
      const log: string[] = [];
      const version = options.version ?? bundleVersion();
      const supervisor = createSupervisor({
        settings: () => ({ home, port: 0 }),
        version,
        lingerS: 600,
        script: () => stageDaemon({ from: bundleOfVersion(folder, version), into: copies, version }),
        node: process.execPath,
        nodeVersion: process.versions.node,
        environment: { PATH: process.env['PATH'], HOME: folder },
        lookMs: 50,
        ...defaults,
        ...options,
        onLog: (line) => log.push(line),
      });
      supervisor.onStateChange((state) => states.push(nameOf(state)));
      const window = { supervisor, states, log };
      windows.push(window);
      return window;
    },
    daemons: () => daemonsOf(home),
    async endAll() {
      for (const { supervisor } of windows.splice(0)) supervisor.dispose();
      const pids = daemonsOf(home);
      for (const pid of pids) kill(pid);
      await eventually(() => !pids.some((pid) => isProcessAlive(pid)));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every daemon says in the log of its home that it is ready, and who it is. */
function daemonsOf(home: string): readonly number[] {
  const file = path.join(home, 'daemon.log');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const pids = new Set<number>();
  for (const [, pid] of text.matchAll(/"message":"ready".*?"pid":(\d+)/g)) pids.add(Number(pid));
  return [...pids].filter((pid) => isProcessAlive(pid));
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

/** How many daemons have ever been ready on this home. */
export function startsOf(home: string): number {
  return readFileSync(path.join(home, 'daemon.log'), 'utf8').split('"message":"ready"').length - 1;
}

export function bundleVersion(): string {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/**
 * The bundle once more, saying that it is this version; path of its `dist`. A copy in any case: somebody may build
 * while tests run.
 */
export function bundleOfVersion(folder: string, version: string): string {
  const dist = path.join(folder, `dist-${version}`);
  if (existsSync(dist)) return dist;
  cpSync(path.dirname(BUNDLE), dist, { recursive: true });
  const text = readFileSync(BUNDLE, 'utf8');
  const quoted = `"${bundleVersion()}"`;
  if (!text.includes(quoted)) throw new Error('the bundle does not say which version it is');
  writeFileSync(path.join(dist, 'daemon.cjs'), text.replaceAll(quoted, `"${version}"`));
  return dist;
}

function nameOf(state: DaemonState): string {
  return state.status === 'failed' ? `failed: ${state.problem.code}` : state.status;
}

/** A program that has a port and writes down every byte that it is sent. */
export interface Stranger {
  readonly port: number;
  heard(): string;
  close(): Promise<void>;
}

/** `reply`: what it says to whoever talks to it; absent = nothing. */
export async function startStranger(port = 0, reply?: (heard: string) => string): Promise<Stranger> {
  let heard = '';
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (reply !== undefined) socket.write(reply(chunk.toString('latin1')));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const stranger = await startStranger();
  await stranger.close();
  return stranger.port;
}

/** Writes the configuration of a home before a daemon runs there. */
export function configureHome(home: string, config: unknown): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(home, 'config.jsonc'), JSON.stringify(config), { mode: 0o600 });
}

/** POST to a wire path as an assistant would. */
export function postAs(connection: DaemonConnection, wirePath: string, body: unknown): Promise<Response> {
  return fetch(`${connection.url}${wirePath}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${connection.clientToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
