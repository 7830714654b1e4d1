// `pointsman connect`: points an assistant at the daemon by changing the assistant's own configuration, and takes it back.
// Runs with the environment of the user's shell, which may say where an assistant keeps its files.

import { homedir, platform } from 'node:os';
import { createInterface } from 'node:readline/promises';

import { createConnector, type Connector } from '../connect/connector.ts';
import { checkedEditorFolder } from '../connect/editor-folder.ts';
import { readJournal } from '../connect/journal.ts';
import { createPlaces } from '../connect/places.ts';
import { prepareHome } from '../lifecycle/home.ts';
import { readLockfile } from '../lifecycle/lockfile.ts';
import { loadTokens } from '../lifecycle/tokens.ts';
import type { AssistantPlan, AssistantState } from '../protocol/control-api.ts';
import { changeLines } from './change-lines.ts';
import { CliError, textOption, type CliContext, type Command, type OptionValues } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { alignRows } from './table.ts';

export const connectCommand: Command = {
  name: 'connect',
  synopsis: '[ASSISTANT] [--undo] [--dry-run] [--yes] [--json]',
  summary:
    'Point an assistant at the daemon, or take it back; shows the exact change first. Without a name: list them.',
  options: {
    undo: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    yes: { type: 'boolean', short: 'y' },
    json: { type: 'boolean' },
    'editor-user-folder': { type: 'string' },
  },
  optionHelp: {
    undo: 'put the files back as they were',
    'dry-run': 'show what would be changed and change nothing',
    yes: 'do not ask; nobody is asked either where there is no terminal',
    json: 'print as JSON',
    'editor-user-folder': 'the "User" folder of the editor, for assistants that live in it',
  },
  maxPositionals: 1,
  async run(context, values, [id]) {
    const home = homeOf(context, values);
    prepareHome(home);
    const folder = textOption(values, 'editor-user-folder');
    const editorUserFolder = folder === undefined ? null : checkedEditorFolder(folder);
    if (id === undefined) {
      if (values['undo'] === true) throw new CliError('--undo needs the name of an assistant', 2);
      const connector = connectorFor(context, home, lastKnownOrigin(home));
      return printList(context, values, connector.list(editorUserFolder));
    }
    const isUndo = values['undo'] === true;
    // To take something back nobody needs to run; to point somewhere, somebody has to be there.
    const origin = isUndo ? lastKnownOrigin(home, id) : (await connectToDaemon(home)).url;
    return await change(context, values, connectorFor(context, home, origin), id, editorUserFolder);
  },
};

async function change(
  context: CliContext,
  values: OptionValues,
  connector: Connector,
  id: string,
  editorUserFolder: string | null,
): Promise<number> {
  const action = values['undo'] === true ? 'undo' : 'connect';
  const plan = connector.plan(id, action, editorUserFolder);
  const isJson = values['json'] === true;
  if (values['dry-run'] === true) {
    if (isJson) context.print(JSON.stringify(plan, null, 2));
    else for (const line of planLines(plan, action)) context.print(line);
    return 0;
  }
  if (!isJson) for (const line of planLines(plan, action)) context.print(line);
  if (plan.changes.length > 0 && values['yes'] !== true && !isJson && !(await agrees(action))) {
    context.print('nothing was changed');
    return 1;
  }
  const request = { id, editorUserFolder, fingerprint: plan.fingerprint };
  const result = await (action === 'undo' ? connector.undo(request) : connector.connect(request));
  if (isJson) {
    context.print(JSON.stringify(result, null, 2));
    return 0;
  }
  for (const file of result.changedPaths) context.print(`changed ${file}`);
  for (const file of result.backupPaths) context.print(`copy of what it was: ${file}`);
  if (result.changedPaths.length > 0 && action === 'connect') {
    context.print(`take it back with: pointsman connect ${id} --undo`);
  }
  return 0;
}

/** The lines of a plan for a person. */
export function planLines(plan: AssistantPlan, action: 'connect' | 'undo'): readonly string[] {
  const { displayName, changes, notes } = plan;
  const nothing =
    action === 'undo'
      ? `${displayName}: nothing of pointsman is there`
      : plan.state === 'connected'
        ? `${displayName} is connected already`
        : `${displayName}: nothing can be written for it`;
  return [
    ...(changes.length === 0 ? [nothing] : changes.flatMap((fileChange) => [...changeLines(fileChange), ''])),
    ...(action === 'connect' ? notes.map((note) => `note: ${note}`) : []),
  ];
}

function printList(context: CliContext, values: OptionValues, assistants: readonly AssistantState[]): number {
  if (values['json'] === true) context.print(JSON.stringify({ assistants }, null, 2));
  else for (const line of listLines(assistants)) context.print(line);
  return 0;
}

export function listLines(assistants: readonly AssistantState[]): readonly string[] {
  return alignRows([
    ['assistant', 'name', 'state', 'here'],
    ...assistants.map(({ id, displayName, state, isFound }) => [
      id,
      displayName,
      state === 'not-connected' ? '-' : state,
      isFound ? 'yes' : 'not found',
    ]),
  ]);
}

/** Whoever runs this from a script has decided already. */
async function agrees(action: 'connect' | 'undo'): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return true;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const question = action === 'undo' ? 'Put this back? [y/N] ' : 'Write this? [y/N] ';
    return /^y(es)?$/i.test((await prompt.question(question)).trim());
  } finally {
    prompt.close();
  }
}

function connectorFor(context: CliContext, home: string, origin: string): Connector {
  const { environment } = context;
  return createConnector({
    home,
    places: (editorUserFolder) =>
      createPlaces({ environment, platform: platform(), homedir: homedir(), editorUserFolder }),
    target: () => ({ origin, token: loadTokens(home).client }),
    now: () => Date.now(),
  });
}

/** Where the daemon is or was: what was written earlier is known by it. */
function lastKnownOrigin(home: string, id?: string): string {
  const journal = readJournal(home);
  const entry = id === undefined ? [...journal.values()].at(-1) : journal.get(id);
  return readLockfile(home)?.url ?? entry?.origin ?? 'http://127.0.0.1:7411';
}
