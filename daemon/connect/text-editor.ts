// What every file format must be able to do for connecting: put our part in, say what was there before, take it out.

import type { JsonValue } from '../util/json.ts';
import type { Edit, EditPath, SetEdit } from './assistant.ts';

/** What an edit took the place of. */
export interface FormerParts {
  /** As it stood in the text; null = nothing. */
  readonly text: string | null;
  /** Groups that had to be made around it. */
  readonly madeParents: number;
}

export interface Applied {
  readonly text: string;
  /** By `editId`, of those edits that changed something. */
  readonly former: Readonly<Record<string, FormerParts>>;
}

/** All throw `TextProblem` for a text that cannot be edited safely. */
export interface TextEditor {
  userValue(text: string, path: EditPath): JsonValue | undefined;
  /** Changes nothing where the edits are in place. */
  apply(text: string, edits: readonly Edit[]): Applied;
  remove(
    text: string,
    edits: readonly Edit[],
    former: Readonly<Record<string, FormerParts>>,
    isOurs: (value: JsonValue, edit: SetEdit) => boolean,
  ): string;
  /** Whether anything of ours is in it. */
  holdsOurs(
    text: string,
    edits: readonly Edit[],
    isOurs: (value: JsonValue, edit: SetEdit) => boolean,
  ): boolean;
}

export function editId(edit: Edit): string {
  return edit.kind === 'set' ? edit.path.join('.') : `${edit.list.join('.')}[]`;
}
