import assert from 'node:assert/strict';
import { commands, runCommandLine } from '../../../../daemon/cli/command-line.ts';
import type { CliContext } from '../../../../daemon/cli/command.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('command line', () => {
  const folder = temporaryFolder();

  async function run(...argv: readonly string[]): Promise<{ code: number; out: string; errors: string[] }> {
    const out: string[] = [];
    const errors: string[] = [];
    const context: CliContext = {
      environment: { POINTSMAN_HOME: folder.path },
      selfCommand: ['node', 'daemon.cjs'],
      version: '1.2.3',
      print: (line) => out.push(line),
      useColour: false,
    };
    const code = await runCommandLine(context, argv, (line) => errors.push(line));
    return { code, out: out.join('\n'), errors };
  }

  it('prints the list of commands when asked in any of the usual ways', async () => {
    for (const argument of ['--help', '-h', 'help']) {
      const { code, out } = await run(argument);
      assert.equal(code, 0);
      for (const { name } of commands) assert.match(out, new RegExp(`^  ${name} `, 'm'));
    }
  });

  it('prints the same without a command, but as wrong usage', async () => {
    const { code, out } = await run();
    assert.equal(code, 2);
    assert.match(out, /^usage: pointsman COMMAND/);
  });

  it('prints its version and nothing else', async () => {
    assert.deepEqual(await run('--version'), { code: 0, out: '1.2.3', errors: [] });
  });

  it('prints help instead of doing the work, wherever --help stands', async () => {
    const { code, out } = await run('stop', '--home', '/nowhere', '--help');
    assert.equal(code, 0);
    assert.match(out, /^usage: pointsman stop/);
    assert.match(out, /^ +--home +\S/m);
  });

  it('suggests the command that was probably meant, and nothing far-fetched', async () => {
    assert.match((await run('dcotor')).errors[0] ?? '', /did you mean "doctor"/);
    const far = await run('frobnicate');
    assert.equal(far.code, 2);
    assert.match(far.errors[0] ?? '', /^pointsman: there is no command "frobnicate"; run/);
  });

  it('refuses options that a command does not have, values for flags and flags for values', async () => {
    for (const argv of [
      ['status', '--since', '7d'],
      ['status', '--json=yes'],
      ['stats', '--csv'],
      ['status', '-x'],
    ]) {
      const { code, errors } = await run(...argv);
      assert.equal(code, 2, argv.join(' '));
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? '', /^pointsman: [a-z][^\n]*; run "pointsman \w+ --help"$/);
    }
  });

  it('refuses arguments that a command does not take', async () => {
    for (const { name, maxPositionals } of commands) {
      const surplus = Array.from({ length: (maxPositionals ?? 0) + 1 }, (_, index) => `arg${index}`);
      const { code, errors } = await run(name, ...surplus);
      assert.equal(code, 2, name);
      assert.match(errors[0] ?? '', /does not take "arg\d+"/);
    }
  });

  it('prefers --home to the environment', async () => {
    const { code, errors } = await run('status', '--home', folder.file('elsewhere'));
    assert.equal(code, 1);
    assert.ok(errors[0]?.includes(folder.file('elsewhere')));
  });

  it('describes every option of every command', () => {
    for (const { name, options, optionHelp, summary } of commands) {
      assert.deepEqual(Object.keys(optionHelp).sort(), Object.keys(options).sort(), name);
      assert.match(summary, /\.$/);
    }
  });

  it('takes --json wherever a command prints data', () => {
    const without = commands.filter(({ options }) => options['json'] === undefined).map(({ name }) => name);
    assert.deepEqual(without, ['serve', 'demo']);
  });
});
