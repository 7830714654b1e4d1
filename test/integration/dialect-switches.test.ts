// Conversations that change their model and come back, through a real daemon: providers that check every signature refuse
// none of their requests, and get their own thoughts back.

import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

import type { JsonObject } from '../../daemon/util/json.ts';
import { framesOf } from '../assistants/wire-streams.ts';
import { HABITS, turn } from '../support/conversation-turn.ts';
import { CLIENT_DIALECTS, createClient } from '../support/echo-clients.ts';
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
  type Piece,
  StrictAnthropic,
  StrictGoogle,
  StrictOpenRouter,
  type StrictProvider,
  StrictResponses,
} from '../support/strict-providers.ts';
import { asksForStream } from '../support/wire-answers.ts';

const STRICT = {
  claude: new StrictAnthropic('claude-x'),
  gpt: new StrictResponses('gpt-x'),
  router: new StrictOpenRouter('router-x'),
  gemini: new StrictGoogle('gemini-x'),
} as const;

type StrictId = keyof typeof STRICT;
const STRICT_IDS = Object.keys(STRICT) as readonly StrictId[];

describe('[B5] a conversation that changes its model and comes back', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let thoughts = 0;

  before(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({
      config: configFor(
        STRICT_IDS.map((id) => ({
          id,
          dialect: STRICT[id].dialect,
          upstreamModel: STRICT[id].upstreamModel,
          baseUrl: upstream.baseUrl,
        })),
      ),
    });
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  /** Thinks, says something, and signs it; refuses what it did not sign. Answers in the way that it is asked. */
  function strictly(strict: StrictProvider, signed: string[]): Verb {
    return (context) => {
      const body = (context.request.json ?? {}) as JsonObject;
      const refusal = strict.refusalOf(body);
      if (refusal !== undefined) {
        return status(400, { body: { type: 'error', error: { message: refusal } } })(context);
      }
      thoughts += 1;
      const pieces: readonly Piece[] = [
        { type: 'thought', text: `Thought ${thoughts}.` },
        { type: 'text', text: `Answer ${thoughts}.` },
      ];
      const answer = strict.answer(body, pieces);
      signed.push(...answer.seals);
      const isStream = asksForStream(context.request);
      return (isStream ? sse(framesOf(strict.dialect, answer.body)) : json(answer.body))(context);
    };
  }

  for (const client of CLIENT_DIALECTS) {
    for (const first of STRICT_IDS) {
      for (const other of STRICT_IDS.filter((id) => id !== first)) {
        it(`is refused by neither, and ${first} gets its proofs back: ${client}, ${other} between`, async () => {
          const echo = createClient(client, HABITS);
          const signed: string[] = [];
          for (const [index, id] of [first, other, first].entries()) {
            upstream.next(strictly(STRICT[id], index === 0 ? signed : []));
            echo.say(`ask ${index}`);
            await turn(daemon, echo, id);
          }
          const sent = (upstream.requests.at(-1)?.json ?? {}) as JsonObject;
          assert.ok(signed.length > 0);
          assert.deepEqual(STRICT[first].sealsIn(sent), signed);
        });
      }
    }
  }

  const streamed = STRICT_IDS.filter((id) => id !== 'router');
  for (const client of ['anthropic-messages', 'openai-responses'] as const) {
    for (const first of streamed) {
      for (const other of streamed.filter((id) => id !== first)) {
        it(`and so it is when the SDK reads streams: ${client}, ${first}, ${other} between`, async () => {
          const echo = createClient(client, HABITS);
          const signed: string[] = [];
          for (const [index, id] of [first, other, first].entries()) {
            upstream.next(strictly(STRICT[id], index === 0 ? signed : []));
            echo.say(`ask ${index}`);
            echo.receive(await readStream(daemon, client, { ...echo.body, model: `exact/${id}` }));
          }
          const sent = (upstream.requests.at(-1)?.json ?? {}) as JsonObject;
          assert.ok(signed.length > 0);
          assert.deepEqual(STRICT[first].sealsIn(sent), signed);
        });
      }
    }
  }
});

/** The final object of the official SDK, as JSON: what a client keeps of a stream. */
async function readStream(
  { url, token }: TestDaemon,
  client: 'anthropic-messages' | 'openai-responses',
  body: JsonObject,
): Promise<JsonObject> {
  const final =
    client === 'anthropic-messages'
      ? await new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0 }).messages
          .stream(body as unknown as Anthropic.MessageStreamParams)
          .finalMessage()
      : await new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 }).responses
          .stream(body as unknown as OpenAI.Responses.ResponseCreateParamsStreaming)
          .finalResponse();
  return JSON.parse(JSON.stringify(final)) as JsonObject;
}
