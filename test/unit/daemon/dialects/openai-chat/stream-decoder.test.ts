import assert from 'node:assert/strict';

import { createStreamDecoder } from '../../../../../daemon/dialects/openai-chat/stream-decoder.ts';
import { brief, chunk, decoded, DONE, framesOf } from './chat-support.ts';

const USAGE = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };
const TEXT = ['start c1 m1 7', 'text-start 0-text-0', 'text-delta 0-text-0 hi'];
const STOP = ['text-end 0-text-0', 'choice-end 0 stop "stop"'];

describe('openai-chat stream-decoder', () => {
  it('reads a stream from its first chunk to [DONE]', () => {
    const events = decoded(
      ': ping\n\n',
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'hi' }),
      chunk({}, 'stop'),
      DONE,
    );
    assert.deepEqual(brief(events), [...TEXT, ...STOP, 'end']);
  });

  it('ends the answer at [DONE], before the connection closes', () => {
    const decoder = createStreamDecoder();
    const events = framesOf(chunk({ content: 'hi' }, 'stop'), DONE).map((frame) => decoder.push(frame));
    assert.deepEqual(brief(events.at(-1) ?? []), ['end']);
    assert.deepEqual(decoder.end(), []);
  });

  it('takes finish_reason alone as complete', () => {
    assert.deepEqual(brief(decoded(chunk({ content: 'hi' }, 'stop'))), [...TEXT, ...STOP, 'end']);
  });

  it('takes [DONE] alone as complete and assumes the reason', () => {
    assert.deepEqual(brief(decoded(chunk({ content: 'hi' }), DONE)).slice(3), [
      'text-end 0-text-0',
      'choice-end 0 stop ""',
      'end',
    ]);
    const call = { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] };
    assert.ok(brief(decoded(chunk(call), DONE)).includes('choice-end 0 tool-calls ""'));
  });

  it('fails a stream that ends with neither, however cleanly', () => {
    assert.deepEqual(brief(decoded(chunk({ content: 'hi' }))), [
      ...TEXT,
      'failed interrupted -: the stream ended before the answer did',
    ]);
    assert.deepEqual(brief(decoded(': ping\n\n')), [
      'failed interrupted -: the stream ended before the answer did',
    ]);
  });

  it('waits for every choice it has seen', () => {
    const second = (delta: object, reason: string | null) => ({
      id: 'c1',
      choices: [{ index: 1, delta, finish_reason: reason }],
    });
    const open = decoded(chunk({ content: 'hi' }, 'stop'), second({ content: 'ho' }, null));
    assert.equal(open.at(-1)?.type, 'response-failed');
    const closed = brief(decoded(chunk({ content: 'hi' }, 'stop'), second({ content: 'ho' }, 'length')));
    assert.deepEqual(closed.slice(-5), [
      'text-start 1-text-0',
      'text-delta 1-text-0 ho',
      'text-end 1-text-0',
      'choice-end 1 length "length"',
      'end',
    ]);
  });

  it('fails an empty stream that says it is done', () => {
    assert.deepEqual(brief(decoded(DONE)), ['failed invalid-response -: the stream held no answer']);
  });

  it('fails on data that is not a JSON object, and reads nothing after it', () => {
    for (const data of ['{"id":', '[1]', 'hello', '"x"']) {
      const events = brief(decoded(`data: ${data}\n\n`, chunk({ content: 'hi' }, 'stop'), DONE));
      assert.deepEqual(events, ['failed invalid-response -: a chunk is not JSON'], data);
    }
  });

  it('reads usage alone, on a chunk with choices, or in x_groq, wherever it comes', () => {
    const alone = { id: 'c1', choices: [], usage: USAGE };
    assert.deepEqual(brief(decoded(chunk({ content: 'hi' }, 'stop'), alone, DONE)).slice(-2), [
      'usage 5+3 -',
      'end',
    ]);
    const onChoice = brief(decoded(chunk({ content: 'hi' }, 'stop', { usage: { ...USAGE, cost: 0.25 } })));
    assert.ok(onChoice.includes('usage 5+3 0.25'));
    assert.ok(
      brief(decoded(chunk({}, 'stop', { x_groq: { id: 'r', usage: USAGE } }))).includes('usage 5+3 -'),
    );
    assert.ok(
      !brief(decoded(chunk({ content: 'hi' }, 'stop', { usage: null }))).some((line) =>
        line.startsWith('usage'),
      ),
    );
  });

  it('starts at the first chunk that belongs to an answer', () => {
    const azure = { id: '', model: '', created: 0, choices: [], prompt_filter_results: [] };
    assert.deepEqual(brief(decoded(azure, chunk({ content: 'hi' }, 'stop'))).slice(0, 3), TEXT);
    assert.deepEqual(
      brief(decoded({ choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] }))[0],
      'start   -',
    );
  });

  it('passes over entries of choices that are no choice', () => {
    assert.deepEqual(
      brief(decoded({ id: 'c1', choices: [5, null] }, chunk({ content: 'hi' }, 'stop'))).slice(-3),
      [...STOP, 'end'],
    );
  });

  it('fails on an error inside the stream, with the usage that comes with it', () => {
    const error = { message: 'Token limit reached', code: 400 };
    assert.deepEqual(
      brief(decoded(chunk({ content: 'hi' }), chunk({}, null, { error, usage: USAGE }), DONE)),
      [...TEXT, 'usage 5+3 -', 'failed rejected 400: Token limit reached'],
    );
  });

  it('fails on an event named error, whatever it holds', () => {
    const groq =
      'event: error\ndata: {"error":{"message":"no","code":"tool_use_failed","status_code":400}}\n\n';
    assert.deepEqual(brief(decoded(groq)), ['failed rejected 400: no']);
    assert.deepEqual(brief(decoded('event: error\ndata: {"message":"down"}\n\n')), [
      'failed server-error 500: down',
    ]);
    assert.equal(decoded({ error: 'overloaded' }).at(-1)?.type, 'response-failed');
    assert.equal(decoded(chunk({ content: 'hi' }, 'stop', { error: null })).at(-1)?.type, 'response-end');
  });

  it('fails when the provider calls its own failure a finish reason', () => {
    assert.deepEqual(brief(decoded(chunk({ content: 'hi' }), chunk({}, 'insufficient_system_resource'))), [
      ...TEXT,
      'failed overloaded -: the provider broke off with "insufficient_system_resource"',
    ]);
    assert.equal(decoded(chunk({}, 'error'), DONE).at(-1)?.type, 'response-failed');
    const inChoice = {
      id: 'c1',
      choices: [{ index: 0, delta: {}, error: { code: 502, message: 'gone' }, finish_reason: 'error' }],
    };
    assert.deepEqual(brief(decoded(inChoice)), ['start c1  -', 'failed server-error 502: gone']);
  });
});
