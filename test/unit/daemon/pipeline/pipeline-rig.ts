// The request path without sockets: a client that is a plain object, providers that follow a script, books in an array
// and a clock that only moves when a test says so. The wire format is the real openai-chat one unless a test says so.

import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget, Pricing } from '../../../../daemon/catalog/model-target.ts';
import { PromptCacheReplay } from '../../../../daemon/catalog/prompt-cache-replay.ts';
import { noResponseCache } from '../../../../daemon/cache/response-cache.ts';
import type { Classifier } from '../../../../daemon/classify/classifier.ts';
import type { Dialect } from '../../../../daemon/dialects/dialect.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { createSseParser } from '../../../../daemon/dialects/sse-parser.ts';
import type { RouterError } from '../../../../daemon/errors.ts';
import type { Ledger } from '../../../../daemon/ledger/ledger.ts';
import type { ClientResponse } from '../../../../daemon/pipeline/client-response.ts';
import { EscalationRecord } from '../../../../daemon/pipeline/escalation-record.ts';
import { ResponseMemory } from '../../../../daemon/pipeline/response-memory.ts';
import type { PipelineDeps } from '../../../../daemon/pipeline/serve-exchange.ts';
import { SignedHistoryVault } from '../../../../daemon/pipeline/signed-history.ts';
import type { WireRequest } from '../../../../daemon/pipeline/wire-request.ts';
import type { ControlEvent } from '../../../../daemon/protocol/control-events.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import type { Complexity, FailureKind, TokenUsage } from '../../../../daemon/protocol/vocabulary.ts';
import { createCheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { ConversationIndex } from '../../../../daemon/route/conversation-identity.ts';
import { ConversationStore } from '../../../../daemon/route/conversation-store.ts';
import { OutcomeWatch } from '../../../../daemon/pipeline/outcomes.ts';
import type { EscalationSettings } from '../../../../daemon/pipeline/task-trouble.ts';
import { SuccessStatistics } from '../../../../daemon/route/success-statistics.ts';
import { OverrideBoard } from '../../../../daemon/route/override.ts';
import type { RoutingTable } from '../../../../daemon/route/policy.ts';
import type {
  AttemptContext,
  AttemptOutcome,
  StreamPiece,
  Upstream,
} from '../../../../daemon/upstream/attempt.ts';
import type { Log } from '../../../../daemon/util/log.ts';
import { parseJsonObject } from '../../../../daemon/util/json.ts';
import { TaskEconomics } from '../../../../daemon/pipeline/task-economics.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';
import { classification, table } from '../route/route-fixtures.ts';
import { tinyTarget } from '../upstream/tiny-dialect.ts';

export const ESCALATION: EscalationSettings = { weakAnswer: true, stall: true, verify: 'mechanical' };

export function pricing(input: number, output: number, more: Partial<Pricing> = {}): Pricing {
  return {
    inputUsdPerMtok: input,
    outputUsdPerMtok: output,
    cacheReadUsdPerMtok: input / 10,
    cacheWriteUsdPerMtok: input,
    cacheWrite1hUsdPerMtok: input,
    source: 'test',
    asOf: '2026-11-21',
    ...more,
  };
}

/** 1,000 tokens in and 100 out cost 0.0012 USD. */
export const SMALL: ModelTarget = tinyTarget('small', {
  tier: 'simple',
  price: pricing(1, 2),
  promptCache: { kind: 'automatic', minTokens: 0, ttlS: 300 },
});
/** 1,000 tokens in and 100 out cost 0.012 USD. */
export const LARGE: ModelTarget = tinyTarget('large', {
  tier: 'complex',
  price: pricing(10, 20),
  promptCache: { kind: 'automatic', minTokens: 0, ttlS: 600 },
});

export function tableOf(
  targets: readonly ModelTarget[],
  overrides: Partial<RoutingTable> = {},
): RoutingTable {
  const ids = targets.map((target) => target.id);
  const row = { default: { simple: ids, moderate: ids, complex: ids.toReversed() } };
  return table({
    targets,
    profiles: { budget: row, balanced: row, quality: row },
    baseline: ids.at(-1) ?? null,
    ...overrides,
  });
}

export function usageOf(inputTokens: number, outputTokens: number, cached = 0): TokenUsage {
  return {
    inputTokens,
    cacheReadInputTokens: cached,
    cacheCreationInputTokens: 0,
    outputTokens,
    reasoningOutputTokens: 0,
  };
}

/** The same as the provider writes it. */
export function wireUsage(
  inputTokens: number,
  outputTokens: number,
): { readonly prompt_tokens: number; readonly completion_tokens: number } {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens };
}

