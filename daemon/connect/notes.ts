// What somebody should know of an assistant's connection, as sentences: what its definition says, what the user's own
// variables override, whose keys stay, who else can read the file.

import type { AssistantState } from '../protocol/control-api.ts';
import type { FileAssessment } from './assess.ts';
import type { AssistantDefinition } from './assistant.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { Places } from './places.ts';

export interface NoteInput {
  readonly definition: AssistantDefinition;
  readonly places: Places;
  readonly files: readonly FileAssessment[];
  readonly state: AssistantState['state'];
  readonly token: string;
}

export function notesOf({ definition, places, files, state, token }: NoteInput): readonly string[] {
  const overriding = definition.overriddenBy.filter((name) => places.variable(name) !== undefined);
  return [
    ...files.flatMap(({ problem }) => problem?.message ?? []),
    ...(state === 'changed'
      ? ['What pointsman wrote there is no longer as it should be; connect again to mend it, or undo.']
      : []),
    ...overriding.map(
      (name) =>
        `${name} is set in the environment and wins over the file; unset it for ${definition.displayName}.`,
    ),
    ...files.flatMap(({ file }) => fileNotes(file.path, file.text, file.mode, places, token)),
    ...definition.notes(places),
  ];
}

function fileNotes(
  path: string,
  text: string | null,
  mode: number,
  places: Places,
  token: string,
): readonly string[] {
  if (text === null) return [];
  const withoutOurs = text.replaceAll(token, '').replaceAll(/pm_[\w-]{32,}/g, '');
  const isOpen = places.platform !== 'win32' && (mode & 0o077) !== 0;
  return [
    ...(maskSecrets(withoutOurs, []) === withoutOurs
      ? []
      : [
          `${path} holds a key of your own; it stays where it is, and pointsman neither reads nor passes it on.`,
        ]),
    ...(isOpen
      ? [
          `Other users of this machine can read ${path}, and with it the local token; run: chmod 600 '${path}'`,
        ]
      : []),
  ];
}
