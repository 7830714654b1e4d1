// Plays a golden case against a whole daemon: real sockets, a simulated provider, a clock that stands where the case
// says.

import assert from 'node:assert/strict';
import type { RouterConfigInput } from '../../../daemon/config/schema.ts';
import type { ExchangeRecord } from '../../../daemon/protocol/exchange-record.ts';
import { type Clock, systemClock } from '../../../daemon/util/clock.ts';
import { type JsonObject, type JsonValue, objectOf } from '../../../daemon/util/json.ts';
import { type FakeUpstream, json, sse, stall, status, cut, type Verb } from '../../support/fake-upstream.ts';
import { runDaemon, type TestDaemon } from '../../support/run-daemon.ts';
import {
  asksForStream,
  begunFrames,
  errorBody,
  plainAnswer,
  streamFrames,
} from '../../support/wire-answers.ts';
import { FRIDAY_NOON, type GoldenCase, type Step, type Terms } from './golden-case.ts';

const TEXT = 'These words are read before anything else can happen to the answer.';

/** Runs all steps; the records in order. */
export async function play(golden: GoldenCase, upstream: FakeUpstream): Promise<ExchangeRecord[]> {
  let nowMs = Date.parse(golden.at ?? FRIDAY_NOON);
  const startedAtMs = nowMs;
  const clock: Clock = { ...systemClock, now: () => nowMs };
  const daemon = await runDaemon({ config: configOf(golden, upstream), clock });
  try {
    const records: ExchangeRecord[] = [];
    for (const step of golden.steps) {
      nowMs = startedAtMs + (step.afterS ?? 0) * 1000;
      script(upstream, golden, step);
      await ask(daemon, golden, step);
      const [newest] = await daemon.waitForExchanges(records.length + 1);
      assert.ok(newest);
      records.push(newest);
    }
    return records;
  } finally {
    await daemon.stop();
  }
}

export function configOf(golden: GoldenCase, upstream: FakeUpstream): RouterConfigInput {
  const { served, baseline } = golden;
  return {
    retries: { pauseMs: 1, maxAttempts: 3 },
    baseline: baseline === undefined ? 'served' : 'base',
    providers: {
      one: {
        dialect: golden.dialect,
        baseUrl: golden.dialect === 'google-generate' ? `${upstream.origin}/v1beta` : upstream.baseUrl,
        billing: served.billing ?? 'metered',
      },
      ...(baseline === undefined
        ? {}
        : {
            two: {
              dialect: 'openai-chat' as const,
              baseUrl: upstream.baseUrl,
              billing: baseline.billing ?? ('metered' as const),
            },
          }),
    },
    models: {
      served: modelOf(served, 'one', 'simple'),
      ...(baseline === undefined ? {} : { base: modelOf(baseline, 'two', 'complex') }),
    },
  };
}

export function modelOf(terms: Terms, provider: string, tier: 'simple' | 'moderate' | 'complex') {
  return {
    provider,
    tier,
    upstreamModel: terms.upstreamModel ?? `up-${provider}`,
    contextTokens: 2_000_000,
    maxOutputTokens: 64_000,
    supports: ['tools' as const, 'vision' as const, 'reasoning' as const, 'json' as const],
    cache: terms.cache ?? { kind: 'none' as const, minTokens: 0, ttlS: 0 },
    tokenizerFactor: terms.tokenizerFactor ?? 1,
    ...(terms.price === undefined ? {} : { price: { source: 'golden', asOf: '2026-11-20', ...terms.price } }),
  };
}

function script(upstream: FakeUpstream, { dialect }: GoldenCase, step: Step): void {
  const { ending = 'whole', usage } = step;
  const answer = { text: TEXT, ...(ending === 'cut-at-limit' ? { isCut: true } : {}) };
  const frames = () => streamFrames(dialect, answer).flatMap((frame) => withUsageInFrame(frame, usage));
  const begun = () => begunFrames(dialect, answer).flatMap((frame) => withUsageInFrame(frame, usage));
  const whole: Verb = (context) =>
    asksForStream(context.request)
      ? sse(frames())(context)
      : json(withUsage(plainAnswer(dialect, answer), usage))(context);
  const refusal = (code: number): Verb => status(code, { body: errorBody(dialect, code, 'refused') });
  upstream.always(whole);
  if (ending === 'client-leaves') upstream.always(stall({ frames: begun() }));
  else if (ending === 'breaks') upstream.always(cut(Infinity, begun()));
  else if (typeof ending === 'object' && 'refuses' in ending) upstream.always(refusal(ending.refuses));
  else if (typeof ending === 'object') upstream.next(...ending.failsFirst.map(refusal));
}

async function ask(daemon: TestDaemon, golden: GoldenCase, step: Step): Promise<void> {
  const isExact = golden.baseline === undefined;
  const headers = {
    authorization: `Bearer ${daemon.token}`,
    'content-type': 'application/json',
    'x-pointsman-cache': 'off',
    'x-pointsman-conversation': step.conversation ?? 'first',
    ...(isExact ? {} : { 'x-pointsman-model': 'served' }),
  };
  const body = {
    model: isExact ? 'exact/served' : 'base',
    stream: step.stream ?? false,
    messages: (step.messages ?? [['user', 80]]).map(([role, bytes]) => sizedMessage(role, bytes)),
    ...(golden.marks === true ? { max_tokens: 4096, cache_control: { type: 'ephemeral' } } : {}),
  };
  const leave = new AbortController();
  const response = await fetch(
    `${daemon.url}/v1/${golden.marks === true ? 'messages' : 'chat/completions'}`,
    {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: leave.signal,
    },
  );
  try {
    for await (const piece of response.body ?? []) {
      if (step.ending !== 'client-leaves') continue;
      if (Buffer.from(piece as Uint8Array).includes('words')) leave.abort();
    }
  } catch {
    // Broken off, by the provider or by us: that is what the case is about.
  }
}

/** A message that is exactly so many bytes of JSON. */
function sizedMessage(role: 'user' | 'assistant', bytes: number): { role: string; content: string } {
  const empty = JSON.stringify({ role, content: '' }).length;
  return { role, content: 'some words to fill a prompt with '.repeat(bytes / 30).slice(0, bytes - empty) };
}

/** Puts the usage of the case into whatever the vendor calls it; null takes it out. */
function withUsage(value: JsonObject, usage: JsonObject | null): JsonObject {
  const fields = Object.entries(value).flatMap(([name, member]): [string, JsonValue | undefined][] => {
    if (name !== 'usage' && name !== 'usageMetadata') {
      const inner = objectOf(member); // the answer itself stands one level deeper in some events of a stream
      return [[name, inner === undefined ? member : withUsage(inner, usage)]];
    }
    if (usage === null) return [];
    return [[name, member === null ? null : usage]];
  });
  return Object.fromEntries(fields);
}

/** Anthropic's opening event knows the input and one token of output. Without usage, chat sends no chunk for it. */
function withUsageInFrame(frame: string, usage: JsonObject | null): string[] {
  const start = frame.indexOf('data: {');
  if (start < 0) return [frame];
  const event = JSON.parse(frame.slice(start + 6)) as JsonObject;
  if (usage === null && Array.isArray(event['choices']) && event['choices'].length === 0) return [];
  const told = event['type'] === 'message_start' && usage !== null ? { ...usage, output_tokens: 1 } : usage;
  return [`${frame.slice(0, start)}data: ${JSON.stringify(withUsage(event, told))}\n\n`];
}
