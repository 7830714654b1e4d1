// Which processes a test has started without holding them, and whom they talk to: what an editor's server and its
// extension start has parents of its own. Reads /proc, so it is for Linux.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Where everything here can be read. */
export const HAS_PROCESS_LIST = process.platform === 'linux';

export interface Peer {
  readonly localPort: number;
  readonly address: string;
  readonly port: number;
}

/** Processes whose command line has all of `words`; with `folder`, only those whose environment names that folder. */
export function processesWith(words: readonly string[], folder?: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
      const isMeant = words.every((word) => command.includes(word)) && !isGone(pid);
      return isMeant && (folder === undefined || read(`/proc/${pid}/environ`).includes(folder));
    })
    .map(Number);
}

/** Of the editor's server that lives in this folder: one for each window. */
export function extensionHosts(serverFolder: string): readonly number[] {
  return processesWith(['--type=extensionHost'], serverFolder);
}

/** Daemons that run for this home, with a window or without. */
export function daemonsOf(home: string): readonly number[] {
  return processesWith(['daemon.cjs', 'serve', '--home', home]);
}

/** null when it is gone. */
export function parentOf(pid: number): number | null {
  const parent = /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1];
  return parent === undefined ? null : Number(parent);
}

/** The other ends of all TCP and UDP sockets that these processes hold now; those that only listen have none. */
export function peersOf(pids: readonly number[]): readonly Peer[] {
  const held = new Set(pids.flatMap(socketsOf));
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    read(`/proc/self/net/${table}`)
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/);
        const port = portOf(remote);
        if (port === 0 || !held.has(inode)) return [];
        return [{ localPort: portOf(local), address: addressOf(remote), port }];
      }),
  );
}

export function isLoopback({ address }: Peer): boolean {
  return /^127\.|^::1$|^::ffff:127\./.test(address);
}

function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return list(folder).flatMap((name) => /^socket:\[(\d+)\]$/.exec(link(`${folder}/${name}`))?.[1] ?? []);
}

const portOf = (end: string): number => Number.parseInt(end.split(':')[1] ?? '0', 16);

/** The kernel writes words of four bytes, each back to front. */
function addressOf(end: string): string {
  const hex = end.split(':')[0] ?? '';
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16)),
  );
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255) {
    return `::ffff:${bytes.slice(12).join('.')}`;
  }
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** One that has ended and that nobody has asked about yet. */
const isGone = (pid: string): boolean => /^State:\s+Z/m.test(read(`/proc/${pid}/status`));

/** Processes end while one reads of them. */
function read(file: string): string {
  return attempt(() => readFileSync(file, 'utf8'), '');
}

const list = (folder: string): readonly string[] => attempt(() => readdirSync(folder), []);
const link = (file: string): string => attempt(() => readlinkSync(file), '');

function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
