import assert from 'node:assert/strict';

import { brief, chunk, decoded, framesOf } from './google-support.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/google-generate/stream-decoder.ts';

const call = (functionCall: object, more: object = {}) => ({ functionCall, ...more });

describe('google-generate streams', () => {
  it('become text, thoughts, usage and an end', () => {
    const events = decoded(
      chunk([{ text: 'hm', thought: true }], undefined, { createTime: '2026-01-01T00:00:00.5Z' }),
      chunk([{ text: 'Hel' }]),
      chunk([{ text: 'lo' }], 'STOP', {
        usageMetadata: {
          promptTokenCount: 7,
          cachedContentTokenCount: 3,
          candidatesTokenCount: 2,
          thoughtsTokenCount: 4,
        },
      }),
    );
    assert.deepEqual(brief(events), [
      'start r g 1767225600',
      'reasoning-start 0-reasoning-0',
      'reasoning-delta 0-reasoning-0 hm',
      'reasoning-end 0-reasoning-0',
      'text-start 0-text-1',
      'text-delta 0-text-1 Hel',
      'text-delta 0-text-1 lo',
      'text-end 0-text-1',
      'choice-end 0 stop "STOP"',
      'usage 7 3 0 6 4',
      'end',
    ]);
  });

  it('[B5] put the proof of a call into a thought in front of it', () => {
    const events = decoded(
      chunk([{ text: 'hm', thought: true }]),
      chunk([call({ name: 'f', args: { a: 1 } }, { thoughtSignature: 'S1' }), call({ name: 'g' })]),
      chunk([{ text: '', thoughtSignature: 'S2' }], 'STOP'),
    );
    assert.deepEqual(brief(events).slice(1, -1), [
      'reasoning-start 0-reasoning-0',
      'reasoning-delta 0-reasoning-0 hm',
      'reasoning-end 0-reasoning-0 thought-signature S1',
      'tool-input-start 0-tool-0 call_r_0 f',
      'tool-input-delta 0-tool-0 {"a":1}',
      'tool-input-end 0-tool-0',
      'tool-input-start 0-tool-1 call_r_1 g',
      'tool-input-delta 0-tool-1 {}',
      'tool-input-end 0-tool-1',
      'reasoning-start 0-reasoning-1',
      'reasoning-end 0-reasoning-1 thought-signature S2',
      'choice-end 0 tool-calls "STOP"',
    ]);
  });

  it('keep every number of the arguments as it was written', () => {
    const text =
      '{"candidates":[{"content":{"parts":[{"text":"x"},{"functionCall":{"name":"f","args":{"a" : 1e400,"b":12345678901234567890}}}]},"finishReason":"STOP"}]}';
    const delta = decoded(`data: ${text}\n\n`).find((event) => event.type === 'tool-input-delta');
    assert.equal(delta?.delta, '{"a":1e400,"b":12345678901234567890}');
  });

  it('take the id that Google gives a call', () => {
    const start = decoded(chunk([call({ id: 'g1', name: 'f' })], 'STOP')).find(
      ({ type }) => type === 'tool-input-start',
    );
    assert.ok(start?.type === 'tool-input-start' && start.callId === 'g1');
  });

  it('keep arguments small whose paths ask for long lists and deep ones', () => {
    const far = { jsonPath: '$.l[999999]', numberValue: 1 };
    const deep = Array.from({ length: 2000 }, (_, index) => ({
      jsonPath: `$.a${index}${'[9]'.repeat(60)}`,
      numberValue: 1,
    }));
    const events = decoded(chunk([call({ name: 'f', partialArgs: [far, ...deep] })], 'STOP'));
    const text = events.find((event) => event.type === 'tool-input-delta')?.delta ?? '';
    assert.ok(text.length > 0 && text.length < 2_000_000, `${text.length} characters`);
  });

  it('join the arguments that Vertex sends piece by piece', () => {
    const events = decoded(
      chunk([call({ name: 'f', willContinue: true })]),
      chunk([
        call({
          partialArgs: [{ jsonPath: '$.a.b', stringValue: 'x', willContinue: true }],
          willContinue: true,
        }),
      ]),
      chunk([
        call({
          partialArgs: [
            { jsonPath: '$.a.b', stringValue: 'y' },
            { jsonPath: '$.l[1]', numberValue: 2 },
            { jsonPath: '$.l[0]', boolValue: true },
          ],
          willContinue: true,
        }),
      ]),
      chunk([
        call({
          partialArgs: [
            { jsonPath: "$['n o']", nullValue: 'NULL_VALUE' },
            { jsonPath: 'junk', numberValue: 1 },
          ],
        }),
      ]),
      chunk([call({ name: 'g' })], 'STOP'),
    );
    assert.deepEqual(
      brief(events).filter((line) => line.startsWith('tool-input')),
      [
        'tool-input-start 0-tool-0 call_r_0 f',
        'tool-input-delta 0-tool-0 {"a":{"b":"xy"},"l":[true,2],"n o":null}',
        'tool-input-end 0-tool-0',
        'tool-input-start 0-tool-1 call_r_1 g',
        'tool-input-delta 0-tool-1 {}',
        'tool-input-end 0-tool-1',
      ],
    );
  });

  it('name what the neutral model has no word for', () => {
    const events = decoded(
      chunk([
        { executableCode: { code: '1' }, thoughtSignature: 'S' },
        { inlineData: { mimeType: 'image/png', data: 'AA' } },
      ]),
      { candidates: [{ finishReason: 'STOP', groundingMetadata: { a: 1 }, citationMetadata: {} }] },
    );
    assert.deepEqual(brief(events).slice(1, 4), [
      'other-content executableCode 12',
      'other-content inlineData 36',
      'other-content groundingMetadata 7',
    ]);
  });

  it('hold several candidates apart and are complete when each has ended', () => {
    const two = (finishReason?: string) => ({
      candidates: [0, 1].map((index) => ({
        index,
        content: { parts: [{ text: 'a' }] },
        ...(index === 1 ? { finishReason } : {}),
      })),
    });
    assert.equal(
      brief(decoded(two('STOP'))).at(-1),
      'failed interrupted: the stream ended before the answer did',
    );
    const whole = decoded(two('STOP'), { candidates: [{ index: 0, finishReason: 'MAX_TOKENS' }] });
    const ends = brief(whole).filter((line) => line.startsWith('choice-end'));
    assert.deepEqual(ends, ['choice-end 1 stop "STOP"', 'choice-end 0 length "MAX_TOKENS"']);
    assert.equal(whole.at(-1)?.type, 'response-end');
  });

  it('are interrupted without a reason to end, however much text there was', () => {
    assert.equal(
      brief(decoded(chunk([{ text: 'a' }]))).at(-1),
      'failed interrupted: the stream ended before the answer did',
    );
    assert.equal(brief(decoded()).at(-1), 'failed interrupted: the stream ended before the answer did');
  });

  it('fail at an error inside, whatever it is wrapped in', () => {
    const error = { error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } };
    assert.equal(brief(decoded(chunk([{ text: 'a' }]), error)).at(-1), 'failed overloaded: overloaded');
    assert.equal(brief(decoded([error])).at(-1), 'failed overloaded: overloaded');
    assert.equal(
      brief(decoded('data: {"x"\n\n')).at(-1),
      'failed invalid-response: a chunk is not a JSON object',
    );
    assert.equal(
      brief(decoded('data: "x"\n\n', chunk([], 'STOP'))).at(-1),
      'failed invalid-response: a chunk is not a JSON object',
    );
  });

  it('fail at a blunder of the model that nothing came before, and end after one that something did', () => {
    const blunder = { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 }] };
    assert.equal(
      brief(decoded(blunder)).at(-1),
      'failed invalid-response: the model broke off with "MALFORMED_FUNCTION_CALL"',
    );
    assert.deepEqual(brief(decoded(chunk([{ text: 'a' }]), blunder)).slice(-2), [
      'choice-end 0 other "MALFORMED_FUNCTION_CALL"',
      'end',
    ]);
  });

  it('end when the prompt was blocked', () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 3 } };
    assert.deepEqual(brief(decoded(blocked)), [
      'start   -',
      'choice-end 0 content-filter "SAFETY"',
      'usage 3 0 0 0 0',
      'end',
    ]);
  });

  it('give out nothing after their end', () => {
    const decoder = createStreamDecoder();
    const [error, late] = framesOf({ error: { code: 500 } }, chunk([{ text: 'a' }], 'STOP'));
    assert.ok(error && late);
    decoder.push(error);
    assert.deepEqual(decoder.push(late), []);
    assert.deepEqual(decoder.end(), []);
  });
});
