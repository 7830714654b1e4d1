// Who must be cleaned up after: `editors.json` in the platform's data folder says which home and which copies each
// editor's extension uses. The editor runs `uninstall.cjs` without settings and without storage paths, so they are
// written down while both are known. Holds no secret.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { platformHome, type HomeChoice } from './home.ts';

export interface Installation {
  /** The folder that the editor keeps its extensions in: the same before and after an update. */
  readonly extensionsFolder: string;
  readonly home: string;
  /** Where the copies of the daemon are. */
  readonly copies: string;
}

export function recordPath(where: Omit<HomeChoice, 'setting'>): string {
  return join(platformHome(where), 'editors.json');
}

/** Damage and absence are the same: nothing is known. */
export function readInstallations(path: string): readonly Installation[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
  const list = (value as { readonly installations?: unknown } | null)?.installations;
  return Array.isArray(list) ? list.filter(isInstallation) : [];
}

/** Written once; throws what the file system says. */
export function rememberInstallation(path: string, installation: Installation): void {
  const known = readInstallations(path);
  if (known.some((other) => isSame(other, installation))) return;
  write(path, [...known, installation]);
}

/** Of one editor; the file goes with the last of them. */
export function forgetInstallations(path: string, extensionsFolder: string): void {
  const left = readInstallations(path).filter((other) => other.extensionsFolder !== extensionsFolder);
  if (left.length === 0) rmSync(path, { force: true });
  else write(path, left);
}

function write(path: string, installations: readonly Installation[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  writeFileSync(temporary, `${JSON.stringify({ installations }, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

function isSame(a: Installation, b: Installation): boolean {
  return a.extensionsFolder === b.extensionsFolder && a.home === b.home && a.copies === b.copies;
}

function isInstallation(value: unknown): value is Installation {
  if (typeof value !== 'object' || value === null) return false;
  const { extensionsFolder, home, copies } = value as Partial<Record<keyof Installation, unknown>>;
  return typeof extensionsFolder === 'string' && typeof home === 'string' && typeof copies === 'string';
}
