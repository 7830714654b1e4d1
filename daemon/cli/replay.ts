// `pointsman replay`: what the stored history would have cost under another policy, other prices or another profile.

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ReplayBody } from '../protocol/control-api.ts';
import { CliError, textOption, type Command } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { replayLines } from './replay-lines.ts';

const PROFILES: readonly string[] = ['budget', 'balanced', 'quality'];

export const replayCommand: Command = {
  name: 'replay',
  synopsis: '[--policy FILE] [--profile balanced] [--since 7d] [--json]',
  summary: 'Replay the stored requests under another policy, price list or profile; calls no model.',
  options: {
    policy: { type: 'string' },
    profile: { type: 'string' },
    since: { type: 'string' },
    json: { type: 'boolean' },
  },
  optionHelp: {
    policy:
      'a part of a configuration (policy, profile, profiles, baseline, models with prices, …) that is laid over the one in force; null takes a member away',
    profile: 'budget, balanced or quality',
    since: 'only what came since then: 90m, 24h, 7d, or a date such as 2026-11-01 (UTC)',
    json: 'print the figures as JSON',
  },
  async run(context, values) {
    const file = textOption(values, 'policy');
    const profile = textOption(values, 'profile');
    if (profile !== undefined && !PROFILES.includes(profile)) {
      throw new CliError(`--profile must be one of ${PROFILES.join(', ')}`, 2);
    }
    const since = textOption(values, 'since');
    const question = {
      ...(file === undefined ? {} : { policy: readPolicy(file) }),
      ...(profile === undefined ? {} : { profile }),
      ...(since === undefined ? {} : { since }),
    };
    const daemon = await connectToDaemon(homeOf(context, values));
    const body = (await asked(daemon.call('POST', 'replay', question), file)) as ReplayBody;
    if (values['json'] === true) context.print(JSON.stringify(body, null, 2));
    else for (const line of replayLines(body)) context.print(line);
    return 0;
  },
};

function readPolicy(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CliError(`cannot read ${file} (${code}); check the path after --policy`);
  }
}

/** The daemon knows the text, not the file it comes from. */
async function asked(answer: Promise<unknown>, file: string | undefined): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof CliError) || file === undefined) throw error;
    const named = error.message.replaceAll(/^policy (?=line \d)/gmu, `${basename(file)} `);
    throw new CliError(named, error.exitCode);
  }
}
