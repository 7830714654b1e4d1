// `pointsman doctor`: checks everything a person can mend, one line each, and says how.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { prepareHome } from '../lifecycle/home.ts';
import { readPrivateFile } from '../lifecycle/private-file.ts';
import { tokenPath, type TokenKind } from '../lifecycle/tokens.ts';
import type { ModelStatus, ProviderStatus, RoutingTestsStatus, StatusBody } from '../protocol/control-api.ts';
import type { Command } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, and what to do when it is not ok. */
  readonly finding: string;
}

export const doctorCommand: Command = {
  name: 'doctor',
  synopsis: '[--json]',
  summary:
    'Check home folder, tokens, configuration, daemon and providers, and say how to mend what is wrong.',
  options: { json: { type: 'boolean' } },
  optionHelp: { json: 'print the checks as JSON' },
  async run(context, values) {
    const home = homeOf(context, values);
    const checks = await checkAll(home);
    if (values['json'] === true) context.print(JSON.stringify({ checks }, null, 2));
    else
      for (const { name, ok, finding } of checks)
        context.print(`${ok ? 'ok  ' : 'FAIL'}  ${name}: ${finding}`);
    return checks.every(({ ok }) => ok) ? 0 : 1;
  },
};

async function checkAll(home: string): Promise<readonly Check[]> {
  const node: Check = { name: 'node', ok: true, finding: process.version }; // an older one does not get here
  const filesChecks = [node, homeCheck(home), tokenCheck(home, 'client'), tokenCheck(home, 'admin')];
  try {
    const daemon = await connectToDaemon(home);
    const status = (await daemon.call('GET', 'status')) as StatusBody;
    return [...filesChecks, ...statusChecks(status)];
  } catch (error) {
    const finding = sentenceOf(error);
    return [...filesChecks, await configFileCheck(home), { name: 'daemon', ok: false, finding }];
  }
}

function homeCheck(home: string): Check {
  if (!existsSync(home)) {
    return { name: 'home', ok: false, finding: `${home} does not exist yet; "pointsman serve" creates it` };
  }
  return attempt('home', home, () => prepareHome(home));
}

function tokenCheck(home: string, kind: TokenKind): Check {
  const file = tokenPath(home, kind);
  const name = path.basename(file);
  return attempt(name, 'there, and private', () => {
    if (readPrivateFile(file) === null) throw new Error('missing; "pointsman token" creates it');
  });
}

/** `finding` is what is said when `check` does not throw. */
function attempt(name: string, finding: string, check: () => void): Check {
  try {
    check();
    return { name, ok: true, finding };
  } catch (error) {
    return { name, ok: false, finding: sentenceOf(error) };
  }
}

/** Without a daemon: what it would find. */
async function configFileCheck(home: string): Promise<Check> {
  // Loaded here only: with the schema they would cost every command some 30 ms.
  const { loadConfig } = await import('../config/load-config.ts');
  const { SHIPPED_NAMES } = await import('../catalog/default-models.ts');
  const file = path.join(home, 'config.jsonc');
  const loaded = await loadConfig({ path: file, known: SHIPPED_NAMES });
  if (loaded.status === 'invalid') return { name: 'config', ok: false, finding: loaded.error };
  return { name: 'config', ok: true, finding: loaded.status === 'absent' ? NO_CONFIG : file };
}

const NO_CONFIG = 'no file, the defaults apply';

function statusChecks(status: StatusBody): readonly Check[] {
  const { config, ledger, providers, routingTests } = status;
  return [
    {
      name: 'config',
      ok: config.valid,
      finding: config.error ?? (existsSync(config.path) ? config.path : NO_CONFIG),
    },
    { name: 'daemon', ok: true, finding: `version ${status.version} at ${status.url}, pid ${status.pid}` },
    routingTestsCheck(routingTests),
    { name: 'ledger', ok: ledger.ok, finding: ledger.error ?? `${ledger.path}, ${ledger.rows} rows` },
    anyProviderCheck(providers),
    ...providers.map(({ name, usable, why, health }) => ({
      name: `provider ${name}`,
      ok: usable && health === 'ok',
      finding: why,
    })),
    pricesCheck(status),
  ];
}

/** Old prices are no failure: they are used, and said to be old. A model without one is left out of every saving. */
export function pricesCheck({ models, priceList }: Pick<StatusBody, 'models' | 'priceList'>): Check {
  const { version, staleModels, unpricedModels } = priceList;
  const stale = models.filter(({ id }) => staleModels.includes(id));
  const lines = [...stale.map(staleLine), ...unpricedModels.map(unpricedLine)];
  const found = lines.length === 0 ? 'none older than a month' : `${lines.length} to look at:`;
  const finding = [`list of ${version}, ${found}`, ...lines].join('\n        ');
  return { name: 'prices', ok: true, finding };
}

function staleLine({ id, priceAgeDays, priceSource }: ModelStatus): string {
  return `the price of ${id} is ${priceAgeDays} days old (${priceSource}); check it or set models.${id}.price`;
}

function unpricedLine(id: string): string {
  return `${id} has no price, so its requests count in no saving; set models.${id}.price`;
}

/** More failing lines than this are counted only. */
const MAX_SHOWN_TESTS = 10;

export function routingTestsCheck(status: RoutingTestsStatus): Check {
  const { files, tests, failing, failingCount, notes } = status;
  const name = 'routing tests';
  if (files.length === 0 && failingCount === 0) {
    return { name, ok: true, finding: 'none; write some into routing.test.jsonl in the home folder' };
  }
  const count = `${tests} in ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  const noted = notes.map((note) => ` (${note})`).join('');
  if (failingCount === 0) return { name, ok: true, finding: `${count}, all hold${noted}` };
  const shown = failing.slice(0, MAX_SHOWN_TESTS).map(({ sentence }) => `\n        ${sentence}`);
  const hidden = failingCount - shown.length;
  const more = hidden > 0 ? `\n        and ${hidden} more` : '';
  return { name, ok: false, finding: `${count}, ${failingCount} to mend${noted}:${shown.join('')}${more}` };
}

function anyProviderCheck(providers: readonly ProviderStatus[]): Check {
  const usable = providers.filter((provider) => provider.usable).map(({ name }) => name);
  const finding =
    usable.length > 0
      ? usable.join(', ')
      : 'none usable; set a key such as OPENAI_API_KEY and start the daemon again, or add a provider to the config file';
  return { name: 'providers', ok: usable.length > 0, finding };
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
