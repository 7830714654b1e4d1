// What another process takes: memory and descriptors, from /proc where there is one, else from `ps`.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const HAS_PROC = existsSync('/proc/self/status');

/** Most memory it ever had where /proc tells, else what it has now; MB of 1024 * 1024 bytes. */
export function peakMemoryMb(pid: number): number {
  return HAS_PROC ? procKb(pid, 'VmHWM') / 1024 : memoryMb(pid);
}

export function memoryMb(pid: number): number {
  if (HAS_PROC) return procKb(pid, 'VmRSS') / 1024;
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(stdout.trim()) / 1024;
}

/** null where nobody tells. */
export function openDescriptors(pid: number): number | null {
  return HAS_PROC ? readdirSync(`/proc/${pid}/fd`).length : null;
}

function procKb(pid: number, field: string): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'));
  return Number(line?.[1] ?? Number.NaN);
}
