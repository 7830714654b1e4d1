// The daemon's state -> who is out and until when, which prices are old, and what mends each thing. Pure.

import type { ModelStatus, StatusBody } from '../../daemon/protocol/control-api.ts';
import type { ControlEvent } from '../../daemon/protocol/control-events.ts';
import { counted, grouped } from './figures.ts';
import type { PageCommand } from './messages.ts';
import { sentence } from './request-story.ts';
import { clockLabel } from './time-labels.ts';

export type Tone = 'good' | 'warning' | 'bad' | 'quiet';

export interface HealthRow {
  readonly name: string;
  /** Only of models. */
  readonly provider: string;
  readonly state: string;
  readonly tone: Tone;
  /** What is wrong and what follows; where the key comes from when nothing is. */
  readonly detail: string;
  /** What mends it; null = nothing to do, or nothing that a button could. */
  readonly remedy: Remedy | null;
}

export interface Remedy {
  readonly label: string;
  readonly command: PageCommand;
}

/** Something about the daemon itself. */
export interface Finding {
  readonly label: string;
  readonly tone: Tone;
  readonly sentence: string;
  readonly remedy: Remedy | null;
}

const SET_KEY: Remedy = { label: 'Set provider key…', command: 'pointsman.setProviderKey' };
const RUN_DOCTOR: Remedy = { label: 'Run doctor', command: 'pointsman.runDoctor' };
const SHOW_LOG: Remedy = { label: 'Show log', command: 'pointsman.showLog' };

/** Those that are out first, then those without a key, each by name. */
export function providerRows(status: StatusBody): readonly HealthRow[] {
  const rows = status.providers.map((provider) => {
    const { name, usable, why, health, retryAtMs } = provider;
    const shared = { name, provider: '' };
    if (health === 'ejected') {
      // The daemon names the models that are out; only a refused key is a matter for the user.
      const remedy = /refuses its key/.test(why) ? SET_KEY : null;
      return { ...shared, ...outState(retryAtMs), detail: outDetail(why, retryAtMs), remedy };
    }
    if (!usable) {
      return {
        ...shared,
        state: 'Not usable',
        tone: 'quiet' as const,
        detail: sentence(why),
        remedy: SET_KEY,
      };
    }
    return { ...shared, state: 'OK', tone: 'good' as const, detail: sentence(why), remedy: null };
  });
  return rows.toSorted((a, b) => rank(a.tone) - rank(b.tone) || (a.name < b.name ? -1 : 1));
}

/** Models that can be asked, and those that are out for now; the rest is a matter of their provider's key. */
export function modelRows(status: StatusBody): readonly (HealthRow & { model: ModelStatus })[] {
  return status.models
    .filter(({ usable, health }) => usable || health === 'ejected')
    .map((model) => {
      const shared = { name: model.id, provider: model.provider, remedy: null, model };
      return model.health === 'ejected'
        ? { ...shared, ...outState(model.retryAtMs), detail: '' }
        : { ...shared, state: 'OK', tone: 'good' as const, detail: '' };
    })
    .toSorted((a, b) => rank(a.tone) - rank(b.tone) || (a.name < b.name ? -1 : 1));
}

/** Providers of which every model is out, or that are out themselves. */
export function outNow(status: StatusBody): readonly string[] {
  return status.providers.filter(({ health }) => health === 'ejected').map(({ name }) => name);
}

/** One sentence for the head of the view. */
export function healthSentence(status: StatusBody): string {
  const usable = status.providers.filter((provider) => provider.usable);
  const out = outNow(status);
  const models = status.models.filter((model) => model.usable).length;
  if (out.length > 0) {
    return `${out.join(', ')} ${out.length === 1 ? 'is' : 'are'} out for now; requests go to the others.`;
  }
  if (usable.length === 0) return 'No provider can be used yet. Set the key of one, and requests are routed.';
  const modelsOut = status.models.filter(({ health }) => health === 'ejected').length;
  if (modelsOut > 0) return `${counted(modelsOut, 'model')} out for now; requests go to the others.`;
  return `${counted(usable.length, 'provider')} with ${counted(models, 'model')} can be used, and none is out.`;
}

/** The price of a million tokens, in and out, as one age. */
export function priceAge(model: Pick<ModelStatus, 'inputUsdPerMtok' | 'priceAgeDays'>): string {
  if (model.inputUsdPerMtok === null) return 'unpriced';
  if (model.priceAgeDays === null) return 'age unknown';
  return model.priceAgeDays === 0 ? 'today' : `${counted(model.priceAgeDays, 'day')} old`;
}

