// The commands of the contract in a real extension host, with the daemon that the installed extension has started. Where
// a command asks, the line that has the focus is taken.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

import type { StatusBody } from '../../../daemon/protocol/control-api.ts';

const COMMANDS = [
  'overrideNextRequest',
  'overrideConversation',
  'clearOverride',
  'setProfile',
  'openDashboard',
  'explainLastRequest',
  'resendLastWithModel',
  'connectAssistant',
  'disconnectAssistant',
  'setProviderKey',
  'setBudget',
  'startDaemon',
  'restartDaemon',
  'stopDaemon',
  'showLog',
  'copyEndpoint',
  'copyToken',
  'runDoctor',
];

describe('the commands', function () {
  this.timeout(60_000);
  before(async () => {
    await vscode.extensions.getExtension('pointsman.pointsman')?.activate();
    await until('the daemon did not become ready', async () => (await status()) !== null);
  });
  afterEach(async () => {
    await run('workbench.action.closeAllEditors');
  });

  it('[C1] of the contract are all there', async () => {
    const known = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      COMMANDS.filter((name) => !known.has(`pointsman.${name}`)),
      [],
    );
  });

  it('copy the token, and the address that an assistant is given', async () => {
    await run('pointsman.copyToken');
    assert.equal(await vscode.env.clipboard.readText(), readHome('token'));
    await runAndTakeFocusedLine('pointsman.copyEndpoint');
    assert.equal(await vscode.env.clipboard.readText(), `${url()}/v1`);
  });

  it('[A23] route exactly the next request to the chosen model', async () => {
    const usual = await ask();
    const other = usual === 'sim-large' ? 'sim-medium' : 'sim-large';
    await run('pointsman.overrideNextRequest', other);
    assert.equal((await status())?.override?.model, other);
    assert.equal(await ask(), other);
    assert.equal((await status())?.override, null);
    assert.equal(await ask(), usual);
  });

  it('[A23] take a chosen model back', async () => {
    await run('pointsman.overrideNextRequest', 'sim-large');
    await run('pointsman.clearOverride');
    assert.equal((await status())?.override, null);
  });

  it('come to an end when the daemon refuses, without waiting for somebody to read why', async () => {
    await run('pointsman.overrideNextRequest', 'no-such-model');
    assert.equal((await status())?.override, null);
    await run('notifications.clearAll');
  });

  it('[A20] set the profile', async () => {
    await runAndTakeFocusedLine('pointsman.setProfile');
    await until('the profile did not change', async () => (await status())?.profile === 'budget');
    await call('PUT', 'profile', { profile: 'balanced' });
  });

  it('open the dashboard, and the last request in it', async () => {
    await run('pointsman.openDashboard');
    await until('no dashboard was opened', () =>
      openWebviews().some((type) => /pointsman\.dashboard/.test(type)),
    );
    await ask();
    await run('pointsman.explainLastRequest');
    assert.equal(openWebviews().filter((type) => /pointsman\.dashboard/.test(type)).length, 1);
  });

  it('show what the doctor found', async () => {
    await run('pointsman.runDoctor');
    await until('no report was opened', () => tabs().some(({ label }) => /Pointsman doctor/.test(label)));
  });

  it('send the last request again, and show both answers side by side', async () => {
    await ask();
    await runAndTakeFocusedLine('pointsman.resendLastWithModel');
    await until('no comparison was opened', () =>
      tabs().some(
        ({ input }) => input instanceof vscode.TabInputTextDiff && input.original.scheme === 'pointsman',
      ),
    );
  });

  it('stop the daemon, and start another one', async () => {
    const before = (await status())?.pid;
    await run('pointsman.stopDaemon');
    await until('the daemon did not stop', async () => (await status()) === null);
    await run('pointsman.startDaemon');
    const after = (await status())?.pid;
    assert.ok(after !== undefined && after !== before);
  });
});

async function run(command: string, ...args: readonly unknown[]): Promise<unknown> {
  return await vscode.commands.executeCommand(command, ...args);
}

/** Runs a command that asks, and takes the line with the focus. Taking one while there is no list does nothing. */
async function runAndTakeFocusedLine(command: string): Promise<void> {
  let isOver = false;
  const running = run(command).finally(() => (isOver = true));
  await until(`${command} did not come to an end`, async () => {
    await run('workbench.action.acceptSelectedQuickOpenItem');
    return isOver;
  });
  await running;
}

function tabs(): readonly vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs);
}

function openWebviews(): readonly string[] {
  return tabs().flatMap(({ input }) => (input instanceof vscode.TabInputWebview ? [input.viewType] : []));
}

/** The model that answered one request, sent as Claude Code sends it. */
async function ask(): Promise<string> {
  const response = await fetch(`${url()}/v1/messages?beta=true`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${readHome('token')}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'user-agent': 'claude-cli/2.1.0 (external, cli)',
      'x-claude-code-session-id': crypto.randomUUID(),
    },
    body: JSON.stringify({
      model: 'claude-auto',
      max_tokens: 1000,
      // Without tools it would look like a title, which no override is for.
      tools: [
        { name: 'Bash', description: 'Runs a command.', input_schema: { type: 'object', properties: {} } },
      ],
      messages: [{ role: 'user', content: 'what is the default port of PostgreSQL?' }],
    }),
  });
  assert.equal(response.status, 200, await response.text());
  return response.headers.get('x-pointsman-model') ?? '';
}

/** null while no daemon answers. */
async function status(): Promise<StatusBody | null> {
  try {
    return (await call('GET', 'status')) as StatusBody;
  } catch {
    return null;
  }
}

async function call(method: string, route: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${url()}/pointsman/v1/${route}`, {
    method,
    headers: { authorization: `Bearer ${readHome('admin-token')}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return await response.json();
}

const url = (): string => (JSON.parse(readHome('daemon.json')) as { url: string }).url;

function readHome(file: string): string {
  return readFileSync(path.join(process.env['POINTSMAN_HOME'] ?? '', file), 'utf8').trim();
}

async function until(problem: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (!(await isTrue())) {
    if (Date.now() > endMs) throw new Error(problem);
    await pause(50);
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
