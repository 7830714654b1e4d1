// Every recorded answer of each upstream dialect, given to a client of each dialect: what the client's official SDK makes
// of our encoding is what the vendor's makes of the recording, within the written list of what the client's dialect
// cannot carry. Prints counts by pair and by feature.

import assert from 'node:assert/strict';

import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { anthropicMessages } from '../../daemon/dialects/anthropic-messages/dialect.ts';
import type { AnswerIdentity, ClientDialect, Dialect } from '../../daemon/dialects/dialect.ts';
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
import { announcedOnce, loadExchanges, type Exchange, type Json } from './wire-fixtures.ts';

const MAKER = 'provider/model';
const IDENTITY: AnswerIdentity = { responseId: 'x_1', responseModel: 'm', createdAtS: 1, wantsUsage: true };

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
  'openai-chat/azure/text/trl-prompt-content-filtering-with-events-with-content-00',
  'openai-chat/groq/errors/pyd-tool-use-failed-error-streaming-00-s',
  'openai-chat/groq/errors/pyd-tool-use-failed-error-streaming-with-text-00-s',
  'openai-chat/openrouter/errors/pyd-openrouter-stream-error-00-s',
  'openai-responses/openai/errors/ver-openai-error-1-00-s',
]);

/** Its last item says something else than its deltas did: what was streamed is what the user saw. */
const OTHER_TEXT_AT_END = 'openai-responses/openai/client-shell-tools/ver-openai-shell-container-1-00-s';

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
  return { choices, usage: answer.usage };
}

function assertCarried(place: string, client: Client, ours: Answer, expected: Answer): void {
  assert.deepEqual(comparable(ours, expected, client), comparable(expected, ours, client), place);
  assertSealed(place, ours.seals, expected.seals);
  for (const [index, { tools }] of expected.choices) {
    const given = (ours.choices.get(index)?.tools ?? []).map(({ id }) => id);
    assert.ok(!given.includes(''), `${place}: a call without an id`);
    assert.equal(new Set(given).size, tools.length, `${place}: ids of calls`);
  }
}

/** Every proof arrives whole and in order. OpenRouter's stand inside the text of all details. */
function assertSealed(place: string, ours: readonly string[], expected: readonly string[]): void {
  let next = 0;
  for (const seal of expected) {
    while (next < ours.length && !isSealIn(seal, ours[next] ?? '')) next += 1;
    assert.ok(next < ours.length, `${place}: a proof of a thought is lost`);
    if (seal === ours[next]) next += 1;
  }
}

function isSealIn(seal: string, envelope: string): boolean {
  return envelope === seal || envelope.includes(JSON.stringify(seal));
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
  if (first !== undefined && !client.finishes.includes(first.finish))
    assert.match(said, /ended|refusal/, place);
  if (first?.refusal !== '' && !client.hasRefusals) assert.match(said, /refusal/, place);
  const lost = (recorded.usage ?? []).some((count, index) => count > 0 && client.counts[index] === 0);
  if (lost) assert.match(said, /count/, place);
}

function encodedStream(client: Client, events: readonly StreamEvent[], identity: AnswerIdentity): string {
  const encoder = client.dialect.createStreamEncoder(identity);
  return events.map((event) => encoder.push(event)).join('') + encoder.end(undefined);
}

async function recordedAnswer(
  id: string,
  upstream: Upstream,
  stream: Buffer | undefined,
  body: Json,
): Promise<Answer> {
  if (stream === undefined) return await upstream.readPlain(body);
  const answer = await upstream.readStream(stream);
  if (id !== OTHER_TEXT_AT_END) return answer;
  const deltas = dataOf(stream).filter(({ type }) => type === 'response.output_text.delta');
  const said = deltas.map(({ delta }) => text(delta)).join('');
  const choices = [...answer.choices].map(([index, choice]) => [index, { ...choice, text: said }] as const);
  return { ...answer, choices: new Map(choices) };
}

