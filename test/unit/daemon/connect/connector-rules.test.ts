import assert from 'node:assert/strict';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { AssistantState } from '../../../../daemon/protocol/control-api.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createRig, type Rig } from './connect-rig.ts';
import { ORIGIN, TOKEN } from './sample-homes.ts';

const SETTINGS = '.claude/settings.json';

describe('what connecting keeps to', () => {
  const folder = temporaryFolder();
  let rig: Rig;
  beforeEach(() => {
    rig = createRig(folder.path);
  });

  function stateOf(id: string, environment: Readonly<Record<string, string>> = {}): AssistantState {
    const listed = rig.connectorWith({ environment }).list(rig.editorUserFolder);
    const found = listed.find((assistant) => assistant.id === id);
    assert.ok(found !== undefined);
    return found;
  }

  it('shows what it will write with every secret masked, the user’s own too', () => {
    rig.write(
      SETTINGS,
      '{\n  "env": { "OTHER_API_KEY": "sk-of-the-user-1234567890", "MAX_TOKENS": "4096" }\n}\n',
    );
    const { changes } = rig.connector.plan('claude-code', 'connect', null);
    const [change] = changes;
    assert.equal(change?.path, rig.at(SETTINGS));
    const shown = JSON.stringify(changes);
    for (const secret of [TOKEN, 'sk-of-the-user']) assert.ok(!shown.includes(secret), shown);
    assert.ok(change?.after?.includes(`"ANTHROPIC_BASE_URL": "${ORIGIN}"`));
    assert.ok(change.after?.includes('"ANTHROPIC_AUTH_TOKEN": "…"'));
    assert.ok(change.before?.includes('"MAX_TOKENS": "4096"'));
  });

  it('refuses when a file has changed since it was shown', async () => {
    rig.write(SETTINGS, '{}');
    const { fingerprint } = rig.connector.plan('claude-code', 'connect', null);
    rig.write(SETTINGS, '{ "model": "opus" }');
    const request = { id: 'claude-code', editorUserFolder: null, fingerprint };
    await assert.rejects(rig.connector.connect(request), /not as they were when the change was shown/);
    assert.equal(rig.read(SETTINGS), '{ "model": "opus" }');
  });

  it('refuses when what would be written is not what was shown', async () => {
    const { fingerprint } = rig.connector.plan('claude-code', 'connect', null);
    const other = rig.connectorWith({ origin: 'http://127.0.0.1:9999' });
    const request = { id: 'claude-code', editorUserFolder: null, fingerprint };
    await assert.rejects(other.connect(request), /look at it again/);
  });

  it('writes once when two windows connect at the same time', async () => {
    rig.write(SETTINGS, '{}');
    const { fingerprint } = rig.connector.plan('claude-code', 'connect', null);
    const request = { id: 'claude-code', editorUserFolder: null, fingerprint };
    const windows = [rig.connector, rig.connectorWith({})];
    const ends = await Promise.allSettled(windows.map((window) => window.connect(request)));
    assert.deepEqual(ends.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    await rig.undo('claude-code');
    assert.equal(rig.read(SETTINGS), '{}');
  });

  it('takes over the lock of a process that has died', async () => {
    const lock = path.join(rig.home, 'connect.lock');
    writeFileSync(lock, '1');
    utimesSync(lock, new Date(0), new Date(0));
    await rig.connect('claude-code');
    assert.ok(!readdirSync(rig.home).includes('connect.lock'));
  });

  it('says that somebody changed our part, and mends it when connected again', async () => {
    rig.write(SETTINGS, '{}');
    await rig.connect('claude-code');
    rig.write(SETTINGS, rig.read(SETTINGS).replace(ORIGIN, 'https://elsewhere.example'));
    assert.equal(stateOf('claude-code').state, 'changed');
    await rig.connect('claude-code');
    assert.equal(stateOf('claude-code').state, 'connected');
  });

  it('keeps what the user wrote between two changes of ours', async () => {
    rig.write(SETTINGS, '{\n  "model": "opus"\n}\n');
    await rig.connect('claude-code');
    rig.write(SETTINGS, rig.read(SETTINGS).replace('"opus"', '"sonnet"'));
    await rig.connect('claude-code', rig.connectorWith({ origin: 'http://127.0.0.1:8002' }));
    await rig.undo('claude-code');
    assert.equal(rig.read(SETTINGS), '{\n  "model": "sonnet"\n}\n');
  });

  it('leaves a value that the user has put in the place of ours', async () => {
    rig.write(SETTINGS, '{\n  "env": {}\n}\n');
    await rig.connect('claude-code');
    rig.write(SETTINGS, rig.read(SETTINGS).replace(ORIGIN, 'https://elsewhere.example'));
    await rig.undo('claude-code');
    assert.equal(
      rig.read(SETTINGS),
      '{\n  "env": {\n    "ANTHROPIC_BASE_URL": "https://elsewhere.example"\n  }\n}\n',
    );
  });

  it('can be undone when the user has since written the same key outside of our marks', async () => {
    rig.write('.codex/config.toml', 'model_provider = "azure"\n');
    await rig.connect('codex');
    rig.write('.codex/config.toml', `model_provider = "mine"\n${rig.read('.codex/config.toml')}`);
    await assert.rejects(rig.connect('codex'), /line 8: "model_provider" is given twice/);
    await rig.undo('codex');
    assert.equal(rig.read('.codex/config.toml'), 'model_provider = "mine"\nmodel_provider = "azure"\n');
  });

  it('undoes where it wrote although a variable names another folder by now', async () => {
    rig.write(SETTINGS, '{}');
    await rig.connect('claude-code');
    const moved = rig.connectorWith({ environment: { CLAUDE_CONFIG_DIR: rig.at('elsewhere') } });
    await rig.undo('claude-code', moved);
    assert.equal(rig.read(SETTINGS), '{}');
  });

  it('does not follow a variable that names no absolute place', () => {
    const options = { environment: { CODEX_HOME: 'relative/codex' } };
    const [change] = rig.connectorWith(options).plan('codex', 'connect', null).changes;
    assert.equal(change?.path, rig.at('.codex/config.toml'));
  });

  it('says which variables of the shell win over the file', () => {
    const { notes } = stateOf('qwen', { OPENAI_BASE_URL: 'https://other.example' });
    assert.ok(notes.some((note) => note.startsWith('OPENAI_BASE_URL is set in the environment and wins')));
    assert.ok(!stateOf('qwen').notes.some((note) => note.includes('is set in the environment')));
  });

  it('says that the user’s own key stays, and that others can read the file', () => {
    rig.write(SETTINGS, '{"env":{"ANTHROPIC_API_KEY":"sk-ant-of-the-user-1234567890"}}', 0o644);
    const { notes } = stateOf('claude-code');
    assert.ok(notes.some((note) => note.includes('holds a key of your own; it stays where it is')));
    assert.ok(notes.some((note) => note.includes(`chmod 600 '${rig.at(SETTINGS)}'`)));
  });

  it('edits the file that wins where an assistant reads several', () => {
    const fileOf = (id: string): string | undefined =>
      rig.connector.plan(id, 'connect', null).changes[0]?.path;
    rig.write('.config/opencode/config.json', '{}');
    assert.equal(fileOf('opencode'), rig.at('.config/opencode/config.json'));
    for (const name of ['opencode.json', 'opencode.jsonc']) {
      rig.write(`.config/opencode/${name}`, '{}');
      assert.equal(fileOf('opencode'), rig.at(`.config/opencode/${name}`));
    }
    for (const name of ['kilo.json', 'kilo.jsonc', 'opencode.json']) {
      rig.write(`.config/kilo/${name}`, '{}');
      assert.equal(fileOf('kilo'), rig.at(`.config/kilo/${name}`));
    }
  });

  it('finds an assistant by its program or by its files', () => {
    assert.equal(stateOf('codex').isFound, false);
    rig.write('bin/codex', '');
    assert.equal(stateOf('codex').isFound, true);
    rig.write('.aider.conf.yml', '');
    assert.equal(stateOf('aider').isFound, true);
  });

  it('tells what to do by hand where no file may be written', async () => {
    assert.deepEqual(rig.connector.plan('roo', 'connect', null).changes, []);
    await assert.rejects(rig.connect('roo'), /Roo Code cannot be connected from here: .*"OpenAI Compatible"/);
  });

  it('connects Copilot Chat only where the editor has named its folder', () => {
    assert.deepEqual(rig.connector.plan('copilot', 'connect', null).changes, []);
    const [change] = rig.connector.plan('copilot', 'connect', rig.editorUserFolder).changes;
    assert.equal(change?.path, path.join(rig.editorUserFolder, 'chatLanguageModels.json'));
  });

  it('names the assistant that was probably meant by an unknown one', () => {
    assert.throws(() => rig.connector.plan('claude', 'connect', null), /no assistant "claude".*claude-code/);
  });

  it('undoes nothing where nothing was connected', async () => {
    rig.write(SETTINGS, '{ "model": "opus" }');
    const before = rig.snapshot();
    assert.deepEqual((await rig.undo('claude-code')).changedPaths, []);
    assert.deepEqual(rig.snapshot(), before);
  });

  it('keeps the ten newest copies, and those that an undo needs', async () => {
    const before = '{ "env" : { } }';
    rig.write(SETTINGS, before);
    await rig.connect('claude-code');
    for (let port = 8001; port <= 8014; port += 1) {
      await rig.connect('claude-code', rig.connectorWith({ origin: `http://127.0.0.1:${port}` }));
    }
    const copies = readdirSync(path.join(rig.home, 'connect-backups', 'claude-code'));
    assert.ok(copies.length <= 11, String(copies.length));
    await rig.undo('claude-code');
    assert.equal(rig.read(SETTINGS), before);
  });
});
