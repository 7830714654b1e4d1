// All recorded streams of every dialect, torn in every way: parser and decoder make the same of them, whatever the network
// did on the way.

import assert from 'node:assert/strict';

import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { anthropicMessages } from '../../daemon/dialects/anthropic-messages/dialect.ts';
import type { Dialect } from '../../daemon/dialects/dialect.ts';
import { googleGenerate } from '../../daemon/dialects/google-generate/dialect.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { openAiResponses } from '../../daemon/dialects/openai-responses/dialect.ts';
import { createSseParser } from '../../daemon/dialects/sse-parser.ts';
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
  }
});
