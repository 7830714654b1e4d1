// Random conversations in which the model changes from turn to turn, through the codecs and the vault, against
// providers that check every signature. Seeded: a number names a conversation, and the same number is the same one.

import { anthropicMessages } from '../../daemon/dialects/anthropic-messages/dialect.ts';
import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import type {
  AnswerIdentity,
  ClientDialect,
  Dialect,
  EncodeTarget,
  UpstreamDialect,
} from '../../daemon/dialects/dialect.ts';
import { createSseParser } from '../../daemon/dialects/sse-parser.ts';
import { googleGenerate } from '../../daemon/dialects/google-generate/dialect.ts';
import { ollamaChat } from '../../daemon/dialects/ollama-chat/dialect.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { openAiResponses } from '../../daemon/dialects/openai-responses/dialect.ts';
import { makerOf, SignedHistoryVault, type VaultTarget } from '../../daemon/pipeline/signed-history.ts';
import { arrayOf, isJsonObject, type JsonObject, objectOf, parseJsonObject } from '../../daemon/util/json.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { createClient, type ClientDialectId, type EchoClient, type Habits } from './echo-clients.ts';
import {
  type Piece,
  PlainChat,
  StrictAnthropic,
  StrictGoogle,
  StrictOpenRouter,
  type StrictProvider,
  StrictResponses,
} from './strict-providers.ts';

export interface RigTarget {
  readonly provider: string;
  readonly strict: StrictProvider;
  readonly codec: UpstreamDialect;
  readonly traits?: EncodeTarget['traits'];
}

export interface TurnReport {
  readonly target: RigTarget;
  /** What the provider was sent. */
  readonly sent: JsonObject;
  /** Why it refused; undefined = it answered. */
  readonly refusal: string | undefined;
  readonly seals: readonly string[];
  readonly leadingSeals: readonly string[];
  readonly received: JsonObject;
}

export type Random = () => number;

export const CLIENT_CODECS: Readonly<Record<ClientDialectId, ClientDialect>> = {
  'anthropic-messages': anthropicMessages,
  'openai-responses': openAiResponses,
  'openai-chat': openAiChat,
  'google-generate': googleGenerate,
  'ollama-chat': ollamaChat,
};

export const TARGETS = {
  claudeA: { provider: 'ant', strict: new StrictAnthropic('claude-a'), codec: anthropicMessages },
  claudeB: {
    provider: 'ant',
    strict: new StrictAnthropic('claude-b'),
    codec: anthropicMessages,
    traits: { thinking: 'budget' },
  },
  gptA: { provider: 'oai', strict: new StrictResponses('gpt-a'), codec: openAiResponses },
  gptB: { provider: 'oai', strict: new StrictResponses('gpt-b'), codec: openAiResponses },
  openRouter: { provider: 'or', strict: new StrictOpenRouter('or-a'), codec: openAiChat },
  plainChat: {
    provider: 'ds',
    strict: new PlainChat('ds-a'),
    codec: openAiChat,
    traits: { wantsReasoningBack: true },
  },
  gemini: { provider: 'goo', strict: new StrictGoogle('gemini-3-a'), codec: googleGenerate },
} as const satisfies Readonly<Record<string, RigTarget>>;

export const ALL_TARGETS: readonly RigTarget[] = Object.values(TARGETS);