/** Wire types of all that is recorded and that the neutral model has no word for. */
const OTHER_TYPES: readonly string[] = [
  'advisor_tool_result',
  'annotations',
  'apply_patch_call',
  'bash_code_execution_tool_result',
  'caller',
  'citations',
  'codeExecutionResult',
  'code_execution_tool_result',
  'code_interpreter_call',
  'container',
  'context_management',
  'executableCode',
  'executed_tools',
  'extra_content',
  'fallback',
  'file_search_call',
  'groundingMetadata',
  'image_generation_call',
  'local_shell_call',
  'logprobs',
  'phase',
  'program',
  'server_tool_use',
  'shell_call',
  'shell_call_output',
  'stop_sequence',
  'text_editor_code_execution_tool_result',
  'toolCall',
  'toolResponse',
  'tool_search_call',
  'tool_search_output',
  'tool_search_tool_result',
  'urlContextMetadata',
  'web_fetch_tool_result',
  'web_search_call',
  'web_search_tool_result',
];

/** The written list of what a client of each dialect is not given, in the words of the record. */
const WRITTEN_LISTS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'openai-chat',
    [
      ...OTHER_TYPES.map(
        (type) => `${type} has no place in a chat completion and was left out of the answer`,
      ),
      'that the answer ended by queued has no word in a chat completion, which says stop',
    ],
  ],
  [
    'openai-responses',
    [
      ...OTHER_TYPES.map((type) => `${type} in the answer has no counterpart in a response and was left out`),
      'a response holds one answer: the others were left out',
      'that the answer ended by queued has no word in a response, which says completed',
    ],
  ],
  [
    'anthropic-messages',
    [
      ...OTHER_TYPES.map(
        (type) => `${type} has no place in an Anthropic message and was left out of the answer`,
      ),
      'an Anthropic message holds one answer; the others were left out',
      'that the answer ended by queued has no word in an Anthropic message, which says end_turn',
    ],
  ],
  [
    'google-generate',
    [
      ...OTHER_TYPES.map(
        (type) => `content of type ${type} has no place in a Gemini answer and was left out`,
      ),
      'a Gemini answer has no count of tokens written to a cache; they are in its prompt count only',
      'a refusal has no place of its own in a Gemini answer; it stands there as text',
    ],
  ],
  [
    'ollama-chat',
    [
      ...OTHER_TYPES.map(
        (type) => `content of type ${type} has no place in an Ollama answer and was left out`,
      ),
      'a refusal has no place of its own in an Ollama answer; it stands there as text',
      'an Ollama answer has no counts of cached and reasoning tokens; they are in its totals only',
      'an Ollama answer holds one choice; the others were left out',
      'that the answer ended by other has no word in an Ollama answer, which says stop',
      'that the answer ended by refusal has no word in an Ollama answer, which says stop',
    ],
  ],
]);

