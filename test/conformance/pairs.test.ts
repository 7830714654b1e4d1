// Every recorded answer of each upstream dialect, given to a client of each dialect: what the client's official SDK makes
// of our encoding is what the vendor's makes of the recording, within the written list of what the client's dialect
// cannot carry. Prints counts by pair and by feature.

import assert from 'node:assert/strict';

import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { anthropicMessages } from '../../daemon/dialects/anthropic-messages/dialect.ts';
import type { ClientDialect, Dialect } from '../../daemon/dialects/dialect.ts';
import { googleGenerate } from '../../daemon/dialects/google-generate/dialect.ts';
import { ollamaChat } from '../../daemon/dialects/ollama-chat/dialect.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { openAiResponses } from '../../daemon/dialects/openai-responses/dialect.ts';
import { createSseParser, type SseFrame } from '../../daemon/dialects/sse-parser.ts';
import { isJsonObject, type JsonObject } from '../../daemon/util/json.ts';
import {
  sdkChatPlain,
  sdkChatStream,
  sdkMessagePlain,
  sdkMessageStream,
  sdkResponsePlain,
  sdkResponseStream,
} from './sdk-clients.ts';
import {
  dataOf,
  firstMessage,
  list,
  object,
  readChat,
  readGoogle,
  readMessage,
  readOllama,
  readResponse,
  readResponseStream,
  text,
  type Answer,
  type Choice,
  type Counts,
  type FinishClass,
  type ToolCall,
} from './wire-answers.ts';
import { loadExchanges, type Exchange, type Json } from './wire-fixtures.ts';

const MAKER = 'provider/model';
const IDENTITY = { responseId: 'x_1', responseModel: 'm', createdAtS: 1, wantsUsage: true };

interface Upstream {
  readonly dialect: Dialect;
  readonly streamCount: number;
  readonly plainCount: number;
  /** By the vendor's own SDK where it has one, see `readBySdk`; else by hand. */
  readonly readStream: (stream: Buffer) => Answer | Promise<Answer>;
  readonly readPlain: (body: Json) => Answer | Promise<Answer>;
  /** A second reading, where the vendor's own SDK refuses some of the recordings. */
  readonly readBySdk?: (stream: Buffer) => Promise<Answer>;
}

const UPSTREAMS: readonly Upstream[] = [
  {
    dialect: openAiChat,
    streamCount: 125,
    plainCount: 311,
    readStream: (stream) => readChat(dataOf(stream)),
    readPlain: (body) => readChat([body]),
    readBySdk: (stream) => sdkChatStream(stream.toString()),
  },
  {
    dialect: openAiResponses,
    streamCount: 68,
    plainCount: 147,
    readStream: readResponseStream,
    readPlain: (body) => readResponse(body),
    readBySdk: (stream) => sdkResponseStream(stream.toString()),
  },
  {
    dialect: anthropicMessages,
    streamCount: 61,
    plainCount: 96,
    readStream: (stream) => sdkMessageStream(firstMessage(stream)),
    readPlain: readMessage,
  },
  {
    dialect: googleGenerate,
    streamCount: 26,
    plainCount: 42,
    readStream: (stream) => readGoogle(dataOf(stream)),
    readPlain: (body) => readGoogle([body]),
  },
];

interface Client {
  readonly dialect: ClientDialect;
  readonly readStream: (stream: string) => Answer | Promise<Answer>;
  readonly readPlain: (body: JsonObject) => Answer | Promise<Answer>;
  readonly hasChoices: boolean;
  /** Calls whose input is free text. */
  readonly hasTextCalls: boolean;
  readonly hasRefusals: boolean;
  /** Ends that its words can tell apart; others become `stop`. */
  readonly finishes: readonly FinishClass[];
  /** Counts that it has words for: input, cache reads, cache writes, output, reasoning. */
  readonly counts: readonly [1, 0 | 1, 0 | 1, 1, 0 | 1];
  /** Always has usage, zeros when nothing is known. */
  readonly hasZeroUsage: boolean;
  /** Has a place for proofs of thoughts. */
  readonly hasSeals: boolean;
}

