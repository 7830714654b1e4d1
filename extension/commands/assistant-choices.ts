// What the daemon says of assistants -> lines of a picker and sentences. Pure.

import path from 'node:path';

import type { AssistantPlan, AssistantResult, AssistantState } from '../../daemon/protocol/control-api.ts';

export interface AssistantChoice {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

/** Those of this machine first, each group in the daemon's order. */
export function connectChoices(assistants: readonly AssistantState[]): readonly AssistantChoice[] {
  return assistants.toSorted((a, b) => Number(b.isFound) - Number(a.isFound)).map(choiceOf);
}

export function disconnectChoices(assistants: readonly AssistantState[]): readonly AssistantChoice[] {
  return assistants.filter(({ state }) => state !== 'not-connected').map(choiceOf);
}

const STATES: Readonly<Record<AssistantState['state'], { readonly icon: string; readonly text: string }>> = {
  connected: { icon: 'pass-filled', text: 'connected' },
  changed: { icon: 'warning', text: 'connected, but changed since' },
  'not-connected': { icon: 'circle-large-outline', text: '' },
};

function choiceOf({ id, displayName, isFound, state, notes }: AssistantState): AssistantChoice {
  const { icon, text } = STATES[state];
  const here = isFound || state !== 'not-connected' ? text : 'not found on this machine';
  return {
    id,
    label: `$(${icon}) ${plain(displayName)}`,
    description: here,
    detail: state === 'changed' ? plain(notes[0] ?? '') : '',
  };
}

export interface ChangeDocuments {
  readonly title: string;
  readonly before: { readonly name: string; readonly text: string };
  readonly after: { readonly name: string; readonly text: string };
}

/** Both sides of each file that would be written; a file that is not there is an empty text. */
export function changeDocuments(plan: AssistantPlan): readonly ChangeDocuments[] {
  return plan.changes.map(({ path: file, before, after }) => {
    const name = fileName(file);
    const fate = before === null ? ' (new)' : after === null ? ' (removed)' : '';
    return {
      title: `${plan.displayName}: ${name}${fate}`,
      before: { name: `${plan.id}/now/${name}`, text: before ?? '' },
      after: { name: `${plan.id}/then/${name}`, text: after ?? '' },
    };
  });
}

/** Asks whether the change that is shown shall be made, and says what happens to what is there. */
export function questionText(plan: AssistantPlan, action: 'connect' | 'undo'): string {
  const files = plan.changes.map(({ path: file }) => file).join(' and ');
  const copy = plan.changes.some(({ before }) => before !== null)
    ? ' A copy of what is there now is kept.'
    : '';
  const question =
    action === 'connect'
      ? `Connect ${plan.displayName} by writing this into ${files}?`
      : `Disconnect ${plan.displayName} by putting ${files} back as shown?`;
  return `${question}${copy}`;
}

export function resultText(result: AssistantResult, action: 'connect' | 'undo'): string {
  const { displayName, changedPaths, backupPaths } = result;
  if (changedPaths.length === 0) return `${displayName}: nothing had to be changed.`;
  const done = action === 'connect' ? `${displayName} is connected.` : `${displayName} is as it was.`;
  const copies = backupPaths.length === 0 ? '' : ` A copy of what was there: ${backupPaths.join(', ')}.`;
  return `${done} Written: ${changedPaths.join(', ')}.${copies}`;
}

/**
 * The editor's `User` folder, for assistants that live in the editor; null where its files are on another machine than the
 * daemon, or in the browser.
 */
export function editorUserFolder(
  globalStorage: string,
  editor: { readonly isDesktop: boolean; readonly remoteName: string | undefined },
): string | null {
  if (editor.isDesktop && editor.remoteName !== undefined) return null;
  if (/[/\\]\.[\w-]+-server[/\\]/.test(globalStorage)) return null;
  const folder = path.dirname(path.dirname(globalStorage));
  return path.isAbsolute(globalStorage) && path.basename(path.dirname(globalStorage)) === 'globalStorage'
    ? folder
    : null;
}

/** Paths of Windows may come from a daemon there. */
function fileName(file: string): string {
  return file.split(/[/\\]/).at(-1) ?? file;
}

/** Names and sentences come from elsewhere: no icons but ours. */
function plain(text: string): string {
  return text.replaceAll('$(', '(');
}
