// One command: its options are read, its help is printed, its errors become a sentence and an exit code.

import { parseArgs } from 'node:util';
import { CliError, COMMON_HELP, COMMON_OPTIONS, type CliContext, type Command } from './command.ts';

/** Runs `run`. Errors go to `printError` as one sentence; the exit code is 0 ok, 1 failed, 2 wrong usage. */
export async function untilExitCode(
  run: () => Promise<number>,
  printError: (line: string) => void,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const known = error instanceof CliError ? error : undefined;
    const message = error instanceof Error ? error.message : String(error);
    printError(`pointsman: ${message}`);
    return known?.exitCode ?? 1;
  }
}

/** `args`: what stands behind the command's name. */
export async function runCommand(
  context: CliContext,
  command: Command,
  args: readonly string[],
): Promise<number> {
  const { values, positionals } = parse(command, args);
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
