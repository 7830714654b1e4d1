// Process entry: argv and environment in, exit code out. Everything else is handed down from here.

import type { CliContext } from './cli/command.ts';
import { runCommand, untilExitCode } from './cli/run-command.ts';
import { serveCommand } from './cli/serve.ts';

declare const POINTSMAN_VERSION: string | undefined;

const context: CliContext = {
  environment: process.env,
  selfCommand: [process.execPath, process.argv[1] ?? ''],
  // Set by the build; sources run by Node directly have no version.
  version: typeof POINTSMAN_VERSION === 'string' ? POINTSMAN_VERSION : '0.0.0-dev',
  print: (line) => process.stdout.write(`${line}\n`),
  useColour: wantsColour(),
};

/** NO_COLOR and FORCE_COLOR as everywhere, else whether a person is looking. */
function wantsColour(): boolean {
  if ((process.env['NO_COLOR'] ?? '') !== '') return false;
  return (process.env['FORCE_COLOR'] ?? '') !== '' || process.stdout.isTTY;
}

// `pointsman stats | head` closes the pipe early, which is no reason for a stack trace.
process.stdout.on('error', () => undefined);

/** The daemon starts without the code of the other commands. */
async function run([name, ...rest]: readonly string[]): Promise<number> {
  const printError = (line: string): void => void process.stderr.write(`${line}\n`);
  if (name === serveCommand.name) {
    return await untilExitCode(() => runCommand(context, serveCommand, rest), printError);
  }
  const { runCommandLine } = await import('./cli/command-line.ts');
  return await runCommandLine(context, name === undefined ? [] : [name, ...rest], printError);
}

// No top-level await: the build makes this a CommonJS file.
void run(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
