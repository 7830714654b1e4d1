// "Connect an assistant" and "Disconnect an assistant": shows exactly what would be written as a comparison, asks, lets
// the daemon write it, and offers the way back.

import * as vscode from 'vscode';

import type { AssistantPlan, AssistantResult, AssistantsBody } from '../../daemon/protocol/control-api.ts';
import type { DaemonConnection } from '../daemon/daemon-session.ts';
import {
  changeDocuments,
  connectChoices,
  disconnectChoices,
  questionText,
  resultText,
  type AssistantChoice,
} from './assistant-choices.ts';
import { daemonOf, say, type CommandDeps } from './command-deps.ts';

type Action = 'connect' | 'undo';

/** `argument`: the id of an assistant, from a button or link that names one. */
export async function connectAssistant(deps: CommandDeps, argument?: unknown): Promise<void> {
  const connection = await daemonOf(deps);
  const chosen = await choose(deps, connection, 'connect', argument);
  if (chosen === undefined) return;
  const plan = await planOf(deps, connection, chosen, 'connect');
  if (plan.changes.length > 0) return await carryOut(deps, connection, plan, 'connect');
  if (plan.state !== 'connected') return await showSteps(plan);
  const disconnect = 'Disconnect';
  const answer = await vscode.window.showInformationMessage(
    `${plan.displayName} is connected already.`,
    disconnect,
  );
  if (answer === disconnect) await disconnectAssistant(deps, plan.id);
}

export async function disconnectAssistant(deps: CommandDeps, argument?: unknown): Promise<void> {
  const connection = await daemonOf(deps);
  const chosen = await choose(deps, connection, 'undo', argument);
  if (chosen === undefined) return;
  const plan = await planOf(deps, connection, chosen, 'undo');
  if (plan.changes.length > 0) return await carryOut(deps, connection, plan, 'undo');
  // Files that are as before already: the note about them goes, too.
  await change(deps, connection, plan, 'undo');
  say(`Nothing of Pointsman is in the files of ${plan.displayName}.`);
}

async function choose(
  deps: CommandDeps,
  connection: DaemonConnection,
  action: Action,
  argument: unknown,
): Promise<string | undefined> {
  if (typeof argument === 'string') return argument;
  const { assistants } = (await connection.call('GET', `assistants${query(deps, {})}`)) as AssistantsBody;
  const choices = action === 'connect' ? connectChoices(assistants) : disconnectChoices(assistants);
  if (choices.length === 0) {
    say('No assistant is connected.');
    return undefined;
  }
  const items = choices.map((choice): AssistantChoice => ({ ...choice }));
  const picked = await vscode.window.showQuickPick(items, {
    title: action === 'connect' ? 'Connect an assistant' : 'Disconnect an assistant',
    placeHolder:
      action === 'connect'
        ? 'Whose requests shall go through Pointsman? You see the exact change before anything is written.'
        : 'Whose files shall be put back? You see the exact change before anything is written.',
    matchOnDescription: true,
  });
  return picked?.id;
}

async function planOf(
  deps: CommandDeps,
  connection: DaemonConnection,
  id: string,
  action: Action,
): Promise<AssistantPlan> {
  const route = `assistants/${encodeURIComponent(id)}${query(deps, { action })}`;
  return (await connection.call('GET', route)) as AssistantPlan;
}

async function carryOut(
  deps: CommandDeps,
  connection: DaemonConnection,
  plan: AssistantPlan,
  action: Action,
): Promise<void> {
  const shown = await showChanges(deps, plan);
  let result: AssistantResult;
  try {
    if (!(await agrees(deps, plan, action))) return;
    result = await change(deps, connection, plan, action);
  } finally {
    await closeTabs(shown);
  }
  const undo = 'Undo';
  const openFile = 'Open file';
  const buttons = action === 'connect' ? [undo, openFile] : [];
  const answer = await vscode.window.showInformationMessage(resultText(result, action), ...buttons);
  if (answer === undo) {
    const undone = await change(deps, connection, { id: plan.id, fingerprint: null }, 'undo');
    say(`${undone.displayName} is as it was.`);
  }
  const [file] = result.changedPaths;
  if (answer === openFile && file !== undefined) await vscode.window.showTextDocument(vscode.Uri.file(file));
}