export type Step = (target: ModelTarget, context: AttemptContext) => Promise<AttemptOutcome>;

type Responded = Extract<AttemptOutcome, { status: 'responded' }>;

export function responded(
  target: ModelTarget,
  answer: Responded['answer'],
  more: Partial<Responded> = {},
): Responded {
  return {
    status: 'responded',
    target,
    dialect: openAiChat,
    timeToFirstChunkMs: 7,
    headers: {},
    answer,
    warnings: [],
    ...more,
  };
}

export function plain(body: unknown, more: Partial<Responded> = {}): Step {
  const bytes = Buffer.from(JSON.stringify(body));
  return async (target) => {
    const dialect = more.dialect ?? openAiChat;
    const events = dialect.decodeResponse(parseJsonObject(bytes.toString()) ?? {});
    return responded(target, { kind: 'plain', bytes, events }, more);
  };
}

/** What the stream does after its batches. */
export type StreamEnd = 'complete' | Error | 'hang';

/** A stream whose upstream reads brought these batches of frames. */
export function streamOf(
  batches: readonly (readonly string[])[],
  options: { readonly end?: StreamEnd; readonly onPull?: (index: number) => void; dialect?: Dialect } = {},
): Responded['answer'] {
  const { end = 'complete', onPull, dialect = openAiChat } = options;
  const decoder = dialect.createStreamDecoder();
  const parser = createSseParser();
  let tail: ReturnType<typeof decoder.end> = [];
  async function* read(): AsyncGenerator<readonly StreamPiece[]> {
    for (const [index, frames] of batches.entries()) {
      onPull?.(index);
      const parsed = parser.push(Buffer.from(frames.join('')));
      yield parsed.map((frame) => ({ frame, events: decoder.push(frame) }));
    }
    if (end instanceof Error) throw end;
    if (end === 'hang') await new Promise(() => {});
    tail = decoder.end();
  }
  return { kind: 'stream', batches: read(), tail: () => tail };
}

export function stream(frames: readonly string[], end: StreamEnd = 'complete'): Step {
  return async (target) =>
    responded(
      target,
      streamOf(
        frames.map((frame) => [frame]),
        { end },
      ),
    );
}

export function failing(
  kind: FailureKind,
  more: { statusCode?: number; sent?: boolean; message?: string } = {},
): Step {
  const { statusCode, sent = true, message = `it was ${kind}` } = more;
  return async (target) => ({
    status: 'failed',
    target,
    failure: { kind, message, ...(statusCode === undefined ? {} : { statusCode }) },
    sent,
    body: null,
  });
}

/** Waits for the end of the signal, as an attempt does whose client leaves. */
export const untilAborted: Step = async (target, { signal }) => {
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return {
    status: 'failed',
    target,
    failure: { kind: 'client-closed', message: 'the client left' },
    sent: true,
    body: null,
  };
};

export interface FakeClient extends ClientResponse {
  /** What was done, in order: `commit 200`, `write`, `end`, `fail <code>`, `destroy <code>`. */
  readonly calls: string[];
  readonly writes: Buffer[];
  readonly body: () => string;
  status: number | null;
  headers: Readonly<Record<string, string>>;
  error: RouterError | null;
}

export interface FakeClientOptions {
  /** Called before each write; may throw or return a promise to wait for. */
  readonly onWrite?: (index: number) => Promise<void> | undefined;
  readonly onCommit?: () => void;
}

export function fakeClient(options: FakeClientOptions = {}): FakeClient {
  const client: FakeClient = {
    calls: [],
    writes: [],
    status: null,
    headers: {},
    error: null,
    isCommitted: false,
    body: () => Buffer.concat(client.writes).toString(),
    commit(statusCode, headers) {
      if (client.isCommitted) throw new Error('committed twice');
      client.calls.push(`commit ${statusCode}`);
      Object.assign(client, { isCommitted: true, status: statusCode, headers });
      options.onCommit?.();
    },
    write(chunk) {
      if (!client.isCommitted) throw new Error('written before the commit');
      const index = client.writes.length;
      client.calls.push('write');
      client.writes.push(Buffer.from(chunk));
      return options.onWrite?.(index);
    },
    end(lastChunk) {
      // A last chunk is a write of its own to whoever looks at the calls.
      if (lastChunk !== undefined) void client.write(lastChunk);
      client.calls.push('end');
    },
    fail(_dialect, error, headers) {
      client.calls.push(`${client.isCommitted ? 'destroy' : 'fail'} ${error.code}`);
      client.error = error;
      if (!client.isCommitted) client.headers = headers;
    },
  };
  return client;
}

