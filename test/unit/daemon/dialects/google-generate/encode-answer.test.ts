// encode-response.ts, stream-encoder.ts and candidate-writer.ts: the same parts, streamed and whole.

import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import type { AnswerIdentity } from '../../../../../daemon/dialects/dialect.ts';
import { openEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import { encodeResponse } from '../../../../../daemon/dialects/google-generate/encode-response.ts';
import { lossOf } from '../../../../../daemon/dialects/google-generate/losses.ts';
import { createStreamEncoder } from '../../../../../daemon/dialects/google-generate/stream-encoder.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';
import { IDENTITY, requestOf } from './google-support.ts';

interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  functionCall?: { id: string; name: string; args: unknown };
}
interface Answer {
  candidates: { content: { parts: Part[]; role: string }; index: number; finishReason?: string }[];
  usageMetadata?: object;
}

const at = { choice: 0 } as const;
const text = (id: string, ...deltas: readonly string[]): StreamEvent[] => [
  { type: 'text-start', id, ...at },
  ...deltas.map((delta) => ({ type: 'text-delta', id, ...at, delta }) as const),
  { type: 'text-end', id, ...at },
];
const thought = (id: string, delta: string, seal?: object): StreamEvent[] => [
  { type: 'reasoning-start', id, ...at },
  { type: 'reasoning-delta', id, ...at, delta },
  { type: 'reasoning-end', id, ...at, ...(seal === undefined ? {} : { seal }) } as StreamEvent,
];
const call = (id: string, input: string, more: object = {}): StreamEvent[] => [
  { type: 'tool-input-start', id, ...at, callId: `c-${id}`, name: 'f', ...more },
  { type: 'tool-input-delta', id, ...at, delta: input },
  { type: 'tool-input-end', id, ...at },
];
const END: readonly StreamEvent[] = [
  { type: 'choice-end', ...at, finishReason: 'stop', wireReason: 'x' },
  {
    type: 'usage',
    usage: {
      inputTokens: 3,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      outputTokens: 2,
      reasoningOutputTokens: 0,
    },
  },
  { type: 'response-end' },
];

const answerOf = (events: readonly StreamEvent[], identity: AnswerIdentity = IDENTITY) =>
  JSON.parse(JSON.stringify(encodeResponse(events, identity))) as Answer;
const partsOf = (events: readonly StreamEvent[], identity?: AnswerIdentity) =>
  answerOf([...events, ...END], identity).candidates[0]?.content.parts;

function chunksOf(
  events: readonly StreamEvent[],
  identity = IDENTITY,
  metadata?: JsonObject,
): readonly Answer[] {
  const encoder = createStreamEncoder(identity);
  const out = events.map((event) => encoder.push(event)).join('') + encoder.end(metadata);
  return out
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => JSON.parse(frame.slice('data: '.length)) as Answer);
}

const CLAUDE = { kind: 'thinking-signature', value: 'SIG' };
const GPT = { kind: 'encrypted-reasoning', value: 'ENC', itemId: 'rs_1' };