/** Prints rows of numbers under their heads. */
function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) =>
        typeof cell === 'number'
          ? String(cell).padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ');
  return [line(heads), ...rows.map(line)].map((text) => `      ${text.trimEnd()}`).join('\n');
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
  const pairs: (readonly (string | number)[])[] = [];
  const features = new Map<string, { recorded: number; handed: number; named: number }>();

  before(async () => {
    for (const { id, feature, upstream, stream, body } of whole) {
      readings.set(id, await recordedAnswer(id, upstream, stream, body ?? {}));
      const counts = features.get(feature) ?? { recorded: 0, handed: 0, named: 0 };
      counts.recorded += 1;
      features.set(feature, counts);
    }
  });

  after(() => {
    const heads = ['upstream', 'client', 'recorded', 'equal streamed', 'equal plain', 'with named losses'];
    const rows = [...features].toSorted(([a], [b]) => (a < b ? -1 : 1));
    console.log(table(heads, pairs));
    console.log(
      table(
        ['feature', 'recorded', 'handed to clients', 'with named losses'],
        rows.map(([feature, { recorded, handed, named }]) => [feature, recorded, handed, named]),
      ),
    );
  });

  it('are all there, and all but the failed ones are answers', () => {
    for (const upstream of UPSTREAMS) {
      const own = all.filter((recorded) => recorded.upstream === upstream);
      const streams = own.filter(({ stream }) => stream !== undefined);
      assert.equal(streams.length, upstream.streamCount, upstream.dialect.id);
      assert.equal(own.length - streams.length, upstream.plainCount, upstream.dialect.id);
    }
    const failed = all.filter((recorded) => !whole.includes(recorded)).map(({ id }) => id);
    assert.deepEqual(failed.toSorted(), [...FAILED].toSorted());
  });

  it('are read by hand as the SDK of their vendor reads them, where it does', async () => {
    let compared = 0;
    for (const { id, upstream, stream } of whole) {
      if (upstream.readBySdk === undefined || stream === undefined || id === OTHER_TEXT_AT_END) continue;
      // The SDK refuses what some providers send, and makes "[object Object]" of Mistral's arrays.
      const theirs = await upstream.readBySdk(stream).catch(() => undefined);
      const byHand = readings.get(id);
      const isRead = theirs !== undefined && theirs.choices.size > 0;
      if (!isRead || byHand === undefined || JSON.stringify([...theirs.choices]).includes('[object'))
        continue;
      const facts = ({ choices, usage }: Answer): unknown => ({ choices: [...choices], usage });
      assert.deepEqual(facts(theirs), facts(byHand), id);
      compared += 1;
    }
    assert.ok(compared > 160, `the SDKs read only ${compared}`);
  });

  for (const upstream of UPSTREAMS) {
    for (const client of CLIENTS) {
      const isSame = upstream.dialect.id === client.dialect.id;
      const how = isSame ? 'encoded anew, as from the cache' : 'streamed and plain';
      it(`[A3] reach the client whole, ${how}: ${upstream.dialect.id} -> ${client.dialect.id}`, async () => {
        const identity = isSame ? IDENTITY : { ...IDENTITY, maker: MAKER };
        const own = whole.filter((recorded) => recorded.upstream === upstream);
        let named = 0;
        for (const { id, feature, events } of own) {
          const recorded = readings.get(id);
          const counts = features.get(feature);
          assert.ok(recorded !== undefined && counts !== undefined);
          const expected = expectedFor(client, recorded);
          const streamed = await client.readStream(encodedStream(client, events, identity));
          assertCarried(`${id} streamed`, client, streamed, expected);
          const plain = await client.readPlain(client.dialect.encodeResponse(events, identity));
          assertCarried(`${id} plain`, client, plain, expected);
          const losses = lossesOf(client, events);
          assertNamed(id, client, recorded, losses);
          named += losses.size > 0 ? 1 : 0;
          counts.handed += 2;
          counts.named += losses.size > 0 ? 2 : 0;
        }
        pairs.push([upstream.dialect.id, client.dialect.id, own.length, own.length, own.length, named]);
      });
    }
  }

  for (const client of CLIENTS) {
    it(`[A3] lose nothing but what is written down, for ${client.dialect.id}`, () => {
      const losses = new Set(whole.flatMap(({ events }) => [...lossesOf(client, events)]));
      assert.deepEqual([...losses].toSorted(), WRITTEN_LISTS.get(client.dialect.id)?.toSorted());
    });
  }

  it('[A3] pass to a client of the same dialect byte for byte, streamed and plain', () => {
    const remark = ',"_pointsman":{"exchange_id":"x_1"}';
    const metadata = { exchange_id: 'x_1' };
    let passed = 0;
    for (const { id, upstream, stream, body } of all) {
      const { dialect } = upstream;
      if (stream === undefined) {
        const bytes = Buffer.from(JSON.stringify(body));
        const marked = dialect.addMetadata(bytes, metadata).toString();
        assert.equal(marked.split(remark).length, 2, id);
        assert.equal(marked.replace(remark, ''), bytes.toString(), id);
      } else {
        for (const holdLast of [false, true]) {
          const filter = dialect.createFrameFilter({ stripUsage: false, holdLast });
          const decoder = dialect.createStreamDecoder();
          const passedOn: readonly Buffer[] = framesOf(stream).flatMap((frame) =>
            filter.push(frame, decoder.push(frame)),
          );
          assert.ok(Buffer.concat([...passedOn, ...filter.end(undefined)]).equals(announcedOnce(stream)), id);
        }
      }
      passed += 1;
    }
    assert.equal(passed, all.length);
  });
});
