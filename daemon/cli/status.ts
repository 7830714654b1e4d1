// `pointsman status`: is it running, what can it reach, what is it doing.

import type { ModelStatus, ProviderStatus, StatusBody } from '../protocol/control-api.ts';
import type { Command } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { alignRows } from './table.ts';

export const statusCommand: Command = {
  name: 'status',
  synopsis: '[--json]',
  summary: 'Show the running daemon: providers, models, override, configuration and ledger.',
  options: { json: { type: 'boolean' } },
  optionHelp: { json: 'print the answer of the control API as JSON' },
  async run(context, values) {
    const daemon = await connectToDaemon(homeOf(context, values));
    const status = (await daemon.call('GET', 'status')) as StatusBody;
    if (values['json'] === true) context.print(JSON.stringify(status, null, 2));
    else for (const line of statusLines(status, Date.now())) context.print(line);
    return 0;
  },
};

/** For a person; `nowMs` is Unix epoch ms. */
export function statusLines(status: StatusBody, nowMs: number): readonly string[] {
  return [
    `pointsman ${status.version} at ${status.url}, pid ${status.pid}, up ${span(nowMs - Date.parse(status.startedAt))}`,
    '',
    ...alignRows([
      ['profile', status.profile],
      ['baseline', status.baseline ?? 'none'],
      ['override', overrideText(status, nowMs)],
      ['config', configText(status.config)],
      ['ledger', ledgerText(status.ledger)],
      ['prices', pricesText(status.priceList)],
      ['home', status.home],
    ]),
    '',
    ...providerLines(status.providers, nowMs),
    ...(status.models.length === 0 ? [] : ['', ...modelLines(status.models, nowMs)]),
  ];
}

function overrideText({ override }: StatusBody, nowMs: number): string {
  if (override === null) return 'none';
  const { model, scope, expiresAtMs } = override;
  return `${model} (${scope}${expiresAtMs === null ? '' : `, for ${span(expiresAtMs - nowMs)} more`})`;
}

function configText({ path, valid, error }: StatusBody['config']): string {
  return valid ? path : `${path} is NOT in force: ${error ?? 'it is not valid'}`;
}

function ledgerText({ path, rows, ok, error }: StatusBody['ledger']): string {
  const notice = error === null ? '' : `; ${ok ? '' : 'NOT WRITING: '}${error}`;
  return `${path}, ${rows} ${rows === 1 ? 'request' : 'requests'}${notice}`;
}

function pricesText({ version, ageDays, staleModels }: StatusBody['priceList']): string {
  const age = ageDays === null ? '' : `, ${days(ageDays)} old`;
  const stale = staleModels.length === 0 ? '' : `; older than a month: ${staleModels.join(', ')}`;
  return `list of ${version}${age}${stale}`;
}

function providerLines(providers: readonly ProviderStatus[], nowMs: number): readonly string[] {
  if (providers.length === 0) {
    return [
      'no provider yet: set a key such as OPENAI_API_KEY and start again, or add one to the config file',
    ];
  }
  return alignRows([
    ['provider', 'state', ''],
    ...providers.map((provider) => [provider.name, stateOf(provider, nowMs), provider.why]),
  ]);
}

function modelLines(models: readonly ModelStatus[], nowMs: number): readonly string[] {
  return alignRows([
    ['model', 'provider', 'tier', 'state', 'in $/M', 'out $/M', 'price of'],
    ...models.map((model) => [
      model.id,
      model.provider,
      model.tier,
      stateOf(model, nowMs),
      price(model.inputUsdPerMtok),
      price(model.outputUsdPerMtok),
      ageText(model),
    ]),
  ]);
}

function stateOf(part: Pick<ModelStatus, 'usable' | 'health' | 'retryAtMs'>, nowMs: number): string {
  if (!part.usable) return 'UNUSABLE';
  if (part.health === 'ok') return 'ok';
  return part.retryAtMs === null ? 'OUT' : `OUT, tried again in ${span(part.retryAtMs - nowMs)}`;
}

function price(usdPerMtok: number | null): string {
  return usdPerMtok === null ? 'unpriced' : String(usdPerMtok);
}

function ageText({ priceAsOf, priceAgeDays }: ModelStatus): string {
  if (priceAsOf === null || priceAsOf === '') return '-';
  return priceAgeDays === null ? priceAsOf : `${priceAsOf}, ${days(priceAgeDays)} old`;
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}

/** The largest unit that fits, and the next one: `2 d 3 h`, `5 min 12 s`. */
function span(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  const [days, hours, minutes] = [seconds / 86_400, seconds / 3600, seconds / 60].map(Math.floor);
  if (days !== undefined && days > 0) return `${days} d ${(hours ?? 0) % 24} h`;
  if (hours !== undefined && hours > 0) return `${hours} h ${(minutes ?? 0) % 60} min`;
  if (minutes !== undefined && minutes > 0) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}
