// Finished requests -> the last conversations, as lines of a picker. Pure.

import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { counted, duration, signedUsd, usd } from '../dashboard/figures.ts';

export interface ConversationChoice {
  readonly conversationId: string;
  /** The model that answered last; null = none did. */
  readonly model: string | null;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

const MAX_CHOICES = 20;

/** `exchanges` newest first; so are the conversations. */
export function conversationChoices(
  exchanges: readonly Omit<ExchangeRecord, 'decision'>[],
  nowMs: number,
): readonly ConversationChoice[] {
  const groups = new Map<string, Omit<ExchangeRecord, 'decision'>[]>();
  for (const exchange of exchanges) {
    const group = groups.get(exchange.conversationId);
    if (group === undefined) groups.set(exchange.conversationId, [exchange]);
    else group.push(exchange);
  }
  return [...groups.values()].slice(0, MAX_CHOICES).flatMap((group) => choiceOf(group, nowMs) ?? []);
}

function choiceOf(
  newestFirst: readonly Omit<ExchangeRecord, 'decision'>[],
  nowMs: number,
): ConversationChoice | null {
  const [latest] = newestFirst;
  if (latest === undefined) return null;
  const model = newestFirst.find(({ responseModel }) => responseModel !== null)?.responseModel ?? null;
  const priced = newestFirst.filter(({ costUsd }) => costUsd !== null);
  const compared = newestFirst.filter(({ savedUsd }) => savedUsd !== null);
  const sum = (values: readonly (number | null)[]): number =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const cost = priced.length === 0 ? null : sum(priced.map(({ costUsd }) => costUsd));
  const saved = compared.length === 0 ? null : sum(compared.map(({ savedUsd }) => savedUsd));
  const agoMs = Math.max(0, nowMs - Date.parse(latest.startedAt) - latest.durationMs);
  return {
    conversationId: latest.conversationId,
    model,
    label: `${plain(latest.client)} · ${plain(model ?? 'no answer')}`,
    description: agoMs < 1000 ? 'just now' : `${ago(agoMs)} ago`,
    detail: [
      ...(latest.workspaceId === null ? [] : [plain(latest.workspaceId)]),
      counted(newestFirst.length, 'request'),
      `cost ${usd(cost)}`,
      `saved ${signedUsd(saved)}`,
    ].join(' · '),
  };
}

function ago(ms: number): string {
  if (ms < 3_600_000) return duration(ms);
  const hours = Math.round(ms / 3_600_000);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

function plain(text: string): string {
  return text.replaceAll('$(', '(');
}
