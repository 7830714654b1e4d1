// The command line inside of the test process: what a command printed, and how it ended.

import { runCommandLine } from '../../daemon/cli/command-line.ts';

export interface RanCommand {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runInProcess(home: string, ...argv: readonly string[]): Promise<RanCommand> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const context = {
    environment: {},
    selfCommand: ['node'] as const,
    version: '0.0.0-test',
    print: (line: string) => void stdout.push(line),
    useColour: false,
  };
  const exitCode = await runCommandLine(context, [...argv, '--home', home], (line) => stderr.push(line));
  return { exitCode, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
}
