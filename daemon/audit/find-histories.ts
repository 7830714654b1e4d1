// The files that hold histories below some folders, with what each is by its name. Walks without following links, so
// that no loop and no other place is read.

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

export type HistoryForm = 'lines' | 'task' | 'session';

export interface HistoryFile {
  readonly path: string;
  readonly form: HistoryForm;
  readonly bytes: number;
  readonly changedAtMs: number;
}

export interface FoundHistories {
  /** In the order of their paths, in which the file of a forked thread comes after that of its origin. */
  readonly files: readonly HistoryFile[];
  /** Folders and files that could not be looked at. */
  readonly unreadable: readonly string[];
}

const MAX_DEPTH = 16;
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules', '.git']);

/** `places` that are not there are passed over; `isAborted` ends the walk early. */
export async function findHistories(
  places: readonly string[],
  isAborted: () => boolean = () => false,
): Promise<FoundHistories> {
  const files = new Map<string, HistoryFile>();
  const unreadable: string[] = [];
  const add = async (file: string, form: HistoryForm): Promise<void> => {
    const stats = await stat(file);
    if (!stats.isFile()) return;
    files.set(identityOf(file), { path: file, form, bytes: stats.size, changedAtMs: stats.mtimeMs });
  };
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (isAborted()) return;
      const inner = path.join(folder, entry.name);
      try {
        if (entry.isDirectory() && depth < MAX_DEPTH && !SKIPPED_FOLDERS.has(entry.name)) {
          await walk(inner, depth + 1);
        } else if (entry.isFile()) {
          const form = formOf(entry.name);
          if (form !== null) await add(inner, form);
        }
      } catch {
        unreadable.push(inner);
      }
    }
  };
  for (const place of places) {
    try {
      const stats = await stat(place);
      if (stats.isDirectory()) await walk(place, 0);
      else await add(place, formOf(path.basename(place)) ?? 'lines');
    } catch (error) {
      if (!isAbsent(error)) unreadable.push(place);
    }
  }
  const found = [...files.values()];
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files: found, unreadable };
}

/** Codex moves a thread's file when it is archived; caught in between it is in both places, under the same name. */
function identityOf(file: string): string {
  const name = path.basename(file);
  return name.startsWith('rollout-') ? name.replace(/\.zst$/, '') : path.resolve(file);
}

function formOf(name: string): HistoryForm | null {
  if (name === 'ui_messages.json') return 'task';
  if (name.endsWith('.messages.json')) return 'session';
  return name.endsWith('.jsonl') || name.endsWith('.jsonl.zst') ? 'lines' : null;
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
