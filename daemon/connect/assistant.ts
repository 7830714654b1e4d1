// What connecting an assistant means, as data: which files of its own configuration get which values. One small file per
// assistant in assistants/; everything that reads, writes, backs up and undoes is shared.

import type { JsonValue } from '../util/json.ts';
import type { Places } from './places.ts';

/** `env`: lines of NAME=value. JSON may carry comments, as most assistants allow it. */
export type FileFormat = 'json' | 'toml' | 'yaml' | 'env';

export type EditPath = readonly (string | number)[];

/**
 * Gives one key a value. In TOML a path of two with an object is a table; in YAML and `env` the path is one key and the
 * value text.
 */
export interface SetEdit {
  readonly kind: 'set';
  readonly path: EditPath;
  readonly value: JsonValue;
  /** Written only where nothing stands yet, and gone with the group that it stands in: it means nothing by itself. */
  readonly isCompanion?: true;
}

/** Puts one item with our name into a list, in front of the others. In YAML the list is a key at the top. */
export interface ItemEdit {
  readonly kind: 'item';
  readonly list: EditPath;
  readonly item: NamedItem;
}

export interface NamedItem {
  readonly [key: string]: JsonValue;
}

export type Edit = SetEdit | ItemEdit;

/** By this name our entries in an assistant's lists and tables are known. */
export const ENTRY_NAME = 'pointsman';
export const ENTRY_TITLE = 'Pointsman';

/** What assistants are pointed at. Nothing else of ours is ever written into their files. */
export interface ConnectTarget {
  /** `http://127.0.0.1:7411` */
  readonly origin: string;
  /** The client token. */
  readonly token: string;
}

export interface EditContext extends ConnectTarget {
  /** The address for clients whose key slot holds a key of the user: it carries the token itself. */
  readonly originWithToken: string;
  /** What the user has there; undefined = nothing, or only what we wrote. */
  userValue(path: EditPath): JsonValue | undefined;
}

export interface FileRecipe {
  /** Absolute. */
  readonly path: string;
  readonly format: FileFormat;
  /** What a file that does not exist yet begins with; `{}` or nothing by default. */
  readonly startText?: string;
  edits(context: EditContext): readonly Edit[];
}

export interface AssistantDefinition {
  readonly id: string;
  readonly displayName: string;
  /** Names under which it is started. */
  readonly programs: readonly string[];
  /** Files or folders that are there where it is, or was, in use. */
  traces(places: Places): readonly string[];
  /** Empty = it keeps its settings where no other program should write; the notes say what to do by hand. */
  files(places: Places): readonly FileRecipe[];
  /** Sentences; `url` and `token` are to be named by what shows them, never by value. */
  notes(places: Places): readonly string[];
  /** Variables of the user's own environment that win over the files, and what then happens. */
  readonly overriddenBy: readonly string[];
}

/** The key that is written where the user has none; where there is one, it stays and the address carries the token. */
export function withOwnKey(
  context: EditContext,
  keyPath: EditPath,
): { readonly origin: string; readonly key: readonly SetEdit[] } {
  const own = context.userValue(keyPath);
  if (own !== undefined && own !== '') return { origin: context.originWithToken, key: [] };
  return { origin: context.origin, key: [{ kind: 'set', path: keyPath, value: context.token }] };
}

export function set(path: EditPath, value: JsonValue): SetEdit {
  return { kind: 'set', path, value };
}

export function companion(path: EditPath, value: JsonValue): SetEdit {
  return { kind: 'set', path, value, isCompanion: true };
}
