import assert from 'node:assert/strict';

import type { AssistantPlan, AssistantState } from '../../../../daemon/protocol/control-api.ts';
import {
  changeDocuments,
  connectChoices,
  disconnectChoices,
  editorUserFolder,
  questionText,
  resultText,
} from '../../../../extension/commands/assistant-choices.ts';

function assistant(id: string, changes: Partial<AssistantState> = {}): AssistantState {
  return { id, displayName: `The ${id}`, isFound: true, state: 'not-connected', notes: [], ...changes };
}

const LOCAL = { isDesktop: true, remoteName: undefined };

describe('assistants as the editor offers them', () => {
  it('[A1] stand with those of this machine first, and say how they are', () => {
    const choices = connectChoices([
      assistant('gone', { isFound: false }),
      assistant('on', { state: 'connected' }),
      assistant('odd', { state: 'changed', notes: ['Look $(at) it.'] }),
      assistant('off'),
    ]);
    assert.deepEqual(
      choices.map(({ id, label, description, detail }) => [id, label, description, detail]),
      [
        ['on', '$(pass-filled) The on', 'connected', ''],
        ['odd', '$(warning) The odd', 'connected, but changed since', 'Look (at) it.'],
        ['off', '$(circle-large-outline) The off', '', ''],
        ['gone', '$(circle-large-outline) The gone', 'not found on this machine', ''],
      ],
    );
  });

  it('can be disconnected where something was written, also when it was changed since', () => {
    const all = [
      assistant('on', { state: 'connected' }),
      assistant('odd', { state: 'changed' }),
      assistant('off'),
    ];
    assert.deepEqual(
      disconnectChoices(all).map(({ id }) => id),
      ['on', 'odd'],
    );
  });

  it('show each file as it is and as it would be, with the ending that colours it', () => {
    const plan: AssistantPlan = {
      ...assistant('codex'),
      fingerprint: 'f',
      changes: [
        { path: '/home/u/.codex/config.toml', before: 'a', after: 'b' },
        { path: 'C:\\Users\\u\\new.json', before: null, after: '{}' },
        { path: '/x/old.json', before: '{}', after: null },
      ],
    };
    assert.deepEqual(
      changeDocuments(plan).map(({ title, before, after }) => [title, before, after]),
      [
        [
          'The codex: config.toml',
          { name: 'codex/now/config.toml', text: 'a' },
          { name: 'codex/then/config.toml', text: 'b' },
        ],
        [
          'The codex: new.json (new)',
          { name: 'codex/now/new.json', text: '' },
          { name: 'codex/then/new.json', text: '{}' },
        ],
        [
          'The codex: old.json (removed)',
          { name: 'codex/now/old.json', text: '{}' },
          { name: 'codex/then/old.json', text: '' },
        ],
      ],
    );
  });

  it('are asked about with the whole paths, and with the copy where there is something to copy', () => {
    const changes = [{ path: '/home/u/.codex/config.toml', before: 'a', after: 'b' }];
    const plan: AssistantPlan = { ...assistant('codex'), fingerprint: 'f', changes };
    assert.equal(
      questionText(plan, 'connect'),
      'Connect The codex by writing this into /home/u/.codex/config.toml? A copy of what is there now is kept.',
    );
    const fresh = [
      { path: '/a', before: null, after: 'b' },
      { path: '/b', before: null, after: 'b' },
    ];
    assert.equal(
      questionText({ ...plan, changes: fresh }, 'connect'),
      'Connect The codex by writing this into /a and /b?',
    );
    assert.match(
      questionText(plan, 'undo'),
      /^Disconnect The codex by putting \/home.* back as shown\? A copy/,
    );
  });

  it('say what was written and where the copy is', () => {
    const result = { ...assistant('codex'), changedPaths: ['/c'], backupPaths: ['/b'] };
    assert.equal(
      resultText(result, 'connect'),
      'The codex is connected. Written: /c. A copy of what was there: /b.',
    );
    assert.equal(resultText({ ...result, backupPaths: [] }, 'undo'), 'The codex is as it was. Written: /c.');
    assert.equal(
      resultText({ ...result, changedPaths: [] }, 'connect'),
      'The codex: nothing had to be changed.',
    );
  });
});

describe('the editor’s User folder', () => {
  const CASES: readonly (readonly [
    storage: string,
    editor: typeof LOCAL | { isDesktop: boolean; remoteName: string | undefined },
    folder: string | null,
  ])[] = [
    ['/home/u/.config/Code/User/globalStorage/pointsman.pointsman', LOCAL, '/home/u/.config/Code/User'],
    [
      '/home/u/.config/Code/User/profiles/-1a/globalStorage/pointsman.pointsman',
      LOCAL,
      '/home/u/.config/Code/User/profiles/-1a',
    ],
    [
      '/home/u/.local/share/code-server/User/globalStorage/pointsman.pointsman',
      { isDesktop: false, remoteName: 'host' },
      '/home/u/.local/share/code-server/User',
    ],
    [
      '/home/u/.vscode-server/data/User/globalStorage/pointsman.pointsman',
      { isDesktop: true, remoteName: 'ssh-remote' },
      null,
    ],
    [
      '/home/u/.vscode-server/data/User/globalStorage/pointsman.pointsman',
      { isDesktop: false, remoteName: 'tunnel' },
      null,
    ],
    ['/somewhere/else', LOCAL, null],
  ];
  for (const [storage, editor, folder] of CASES) {
    it(`is ${folder ?? 'unknown'} for ${storage}, ${JSON.stringify(editor)}`, () => {
      assert.equal(editorUserFolder(storage, editor), folder);
    });
  }
});
