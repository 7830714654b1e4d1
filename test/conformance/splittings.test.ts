// All recorded streams of every dialect, torn in every way: parser and decoder make the same of them, whatever the network
// did on the way.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { anthropicMessages } from '../../daemon/dialects/anthropic-messages/dialect.ts';
import type { Dialect } from '../../daemon/dialects/dialect.ts';
import { googleGenerate } from '../../daemon/dialects/google-generate/dialect.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { openAiResponses } from '../../daemon/dialects/openai-responses/dialect.ts';
import { createSseParser } from '../../daemon/dialects/sse-parser.ts';
import { PieceReader, type Batch } from '../../daemon/upstream/piece-reader.ts';
import { SPLITTINGS } from './splittings.ts';
import { loadExchanges } from './wire-fixtures.ts';

const DIALECTS: readonly Dialect[] = [openAiChat, openAiResponses, anthropicMessages, googleGenerate];

/** In the order of the dialects; together all 280 streams of the corpus. */
const STREAM_COUNTS = [125, 68, 61, 26];

interface Reading {
  readonly events: readonly StreamEvent[];
  /** The bytes of the frames and of what was no whole frame. */
  readonly bytes: Buffer;
}

function read(dialect: Dialect, chunks: readonly Buffer[]): Reading {
  const parser = createSseParser();
  const decoder = dialect.createStreamDecoder();
  const frames = chunks.flatMap((chunk) => parser.push(chunk));
  frames.push(...parser.flush());
  const events = [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
  return { events, bytes: Buffer.concat([...frames.map((frame) => frame.raw), parser.rest()]) };
}

interface QuickReading extends Reading {
  /** Frames that were recognised by their neighbours. */
  readonly runs: number;
}

/** The same with the reader of the request path, which does not parse what repeats. */
function readQuickly(dialect: Dialect, chunks: readonly Buffer[], mergesWords: boolean): QuickReading {
  const decoder = dialect.createStreamDecoder();
  const reader = new PieceReader(decoder, { mergesWords });
  const batches: (Batch | null)[] = [...chunks.map((chunk) => reader.push(chunk)), reader.flush()];
  const pieces = batches.flatMap((batch) => batch?.pieces ?? []);
  const failures = batches.flatMap((batch) => (batch?.failure == null ? [] : [batch.failure.failure]));
  const failed = failures.slice(0, 1).map((failure): StreamEvent => ({ type: 'response-failed', failure }));
  return {
    events: [...pieces.flatMap((piece) => piece.events), ...failed, ...decoder.end()],
    bytes: Buffer.concat(pieces.map((piece) => piece.frame.raw)),
    runs: pieces.filter(({ frame, events }) => frame.data === '' && events.length > 0).length,
  };
}

/** The frame that says that an answer has failed is not given out, whatever else it says. */
function isSame(read: readonly StreamEvent[], expected: readonly StreamEvent[]): boolean {
  if (read.at(-1)?.type !== 'response-failed') return isDeepStrictEqual(read, expected);
  const before = read.slice(0, -1);
  return isDeepStrictEqual([...before, expected.at(-1)], [...expected.slice(0, before.length), read.at(-1)]);
}

/** Neighbouring deltas of one part as one. */
function merged(events: readonly StreamEvent[]): readonly StreamEvent[] {
  const all: StreamEvent[] = [];
  for (const event of events) {
    const last = all.at(-1);
    const isMore =
      last !== undefined &&
      'delta' in last &&
      'delta' in event &&
      last.type === event.type &&
      last.id === event.id &&
      last.choice === event.choice;
    if (isMore) all[all.length - 1] = { ...last, delta: last.delta + event.delta };
    else all.push(event);
  }
  return all;
}

describe('recorded streams in every splitting', function () {
  this.timeout(120_000);
  const streams = DIALECTS.map((dialect) =>
    loadExchanges(dialect.id)?.flatMap(({ id, stream }) => (stream === undefined ? [] : [{ id, stream }])),
  );
  if (streams.includes(undefined)) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }

  it('are the 280 of the corpus, cut in at least 23 ways', () => {
    assert.deepEqual(
      streams.map((own) => own?.length),
      STREAM_COUNTS,
    );
    assert.equal(
      STREAM_COUNTS.reduce((sum, count) => sum + count),
      280,
    );
    assert.equal(new Set(SPLITTINGS.map(({ name }) => name)).size, SPLITTINGS.length);
    assert.ok(SPLITTINGS.length >= 23);
  });

  for (const [index, dialect] of DIALECTS.entries()) {
    it(`[A3] are read alike: ${dialect.id}`, () => {
      let differences = 0;
      for (const { id, stream } of streams[index] ?? []) {
        const whole = JSON.stringify(read(dialect, [stream]).events);
        for (const { name, chunks } of SPLITTINGS) {
          const pieces = chunks(stream);
          const { events, bytes } = read(dialect, pieces);
          assert.ok(bytes.equals(Buffer.concat(pieces)), `${id}: ${name}: bytes`);
          differences += JSON.stringify(events) === whole ? 0 : 1;
          assert.equal(differences, 0, `${id}: ${name}: events`);
        }
      }
    });

    it(`[A3] are read alike where what repeats is not parsed: ${dialect.id}`, () => {
      let runs = 0;
      for (const { id, stream } of streams[index] ?? []) {
        const expected = read(dialect, [stream]);
        const inOne = merged(expected.events);
        const isWhole = !expected.events.some((event) => event.type === 'response-failed');
        for (const { name, chunks } of SPLITTINGS) {
          const pieces = chunks(stream);
          const each = readQuickly(dialect, pieces, false);
          const words = readQuickly(dialect, pieces, true);
          assert.ok(isSame(each.events, expected.events), `${id}: ${name}: events`);
          assert.ok(isSame(merged(words.events), inOne), `${id}: ${name}: merged events`);
          const bytes = read(dialect, pieces).bytes;
          // Of a stream that fails nothing behind the failure is given out.
          for (const reading of isWhole ? [each, words] : []) {
            assert.ok(bytes.subarray(0, reading.bytes.length).equals(reading.bytes), `${id}: ${name}: bytes`);
          }
          runs += words.runs;
        }
      }
      // Google's frames count tokens, each another number, so that none repeats.
      assert.equal(runs > 0, dialect.id !== 'google-generate');
    });
  }
});