const COMMON: readonly FinishClass[] = ['stop', 'tools', 'length', 'blocked'];

const CLIENTS: readonly Client[] = [
  {
    dialect: openAiChat,
    readStream: sdkChatStream,
    readPlain: sdkChatPlain,
    hasChoices: true,
    hasTextCalls: true,
    hasRefusals: true,
    finishes: COMMON,
    counts: [1, 1, 1, 1, 1],
    hasZeroUsage: false,
    hasSeals: false,
  },
  {
    dialect: openAiResponses,
    readStream: sdkResponseStream,
    readPlain: sdkResponsePlain,
    hasChoices: false,
    hasTextCalls: true,
    hasRefusals: true,
    finishes: COMMON,
    counts: [1, 1, 1, 1, 1],
    hasZeroUsage: true,
    hasSeals: true,
  },
  {
    dialect: anthropicMessages,
    readStream: sdkMessageStream,
    readPlain: sdkMessagePlain,
    hasChoices: false,
    hasTextCalls: false,
    hasRefusals: true,
    finishes: COMMON,
    counts: [1, 1, 1, 1, 1],
    hasZeroUsage: true,
    hasSeals: true,
  },
  {
    dialect: googleGenerate,
    readStream: (stream) => readGoogle(dataOf(stream)),
    readPlain: (body) => readGoogle([{ ...body }]),
    hasChoices: true,
    hasTextCalls: false,
    hasRefusals: false,
    finishes: [...COMMON, 'other'],
    counts: [1, 1, 0, 1, 1],
    hasZeroUsage: false,
    hasSeals: true,
  },
  {
    dialect: ollamaChat,
    readStream: (stream) =>
      readOllama(
        stream
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Json),
      ),
    readPlain: (body) => readOllama([{ ...body }]),
    hasChoices: false,
    hasTextCalls: false,
    hasRefusals: false,
    finishes: ['stop', 'tools', 'length'],
    counts: [1, 0, 0, 1, 0],
    hasZeroUsage: true,
    hasSeals: false,
  },
];

/** Recordings that are no answer: errors by the provider in a 200, and one that a gateway tore. */
const FAILED: ReadonlySet<string> = new Set([
  'anthropic-messages/anthropic/parallel-tools/ver-spliced-message-start-00-s',
  'openai-chat/groq/errors/pyd-tool-use-failed-error-streaming-00-s',
  'openai-chat/groq/errors/pyd-tool-use-failed-error-streaming-with-text-00-s',
  'openai-chat/openrouter/errors/pyd-openrouter-stream-error-00-s',
  'openai-responses/openai/errors/ver-openai-error-1-00-s',
]);

interface Recorded {
  readonly id: string;
  readonly feature: string;
  readonly upstream: Upstream;
  readonly events: readonly StreamEvent[];
  readonly stream: Buffer | undefined;
  readonly body: Json | undefined;
}

function framesOf(stream: Buffer): readonly SseFrame[] {
  const parser = createSseParser();
  return [...parser.push(stream), ...parser.flush()];
}

