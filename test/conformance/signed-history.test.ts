// Must show 6: 10,000 random model switches over recorded conversations with signed thoughts. What the models said, and
// the very bytes of their seals, come from the recordings; the providers issue each seal anew in front of those bytes, so
// that they can tell whether it came back whole, to the model that made it, and in its place.

import assert from 'node:assert/strict';

import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import type { UpstreamDialect } from '../../daemon/dialects/dialect.ts';
import { upstreamDialectOf } from '../../daemon/dialects/registry.ts';
import { createSseParser } from '../../daemon/dialects/sse-parser.ts';
import { isJsonObject, parseJsonObject } from '../../daemon/util/json.ts';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import { CLIENT_DIALECTS } from '../support/echo-clients.ts';
import {
  ALL_TARGETS,
  pick,
  type Random,
  runSequence,
  type SequenceReport,
} from '../support/signed-history-rig.ts';
import type { Piece } from '../support/strict-providers.ts';
import { type Exchange, loadExchanges } from './wire-fixtures.ts';

const SEQUENCES = 10_000;

const RECORDED_DIALECTS = [
  'anthropic-messages',
  'openai-responses',
  'openai-chat',
  'google-generate',
] as const;

interface RecordedConversation {
  readonly dialect: UpstreamDialectId;
  readonly asks: readonly string[];
  readonly answers: readonly (readonly Piece[])[];
}

/** Exchanges of one recording share their name but for the number at its end. */
function conversationsOf(dialect: UpstreamDialectId): readonly RecordedConversation[] | undefined {
  const exchanges = loadExchanges(dialect);
  if (exchanges === undefined) return undefined;
  const byName = new Map<string, Exchange[]>();
  for (const exchange of exchanges) {
    const name =
      exchange.id
        .split('/')
        .at(-1)
        ?.replace(/-\d+(?:-s)?$/, '') ?? '';
    byName.set(name, [...(byName.get(name) ?? []), exchange]);
  }
  return [...byName.values()].flatMap((group): RecordedConversation[] => {
    const events = group.map((exchange) => eventsOf(dialect, exchange));
    const isSigned = events
      .flat()
      .some((event) => event.type === 'reasoning-end' && event.seal !== undefined);
    const answers = events.map(piecesOf).filter((pieces) => pieces.length > 0);
    if (!isSigned || answers.length === 0) return [];
    return [{ dialect, asks: group.flatMap(({ requestBody }) => asksIn(requestBody)), answers }];
  });
}

function eventsOf(dialect: UpstreamDialectId, { stream, responseBody }: Exchange): readonly StreamEvent[] {
  const codec: UpstreamDialect = upstreamDialectOf(dialect);
  if (stream === undefined) {
    return isJsonObject(responseBody) ? codec.decodeResponse(responseBody) : [];
  }
  const parser = createSseParser();
  const decoder = codec.createStreamDecoder();
  const frames = [...parser.push(stream), ...parser.flush()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Answers of which nothing but thoughts is left here (server tools, pictures) are not used. */
function piecesOf(events: readonly StreamEvent[]): readonly Piece[] {
  const texts = new Map<string, string>();
  const order: {
    id: string;
    type: 'text' | 'thought' | 'call';
    callId: string;
    name: string;
    blob: string;
  }[] = [];
  for (const event of events) {
    if ('choice' in event && event.choice !== 0) continue;
    switch (event.type) {
      case 'text-start':
        order.push({ id: event.id, type: 'text', callId: '', name: '', blob: '' });
        break;
      case 'reasoning-start':
        order.push({ id: event.id, type: 'thought', callId: '', name: '', blob: '' });
        break;
      case 'tool-input-start':
        order.push({ id: event.id, type: 'call', callId: event.callId, name: event.name, blob: '' });
        break;
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-input-delta':
        texts.set(event.id, (texts.get(event.id) ?? '') + event.delta);
        break;
      case 'reasoning-end': {
        const part = order.find(({ id }) => id === event.id);
        if (part !== undefined) part.blob = event.seal?.value ?? '';
        break;
      }
      default:
        break;
    }
  }
  const pieces = order.flatMap(({ id, type, callId, name, blob }): Piece[] => {
    const text = texts.get(id) ?? '';
    if (type === 'call') return [{ type, callId, name, args: parseJsonObject(text) ?? {} }];
    if (type === 'text') return text.trim() === '' ? [] : [{ type, text }];
    return [text === '' ? { type: 'redacted', text, blob } : { type, text, blob }];
  });
  const last = pieces.findLastIndex(({ type }) => type === 'text' || type === 'call');
  return pieces.slice(0, last + 1);
}

/** Texts that the recorded user wrote, in any dialect. */
function asksIn(body: unknown): readonly string[] {
  const texts: string[] = [];
  JSON.stringify(body, (key, value: unknown) => {
    if ((key === 'text' || key === 'content') && typeof value === 'string' && value.length < 2000) {
      texts.push(value);
    }
    return value;
  });
  return texts.filter((text) => text.trim() !== '');
}

/**
 * The answers of the recording in their order, then any others. Ids of calls are made different, as real ones are, and
 * the tool is the one that the client has.
 */
function answerOf(
  recorded: RecordedConversation,
  all: readonly RecordedConversation[],
  random: Random,
  turn: number,
): readonly Piece[] {
  const pieces = recorded.answers[turn] ?? pick(random, pick(random, all).answers);
  return pieces.map((piece) =>
    piece.type === 'call'
      ? { ...piece, callId: `${piece.callId.slice(0, 40)}_${turn}`, name: 'read' }
      : piece,
  );
}

describe('[B5] model switches over recorded conversations', () => {
  const recorded = RECORDED_DIALECTS.map(conversationsOf);
  const conversations = recorded.flatMap((list) => list ?? []);

  it(`${SEQUENCES} random ones are never refused, and every model gets its own seals back`, function () {
    if (recorded.includes(undefined) || conversations.length === 0) {
      console.log('skipped: no corpus');
      this.skip();
    }
    this.timeout(300_000);
    const reports: SequenceReport[] = [];
    for (let seed = 0; seed < SEQUENCES; seed += 1) {
      const conversation = conversations[seed % conversations.length];
      assert.ok(conversation !== undefined);
      reports.push(
        runSequence({
          seed,
          clients: CLIENT_DIALECTS,
          targets: ALL_TARGETS,
          ask: (_, turn) => conversation.asks[turn] ?? `And number ${turn}?`,
          answer: (random, turn) => answerOf(conversation, conversations, random, turn),
        }),
      );
    }
    const sum = (count: (report: SequenceReport) => number): number =>
      reports.reduce((total, report) => total + count(report), 0);
    const refused = reports.flatMap(({ refusal }) => refusal ?? []);
    const missing = reports.flatMap((report) => report.missing ?? []);
    console.log(
      `      ${conversations.length} recorded conversations, ${reports.length} sequences, ${sum(({ turns }) => turns)} requests: ` +
        `${refused.length} refused; ${sum(({ returnedSeals }) => returnedSeals)} of ${sum(({ owedSeals }) => owedSeals)} seals came back`,
    );
    assert.deepEqual(refused.slice(0, 3), []);
    assert.deepEqual(missing.slice(0, 3), []);
    for (const dialect of RECORDED_DIALECTS) {
      assert.ok(
        conversations.some((conversation) => conversation.dialect === dialect),
        dialect,
      );
    }
  });
});
