// Must show 4: a conversation that stays on its model only grows. What the provider is sent in turn n+1 begins with what it
// was sent in turn n, byte for byte but for cache marks, for every client and every provider's wire format, with thoughts
// and tool calls; otherwise the provider's prompt cache is lost, and nobody notices but the bill.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import { arrayOf, isJsonObject, objectOf, type JsonObject } from '../../daemon/util/json.ts';
import { framesOf } from '../assistants/wire-streams.ts';
import { piecesOf } from '../bench/money/body-spans.ts';
import { HABITS, turn } from '../support/conversation-turn.ts';
import { CLIENT_DIALECTS, createClient, type ClientDialectId, type Habits } from '../support/echo-clients.ts';
import {
  json,
  sse,
  startFakeUpstream,
  status,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import {
  PlainChat,
  StrictAnthropic,
  StrictGoogle,
  StrictOpenRouter,
  StrictResponses,
  type Piece,
  type StrictProvider,
} from '../support/strict-providers.ts';
import { asksForStream } from '../support/wire-answers.ts';

const PROVIDERS = {
  'claude-x': new StrictAnthropic('claude-x'),
  'gpt-x': new StrictResponses('gpt-x'),
  'router-x': new StrictOpenRouter('router-x'),
  'plain-x': new PlainChat('plain-x'),
  // Wants its own reasoning back while it works with tools.
  'kimi-k2.6': new PlainChat('kimi-k2.6'),
  'gemini-x': new StrictGoogle('gemini-x'),
} as const satisfies Readonly<Record<string, StrictProvider>>;

type ProviderId = keyof typeof PROVIDERS;
const PROVIDER_IDS = Object.keys(PROVIDERS) as readonly ProviderId[];

/** What a provider caches of a body, in its order. */
const CACHED_MEMBERS: Readonly<Record<UpstreamDialectId, readonly string[]>> = {
  'anthropic-messages': ['tools', 'system', 'messages'],
  'openai-chat': ['tools', 'messages'],
  'openai-responses': ['tools', 'instructions', 'input'],
  'google-generate': ['tools', 'systemInstruction', 'contents'],
};

const MARK = /,"cache_control":\{[^{}]*\}/g;

const thought = (text: string): Piece => ({ type: 'thought', text });
const text = (said: string): Piece => ({ type: 'text', text: said });
const call = (callId: string): Piece => ({
  type: 'call',
  callId,
  name: 'read',
  args: { path: `src/${callId}.ts`, 'a "key"': [1, { deep: 'ä\\n' }] },
});

/** Answers of one task after the other: loops of calls, several calls at once, words with and without thoughts. */
const ANSWERS: readonly (readonly Piece[])[] = [
  [thought('Where is it?'), call('call_a1')],
  [thought('Both.'), text('I look at two files.'), call('call_b1'), call('call_b2')],
  [thought('Now I know.'), text('It is in **src**.\n\n1. one\n2. two ')],
  [text('Yes.')],
  [call('call_c1')],
  [thought('Done.'), text('Done, "quoted" and ünïcode.')],
  [text('The end.')],
];

/** Long enough to be worth a cache mark. */
const FIRST_ASK = `Fix the reader. ${'It loses rows when the file has no end of line. '.repeat(120)}`;

describe('[B4] a body only grows while the conversation stays on its model', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  before(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({
      config: configFor(
        PROVIDER_IDS.map((id) => ({
          id,
          dialect: PROVIDERS[id].dialect,
          upstreamModel: id,
          baseUrl: upstream.baseUrl,
        })),
      ),
    });
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  function answering(strict: StrictProvider, pieces: readonly Piece[]): Verb {
    return (context) => {
      const body = (context.request.json ?? {}) as JsonObject;
      const refusal = strict.refusalOf(body);
      if (refusal !== undefined) {
        return status(400, { body: { type: 'error', error: { message: refusal } } })(context);
      }
      const answer = strict.answer(body, pieces);
      const isStream = asksForStream(context.request);
      return (isStream ? sse(framesOf(strict.dialect, answer.body)) : json(answer.body))(context);
    };
  }

  /** Plays the whole conversation; the bodies that reached the provider. */
  async function play(client: ClientDialectId, id: ProviderId, habits: Habits): Promise<readonly Buffer[]> {
    const echo = createClient(client, habits);
    const seenBefore = upstream.requests.length;
    for (const [index, pieces] of ANSWERS.entries()) {
      upstream.next(answering(PROVIDERS[id], pieces));
      if (echo.openCalls.length > 0) {
        echo.giveResults(echo.openCalls.map(({ callId }) => `result of ${callId}: "${index}"\n\tend`));
      } else {
        echo.say(index === 0 ? FIRST_ASK : `And then ${index}?`);
      }
      await turn(daemon, echo, id);
    }
    return upstream.requests.slice(seenBefore).map(({ body }) => body);
  }

  for (const client of CLIENT_DIALECTS) {
    for (const id of PROVIDER_IDS) {
      it(`${client} to ${id}`, async () => {
        const bodies = await play(client, id, HABITS);
        assert.equal(bodies.length, ANSWERS.length);
        assertGrowing(PROVIDERS[id].dialect, bodies);
      });
    }
  }

  it('also when the client moves its cache marks along from turn to turn', async () => {
    const bodies = await play('anthropic-messages', 'claude-x', { ...HABITS, movesCacheMarks: true });
    assertGrowing('anthropic-messages', bodies);
    for (const body of bodies) assert.equal(marksIn(body), 1, 'the marks are the client’s own');
  });

  for (const client of CLIENT_DIALECTS) {
    it(`Claude is told what to cache when a client of ${client} does not say it`, async () => {
      const bodies = await play(client, 'claude-x', HABITS);
      for (const body of bodies) {
        const count = marksIn(body);
        assert.ok(count >= 1 && count <= 4, `${count} marks`);
        assert.ok(endIsMarked(body), 'what the next turn goes on from is marked');
      }
    });
  }
});

function assertGrowing(dialect: UpstreamDialectId, bodies: readonly Buffer[]): void {
  for (const [index, body] of bodies.slice(1).entries()) {
    const before = bytesOf(dialect, bodies[index] ?? Buffer.alloc(0));
    const now = bytesOf(dialect, body);
    const different = before.findIndex((piece, at) => piece !== now[at]);
    if (different >= 0) {
      assert.fail(`turn ${index + 2}, piece ${different}:\n${before[different]}\nbecame\n${now[different]}`);
    }
    assert.equal(hashOf(now.slice(0, before.length)), hashOf(before));
    assert.ok(now.length > before.length, 'nothing was added');
  }
}

function bytesOf(dialect: UpstreamDialectId, body: Buffer): readonly string[] {
  return piecesOf(body, CACHED_MEMBERS[dialect]).map((piece) => piece.replaceAll(MARK, ''));
}

function hashOf(pieces: readonly string[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(`${piece.length}:${piece}`);
  return hash.digest('hex');
}

function marksIn(body: Buffer): number {
  return body.toString('utf8').split('"cache_control":{').length - 1;
}

/** The automatic form, or a mark on the last block of the last message. */
function endIsMarked(body: Buffer): boolean {
  const parsed = JSON.parse(body.toString('utf8')) as JsonObject;
  if (isJsonObject(parsed['cache_control'])) return true;
  const last = objectOf(arrayOf(parsed['messages']).at(-1));
  return isJsonObject(objectOf(arrayOf(last?.['content']).at(-1))?.['cache_control']);
}