/** Opens each changed file as a comparison; answers the texts on the right, by which the tabs are found again. */
async function showChanges(deps: CommandDeps, plan: AssistantPlan): Promise<ReadonlySet<string>> {
  const shown = new Set<string>();
  for (const { title, before, after } of changeDocuments(plan)) {
    const [left, right] = [before, after].map(({ name, text }) => deps.documents.put(name, text));
    if (left === undefined || right === undefined) continue;
    shown.add(right.toString());
    const options: vscode.TextDocumentShowOptions = { preview: false, preserveFocus: true };
    await vscode.commands.executeCommand('vscode.diff', left, right, title, options);
  }
  return shown;
}

async function closeTabs(shown: ReadonlySet<string>): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => input instanceof vscode.TabInputTextDiff && shown.has(input.modified.toString()));
  await vscode.window.tabGroups.close(tabs, true);
}

/** A message, not a dialog or a list: the change stays in full sight and can be scrolled while it waits. */
async function agrees(deps: CommandDeps, plan: AssistantPlan, action: Action): Promise<boolean> {
  const write = action === 'connect' ? 'Write' : 'Put back';
  const [notes, cancel] = ['Good to know', 'Cancel'];
  const hasNotes = action === 'connect' && plan.notes.length > 0;
  const buttons = [write, ...(hasNotes ? [notes] : []), cancel];
  for (;;) {
    const answer = await vscode.window.showInformationMessage(questionText(plan, action), ...buttons);
    if (answer !== notes) return answer === write;
    await showNotes(deps, plan);
  }
}

async function showNotes(deps: CommandDeps, plan: AssistantPlan): Promise<void> {
  const text = [`# ${plan.displayName}`, ...plan.notes.map((note) => `- ${note}`)].join('\n\n');
  const uri = deps.documents.put(`${plan.displayName}, good to know.md`, `${text}\n`);
  try {
    await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
  } catch {
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside });
  }
}

async function change(
  deps: CommandDeps,
  connection: DaemonConnection,
  { id, fingerprint }: { readonly id: string; readonly fingerprint: string | null },
  action: Action,
): Promise<AssistantResult> {
  const body = {
    ...(fingerprint === null ? {} : { fingerprint }),
    ...(deps.editorUserFolder === null ? {} : { editorUserFolder: deps.editorUserFolder }),
  };
  const method = action === 'connect' ? 'PUT' : 'DELETE';
  const result = await connection.call(method, `assistants/${encodeURIComponent(id)}`, body);
  void deps.live.refresh(); // the walkthrough waits for the first one
  return result as AssistantResult;
}

/** Where no file may be written: what to do by hand, with the commands that it takes. */
async function showSteps(plan: AssistantPlan): Promise<void> {
  const [copyEndpoint, copyToken] = ['Copy endpoint', 'Copy token'];
  const steps = plan.notes.join('\n\n');
  const options = { modal: true, detail: steps };
  const title = `${plan.displayName} is connected by hand`;
  const answer = await vscode.window.showInformationMessage(title, options, copyEndpoint, copyToken);
  if (answer === copyEndpoint) await vscode.commands.executeCommand('pointsman.copyEndpoint');
  if (answer === copyToken) await vscode.commands.executeCommand('pointsman.copyToken');
}

function query(deps: CommandDeps, parameters: Readonly<Record<string, string>>): string {
  const folder = deps.editorUserFolder;
  const all = new URLSearchParams({
    ...parameters,
    ...(folder === null ? {} : { editorUserFolder: folder }),
  });
  return all.size === 0 ? '' : `?${all.toString()}`;
}