/** mulberry32: small, and the same everywhere. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(random: Random, from: readonly [T, ...T[]] | readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new RangeError('there is nothing to pick from');
  return chosen;
}

/** One request of the client to one target, and the answer back to the client. */
export function exchange(given: {
  readonly vault: SignedHistoryVault;
  readonly conversationId: string;
  readonly client: EchoClient;
  readonly clientCodec: ClientDialect;
  readonly target: RigTarget;
  readonly pieces: readonly Piece[];
  /** The client reads a stream. */
  readonly isStream?: boolean;
}): TurnReport {
  const { vault, conversationId, client, clientCodec, target } = given;
  const { strict, codec, provider } = target;
  const request = clientCodec.decodeRequest(
    parseRequestBody(Buffer.from(JSON.stringify(client.body))),
    client.path,
  );
  const vaultTarget: VaultTarget = { provider, upstreamModel: strict.upstreamModel, dialect: strict.dialect };
  const question = { target: vaultTarget, request, conversationId };
  const encoded = codec.encodeRequest(request, {
    dialect: strict.dialect,
    upstreamModel: strict.upstreamModel,
    maxOutputTokens: 8192,
    ...(target.traits === undefined ? {} : { traits: target.traits }),
    history: vault.viewFor(question),
  });
  const sent = parseJsonObject(encoded.body.toString()) ?? {};
  const refusal = strict.refusalOf(sent);
  if (refusal !== undefined) {
    return { target, sent, refusal, seals: [], leadingSeals: [], received: {} };
  }
  const { body, seals, leadingSeals } = strict.answer(sent, given.pieces);
  const events = codec.decodeResponse(body);
  const listener = vault.listen(question);
  listener.observe(events);
  listener.close();
  const identity = {
    responseId: 'x_1',
    responseModel: strict.upstreamModel,
    createdAtS: 1,
    wantsUsage: true,
    request,
    maker: makerOf(vaultTarget),
  };
  const translated =
    given.isStream === true && canBeRead(clientCodec)
      ? accumulated(clientCodec, events, identity)
      : clientCodec.encodeResponse(events, identity);
  const received = codec.id === clientCodec.id ? body : translated;
  client.receive(received);
  return { target, sent, refusal, seals, leadingSeals, received };
}

/**
 * What an SDK puts together from our stream. Our own reader of the client's dialect stands in for it: it is held against
 * the SDKs elsewhere. Without a maker nothing is put into an envelope, so the seals stay the texts they are. Google's
 * chunks are whole parts, and its SDK only joins the lists.
 */
function accumulated(codec: Dialect, events: readonly StreamEvent[], identity: AnswerIdentity): JsonObject {
  const encoder = codec.createStreamEncoder(identity);
  const parser = createSseParser();
  const text = events.map((event) => encoder.push(event)).join('') + encoder.end(undefined);
  const frames = [...parser.push(Buffer.from(text)), ...parser.flush()];
  if (codec.id === 'google-generate') {
    const parts = frames.flatMap(({ data }) => partsOfChunk(parseJsonObject(data)));
    return { candidates: [{ content: { role: 'model', parts } }] };
  }
  const decoder = codec.createStreamDecoder();
  const read = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
  const { maker: _, ...reader } = identity;
  return codec.encodeResponse(read, reader);
}

function canBeRead(codec: ClientDialect): codec is Dialect {
  return 'createStreamDecoder' in codec;
}

function partsOfChunk(chunk: JsonObject | undefined): readonly JsonObject[] {
  const [candidate] = arrayOf(chunk?.['candidates']);
  return arrayOf(objectOf(objectOf(candidate)?.['content'])?.['parts']).filter(isJsonObject);
}

/** An answer of one of the shapes that models give; the thoughts of one answer are all different. */
export function randomAnswer(random: Random, name: string): readonly Piece[] {
  const thought = (part: string): Piece => ({ type: 'thought', text: `Thinking of ${name}, ${part}.` });
  const text = (part: string): Piece => ({
    type: 'text',
    text: pick(random, [`${part} of ${name}`, 'Done.', ` ${part}\n`]),
  });
  const call = (part: string): Piece => ({
    type: 'call',
    callId: `call_${name.replaceAll(' ', '_')}_${part}`,
    name: 'read',
    args: { path: `/${part}`, 'a "key"': [1, { deep: part }] },
  });
  const redacted = { type: 'redacted', text: '' } as const;
  switch (Math.floor(random() * 9)) {
    case 0:
      return [text('a')];
    case 1:
      return [thought('a'), text('a')];
    case 2:
      return [thought('a'), call('a')];
    case 3:
      return [thought('a'), text('a'), call('a')];
    case 4:
      return [thought('a'), call('a'), call('b')];
    case 5:
      return [redacted, text('a')];
    case 6:
      return [thought('a'), redacted, call('a')];
    case 7:
      return [thought('a'), text('a'), thought('b'), call('a')];
    default:
      return [thought('a'), text('a'), redacted, text('b')];
  }
}

const MAX_REPORT_CHARS = 4000;

/** What went wrong in one conversation; nothing = both are undefined. */
export interface SequenceReport {
  readonly turns: number;
  /** Seals that had to come back to the models that made them, summed over the turns, and those that did. */
  readonly owedSeals: number;
  readonly returnedSeals: number;
  readonly refusal: string | undefined;
  readonly missing: string | undefined;
}