describe('google-generate answers', () => {
  it('hold text, calls, the reason to end, usage and whose answer it is', () => {
    assert.deepEqual(answerOf([...text('a', 'Hel', 'lo'), ...call('b', '{"x":1}'), ...END]), {
      candidates: [
        {
          content: {
            parts: [{ text: 'Hello' }, { functionCall: { id: 'c-b', name: 'f', args: { x: 1 } } }],
            role: 'model',
          },
          finishReason: 'STOP',
          index: 0,
        },
      ],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
      modelVersion: 'm1',
      createTime: '2023-11-14T22:13:20.000Z',
      responseId: 'r1',
    });
  });

  it('[A3] are streamed delta by delta, with reason and usage in the last chunk alone', () => {
    const chunks = chunksOf([...text('a', 'Hel', 'lo'), ...END]);
    assert.deepEqual(
      chunks.map((chunk) => [
        chunk.candidates[0]?.content.parts[0]?.text,
        chunk.candidates[0]?.finishReason,
        chunk.usageMetadata !== undefined,
      ]),
      [
        ['Hel', undefined, false],
        ['lo', undefined, false],
        ['', 'STOP', true],
      ],
    );
  });

  it('carry metadata in the last chunk', () => {
    const last = chunksOf([...text('a', 'x'), ...END], IDENTITY, { exchange_id: 'x1' }).at(-1);
    assert.deepEqual((last as unknown as JsonObject)['_pointsman'], { exchange_id: 'x1' });
  });

  it('keep the order of calls that run side by side and of the text between them', () => {
    const [aStart, aDelta, aEnd] = call('a', '{}');
    const [bStart, bDelta, bEnd] = call('b', '{}');
    assert.ok(aStart && aDelta && aEnd && bStart && bDelta && bEnd);
    const parts = partsOf([aStart, bStart, bDelta, bEnd, ...text('t', 'x'), aDelta, aEnd]) ?? [];
    assert.deepEqual(
      parts.map((part) => part.functionCall?.id ?? part.text),
      ['c-a', 'c-b', 'x'],
    );
  });

  it('hold arguments that are no object under the name that free text travels by, and numbers as they were', () => {
    const argsOf = (input: string, more?: object) =>
      JSON.stringify(partsOf(call('a', input, more))?.[0]?.functionCall?.args);
    assert.equal(argsOf(''), '{}');
    assert.equal(argsOf('[1]'), '{"input":"[1]"}');
    assert.equal(argsOf('{"a":'), '{"input":"{\\"a\\":"}');
    assert.equal(argsOf('{"a":1}', { isText: true }), '{"input":"{\\"a\\":1}"}');
    const events = [...call('a', '{"a":12345678901234567890}'), ...END];
    assert.ok(JSON.stringify(encodeResponse(events, IDENTITY)).includes('{"a":12345678901234567890}'));
  });

  it('show thoughts to those who ask for them, and to nobody else', () => {
    const asking = requestOf({ generationConfig: { thinkingConfig: { includeThoughts: true } } });
    const events = [...thought('r', 'hm'), ...text('a', 'x')];
    assert.deepEqual(partsOf(events, { ...IDENTITY, request: asking }), [
      { text: 'hm', thought: true },
      { text: 'x' },
    ]);
    assert.deepEqual(partsOf(events, { ...IDENTITY, request: requestOf({}) }), [{ text: 'x' }]);
  });

  it('[B5] carry a foreign seal with the part behind it, in an envelope', () => {
    const parts =
      partsOf([...thought('r', 'hm', GPT), ...call('a', '{}')], { ...IDENTITY, maker: 'p/m' }) ?? [];
    assert.deepEqual(parts[0], { text: 'hm', thought: true });
    assert.deepEqual(openEnvelope(parts[1]?.thoughtSignature ?? ''), { ...GPT, maker: 'p/m' });
  });

  it('[B5] carry a proof that needs its readable thought with that thought, or not at all', () => {
    const maker = { ...IDENTITY, maker: 'p/m' };
    const events = [...thought('r', 'hm', CLAUDE), ...text('a', 'x')];
    const [shown] = partsOf(events, maker) ?? [];
    assert.deepEqual([shown?.text, shown?.thought], ['hm', true]);
    assert.deepEqual(openEnvelope(shown?.thoughtSignature ?? ''), { ...CLAUDE, maker: 'p/m' });
    assert.deepEqual(partsOf(events, { ...maker, request: requestOf({}) }), [{ text: 'x' }]);
    const hidden = partsOf([...thought('r', '', CLAUDE), ...text('a', 'x')], {
      ...maker,
      request: requestOf({}),
    });
    assert.deepEqual(openEnvelope(hidden?.[0]?.thoughtSignature ?? ''), { ...CLAUDE, maker: 'p/m' });
  });

  it('[B5] say on the first call of an answer who made it', () => {
    const parts = partsOf([...call('a', '{}'), ...call('b', '{}')], { ...IDENTITY, maker: 'p/m' }) ?? [];
    const seals = parts.map((part) => openEnvelope(part.thoughtSignature ?? '')?.kind);
    assert.deepEqual(seals, ['unsealed', undefined]);
    assert.equal(partsOf(call('a', '{}'))?.[0]?.thoughtSignature, undefined);
  });

  it('[B5] carry a seal that nothing comes behind with an empty text', () => {
    const maker = { ...IDENTITY, maker: 'p/m' };
    const events = [
      ...text('a', 'x'),
      ...thought('r', '', GPT),
      ...thought('s', '', { ...GPT, value: 'E2' }),
    ];
    const parts = partsOf(events, maker) ?? [];
    const values = parts.map((part) => [part.text, openEnvelope(part.thoughtSignature ?? '')?.value]);
    assert.deepEqual(values, [
      ['x', undefined],
      ['', 'ENC'],
      ['', 'E2'],
    ]);
    assert.equal(
      openEnvelope(
        chunksOf([...events, ...END], maker).at(-1)?.candidates[0]?.content.parts[0]?.thoughtSignature ?? '',
      )?.value,
      'E2',
    );
  });

  it('from the store hold only proofs of Google itself', () => {
    const google = { kind: 'thought-signature', value: 'G' };
    assert.deepEqual(partsOf([...thought('r', '', google), ...text('a', 'x')]), [
      { text: 'x', thoughtSignature: 'G' },
    ]);
    assert.deepEqual(partsOf([...thought('r', '', GPT), ...text('a', 'x')]), [{ text: 'x' }]);
  });

  it('hold several choices', () => {
    const second = text('b', 'y').map((event) => ({ ...event, choice: 1 }) as StreamEvent);
    const end: StreamEvent = { type: 'choice-end', choice: 1, finishReason: 'length', wireReason: 'x' };
    const events = [...second, end, ...text('a', 'x'), ...END];
    const candidates = answerOf(events).candidates.map(({ index, finishReason }) => [index, finishReason]);
    assert.deepEqual(candidates, [
      [0, 'STOP'],
      [1, 'MAX_TOKENS'],
    ]);
    assert.deepEqual(
      chunksOf(events)
        .at(-1)
        ?.candidates.map(({ index }) => index),
      [1, 0],
    );
  });

  it('name the content that they cannot hold', () => {
    const loss = lossOf({ type: 'other-content', choice: 0, wireType: 'logprobs', bytes: 9 });
    assert.equal(loss, 'content of type logprobs has no place in a Gemini answer and was left out');
    assert.equal(lossOf({ type: 'text-start', id: 'a', choice: 0 }), undefined);
  });

  it('name refusals, which they show as text, and counts that they have no word for', () => {
    assert.match(
      lossOf({ type: 'refusal-delta', id: 'r', choice: 0, delta: 'no' }) ?? '',
      /stands there as text/,
    );
    const usage = { inputTokens: 9, cacheReadInputTokens: 3, outputTokens: 2, reasoningOutputTokens: 1 };
    assert.equal(lossOf({ type: 'usage', usage: { ...usage, cacheCreationInputTokens: 0 } }), undefined);
    assert.match(
      lossOf({ type: 'usage', usage: { ...usage, cacheCreationInputTokens: 4 } }) ?? '',
      /no count of tokens written to a cache/,
    );
  });

  it('end a refusal by SAFETY, also where its vendor says stop', () => {
    const events: readonly StreamEvent[] = [
      { type: 'refusal-delta', id: 'r', choice: 0, delta: 'no' },
      { type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'stop' },
    ];
    const [candidate] = (encodeResponse(events, IDENTITY) as unknown as Answer).candidates;
    assert.equal(candidate?.finishReason, 'SAFETY');
    const encoder = createStreamEncoder(IDENTITY);
    const stream = events.map((event) => encoder.push(event)).join('') + encoder.end(undefined);
    assert.match(stream, /"finishReason":"SAFETY"/);
  });
});
