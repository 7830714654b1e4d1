// The moments of a request's life in which a client may leave, and the daemons in which each of them can be met.

import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import { configFor, type TestModel } from '../support/run-daemon.ts';
import { CLIENTS, type ClientKind, dialectOf } from './leaving-client.ts';
import type { CallPlan } from './metered-upstream.ts';

const UPSTREAM_DIALECTS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate',
] as const;
/** A rate limit keeps its model away for as long as the pause takes, so there must be many for many clients. */
const PAUSING_MODELS = 256;

export const RIGS = ['plain', 'pausing', 'grading', 'queueing', 'saving'] as const;
/** `queueing` serves one request at a time, `saving` has a budget that one request at a time may take the rest of. */
export type RigName = (typeof RIGS)[number];

export interface Window {
  readonly name: string;
  readonly rig: RigName;
  /** What the provider does with the coming request. */
  readonly does: (index: number) => CallPlan['does'];
  readonly isStream: (index: number) => boolean;
  /** Calls that the provider sees of one request. */
  readonly calls: 0 | 1;
  /** Whether the provider has something to bill, so that the record must hold an estimate of it. */
  readonly isBilled: boolean;
}

export const WINDOWS: readonly Window[] = [
  {
    name: 'waiting for a place',
    rig: 'queueing',
    does: () => 'answer',
    isStream: (index) => index % 2 === 0,
    calls: 0,
    isBilled: false,
  },
  {
    name: 'waiting for room in a budget',
    rig: 'saving',
    does: () => 'answer',
    isStream: (index) => index % 2 === 0,
    calls: 0,
    isBilled: false,
  },
  {
    name: 'waiting for the first token',
    rig: 'plain',
    does: (index) => (index % 3 === 0 ? 'headers' : 'silent'),
    isStream: () => true,
    calls: 1,
    isBilled: true,
  },
  { name: 'streaming', rig: 'plain', does: () => 'stream', isStream: () => true, calls: 1, isBilled: true },
  {
    name: 'waiting for a plain answer',
    rig: 'plain',
    does: (index) => (['silent', 'headers', 'half-body'] as const)[index % 3] ?? 'silent',
    isStream: () => false,
    calls: 1,
    isBilled: true,
  },
  {
    name: 'pausing before a retry',
    rig: 'pausing',
    does: () => 429,
    isStream: (index) => index % 2 === 0,
    calls: 1,
    isBilled: false,
  },
  {
    name: 'asking the model that grades',
    rig: 'grading',
    does: (index) => (index % 2 === 0 ? 'silent' : 'headers'),
    isStream: (index) => index % 2 === 0,
    calls: 1,
    isBilled: false,
  },
];

/** Half of the clients name a model of their own dialect, so that bytes pass unchanged; the rest take what is chosen. */
export function modelHeader(
  { rig }: Window,
  client: ClientKind,
  index: number,
): Readonly<Record<string, string>> {
  if (rig === 'pausing') {
    const nth = CLIENTS.length * index + CLIENTS.indexOf(client);
    return { 'x-pointsman-model': `pausing-${nth % PAUSING_MODELS}` };
  }
  const own = UPSTREAM_DIALECTS.find((dialect) => dialect === dialectOf(client));
  return rig !== 'plain' || index % 2 === 0 ? {} : { 'x-pointsman-model': own ?? 'openai-chat' };
}

export function configOf(rig: RigName, origin: string): RouterConfigInput {
  const models: TestModel[] = UPSTREAM_DIALECTS.map((dialect) => ({
    id: dialect,
    baseUrl: dialect === 'google-generate' ? `${origin}/v1beta` : `${origin}/v1`,
    dialect,
    provider: dialect,
    inputUsdPerMtok: 1 + UPSTREAM_DIALECTS.indexOf(dialect) / 10,
  }));
  const baseUrl = `${origin}/v1`;
  if (rig === 'pausing') {
    const ids = Array.from({ length: PAUSING_MODELS }, (_, index) => `pausing-${index}`);
    return configFor(ids.map((id) => ({ id, baseUrl, provider: 'pausing' })));
  }
  if (rig === 'grading') {
    return configFor([...models, { id: 'judge', baseUrl, upstreamModel: 'gpt-5.1' }], {
      classifier: { mode: 'hybrid', model: 'judge', timeoutMs: 5000 },
    });
  }
  // One running request may cost more than the budget, so that it has to be alone.
  const budgets = [
    { scope: 'all' as const, period: 'day' as const, limitUsd: 0.01, onReach: 'block' as const },
  ];
  if (rig === 'saving') return configFor(models, { budgets });
  return configFor(models, rig === 'queueing' ? { limits: { maxConcurrent: 1 } } : {});
}
