// What nobody should send: every codec refuses it in its own words or carries it, and never breaks. The heavier variant
// with recorded traffic is test/conformance/hostile-input.test.ts.

import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import type { DialectId } from '../../../../daemon/protocol/vocabulary.ts';
import { writeSseEvent } from '../../../../daemon/dialects/sse-writer.ts';
import { parseJsonObject } from '../../../../daemon/util/json.ts';
import {
  checkEvents,
  checkFilter,
  checkRequest,
  CLIENTS,
  decodedOrRefused,
  streamEvents,
  UPSTREAMS,
} from '../../../support/hostile-checks.ts';
import { mutated, Rng, textOf, type Tree } from '../../../support/hostile-input.ts';
import { ANSWERS, ENVELOPE_START, REQUESTS, STREAMS } from '../../../support/hostile-seeds.ts';

const scale = Number(process.env['POINTSMAN_HOSTILE_SCALE'] ?? 1);
const runs = (count: number) => ({ numRuns: Math.ceil((count * scale) / 2), seed: 20261121 });
const seeds = fc.nat({ max: 2 ** 31 - 1 });

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const LARGE_REQUESTS: Readonly<Record<string, { readonly dialect: DialectId; readonly body: Tree }>> = {
  '20,000 messages of one role': {
    dialect: 'openai-chat',
    body: { messages: many(20_000, (index) => ({ role: 'user', content: `hello ${index}` })) },
  },
  '5,000 calls with one id': {
    dialect: 'openai-chat',
    body: {
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          tool_calls: many(5000, () => ({
            id: 'c',
            type: 'function',
            function: { name: 't', arguments: '{}' },
          })),
        },
      ],
    },
  },
  '5,000 calls in one message': {
    dialect: 'anthropic-messages',
    body: {
      max_tokens: 100,
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          content: many(5000, (index) => ({
            type: 'tool_use',
            id: `t${index}`,
            name: 't',
            input: { a: 'x'.repeat(50) },
          })),
        },
      ],
    },
  },
  '200,000 parts': {
    dialect: 'openai-chat',
    body: { messages: [{ role: 'system', content: many(200_000, () => ({ type: 'text', text: 'x' })) }] },
  },
};

const LARGE_STREAMS: Readonly<
  Record<string, { readonly dialect: DialectId; readonly events: readonly Tree[] }>
> = {
  '20,000 text parts': {
    dialect: 'anthropic-messages',
    events: [
      {
        type: 'message_start',
        message: { id: 'm', content: many(20_000, () => ({ type: 'text', text: 'x' })) },
      },
      { type: 'message_stop' },
    ],
  },
  '5,000 calls with long numbers': {
    dialect: 'google-generate',
    events: [
      {
        candidates: [
          {
            content: { parts: many(5000, () => ({ functionCall: { name: 't', args: { a: 1e21 } } })) },
            finishReason: 'STOP',
          },
        ],
      },
    ],
  },
  '50,000 items at its end': {
    dialect: 'openai-responses',
    events: [
      {
        type: 'response.completed',
        response: { id: 'r', status: 'completed', output: many(50_000, () => ({})) },
      },
    ],
  },
};

describe('hostile input', () => {
  for (const client of CLIENTS) {
    it(`of a ${client.id} client is refused by name or carried to every provider`, () => {
      const original = REQUESTS.get(client.id) ?? null;
      assert.ok(decodedOrRefused(client, textOf(original)));
      fc.assert(
        fc.property(seeds, (seed) => {
          const rng = new Rng(seed);
          checkRequest(client, textOf(mutated(rng, original)), rng.below(1000));
        }),
        runs(300),
      );
    }).timeout(600_000);

    it(`of a ${client.id} client never carries an envelope to a provider`, () => {
      const original = REQUESTS.get(client.id) ?? null;
      // Odd variants have the vault, as every request that is served.
      for (let variant = 1; variant < 160; variant += 2) {
        for (const body of checkRequest(client, textOf(original), variant)) {
          assert.ok(!body.includes(ENVELOPE_START), body);
        }
      }
    });
  }

  for (const upstream of UPSTREAMS) {
    const original = STREAMS.get(upstream.id) ?? [];

    it(`in a stream of ${upstream.id} becomes an answer or a failure in every client's words`, () => {
      checkEvents(streamEvents(upstream, streamOf(original)));
      fc.assert(
        fc.property(seeds, (seed) => {
          const stream = streamOf(mutatedStream(new Rng(seed), original));
          const events = streamEvents(upstream, stream);
          checkEvents(events);
          checkFilter(upstream, stream);
        }),
        runs(250),
      );
    }).timeout(600_000);

    it(`cuts a stream of ${upstream.id} off at every byte without a broken event`, () => {
      const stream = streamOf(original);
      for (let end = 0; end <= stream.length; end += 1)
        checkEvents(streamEvents(upstream, stream.subarray(0, end)));
    });

    it(`in a plain answer of ${upstream.id} becomes an answer or a failure in every client's words`, () => {
      const answer = ANSWERS.get(upstream.id) ?? null;
      checkEvents(upstream.decodeResponse(parseJsonObject(textOf(answer)) ?? {}));
      fc.assert(
        fc.property(seeds, (seed) => {
          const text = textOf(mutated(new Rng(seed), answer));
          const body = parseJsonObject(text);
          if (body !== undefined) checkEvents(upstream.decodeResponse(body));
          upstream.decodeFailure(400, text);
        }),
        runs(250),
      );
    }).timeout(600_000);
  }

  // Each took seconds once, since something was walked again for every part of it.
  for (const [name, { dialect, body }] of Object.entries(LARGE_REQUESTS)) {
    it(`of ${name} takes no longer than its size`, () => {
      const client = CLIENTS.find(({ id }) => id === dialect);
      assert.ok(client !== undefined);
      assert.ok(checkRequest(client, JSON.stringify(body), 1).length > 1);
    });
  }

  for (const [name, { dialect, events }] of Object.entries(LARGE_STREAMS)) {
    it(`in a stream of ${name} takes no longer than its size`, () => {
      const upstream = UPSTREAMS.find(({ id }) => id === dialect);
      assert.ok(upstream !== undefined);
      const startedMs = performance.now();
      checkEvents(streamEvents(upstream, streamOf(events)));
      assert.ok(performance.now() - startedMs < 3000);
    });
  }
});

function mutatedStream(rng: Rng, original: readonly Tree[]): readonly Tree[] {
  const events = [...original];
  for (let change = rng.below(3); change >= 0; change -= 1) {
    const at = rng.below(events.length);
    const event = events[at] ?? null;
    switch (rng.below(6)) {
      case 0:
        events.splice(at, 1);
        break;
      case 1:
        events.splice(at, 0, event);
        break;
      case 2:
        events.splice(at, 1);
        events.splice(rng.below(events.length + 1), 0, event);
        break;
      default:
        events[at] = mutated(rng, event);
    }
  }
  return events;
}

function streamOf(events: readonly Tree[]): Buffer {
  return Buffer.from(
    events
      .map((event) => {
        if (typeof event === 'string') return writeSseEvent(event);
        const type =
          event !== null && !Array.isArray(event) && typeof event === 'object' ? event['type'] : '';
        return writeSseEvent(textOf(event), typeof type === 'string' && !/[\r\n]/.test(type) ? type : '');
      })
      .join(''),
  );
}
