import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findHistories } from '../../../../daemon/audit/find-histories.ts';
import { historyPlaces } from '../../../../daemon/audit/history-places.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('places of histories', () => {
  it('[C7] lie below the home folder, for each assistant and editor', () => {
    const places = historyPlaces({ environment: {}, platform: 'linux', homedir: '/home/dev' });
    for (const place of [
      '/home/dev/.claude/projects',
      '/home/dev/.codex/sessions',
      '/home/dev/.codex/archived_sessions',
      '/home/dev/.cline/data/sessions',
      '/home/dev/.cline/data/tasks',
      '/home/dev/.config/Code/User/globalStorage/saoudrizwan.claude-dev/tasks',
      '/home/dev/.config/Cursor/User/globalStorage/rooveterinaryinc.roo-cline/tasks',
      '/home/dev/.vscode-server/data/User/globalStorage/kilocode.kilo-code/tasks',
      '/home/dev/.local/share/code-server/User/globalStorage/saoudrizwan.claude-dev/tasks',
    ]) {
      assert.ok(places.includes(place), place);
    }
  });

  it('follow the variables that move them', () => {
    const environment = {
      CLAUDE_CONFIG_DIR: '/a, /b',
      CODEX_HOME: '/c',
      CLINE_DATA_DIR: '/d',
      XDG_CONFIG_HOME: '/e',
    };
    const places = historyPlaces({ environment, platform: 'linux', homedir: '/home/dev' });
    for (const place of ['/a/projects', '/b/projects', '/c/sessions', '/d/sessions', '/d/tasks']) {
      assert.ok(places.includes(place), place);
    }
    assert.ok(places.includes('/e/Code/User/globalStorage/saoudrizwan.claude-dev/tasks'));
    assert.equal(
      places.some((place) => place.startsWith('/home/dev/.claude')),
      false,
    );
  });

  it('are those of the platform', () => {
    const mac = historyPlaces({ environment: {}, platform: 'darwin', homedir: '/Users/dev' });
    assert.ok(
      mac.includes(
        '/Users/dev/Library/Application Support/Code/User/globalStorage/saoudrizwan.claude-dev/tasks',
      ),
    );
    const windows = historyPlaces({ environment: {}, platform: 'win32', homedir: 'C:\\Users\\dev' });
    assert.ok(windows.includes('C:\\Users\\dev\\.claude\\projects'));
    assert.ok(
      windows.includes(
        'C:\\Users\\dev\\AppData\\Roaming\\Code\\User\\globalStorage\\saoudrizwan.claude-dev\\tasks',
      ),
    );
  });
});

describe('finding histories', () => {
  const folder = temporaryFolder();

  function write(name: string): void {
    const file = folder.file(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '{}\n');
  }

  async function found(places: readonly string[] = [folder.path]): Promise<readonly string[]> {
    const { files } = await findHistories(places);
    return files.map((file) => path.relative(folder.path, file.path));
  }

  it('finds what assistants call their files, at any depth, and nothing else', async () => {
    for (const name of [
      'p/s.jsonl',
      'p/s/subagents/agent-1.jsonl',
      'x/rollout-1.jsonl.zst',
      't/1/ui_messages.json',
      't/1/api_conversation_history.json',
      'c/1/1.messages.json',
      'c/1/1.json',
      'node_modules/x.jsonl',
      'notes.txt',
    ]) {
      write(name);
    }
    assert.deepEqual(await found(), [
      'c/1/1.messages.json',
      'p/s.jsonl',
      'p/s/subagents/agent-1.jsonl',
      't/1/ui_messages.json',
      'x/rollout-1.jsonl.zst',
    ]);
  });

  it('reads a thread of Codex once that lies in two places', async () => {
    write('archived_sessions/rollout-1.jsonl');
    write('sessions/2026/11/01/rollout-1.jsonl');
    assert.equal((await found()).length, 1);
  });

  it('does not follow links', async () => {
    write('in/s.jsonl');
    symlinkSync(folder.path, folder.file('in/loop'));
    symlinkSync(folder.file('in/s.jsonl'), folder.file('in/again.jsonl'));
    assert.deepEqual(await found(), ['in/s.jsonl']);
  });

  it('takes a file that was named whatever it is called, and passes over what is not there', async () => {
    write('export.txt');
    assert.deepEqual(await found([folder.file('export.txt'), folder.file('nowhere')]), ['export.txt']);
  });
});
