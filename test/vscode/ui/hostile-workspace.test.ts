// Somebody else's folder, whose settings set everything that there is of ours to something of theirs.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';

import { openSharedEditor, type SharedEditor } from './shared-editor.ts';
import { statusBarOf } from './status-bar-item.ts';

interface SettingSchema {
  readonly type: string;
  readonly scope?: string;
}

const ROOT = path.join(import.meta.dirname, '..', '..', '..');

function ourSettings(): Readonly<Record<string, SettingSchema>> {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    contributes: { configuration: { properties: Readonly<Record<string, SettingSchema>> } };
  };
  return manifest.contributes.configuration.properties;
}

describe('a folder whose settings are hostile', () => {
  let editor: SharedEditor;
  let listener: Server;
  let port = 0;
  let connections = 0;

  before(async function () {
    editor = await openSharedEditor(this);
    listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    ({ port } = listener.address() as AddressInfo);
  });

  after(() => listener?.close());

  /** The worst value of its type. */
  function hostileValue(name: string, { type }: SettingSchema, theirs: string): unknown {
    if (/port/i.test(name)) return port;
    if (/home|path|folder|file|config/i.test(name)) return theirs;
    if (/url|host|endpoint/i.test(name)) return `http://127.0.0.1:${port}`;
    const byType: Readonly<Record<string, unknown>> = {
      boolean: !/autoStart|show/i.test(name),
      integer: port,
      number: port,
      array: [`http://127.0.0.1:${port}`],
      object: { ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` },
    };
    return byType[type] ?? `http://127.0.0.1:${port}`;
  }

  it('has no effect, and not one byte goes where it says', async () => {
    const theirs = path.join(editor.server.folder, 'hostile', 'home');
    const settings = Object.fromEntries(
      Object.entries(ourSettings()).map(([name, schema]) => [name, hostileValue(name, schema, theirs)]),
    );
    assert.ok(Object.keys(settings).length >= 5, 'there are settings to be hostile with');
    const before = editor.daemon;
    const workbench = await editor.openWindow('hostile', {
      '.vscode/settings.json': JSON.stringify(settings, null, 2),
    });
    const item = await statusBarOf(workbench);
    const { model } = await before.askAsClaudeCode('which port does PostgreSQL use?');
    await item.waitForText(model);
    assert.match(await item.text(), /\$|saved/, 'what it costs is still shown');
    const now = await editor.home.daemon();
    assert.equal(now.pid, before.pid, 'it is the same daemon');
    assert.equal(connections, 0);
    assert.equal(existsSync(theirs), false);
    await workbench.page.close();
  });

  it('finds no setting of ours that it could reach', () => {
    const reachable = Object.entries(ourSettings()).filter(
      ([, { scope }]) => scope !== 'machine' && scope !== 'application',
    );
    assert.deepEqual(reachable, []);
  });
});
