import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { changeLines } from '../../../../daemon/cli/change-lines.ts';
import { runCommandLine } from '../../../../daemon/cli/command-line.ts';
import { listLines, planLines } from '../../../../daemon/cli/connect.ts';
import type { AssistantPlan, AssistantsBody } from '../../../../daemon/protocol/control-api.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const STATE = {
  displayName: 'Claude Code',
  isFound: true,
  state: 'not-connected',
  notes: ['Mind this.'],
} as const;
const PLAN: AssistantPlan = { id: 'claude-code', ...STATE, changes: [], fingerprint: 'f' };

describe('pointsman connect', () => {
  const folder = temporaryFolder();

  async function run(...argv: readonly string[]): Promise<{ code: number; out: string; error: string }> {
    const [out, errors]: [string[], string[]] = [[], []];
    mkdirSync(folder.file('home'), { recursive: true, mode: 0o700 });
    const context = {
      environment: { HOME: folder.path, POINTSMAN_HOME: folder.file('home'), PATH: '' },
      selfCommand: ['node', 'daemon.cjs'] as const,
      version: '1.2.3',
      print: (line: string) => void out.push(line),
      useColour: false,
    };
    const code = await runCommandLine(context, ['connect', ...argv], (line) => errors.push(line));
    return { code, out: out.join('\n'), error: errors.join('\n') };
  }

  it('[A1] lists every assistant with its state, without a daemon too', async () => {
    const { code, out } = await run('--json');
    assert.equal(code, 0);
    const { assistants } = JSON.parse(out) as AssistantsBody;
    const ids = assistants.map(({ id }) => id);
    for (const id of [
      'claude-code',
      'codex',
      'cline',
      'continue',
      'roo',
      'kilo',
      'opencode',
      'copilot',
      'aider',
    ])
      assert.ok(ids.includes(id), id);
    assert.ok(assistants.every(({ state }) => state === 'not-connected'));
    assert.match(
      (await run()).out,
      /^assistant +name +state +here\nclaude-code +Claude Code +- +not found$/m,
    );
  });

  it('says that a daemon has to run before anybody is pointed at it', async () => {
    const { code, error } = await run('claude-code');
    assert.equal(code, 1);
    assert.match(error, /no daemon is running on .*; start one with "pointsman serve"/);
  });

  it('undoes without a daemon', async () => {
    const settings = path.join(folder.path, '.claude', 'settings.json');
    mkdirSync(path.dirname(settings));
    const token = `pm_${'a'.repeat(40)}`;
    writeFileSync(settings, `{\n  "env": {\n    "ANTHROPIC_AUTH_TOKEN": "${token}",\n    "A": "1"\n  }\n}\n`);
    const { code, out } = await run('claude-code', '--undo');
    assert.equal(code, 0, out);
    assert.ok(!out.includes(token));
    assert.match(out, /^- +"ANTHROPIC_AUTH_TOKEN": "…",$/m);
    assert.equal(readFileSync(settings, 'utf8'), '{\n  "env": {\n    "A": "1"\n  }\n}\n');
  });

  it('changes nothing on a dry run', async () => {
    const settings = path.join(folder.path, '.claude', 'settings.json');
    mkdirSync(path.dirname(settings));
    const text = `{"env":{"ANTHROPIC_AUTH_TOKEN":"pm_${'a'.repeat(40)}"}}`;
    writeFileSync(settings, text);
    assert.equal((await run('claude-code', '--undo', '--dry-run')).code, 0);
    assert.equal(readFileSync(settings, 'utf8'), text);
  });

  it('answers wrong usage with one sentence', async () => {
    assert.match((await run('--undo')).error, /--undo needs the name of an assistant/);
    assert.match(
      (await run('claud-code', '--undo')).error,
      /no assistant "claud-code", did you mean "claude-code"/,
    );
    assert.match(
      (await run('--editor-user-folder', 'User')).error,
      /editorUserFolder must be an absolute path/,
    );
  });

  it('shows a change with what is around it, and nothing further away', () => {
    const lines = Array.from({ length: 9 }, (_, index) => `line ${index}`);
    const before = `${lines.join('\n')}\n`;
    const after = before.replace('line 4', 'line four');
    assert.deepEqual(changeLines({ path: '/a', before, after }), [
      '/a',
      '  …',
      '  line 2',
      '  line 3',
      '- line 4',
      '+ line four',
      '  line 5',
      '  line 6',
      '  …',
    ]);
  });

  it('says of a file whether it is new or goes away', () => {
    assert.deepEqual(changeLines({ path: '/a', before: null, after: 'x\n' }), ['/a (new)', '+ x']);
    assert.deepEqual(changeLines({ path: '/a', before: 'x', after: null }), ['/a (removed)']);
  });

  it('says in words when there is nothing to change', () => {
    assert.deepEqual(planLines({ ...PLAN, state: 'connected' }, 'connect'), [
      'Claude Code is connected already',
      'note: Mind this.',
    ]);
    assert.deepEqual(planLines(PLAN, 'undo'), ['Claude Code: nothing of pointsman is there']);
    assert.deepEqual(planLines(PLAN, 'connect')[0], 'Claude Code: nothing can be written for it');
  });

  it('lists what is connected and what is here', () => {
    assert.deepEqual(
      listLines([{ id: 'a', ...STATE, state: 'changed' }]).at(-1),
      'a          Claude Code  changed  yes',
    );
  });
});
