// argv -> command -> exit code. The table of commands is the whole command line.

import { parseArgs } from 'node:util';
import { editDistance, nearestName } from '../config/nearest-name.ts';
import { auditCommand } from './audit.ts';
import { CliError, COMMON_HELP, COMMON_OPTIONS, type CliContext, type Command } from './command.ts';
import { connectCommand } from './connect.ts';
import { dashboardCommand } from './dashboard.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { reconcileCommand } from './reconcile.ts';
import { replayCommand } from './replay.ts';
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
  try {
    return await dispatch(context, argv);
  } catch (error) {
    const known = error instanceof CliError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    printError(`pointsman: ${message}`);
    return known?.exitCode ?? 1;
  }
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
  const { values, positionals } = parse(command, rest);
  if (values['help'] === true) {
    context.print(helpOf(command));
    return 0;
  }
  const surplus = positionals[command.maxPositionals ?? 0];
  if (surplus !== undefined) {
    throw new CliError(
      `${command.name} does not take "${surplus}" there; run "pointsman ${command.name} --help"`,
      2,
    );
  }
  return await command.run(context, values, positionals);
}

/** More letters wrong than this is another word, not a slip. */
const MAX_SLIPS = 2;

function suggestion(name: string): string {
  const names = commands.map((command) => command.name);
  const nearest = nearestName(name, names);
  return nearest === null || editDistance(name, nearest) > MAX_SLIPS ? '' : `, did you mean "${nearest}"`;
}

function parse(command: Command, args: readonly string[]): ReturnType<typeof parseArgs> {
  try {
    const options = { ...COMMON_OPTIONS, ...command.options };
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node adds a second sentence about "--" that helps nobody here, and quotes a longer form of the option.
    const reason = (error instanceof Error ? error.message : String(error)).split('. ', 1)[0] ?? '';
    const sentence = reason.charAt(0).toLowerCase() + reason.slice(1);
    throw new CliError(`${sentence}; run "pointsman ${command.name} --help"`, 2);
  }
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

function helpOf(command: Command): string {
  const help = { ...command.optionHelp, ...COMMON_HELP };
  const width = Math.max(...Object.keys(help).map((name) => name.length));
  return [
    `usage: pointsman ${command.name} ${command.synopsis}`.trimEnd(),
    '',
    command.summary,
    '',
    ...Object.entries(help).map(([name, text]) => `  --${name.padEnd(width)}  ${text}`),
  ].join('\n');
}
