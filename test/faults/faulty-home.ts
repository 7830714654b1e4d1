// A daemon process on a home folder whose disk misbehaves, in ways that need no rights: a limit on file sizes, a lock
// that another process holds, files in the way.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import type { StatusBody, TotalsBody } from '../../daemon/protocol/control-api.ts';
import { spawnDaemon, type DaemonProcess } from '../support/daemon-process.ts';
import { ask } from './client-load.ts';

export interface FaultyHome {
  readonly path: string;
  file(name: string): string;
  /** Starts the daemon; `command` stands before Node and its arguments, as a shell would run it. */
  start(options?: {
    readonly command?: string;
    readonly environment?: Record<string, string>;
  }): Promise<DaemonProcess>;
  /** Ends every daemon that was started and removes the folder. */
  clean(): Promise<void>;
}

export function faultyHome(config: RouterConfigInput): FaultyHome {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-storage-'));
  const daemons: DaemonProcess[] = [];
  const file = (name: string): string => path.join(home, name);
  writeFileSync(file('config.jsonc'), JSON.stringify(config), { mode: 0o600 });
  return {
    path: home,
    file,
    async start({ command = '', environment = {} } = {}) {
      const wrapper = `${home}.sh`;
      writeFileSync(wrapper, `#!/bin/sh\n${command}\nexec '${process.execPath}' "$@"\n`);
      chmodSync(wrapper, 0o755);
      try {
        const daemon = await spawnDaemon({ home, node: wrapper, environment });
        daemons.push(daemon);
        return daemon;
      } finally {
        rmSync(wrapper, { force: true });
      }
    },
    async clean() {
      for (const daemon of daemons) await daemon.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Asks so often, streamed and plain by turns, eight at a time; answers how many came whole. */
export async function askMany(daemon: DaemonProcess, count: number): Promise<number> {
  let left = count;
  let whole = 0;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const call = await ask(daemon, undefined, left % 2 === 0);
      if (call.isWhole) whole += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return whole;
}

export async function ledgerOf(daemon: DaemonProcess): Promise<StatusBody['ledger']> {
  return ((await daemon.control('GET', 'status')).body as StatusBody).ledger;
}

export async function bookedRequests(daemon: DaemonProcess): Promise<number> {
  return ((await daemon.control('GET', 'totals')).body as TotalsBody).requests;
}

/** Another process that holds the file's write lock until it is killed. */
export async function lockFromOutside(file: string): Promise<ChildProcess> {
  const source = `
    const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(${JSON.stringify(file)}, { timeout: 10000 });
    database.exec('BEGIN EXCLUSIVE');
    console.log('locked');
    setInterval(() => database, 1000);`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

export function hasCommand(name: string, args: readonly string[]): boolean {
  return spawnSync(name, args, { stdio: 'ignore' }).status === 0;
}