export interface RigOptions {
  readonly targets?: readonly ModelTarget[];
  readonly table?: Partial<RoutingTable>;
  readonly complexity?: Complexity;
  readonly metadata?: 'headers' | 'body';
  /** One step per attempt, in order. */
  readonly script?: readonly Step[];
  readonly deps?: Partial<PipelineDeps>;
}

export interface Rig {
  readonly deps: PipelineDeps;
  readonly clock: VirtualClock;
  readonly records: ExchangeRecord[];
  readonly events: ControlEvent[];
  readonly log: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[];
  readonly attempts: { readonly target: ModelTarget; readonly context: AttemptContext }[];
  wire(body: unknown, more?: Partial<WireRequest>): WireRequest;
}

export function rig(options: RigOptions = {}): Rig {
  const clock = createVirtualClock();
  const records: ExchangeRecord[] = [];
  const events: ControlEvent[] = [];
  const log: Rig['log'] = [];
  const attempts: { target: ModelTarget; context: AttemptContext }[] = [];
  const script = [...(options.script ?? [])];
  const upstream: Upstream = {
    async attempt(target, context) {
      attempts.push({ target, context });
      const step = script.shift();
      if (step === undefined) throw new Error('the script is over');
      return await step(target, context);
    },
  };
  const routingTable = tableOf(options.targets ?? [SMALL, LARGE], options.table);
  let ids = 0;
  const statistics = new SuccessStatistics();
  const deps: PipelineDeps = {
    clock,
    escalations: new EscalationRecord(),
    ids: { exchangeId: () => `x_${++ids}` },
    log: logInto(log),
    snapshot: () => ({
      table: routingTable,
      connections: new Map(),
      decideAt: 'task',
      escalation: ESCALATION,
      metadata: options.metadata ?? 'headers',
    }),
    cache: noResponseCache,
    responses: new ResponseMemory(clock),
    vault: new SignedHistoryVault(),
    classifier: fixedClassifier(options.complexity),
    policy: createCheapestCapablePolicy({ expectedCostUsd }),
    conversationIndex: new ConversationIndex(),
    conversations: new ConversationStore(),
    statistics,
    outcomes: new OutcomeWatch({ statistics, ledger: ledgerInto(records) }),
    overrides: new OverrideBoard(clock),
    unavailable: () => [],
    economics: new TaskEconomics(),
    promptCacheReplay: new PromptCacheReplay(),
    servedCacheReplay: new PromptCacheReplay(),
    attempts: { upstream, health: ALWAYS_WELL, clock, random: () => 0, pauseMs: () => 0 },
    ledger: ledgerInto(records),
    isHeard: () => true,
    publish: (event) => void events.push(event),
    ...options.deps,
  };
  const wire: Rig['wire'] = (body, more = {}) => ({
    dialect: openAiChat,
    headers: new Map(),
    query: new URLSearchParams(),
    path: '/v1/chat/completions',
    bytes: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    signal: new AbortController().signal,
    receivedAtMs: clock.now(),
    monotonicStartMs: clock.monotonicMs(),
    ...more,
  });
  return { deps, clock, records, events, log, attempts, wire };
}

const ALWAYS_WELL: PipelineDeps['attempts']['health'] = {
  allDownUntil: () => null,
  outage: () => null,
  began() {},
  started() {},
  succeeded() {},
  failed() {},
};

export function fixedClassifier(complexity: Complexity = 'simple', costUsd = 0): Classifier {
  return { name: 'fixed', classify: () => ({ classification: classification(complexity), costUsd }) };
}

function ledgerInto(records: ExchangeRecord[]): Ledger {
  const unused = (): never => {
    throw new Error('not part of the request path');
  };
  return {
    append: (record) => void records.push(record),
    noteOutcome: () => {},
    noteFeedback: unused,
    outcomes: unused,
    feedback: unused,
    rememberTable: unused,
    table: unused,
    flush: unused,
    totals: unused,
    series: unused,
    exchanges: unused,
    exchange: unused,
    state: unused,
    close: unused,
  };
}

function logInto(lines: Rig['log']): Log {
  const at =
    (level: string): Log['info'] =>
    (message, fields = {}) =>
      void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A chat request of one user message; `more` goes into the body. */
export function ask(content = 'what is a heap', more: Readonly<Record<string, unknown>> = {}): unknown {
  return { model: 'auto', messages: [{ role: 'user', content }], ...more };
}

export function closeTo(actual: number | null | undefined, expected: number): void {
  if (actual === null || actual === undefined || Math.abs(actual - expected) > 1e-12) {
    throw new Error(`${String(actual)} is not ${expected}`);
  }
}
