// Two well-known routers to stand beside, installed from the package registry into a folder outside of the project:
// Portkey's gateway, which passes chat and translates chat to Anthropic, and claude-code-router, which translates what
// Claude Code sends. Versions are pinned in peers/package.json, which also says why.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toolFolder } from '../support/tool-folder.ts';
import { freePort, startProgram, stopProgram } from './program.ts';
import type { Route, Target } from './targets.ts';

const PINS = path.join(import.meta.dirname, 'peers', 'package.json');
const PORTKEY = path.join('@portkey-ai', 'gateway');
const CCR = path.join('@musistudio', 'claude-code-router');

/** What is measured, e.g. `@portkey-ai/gateway 1.15.2`. */
export function peerVersions(): readonly string[] {
  const pins = JSON.parse(readFileSync(PINS, 'utf8')) as { readonly dependencies: Record<string, string> };
  return Object.entries(pins.dependencies).map(([name, version]) => `${name} ${version}`);
}

/** Folder of the installed packages. `POINTSMAN_BENCH_PEERS` names one to keep (40 MB). Throws what npm said. */
export function installPeers(): string {
  const folder = toolFolder('POINTSMAN_BENCH_PEERS', 'bench-peers');
  const stamp = path.join(folder, 'installed.json');
  const pins = readFileSync(PINS, 'utf8');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== pins) {
    copyFileSync(PINS, path.join(folder, 'package.json'));
    // Nothing of theirs needs to run at the installation.
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    const installed = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
    if (installed.status !== 0) throw new Error(`npm could not install the peers: ${installed.stderr}`);
    writeFileSync(stamp, pins);
  }
  return path.join(folder, 'node_modules');
}

export async function startPortkey(modules: string, upstreamPort: number): Promise<Target> {
  const port = await freePort();
  const program = await startProgram({
    args: [path.join(modules, PORTKEY, 'build', 'start-server.js'), `--port=${port}`, '--headless'],
    port,
  });
  return {
    name: 'portkey',
    program,
    port,
    headersFor: (route) => portkeyHeaders(route, upstreamPort),
    stop: () => stopProgram(program),
  };
}

function portkeyHeaders(route: Route, upstreamPort: number): Readonly<Record<string, string>> | null {
  if (route.client !== 'openai-chat') return null;
  return {
    authorization: 'Bearer bench',
    'x-portkey-provider': route.upstream === 'openai-chat' ? 'openai' : 'anthropic',
    'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
  };
}

export async function startCcr(modules: string, upstreamPort: number): Promise<Target> {
  const port = await freePort();
  const home = ccrHome(port, upstreamPort);
  const program = await startProgram({
    args: [path.join(modules, CCR, 'dist', 'cli.js'), 'start'],
    environment: { ...process.env, HOME: home, USERPROFILE: home },
    port,
  });
  return {
    name: 'ccr',
    program,
    port,
    headersFor: ({ client, upstream }) =>
      client === 'anthropic-messages' && upstream === 'openai-chat' ? { 'x-api-key': 'bench' } : null,
    stop: async () => {
      await stopProgram(program);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** It reads its configuration from the user's home folder; this one has nothing else in it. */
function ccrHome(port: number, upstreamPort: number): string {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-bench-ccr-'));
  const config = {
    LOG: false,
    PORT: port,
    APIKEY: 'bench',
    NON_INTERACTIVE_MODE: true,
    Providers: [
      {
        name: 'mock',
        api_base_url: `http://127.0.0.1:${upstreamPort}/v1/chat/completions`,
        api_key: 'bench',
        models: ['bench'],
      },
    ],
    Router: { default: 'mock,bench' },
  };
  mkdirSync(path.join(home, '.claude-code-router'));
  writeFileSync(path.join(home, '.claude-code-router', 'config.json'), JSON.stringify(config));
  return home;
}
