import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { RouterError } from '../../../../daemon/errors.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createRig, type Rig } from './connect-rig.ts';

const SETTINGS = '.claude/settings.json';

describe('files of assistants that are not as they should be', () => {
  const folder = temporaryFolder();
  let rig: Rig;
  beforeEach(() => {
    rig = createRig(folder.path);
    mkdirSync(rig.at('.claude'));
  });

  /** Refused, in a sentence; nothing written, nothing noted. */
  async function refused(id: string, sentence: RegExp): Promise<void> {
    await assert.rejects(rig.connect(id), (error) => {
      assert.ok(error instanceof RouterError, String(error));
      assert.match(error.message, sentence);
      return true;
    });
    const listed = rig.connector.list(null).find((assistant) => assistant.id === id);
    assert.equal(listed?.state, 'not-connected');
    assert.ok(listed.notes.some((note) => sentence.test(note)));
  }

  it('are refused when they are links that lead to themselves', async () => {
    symlinkSync(rig.at('.claude/b'), rig.at(SETTINGS));
    symlinkSync(rig.at(SETTINGS), rig.at('.claude/b'));
    await refused('claude-code', /settings\.json: is a link that leads to itself/);
  });

  it('are refused when they are links to nothing', async () => {
    symlinkSync(rig.at('nowhere'), rig.at(SETTINGS));
    await refused('claude-code', /link to a file that does not exist/);
  });

  it('are refused when they are folders', async () => {
    mkdirSync(rig.at(SETTINGS));
    await refused('claude-code', /is a folder/);
  });

  it('are refused when their folder is a file', async () => {
    rig.write('.codex', 'a file');
    await refused('codex', /a file stands where its folder should be/);
  });

  it('are refused when they are larger than any configuration', async () => {
    rig.write(SETTINGS, `{"a":"${'x'.repeat(10_000_000)}"}`);
    await refused('claude-code', /larger than 1048576 bytes/);
  });

  it('are refused when they are no UTF-8 text', async () => {
    writeFileSync(rig.at(SETTINGS), Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
    await refused('claude-code', /not UTF-8 text/);
  });

  it('are refused when they cannot be read', async function () {
    if (process.getuid?.() === 0) this.skip(); // root reads everything
    rig.write(SETTINGS, '{}');
    chmodSync(rig.at(SETTINGS), 0);
    await refused('claude-code', /cannot be read by this user/);
  });

  const broken: readonly (readonly [id: string, file: string, text: string, sentence: RegExp])[] = [
    ['claude-code', SETTINGS, '{\n  "a": 1\n  "b": 2\n}\n', /settings\.json, line 3: .*"," is missing/],
    ['claude-code', SETTINGS, '{\n  "env": [],\n}\n', /line 2: "env" is not a group/],
    ['claude-code', SETTINGS, '[]', /line 1: the file must hold an object/],
    ['claude-code', SETTINGS, '{"__proto__": {"env": {}}}', /line 1: .*cannot be used/],
    ['claude-code', SETTINGS, '{"env": {"A": "1"},\n"env": {}}', /line 2: .*given twice/],
    ['codex', '.codex/config.toml', 'a = 1\nb = \n', /config\.toml, line 2: a value must be/],
    ['codex', '.codex/config.toml', 'a = """\nno end', /line 1: a text that begins with """ is not closed/],
    ['codex', '.codex/config.toml', '[a\n', /line 1: a "]" is missing/],
    ['codex', '.codex/config.toml', 'a = 1\na = 2\n', /line 2: "a" is given twice/],
    ['codex', '.codex/config.toml', 'a = [1,\n 2 3]\n', /line 2: a "," or "]" is missing/],
    [
      'codex',
      '.codex/config.toml',
      'x = 1\n[model_providers.pointsman]\nname = "mine"\n',
      /line 2: "model_providers\.pointsman" is there already/,
    ],
    [
      'codex',
      '.codex/config.toml',
      'model_providers = { a = { name = "a" } }\n',
      /line 1: "model_providers" is written in one piece/,
    ],
    ['codex', '.codex/config.toml', '# >>> pointsman >>>\na = 1\n', /line 1: the mark .* is not closed/],
    ['continue', '.continue/config.yaml', 'name: a\n\tb: c\n', /config\.yaml, line 2: .*a tab stands here/],
    ['continue', '.continue/config.yaml', 'name: a\nname: b\n', /line 2: "name" is given twice/],
    ['continue', '.continue/config.yaml', 'name: a\n---\nname: b\n', /line 2: .*more than one document/],
    ['continue', '.continue/config.yaml', 'models: {a: b}\n', /line 1: "models" is not a list/],
    ['continue', '.continue/config.yaml', 'models:\n  a: b\n', /line 2: "models" is not a list/],
    ['continue', '.continue/config.yaml', 'models: [\n  a\n', /line 1: a closing bracket is missing/],
    ['aider', '.aider.conf.yml', '- a\n', /line 1: .*must begin with a key/],
  ];
  for (const [id, file, text, sentence] of broken) {
    it(`are refused with line and reason: ${JSON.stringify(text)}`, async () => {
      rig.write(file, text);
      const before = rig.snapshot();
      await refused(id, sentence);
      assert.deepEqual(rig.snapshot(), before);
    });
  }

  it('are written through links, which stay, with the mode that they had', async () => {
    rig.write('dotfiles/claude.json', '{"a":1}', 0o640);
    symlinkSync(path.join('..', 'dotfiles', 'claude.json'), rig.at(SETTINGS));
    await rig.connect('claude-code');
    assert.equal(readlinkSync(rig.at(SETTINGS)), path.join('..', 'dotfiles', 'claude.json'));
    assert.match(rig.read('dotfiles/claude.json'), /ANTHROPIC_BASE_URL/);
    assert.equal(statSync(rig.at('dotfiles/claude.json')).mode & 0o777, 0o640);
    await rig.undo('claude-code');
    assert.equal(readlinkSync(rig.at(SETTINGS)), path.join('..', 'dotfiles', 'claude.json'));
    assert.equal(rig.read('dotfiles/claude.json'), '{"a":1}');
  });

  it('make the change of all files of an assistant fail when one of them cannot be written', async () => {
    rig.write('.gemini/settings.json', '{ broken');
    await assert.rejects(rig.connect('gemini-cli'), /settings\.json, line 1/);
    assert.deepEqual(
      Object.keys(rig.snapshot()).filter((name) => name.endsWith('.env')),
      [],
    );
  });

  it('do not keep the others from being listed', () => {
    mkdirSync(rig.at(SETTINGS));
    assert.ok(rig.connector.list(null).length > 8);
  });

  it('are left alone, journal included, when the journal itself cannot be read', async () => {
    writeFileSync(path.join(rig.home, 'connect.json'), 'not json');
    await assert.rejects(rig.connect('claude-code'), /connect\.json cannot be read/);
    assert.equal(readFileSync(path.join(rig.home, 'connect.json'), 'utf8'), 'not json');
  });
});