export interface SequencePlan {
  readonly seed: number;
  readonly clients: readonly ClientDialectId[];
  readonly targets: readonly RigTarget[];
  /** What the user says, and what is answered, in turn `turn`. */
  readonly ask: (random: Random, turn: number) => string;
  readonly answer: (random: Random, turn: number) => readonly Piece[];
  /** The client forgets or rewrites beginnings of its history now and then; then no seal has to come back. */
  readonly editsHistory?: boolean;
}

/** One conversation of 3 to 6 turns, each answered by a random model. */
export function runSequence(plan: SequencePlan): SequenceReport {
  const random = seeded(plan.seed);
  const habits = randomHabits(random);
  const dialect = pick(random, plan.clients);
  const client = createClient(dialect, habits);
  const vault = new SignedHistoryVault();
  const turnCount = 3 + Math.floor(random() * 4);
  const trail: string[] = [];
  const owed = new Map<RigTarget, readonly string[]>();
  const counts = { turns: 0, owedSeals: 0, returnedSeals: 0 };
  for (let turn = 0; turn < turnCount; turn += 1) {
    if (client.openCalls.length > 0) {
      client.giveResults(client.openCalls.map((_, index) => `result ${turn} ${index}`));
    } else {
      if (plan.editsHistory === true && random() < 0.4) edit(client, random);
      client.say(plan.ask(random, turn));
    }
    const target = pick(random, plan.targets);
    const pieces = plan.answer(random, turn);
    trail.push(`${target.strict.upstreamModel}[${pieces.map(({ type }) => type).join(' ')}]`);
    const conversationId = `c_${plan.seed}`;
    const isStream = random() < 0.5;
    const clientCodec = CLIENT_CODECS[dialect];
    const report = exchange({ vault, conversationId, client, clientCodec, target, pieces, isStream });
    const where = `seed ${plan.seed} ${dialect} ${JSON.stringify(habits)} ${trail.join(' ')}`;
    counts.turns += 1;
    if (report.refusal !== undefined) {
      const refusal = `${where}: ${report.refusal}\n${JSON.stringify(report.sent)}`.slice(
        0,
        MAX_REPORT_CHARS,
      );
      return { ...counts, refusal, missing: undefined };
    }
    const owing = owed.get(target) ?? [];
    const returned = target.strict.sealsIn(report.sent).filter((seal) => owing.includes(seal));
    counts.owedSeals += owing.length;
    counts.returnedSeals += returned.length;
    if (plan.editsHistory !== true && owing.join(' ') !== returned.join(' ')) {
      const missing =
        `${where}: ${returned.length} of ${owing.length} seals\n${JSON.stringify(report.sent)}`.slice(
          0,
          MAX_REPORT_CHARS,
        );
      return { ...counts, refusal: undefined, missing };
    }
    owed.set(target, [...owing, ...sealsOwed(dialect, report, pieces)]);
  }
  return { ...counts, refusal: undefined, missing: undefined };
}

/** Either everything before a question of the user's is gone, or the first message says something else. */
function edit(client: EchoClient, random: Random): void {
  const history = client.save();
  const asks = [...history.keys()].filter((index) => JSON.stringify(history[index]).includes('"ask '));
  if (asks.length === 0) return;
  const kept = random() < 0.5 ? history.slice(pick(random, asks)) : history;
  const [first, ...rest] = kept;
  const rewritten = parseJsonObject(JSON.stringify(first).replace('"ask ', '"In short: ask '));
  client.restore(rewritten === undefined ? kept : [rewritten, ...rest]);
}

function randomHabits(random: Random): Habits {
  const flip = (): boolean => random() < 0.5;
  return { movesCacheMarks: flip(), thinksByBudget: flip(), dropsThoughts: flip(), trimsText: flip() };
}

/**
 * Seals that must come back. A chat client (and Google's, which drops thoughts) keeps the words of an answer and not
 * the order of its parts, so there only what stood in front of all of them is sure to be in its place again; and a
 * proof on a text is worth nothing when the client joined that text with another.
 */
function sealsOwed(
  dialect: ClientDialectId,
  report: TurnReport,
  pieces: readonly Piece[],
): readonly string[] {
  const { target, seals, leadingSeals } = report;
  const isSame = dialect === target.strict.dialect;
  if (isSame || dialect === 'anthropic-messages' || dialect === 'openai-responses') return seals;
  const signsText = target.strict.dialect === 'google-generate' && pieces.some(({ type }) => type === 'text');
  return signsText ? [] : leadingSeals;
}
