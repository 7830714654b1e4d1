// argv -> command -> exit code. The table of commands is the whole command line.

import { editDistance, nearestName } from '../config/nearest-name.ts';
import { auditCommand } from './audit.ts';
import { cacheCommand } from './cache.ts';
import { CliError, type CliContext, type Command } from './command.ts';
import { connectCommand } from './connect.ts';
import { dashboardCommand } from './dashboard.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { reconcileCommand } from './reconcile.ts';
import { replayCommand } from './replay.ts';
import { runCommand, untilExitCode } from './run-command.ts';
import { serveCommand } from './serve.ts';
import { statsCommand } from './stats.ts';
import { statusCommand } from './status.ts';
import { stopCommand } from './stop.ts';
import { tokenCommand } from './token.ts';
import { verifyCommand } from './verify.ts';

export const commands: readonly Command[] = [
  serveCommand,
  statusCommand,
  stopCommand,
  dashboardCommand,
  demoCommand,
  explainCommand,
  statsCommand,
  auditCommand,
  replayCommand,
  verifyCommand,
  reconcileCommand,
  cacheCommand,
  doctorCommand,
  connectCommand,
  tokenCommand,
];

/** Runs one command. Errors go to `printError` as one sentence; the exit code is 0 ok, 1 failed, 2 wrong usage. */
export async function runCommandLine(
  context: CliContext,
  argv: readonly string[],
  printError: (line: string) => void,
): Promise<number> {
  return await untilExitCode(() => dispatch(context, argv), printError);
}

async function dispatch(context: CliContext, argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    context.print(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    context.print(context.version);
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    throw new CliError(
      `there is no command "${name}"${suggestion(name)}; run "pointsman --help" for the list`,
      2,
    );
  }
  return await runCommand(context, command, rest);
}

/** More letters wrong than this is another word, not a slip. */
const MAX_SLIPS = 2;

function suggestion(name: string): string {
  const names = commands.map((command) => command.name);
  const nearest = nearestName(name, names);
  return nearest === null || editDistance(name, nearest) > MAX_SLIPS ? '' : `, did you mean "${nearest}"`;
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'usage: pointsman COMMAND [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Run "pointsman COMMAND --help" for the options of a command.',
  ].join('\n');
}