/** What nobody should trust blindly; empty = prices are fresh. */
export function priceFindings({ priceList }: StatusBody): readonly Finding[] {
  const { version, ageDays, staleModels, unpricedModels } = priceList;
  const findings: Finding[] = [];
  if (unpricedModels.length > 0) {
    findings.push({
      label: 'No price',
      tone: 'warning',
      sentence: `Cost and saving stay unknown for ${unpricedModels.join(', ')}. Set a price in the configuration.`,
      remedy: null,
    });
  }
  if (staleModels.length > 0) {
    findings.push({
      label: 'Old price',
      tone: 'warning',
      sentence: `Older than a month for ${staleModels.join(', ')}. Used all the same; check it with the provider.`,
      remedy: null,
    });
  }
  const age = ageDays === null ? '' : `, ${counted(ageDays, 'day')} ago`;
  findings.push({
    label: 'Price list',
    tone: 'quiet',
    sentence: `Last gone through on ${version}${age}.`,
    remedy: null,
  });
  return findings;
}

/** A chosen model, books, configuration and routing tests. */
export function daemonFindings(status: StatusBody): readonly Finding[] {
  return [
    ...overrideFinding(status),
    ledgerFinding(status),
    configFinding(status),
    ...routingTestsFinding(status),
  ];
}

/** Whoever wonders why nothing is routed must find it here. */
function overrideFinding({ override }: StatusBody): readonly Finding[] {
  if (override === null) return [];
  const { model, scope, expiresAtMs } = override;
  const what = {
    next: 'The next request goes',
    conversation: 'One conversation goes',
    always: 'Every request goes',
  }[scope];
  const until = expiresAtMs === null ? '' : ` until ${clockLabel(expiresAtMs)}`;
  return [
    {
      label: 'Chosen model',
      tone: 'warning',
      sentence: `${what} to ${model}${until}, because you chose it. "Clear the chosen model" in the command palette ends that.`,
      remedy: null,
    },
  ];
}

function ledgerFinding({ ledger }: StatusBody): Finding {
  const isKept = ledger.ok && ledger.error === null;
  return {
    label: 'Ledger',
    tone: isKept ? 'good' : 'bad',
    sentence: isKept
      ? `${counted(ledger.rows, 'request')} in the books at ${ledger.path}.`
      : `The books cannot be kept: ${ended(ledger.error ?? 'the reason is not known')} Requests are routed all the same; sums miss what is not written.`,
    remedy: isKept ? null : RUN_DOCTOR,
  };
}

function configFinding({ config }: StatusBody): Finding {
  if (config.valid) {
    const sentence = `In force as it stands in ${config.path}.`;
    return { label: 'Configuration', tone: 'good', sentence, remedy: null };
  }
  return {
    label: 'Configuration',
    tone: 'bad',
    sentence: `The last good one stays in force, because ${config.path} has a mistake: ${ended(config.error ?? 'the reason is not known')}`,
    remedy: RUN_DOCTOR,
  };
}

function routingTestsFinding({ routingTests }: StatusBody): readonly Finding[] {
  const { tests, failingCount, failing } = routingTests;
  if (tests === 0 && failingCount === 0) return [];
  if (failingCount === 0) {
    return [
      { label: 'Routing tests', tone: 'good', sentence: `${counted(tests, 'test')} hold.`, remedy: null },
    ];
  }
  const first = failing[0]?.sentence ?? '';
  const sentence = `${grouped(failingCount, 0)} of ${counted(tests, 'test')} ${failingCount === 1 ? 'does' : 'do'} not hold. ${ended(first)}`;
  return [{ label: 'Routing tests', tone: 'bad', sentence, remedy: SHOW_LOG }];
}

/** A model went out or came back: the same state with that in it, until the daemon is asked again. */
export function withHealthUpdate(
  status: StatusBody,
  event: Extract<ControlEvent, { type: 'health-update' }>,
): StatusBody {
  const { model, health, retryAtMs } = event;
  return {
    ...status,
    models: status.models.map((known) => (known.id === model ? { ...known, health, retryAtMs } : known)),
  };
}

/** When the next one that is out is tried again, Unix epoch ms; null = none is out. */
export function nextRetryMs(status: StatusBody): number | null {
  const times = [...status.providers, ...status.models].flatMap(({ retryAtMs }) =>
    retryAtMs === null ? [] : [retryAtMs],
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** By the clock, since nobody counts seconds in a table. */
function outState(retryAtMs: number | null): Pick<HealthRow, 'state' | 'tone'> {
  const until = retryAtMs === null ? '' : ` until ${clockLabel(retryAtMs, true)}`;
  return { state: `Out${until}`, tone: 'bad' };
}

function outDetail(why: string, retryAtMs: number | null): string {
  const after = retryAtMs === null ? '' : ' It is tried again by itself.';
  return `${sentence(why)} Others answer meanwhile.${after}`;
}

function rank(tone: Tone): number {
  return ['bad', 'warning', 'quiet', 'good'].indexOf(tone);
}

function ended(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
