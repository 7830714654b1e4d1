// Models to choose from -> lines of a picker: what each costs, what the last request would have cost there, how much it
// reads, and whether it is well. Pure.

import type { ModelStatus, StatusBody } from '../../daemon/protocol/control-api.ts';
import type { Candidate, Decision } from '../../daemon/protocol/exchange-record.ts';
import { priceUsd, tokens, usd } from '../dashboard/figures.ts';

export interface ModelChoice {
  readonly model: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

export interface ModelChoices {
  readonly choices: readonly ModelChoice[];
  /** Models that nobody has a key for. */
  readonly withoutKey: number;
}

export interface ModelChoicesInput {
  readonly status: Pick<StatusBody, 'models'>;
  /** Of the last request; null = none, or not kept. */
  readonly decision: Pick<Decision, 'candidates'> | null;
  /** The model that is set or that answered last; null = none. */
  readonly current: string | null;
  readonly nowMs: number;
}

/** Those that are well first, and of them the one that the last request would have cost least on. */
export function modelChoices({ status, decision, current, nowMs }: ModelChoicesInput): ModelChoices {
  const usable = status.models.filter((model) => model.usable);
  const candidateOf = (id: string): Candidate | undefined =>
    decision?.candidates.find(({ model }) => model === id);
  const ordered = usable.toSorted(
    (a, b) =>
      Number(a.health === 'ejected') - Number(b.health === 'ejected') ||
      costOf(candidateOf(a.id)) - costOf(candidateOf(b.id)) ||
      priceOf(a) - priceOf(b) ||
      a.id.localeCompare(b.id),
  );
  return {
    choices: ordered.map((model) => ({
      model: model.id,
      label: `${model.id === current ? '$(check) ' : ''}${plain(model.id)}`,
      description: [
        plain(model.provider),
        model.tier,
        ...contextOf(model),
        ...(model.id === current ? ['current'] : []),
      ].join(' · '),
      detail: detailOf(model, candidateOf(model.id), nowMs).join(' · '),
    })),
    withoutKey: status.models.length - usable.length,
  };
}

function detailOf(model: ModelStatus, candidate: Candidate | undefined, nowMs: number): readonly string[] {
  const { inputUsdPerMtok, outputUsdPerMtok } = model;
  const price =
    inputUsdPerMtok === null
      ? 'price unknown'
      : `${priceUsd(inputUsdPerMtok)} in, ${priceUsd(outputUsdPerMtok)} out per M tokens`;
  const expected = candidate?.expectedCostUsd ?? null;
  const warmTokens = candidate?.warmTokens ?? 0;
  return [
    ...(model.health === 'ejected' ? [outUntil(model.retryAtMs, nowMs)] : []),
    price,
    ...(expected === null ? [] : [`last request there about ${usd(expected)}`]),
    ...(warmTokens > 0 ? [`${tokens(warmTokens)} warm`] : []),
  ];
}

/** An older daemon, until it is replaced, does not tell it. */
function contextOf(model: Partial<ModelStatus>): readonly string[] {
  return model.contextTokens === undefined ? [] : [`reads ${tokens(model.contextTokens)}`];
}

function outUntil(retryAtMs: number | null, nowMs: number): string {
  if (retryAtMs === null) return '$(warning) out until its key changes';
  const seconds = Math.max(1, Math.round((retryAtMs - nowMs) / 1000));
  return `$(warning) out for ${seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`}`;
}

function costOf(candidate: Candidate | undefined): number {
  return candidate?.expectedCostUsd ?? Number.MAX_VALUE;
}

function priceOf({ inputUsdPerMtok, outputUsdPerMtok }: ModelStatus): number {
  return inputUsdPerMtok === null ? Number.MAX_VALUE : inputUsdPerMtok + (outputUsdPerMtok ?? 0);
}

/** In a label `$(name)` is an icon. */
function plain(text: string): string {
  return text.replaceAll('$(', '(');
}