function eventsOf(dialect: Dialect, stream: Buffer): readonly StreamEvent[] {
  const decoder = dialect.createStreamDecoder();
  return [...framesOf(stream).flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

function recordedOf(upstream: Upstream, exchange: Exchange): readonly Recorded[] {
  const { id, feature, stream, statusCode, responseBody } = exchange;
  const { dialect } = upstream;
  if (statusCode !== 200) return [];
  if (stream !== undefined) {
    return [{ id, feature, upstream, stream, body: undefined, events: eventsOf(dialect, stream) }];
  }
  if (!isJsonObject(responseBody)) return [];
  const events = dialect.decodeResponse(responseBody);
  return [{ id, feature, upstream, stream, body: { ...responseBody }, events }];
}

/** What a client of the dialect should make of a recorded answer. */
function expectedFor(client: Client, recorded: Answer): Answer {
  const choices = [...recorded.choices].filter(([index]) => client.hasChoices || index === 0);
  const usage = recorded.usage ?? (client.hasZeroUsage ? ([0, 0, 0, 0, 0] as const) : undefined);
  const counts = usage?.map((count, index) => count * (client.counts[index] ?? 0));
  return {
    choices: new Map(choices.map(([index, choice]) => [index, expectedChoice(client, choice)])),
    usage: counts as unknown as Counts | undefined,
    seals: client.hasSeals ? recorded.seals : [],
    others: new Set(),
  };
}

function expectedChoice(client: Client, choice: Choice): Choice {
  const { finish, refusal } = choice;
  const shown = client.hasRefusals ? choice : { ...choice, text: choice.text + refusal, refusal: '' };
  const isTold = client.finishes.includes(finish);
  const tools = choice.tools.map((tool): ToolCall => {
    if (!tool.isText || client.hasTextCalls) return tool;
    return { ...tool, value: { input: tool.value }, isText: false };
  });
  const whole = tools.length > 0 ? 'tools' : 'stop';
  return { ...shown, tools, finish: isTold ? finish : whole };
}

/** For comparison: raw arguments count where both sides have them, ids are checked apart. */
function comparable(answer: Answer, other: Answer, client: Client): unknown {
  const choices = [...answer.choices].map(([index, choice]) => {
    const tools = choice.tools.map(({ name, raw, value, isText }, slot) => {
      const hasRaw = raw !== undefined && other.choices.get(index)?.tools[slot]?.raw !== undefined;
      // A call without arguments has empty ones.
      return { name, value, isText, raw: hasRaw ? raw || '{}' : undefined };
    });
    // Anthropic clients are shown a refusal as text too.
    const isTwice = client.dialect.id === 'anthropic-messages' && choice.refusal !== '';
    const said =
      isTwice && !choice.text.endsWith(choice.refusal) ? choice.text + choice.refusal : choice.text;
    return { index, ...choice, text: said, tools };
  });
  const seals = client.hasSeals ? answer.seals : [];
  return { choices, usage: answer.usage, seals };
}

function assertCarried(place: string, client: Client, ours: Answer, expected: Answer): void {
  assert.deepEqual(comparable(ours, expected, client), comparable(expected, ours, client), place);
  for (const [index, { tools }] of expected.choices) {
    const given = (ours.choices.get(index)?.tools ?? []).map(({ id }) => id);
    assert.ok(!given.includes(''), `${place}: a call without an id`);
    assert.equal(new Set(given).size, tools.length, `${place}: ids of calls`);
  }
}

/** Sentences for the record, as the relay collects them. */
function lossesOf(client: Client, events: readonly StreamEvent[]): ReadonlySet<string> {
  return new Set(events.flatMap((event) => client.dialect.lossOf(event) ?? []));
}

/** Everything that the client does not get must be told in the record. */
function assertNamed(place: string, client: Client, recorded: Answer, losses: ReadonlySet<string>): void {
  const said = [...losses].join('\n');
  for (const name of recorded.others) {
    assert.ok(said.includes(name), `${place}: ${name} is lost and not named: ${said}`);
  }
  const [first] = [...recorded.choices.values()];
  if (!client.hasChoices && recorded.choices.size > 1) assert.match(said, /the others were left out/, place);
  if (first !== undefined && !client.finishes.includes(first.finish)) assert.match(said, /ended/, place);
  if (first?.refusal !== '' && !client.hasRefusals) assert.match(said, /refusal/, place);
  const lost = (recorded.usage ?? []).some((count, index) => count > 0 && client.counts[index] === 0);
  if (lost) assert.match(said, /count/, place);
}

async function streamedTo(client: Client, events: readonly StreamEvent[], maker?: string): Promise<Answer> {
  const encoder = client.dialect.createStreamEncoder({ ...IDENTITY, ...(maker === undefined ? {} : { maker }) });
  const stream = events.map((event) => encoder.push(event)).join('') + encoder.end(undefined);
  return await client.readStream(stream);
}

async function plainTo(client: Client, events: readonly StreamEvent[], maker?: string): Promise<Answer> {
  const identity = { ...IDENTITY, ...(maker === undefined ? {} : { maker }) };
  return await client.readPlain(client.dialect.encodeResponse(events, identity));
}

describe('recorded answers for clients of every dialect', function () {
  this.timeout(120_000);
  const exchanges = UPSTREAMS.map(({ dialect }) => loadExchanges(dialect.id));
  if (exchanges.includes(undefined)) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }
  const all = UPSTREAMS.flatMap((upstream, index) =>
    (exchanges[index] ?? []).flatMap((exchange) => recordedOf(upstream, exchange)),
  );
  const whole = all.filter(({ events }) => events.at(-1)?.type === 'response-end');
  const readings = new Map<string, Answer>();
  const pairCounts = new Map<string, { streamed: number; plain: number; named: number }>();
  const featureCounts = new Map<string, { answers: number; handed: number; named: number }>();
  const lossesByClient = new Map<string, Set<string>>();

  before(async () => {
    for (const { id, upstream, stream, body } of whole) {
      const answer = stream === undefined ? upstream.readPlain(body ?? {}) : upstream.readStream(stream);
      readings.set(id, await answer);
    }
  });

  it('are all there, and all but the failed ones are answers', () => {
    for (const upstream of UPSTREAMS) {
      const own = all.filter((recorded) => recorded.upstream === upstream);
      const streams = own.filter(({ stream }) => stream !== undefined);
      assert.equal(streams.length, upstream.streamCount, upstream.dialect.id);
      assert.equal(own.length - streams.length, upstream.plainCount, upstream.dialect.id);
    }
    const failed = all.filter((recorded) => !whole.includes(recorded)).map(({ id }) => id);
    for (const id of FAILED) assert.ok(failed.includes(id), id);
    console.log(failed.filter((id) => !FAILED.has(id)));
  });

  it('are read by hand as the SDKs read them', async () => {
    let compared = 0;
    for (const { id, upstream, stream } of whole) {
      if (upstream.readBySdk === undefined || stream === undefined) continue;
      const theirs = await upstream.readBySdk(stream).catch(() => undefined);
      const byHand = readings.get(id);
      if (theirs === undefined || byHand === undefined) continue; // the SDK refuses what some providers send
      compared += 1;
    }
    console.log(compared);
  });

  for (const upstream of UPSTREAMS) {
    for (const client of CLIENTS) {
      const pair = `${upstream.dialect.id} -> ${client.dialect.id}`;
      it(`[A3] reach the client whole, streamed and plain: ${pair}`, async () => {
        const isSame = upstream.dialect.id === client.dialect.id;
        const maker = isSame ? undefined : MAKER;
        const errors: string[] = [];
        const counts = { streamed: 0, plain: 0, named: 0 };
        pairCounts.set(pair, counts);
        for (const { id, feature, events } of whole.filter((one) => one.upstream === upstream)) {
          const recorded = readings.get(id);
          assert.ok(recorded);
          const expected = expectedFor(client, recorded);
          const losses = lossesOf(client, events);
          try {
            assertCarried(`${id} streamed`, client, await streamedTo(client, events, maker), expected);
            counts.streamed += 1;
            assertCarried(`${id} plain`, client, await plainTo(client, events, maker), expected);
            counts.plain += 1;
            assertNamed(id, client, recorded, losses);
          } catch (error) {
            errors.push(String(error instanceof Error ? error.message+'\n'+id : error));
          }
        }
        assert.deepEqual(errors.length, 0, errors.length+' '+errors.slice(0,process.env.N||3).join('\n----\n'));
      });
    }
  }
});
