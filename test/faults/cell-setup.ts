// What a cell of the fault matrix is made of: its two models in the configuration, its request, and where a provider is
// that is no chaos upstream.

import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import type { JsonObject } from '../../daemon/util/json.ts';
import { closedPort, startBlackHole, startFullBacklog, wordsOf } from '../support/chaos-upstream.ts';
import { type Ask, wireAsk, type WireAsk } from '../support/dialect-clients.ts';
import { type ClientDialectId, createClient } from '../support/echo-clients.ts';
import { startFakeUpstream } from '../support/fake-upstream.ts';
import { configFor, type TestModel } from '../support/run-daemon.ts';
import { plainAnswer } from '../support/wire-answers.ts';
import type { Cell, Chain } from './cells.ts';
import type { FaultRow, Place } from './fault-table.ts';

/** Stands in every prompt, and the refusals of providers quote it. */
export const PROMPT_MARKER = 'zebraquartz';

const ASK: Ask = { system: wordsOf(80), text: `${PROMPT_MARKER} ${wordsOf(120)}`, maxTokens: 500 };

export function namesOf({ number }: Cell): readonly [first: string, second: string] {
  return [`first-${number}`, `second-${number}`];
}

export function configOf(
  row: FaultRow,
  chain: Chain,
  cells: readonly Cell[],
  firstBaseUrl: string,
  secondBaseUrl: string,
): RouterConfigInput {
  const isFollowed = chain === 'followed';
  const models = cells.flatMap((cell): readonly TestModel[] => {
    const [first, second] = namesOf(cell);
    const firstModel: TestModel = {
      id: first,
      dialect: cell.first,
      baseUrl: firstBaseUrl,
      fallback: isFollowed ? [second] : [],
    };
    const contextTokens = row.isSecondSmall === true ? 128_000 : 256_000;
    const secondModel: TestModel = {
      id: second,
      dialect: cell.second,
      baseUrl: secondBaseUrl,
      contextTokens,
    };
    return isFollowed ? [firstModel, secondModel] : [firstModel];
  });
  const config = configFor(models, {
    // Models of other cells must not stand in.
    retries: { maxAttempts: 2, exactFallback: isFollowed, pauseMs: 1 },
    timeouts: {
      connectMs: 10_000,
      firstEventMs: 20_000,
      // The last model of a chain gets this, so the healthy one behind has all the time that a loaded machine takes.
      firstEventReasoningMs: isFollowed ? 20_000 : (row.timeouts?.firstEventMs ?? 20_000),
      idleMs: 20_000,
      ...row.timeouts,
    },
  });
  const withKey = Object.entries(config.providers ?? {}).map(([name, provider]) => [
    name,
    { ...provider, apiKey: { env: 'CHAOS_KEY' } },
  ]);
  return { ...config, providers: Object.fromEntries(withKey) as NonNullable<typeof config.providers> };
}

export interface RunningPlace {
  readonly baseUrl: string;
  readonly close: () => Promise<void>;
}

export const PLACES: Readonly<Record<Place, () => Promise<RunningPlace>>> = {
  'closed-port': async () => nowhere(`http://127.0.0.1:${await closedPort()}/v1`),
  'unknown-host': () => Promise.resolve(nowhere('https://nowhere.invalid/v1')),
  'black-hole': startBlackHole,
  'full-backlog': startFullBacklog,
  'self-signed': () => startFakeUpstream({ tls: true }),
};

function nowhere(baseUrl: string): RunningPlace {
  return { baseUrl, close: () => Promise.resolve() };
}

export function requestOf({ client, shape, row }: Cell, model: string): WireAsk {
  const ask = { ...ASK, hasTools: row.says?.calls !== undefined };
  const wire = wireAsk(client, `exact/${model}`, ask, shape === 'stream');
  if (row.hasHistory !== true) return wire;
  const { model: named, stream, stream_options: options } = wire.body;
  const asked = { model: named, stream, stream_options: options };
  return {
    path: wire.path,
    body: { ...conversationOf(client), ...(JSON.parse(JSON.stringify(asked)) as JsonObject) },
  };
}

/** A thought, a call and its result before the next answer, as the client keeps them. */
function conversationOf(client: ClientDialectId): JsonObject {
  const habits = { movesCacheMarks: false, thinksByBudget: false, dropsThoughts: false, trimsText: false };
  const echo = createClient(client, habits);
  echo.say(ASK.text);
  const said = {
    thought: wordsOf(9),
    text: wordsOf(12),
    calls: [{ id: 'call_1', name: 'read', args: { path: 'a.ts' } }],
  };
  echo.receive(client === 'ollama-chat' ? OLLAMA_CALL : plainAnswer(client, said));
  echo.giveResults([wordsOf(15)]);
  return echo.body;
}

const OLLAMA_CALL = {
  message: {
    role: 'assistant',
    content: wordsOf(12),
    tool_calls: [{ function: { name: 'read', arguments: { path: 'a.ts' } } }],
  },
};
