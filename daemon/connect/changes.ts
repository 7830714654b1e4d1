// What connecting or undoing would make of each file, and what has to be noted so that it can be undone.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { JsonValue } from '../util/json.ts';
import { connectedBytes, withoutOurs, type FileAssessment } from './assess.ts';
import type { AssistantDefinition, ConnectTarget } from './assistant.ts';
import { backupSuffix } from './backups.ts';
import type { Journal, JournalEntry, JournalFile } from './journal.ts';
import type { Places } from './places.ts';
import { bytesOf, missingFolders, sha256Of, type TargetFile } from './target-file.ts';
import { editId } from './text-editor.ts';

export type ConnectAction = 'connect' | 'undo';

/** A file and what it is to become. */
export interface Change {
  readonly file: TargetFile;
  /** null = it is removed. */
  readonly after: Buffer | null;
  readonly madeFolders: readonly string[];
}

export interface Scene {
  readonly definition: AssistantDefinition;
  readonly places: Places;
  readonly target: ConnectTarget;
  readonly journal: Journal;
  readonly entry: JournalEntry | undefined;
  readonly files: readonly FileAssessment[];
  readonly elsewhere: readonly FileAssessment[];
}

/** Throws a RouterError where a file is to be left alone. */
export function changesOf(scene: Scene, action: ConnectAction): readonly Change[] {
  if (action === 'undo')
    return [...scene.files, ...scene.elsewhere].flatMap((file) => undoOf(file, scene) ?? []);
  return scene.files.flatMap((assessment): readonly Change[] => {
    const after = connectedBytes(assessment);
    return after === null ? [] : [{ file: assessment.file, after, madeFolders: [] }];
  });
}

/** null = nothing of ours is in it. */
function undoOf(assessment: FileAssessment, { entry, target }: Scene): Change | null {
  const { file } = assessment;
  const journaled = entry?.files.find((noted) => noted.path === file.path);
  if (file.text === null || (journaled === undefined && !assessment.holdsOurs)) return null;
  const exact = exactChange(file, journaled);
  if (exact !== undefined) return exact;
  const left = withoutOurs(assessment, target, entry, journaled);
  if (left === file.text) return null;
  const madeFolders = journaled?.madeFolders ?? [];
  return { file, after: left === null ? null : bytesOf(file, left), madeFolders };
}

/** The bytes from before; null = they are there already; undefined = others have written since, or the copy is gone. */
function exactChange(file: TargetFile, journaled: JournalFile | undefined): Change | null | undefined {
  if (journaled === undefined) return undefined;
  if (file.sha256 === journaled.beforeSha256) return null;
  if (!journaled.isExact || file.sha256 !== journaled.afterSha256) return undefined;
  if (journaled.beforeSha256 === null) return { file, after: null, madeFolders: journaled.madeFolders };
  try {
    const copy = readFileSync(journaled.backupPath ?? '');
    if (sha256Of(copy) === journaled.beforeSha256) return { file, after: copy, madeFolders: [] };
  } catch {
    // The copy is gone: our part is taken out of the file as it is.
  }
  return undefined;
}

/** What an undo will need. Of a file that is connected already the copy from before the first change stays the one. */
export function entryAfter(
  { files, entry, target }: Scene,
  changes: readonly Change[],
  backupPaths: readonly string[],
): JournalEntry {
  const kept = (entry?.files ?? []).filter(
    (journaled) => !changes.some(({ file }) => file.path === journaled.path),
  );
  const noted = changes.map(({ file, after }): JournalFile => {
    const assessment = files.find((candidate) => candidate.file === file);
    const old = entry?.files.find((journaled) => journaled.path === file.path);
    const isUntouched = old?.isExact === true && old.afterSha256 === file.sha256;
    const ids = new Set(Object.keys(assessment?.former ?? {}));
    const written = (assessment?.edits ?? []).flatMap((edit): readonly (readonly [string, JsonValue])[] => {
      const id = editId(edit);
      const isOurs = ids.has(id) || old?.written[id] !== undefined;
      return edit.kind === 'set' && isOurs ? [[id, edit.value]] : [];
    });
    const ownBackup = backupPaths.find((candidate) => candidate.endsWith(backupSuffix(file))) ?? null;
    const isFirst = old === undefined;
    return {
      path: file.path,
      beforeSha256: isFirst ? file.sha256 : old.beforeSha256,
      afterSha256: after === null ? '' : sha256Of(after),
      backupPath: isFirst ? ownBackup : old.backupPath,
      isExact: isFirst ? assessment?.holdsOurs !== true : isUntouched,
      madeFolders: old?.madeFolders ?? missingFolders(file),
      former: { ...assessment?.former, ...old?.former },
      written: Object.fromEntries(written),
    };
  });
  return { origin: target.origin, files: [...kept, ...noted] };
}

/** Folders that were made for one assistant and are in use by another one now go over to that one. */
export function withLeftFolders(journal: Journal, folders: readonly string[]): Journal {
  return new Map(
    [...journal].map(([id, entry]) => {
      const files = entry.files.map((file) => {
        const around = folders.filter((folder) => file.path.startsWith(`${folder}${path.sep}`));
        const own = file.madeFolders.filter((folder) => !around.includes(folder));
        return around.length === 0 ? file : { ...file, madeFolders: [...around, ...own] };
      });
      return [id, { ...entry, files }];
    }),
  );
}
