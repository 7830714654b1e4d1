// What a command of the `pointsman` command line is, and what it may touch.

import type { ParseArgsOptionsConfig } from 'node:util';

export interface CliContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Starts this very program again: `[node, script]`. */
  readonly selfCommand: readonly [string, ...string[]];
  readonly version: string;
  /** One line on stdout. */
  readonly print: (line: string) => void;
  readonly useColour: boolean;
}

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Command {
  readonly name: string;
  /** What stands behind the name in the usage line, e.g. `FILE [--json]`. */
  readonly synopsis: string;
  /** One sentence. */
  readonly summary: string;
  readonly options: ParseArgsOptionsConfig;
  /** How many arguments may stand besides the options; 0 by default. */
  readonly maxPositionals?: number;
  /** Description of each option for `--help`. */
  readonly optionHelp: Readonly<Record<string, string>>;
  /** Resolves to the exit code. Throws CliError for everything a person can mend. */
  run(context: CliContext, values: OptionValues, positionals: readonly string[]): Promise<number>;
}

/** A sentence for stderr and an exit code: 1 = failed, 2 = wrong usage. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function textOption(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** Options that every command understands. */
export const COMMON_OPTIONS: ParseArgsOptionsConfig = {
  home: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

export const COMMON_HELP: Readonly<Record<string, string>> = {
  home: 'folder with configuration, tokens and ledger (default: POINTSMAN_HOME, else the platform data folder)',
  help: 'show this help',
};
