import assert from 'node:assert/strict';

import { createStreamDecoder } from '../../../../../daemon/dialects/openai-responses/stream-decoder.ts';
import { brief, briefContent, completed, CREATED, decoded, framesOf } from './answer-support.ts';

const delta = (text: string, more: object = {}) => ({
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta: text,
  ...more,
});
const USAGE = { input_tokens: 5, output_tokens: 3, total_tokens: 8 };

describe('openai-responses stream decoder', () => {
  it('[A3] reads text, its end and usage', () => {
    const events = decoded(CREATED, delta('He'), delta('llo'), completed({ usage: USAGE }));
    assert.deepEqual(brief(events), [
      'start r1 m1 7',
      'text-start text-0',
      'text-delta text-0 He',
      'text-delta text-0 llo',
      'text-end text-0',
      'end stop completed',
      'usage 5 3',
      'response-end',
    ]);
  });

  it('starts once, whatever is announced again', () => {
    const again = { type: 'response.in_progress', response: { id: 'r2' } };
    assert.deepEqual(brief(decoded(CREATED, CREATED, again, completed())), [
      'start r1 m1 7',
      'end stop completed',
      'response-end',
    ]);
  });

  it('fails a stream into which a second answer was spliced', () => {
    const other = { type: 'response.created', response: { id: 'r2' } };
    const events = brief(decoded(CREATED, delta('a'), other, delta('b'), completed()));
    assert.deepEqual(events.slice(1, -1), ['text-start text-0', 'text-delta text-0 a']);
    assert.match(events.at(-1) ?? '', /^failed interrupted/);
    assert.equal(brief(decoded(CREATED, delta('a'), CREATED, completed())).at(-1), 'response-end');
  });

  it('starts an answer that was never announced', () => {
    assert.deepEqual(brief(decoded(delta('a'), completed())).slice(0, 2), ['start   -', 'text-start text-0']);
  });

  it('passes over keepalives, unknown events, comments and obfuscation', () => {
    const parts = [': ping\n\n', { type: 'keepalive' }, { type: 'response.later.delta', delta: 'x' }];
    assert.deepEqual(briefContent(...parts, delta('a', { obfuscation: 'zzz' })), [
      'text-start text-0',
      'text-delta text-0 a',
      'text-end text-0',
    ]);
  });

  it('takes the kind of an event from the frame where the data does not say it', () => {
    const { type, ...data } = delta('a');
    const frame = `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
    assert.deepEqual(briefContent(frame)[1], 'text-delta text-0 a');
  });

  it('goes by the index of an item, since its id may change from event to event', () => {
    const added = {
      type: 'response.output_item.added',
      output_index: 0,
      item: { type: 'message', id: 'a', content: [] },
    };
    const done = {
      type: 'response.output_item.done',
      output_index: 0,
      item: { type: 'message', id: 'c', content: [{ type: 'output_text', text: 'xy' }] },
    };
    assert.deepEqual(briefContent(added, delta('x', { item_id: 'b' }), done), [
      'text-start text-0',
      'text-delta text-0 x',
      'text-delta text-0 y',
      'text-end text-0',
    ]);
  });

  it('goes by the id where the index is missing', () => {
    const added = (id: string) => ({
      type: 'response.output_item.added',
      item: { type: 'function_call', id, call_id: `call_${id}`, name: 'f', arguments: '' },
    });
    const input = (id: string, text: string) => ({
      type: 'response.function_call_arguments.delta',
      item_id: id,
      delta: text,
    });
    assert.deepEqual(briefContent(added('a'), added('b'), input('a', '1'), input('b', '2')), [
      'tool call-0 call_a f',
      'tool call-1 call_b f',
      'tool-input-delta call-0 1',
      'tool-input-delta call-1 2',
      'tool-input-end call-0',
      'tool-input-end call-1',
    ]);
  });

  it('tells why an answer was cut', () => {
    const cut = (reason: string | null) => ({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: reason === null ? null : { reason } },
    });
    const endOf = (reason: string | null) => brief(decoded(CREATED, delta('a'), cut(reason))).at(-2);
    assert.equal(endOf('max_output_tokens'), 'end length max_output_tokens');
    assert.equal(endOf('content_filter'), 'end content-filter content_filter');
    assert.equal(endOf(null), 'end other incomplete');
    const quiet = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    assert.equal(brief(decoded(CREATED, completed(quiet))).at(-2), 'end length max_output_tokens');
  });

  it('is not complete before the response is, whatever else ends', () => {
    assert.deepEqual(brief(decoded(CREATED, delta('a'), 'data: [DONE]\n\n')).at(-1), 'failed interrupted');
    assert.deepEqual(brief(decoded(CREATED)).at(-1), 'failed interrupted');
  });

  it('reads nothing behind the end', () => {
    const events = decoded(CREATED, delta('a'), completed(), CREATED, delta('b'), completed());
    assert.equal(events.filter(({ type }) => type === 'response-end').length, 1);
    assert.ok(!brief(events).includes('text-delta text-0 b'));
  });

  it('fails with the kind that the code of an error tells', () => {
    const kindOf = (code: string, message = 'm') =>
      brief(decoded(CREATED, { type: 'response.failed', response: { error: { code, message } } })).at(-1);
    assert.equal(kindOf('server_error'), 'failed server-error');
    assert.equal(kindOf('rate_limit_exceeded'), 'failed rate-limited');
    assert.equal(kindOf('context_length_exceeded'), 'failed context-length');
    assert.equal(kindOf('insufficient_quota'), 'failed quota');
    assert.equal(kindOf('server_is_overloaded'), 'failed overloaded');
    assert.equal(kindOf('invalid_prompt'), 'failed rejected');
    assert.equal(kindOf('invalid_prompt', 'prompt is too long'), 'failed context-length');
    assert.equal(kindOf('image_content_policy_violation'), 'failed refusal');
  });

  it('reports the usage of an answer that failed', () => {
    const failed = { type: 'response.failed', response: { error: { code: 'server_error' }, usage: USAGE } };
    assert.deepEqual(brief(decoded(CREATED, failed)).slice(1), ['usage 5 3', 'failed server-error']);
  });

  it('reads error events of both shapes, also before anything else', () => {
    const nested = { type: 'error', error: { type: 'x', code: 'rate_limit_exceeded', message: 'm' } };
    const flat = { type: 'error', code: 'rate_limit_exceeded', message: 'm', param: null };
    for (const error of [nested, flat]) {
      assert.deepEqual(brief(decoded(error)), ['failed rate-limited']);
      assert.deepEqual(brief(decoded(CREATED, delta('a'), error)).at(-1), 'failed rate-limited');
    }
  });

  it('fails an answer that ends as completed and says that it failed', () => {
    assert.equal(
      brief(decoded(CREATED, completed({ status: 'failed', error: null }))).at(-1),
      'failed server-error',
    );
    assert.equal(brief(decoded(CREATED, completed({ status: 'cancelled' }))).at(-1), 'failed interrupted');
  });

  it('gives up a stream that is not JSON, once', () => {
    const decoder = createStreamDecoder();
    const [broken, after] = framesOf('data: {"type"\n\n', completed());
    assert.ok(broken !== undefined && after !== undefined);
    assert.deepEqual(brief(decoder.push(broken)), ['failed invalid-response']);
    assert.deepEqual([...decoder.push(after), ...decoder.end()], []);
  });
});
