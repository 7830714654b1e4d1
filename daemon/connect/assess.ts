// How things stand with one assistant: its files as they are, as they would be with our part and without it.

import { createHash } from 'node:crypto';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { RouterError } from '../errors.ts';
import { parseJsonObject, type JsonValue } from '../util/json.ts';
import {
  ENTRY_NAME,
  type AssistantDefinition,
  type ConnectTarget,
  type Edit,
  type EditContext,
  type FileFormat,
  type FileRecipe,
  type SetEdit,
} from './assistant.ts';
import { envEditor } from './env-syntax.ts';
import type { JournalEntry, JournalFile } from './journal.ts';
import { jsonEditor } from './json-edits.ts';
import type { Places } from './places.ts';
import { naming } from './refusal.ts';
import { readTarget, sha256Of, bytesOf, type TargetFile } from './target-file.ts';
import type { FormerParts, TextEditor } from './text-editor.ts';
import { tomlEditor } from './toml-syntax.ts';
import { yamlEditor } from './yaml-syntax.ts';

const EDITORS: Readonly<Record<FileFormat, TextEditor>> = {
  json: jsonEditor,
  toml: tomlEditor,
  yaml: yamlEditor,
  env: envEditor,
};

export interface FileAssessment {
  readonly file: TargetFile;
  readonly recipe: FileRecipe;
  readonly edits: readonly Edit[];
  /** With our part; null = it cannot be put in, see `problem`. */
  readonly connectedText: string | null;
  /** Why the file is left alone. */
  readonly problem: RouterError | null;
  /** What our part takes the place of; only of edits that change something. */
  readonly former: Readonly<Record<string, FormerParts>>;
  readonly holdsOurs: boolean;
}

export interface Assessment {
  readonly files: readonly FileAssessment[];
  /** Connected when a variable of the environment named another place. */
  readonly elsewhere: readonly FileAssessment[];
}

/** Throws a RouterError for what is no readable file. */
export function assessFiles(
  definition: AssistantDefinition,
  places: Places,
  target: ConnectTarget,
  journal: JournalEntry | undefined,
): Assessment {
  const recipes = definition.files(places);
  const moved = (journal?.files ?? []).flatMap(({ path: file }): readonly FileRecipe[] => {
    if (recipes.some((recipe) => recipe.path === file)) return [];
    const recipe = recipes.find((candidate) => path.basename(candidate.path) === path.basename(file));
    return recipe === undefined ? [] : [{ ...recipe, path: file }];
  });
  const assess = (recipe: FileRecipe): FileAssessment => {
    const file = readTarget(recipe.path);
    const journaled = journal?.files.find((entry) => entry.path === recipe.path);
    return assessFile(recipe, file, ownership(target, journal, journaled), target);
  };
  return { files: recipes.map(assess), elsewhere: moved.map(assess) };
}

function assessFile(
  recipe: FileRecipe,
  file: TargetFile,
  isOurs: Ownership,
  target: ConnectTarget,
): FileAssessment {
  const editor = EDITORS[recipe.format];
  const text = file.text ?? '';
  const context: EditContext = {
    ...target,
    originWithToken: `${target.origin}/k/${target.token}`,
    userValue(keyPath) {
      const value = editor.userValue(text, keyPath);
      const isNobodys = value === undefined || isOurs(value, { kind: 'set', path: keyPath, value });
      return isNobodys ? undefined : value;
    },
  };
  let edits: readonly Edit[] = [];
  let holdsOurs = false;
  try {
    edits = naming(recipe.path, () => recipe.edits(context));
    holdsOurs = naming(recipe.path, () => editor.holdsOurs(text, edits, isOurs));
    const start = file.text === null ? (recipe.startText ?? '') : text;
    const { text: connectedText, former } = naming(recipe.path, () => editor.apply(start, edits));
    const kept = Object.entries(former).map(([id, parts]) => [id, withoutOwn(parts, target)] as const);
    return { file, recipe, edits, connectedText, problem: null, former: Object.fromEntries(kept), holdsOurs };
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    return { file, recipe, edits, connectedText: null, problem: error, former: {}, holdsOurs };
  }
}

/** An address or token of ours is nothing to put back. */
function withoutOwn(parts: FormerParts, { origin, token }: ConnectTarget): FormerParts {
  const isOwn = parts.text !== null && [origin, token].some((own) => parts.text?.includes(own));
  return isOwn || OWN_TOKEN.test(parts.text ?? '') ? { ...parts, text: null } : parts;
}

/** The file with our part taken out; null = it is to be removed, as it was made for our part alone. */
export function withoutOurs(
  assessment: FileAssessment,
  target: ConnectTarget,
  journal: JournalEntry | undefined,
  journaled: JournalFile | undefined,
): string | null {
  const { file, recipe, edits, problem } = assessment;
  if (problem !== null && recipe.format === 'json') throw problem; // marks can be found in a broken text, values cannot
  const isOurs = ownership(target, journal, journaled);
  const left = naming(recipe.path, () =>
    EDITORS[recipe.format].remove(file.text ?? '', edits, journaled?.former ?? {}, isOurs),
  );
  return journaled?.beforeSha256 === null && isBlank(left, recipe) ? null : left;
}

/** Nothing but what a new file begins with, in whatever form the assistant has written it since. */
function isBlank(text: string, { format, startText = '' }: FileRecipe): boolean {
  if (['', '{}', '[]', startText.trim()].includes(text.trim())) return true;
  if (format !== 'json' || startText === '') return false;
  const [left, start] = [parseJsonObject(text), parseJsonObject(startText)];
  return left !== undefined && isDeepStrictEqual(left, start);
}

type Ownership = (value: JsonValue, edit: SetEdit) => boolean;

/** Whose a value is, where no mark can stand beside it: what we wrote by the journal, our name, token or address. */
function ownership(
  target: ConnectTarget,
  journal: JournalEntry | undefined,
  journaled: JournalFile | undefined,
): Ownership {
  const origins = [target.origin, journal?.origin].filter((origin) => origin !== undefined);
  return (value, edit) => {
    const written = journaled?.written[edit.path.join('.')];
    if (written !== undefined && isDeepStrictEqual(written, value)) return true;
    if (edit.path.at(-1) === ENTRY_NAME) return true;
    if (typeof value !== 'string') return false;
    if (TOKEN.test(value) || value.includes(target.token)) return true;
    return origins.some((origin) => value === origin || value.startsWith(`${origin}/`));
  };
}

const TOKEN = /(?:^|\/k\/)pm_[\w-]{32,}/;
const OWN_TOKEN = /\bpm_[\w-]{32,}/;

/** The same for the same files and the same change to them. */
export function fingerprintOf(
  id: string,
  changes: readonly { readonly file: TargetFile; readonly after: Buffer | null }[],
): string {
  const parts = changes.map(({ file, after }) => [
    file.path,
    file.sha256,
    after === null ? null : sha256Of(after),
  ]);
  return createHash('sha256')
    .update(JSON.stringify([id, parts]))
    .digest('hex');
}

/** null = nothing is to be changed. Throws where our part cannot be put in. */
export function connectedBytes({ file, connectedText, problem }: FileAssessment): Buffer | null {
  if (problem !== null) throw problem;
  return connectedText === null || connectedText === file.text ? null : bytesOf(file, connectedText);
}
