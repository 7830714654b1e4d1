import assert from 'node:assert/strict';

import { decodeResponse } from '../../../../../daemon/dialects/openai-responses/decode-response.ts';
import { brief } from './answer-support.ts';

const OUTPUT = [
  { type: 'reasoning', id: 'rs_1', summary: [{ text: 'hm' }], encrypted_content: 'E' },
  { type: 'message', id: 'msg_1', content: [{ type: 'output_text', text: 'a' }] },
  { type: 'function_call', item_id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' },
];
const BODY = { id: 'r1', model: 'm1', created_at: 7, status: 'completed', error: null, output: OUTPUT };
const endOf = (body: object) => brief(decodeResponse({ ...BODY, ...body })).slice(-2);

describe('openai-responses plain answers', () => {
  it('[A3] are read as the events of a stream', () => {
    assert.deepEqual(brief(decodeResponse({ ...BODY, usage: { input_tokens: 1, output_tokens: 2 } })), [
      'start r1 m1 7',
      'reasoning-start reasoning-0',
      'reasoning-delta reasoning-0 hm',
      'reasoning-end reasoning-0 encrypted-reasoning E rs_1',
      'text-start text-1',
      'text-delta text-1 a',
      'text-end text-1',
      'tool call-2 call_1 f',
      'tool-input-delta call-2 {}',
      'tool-input-end call-2',
      'end tool-calls completed',
      'usage 1 2',
      'response-end',
    ]);
  });

  it('are complete without a status, and with one that only proxies write', () => {
    const { status: _, ...bare } = BODY;
    assert.deepEqual(brief(decodeResponse(bare)).at(-1), 'response-end');
    assert.deepEqual(endOf({ status: 'complete' }), ['end tool-calls complete', 'response-end']);
  });

  it('tell that they were cut', () => {
    const cut = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    assert.deepEqual(endOf(cut), ['end length max_output_tokens', 'response-end']);
  });

  it('that are still to be made pass as they are', () => {
    assert.deepEqual(endOf({ status: 'queued', output: [] }), ['end other queued', 'response-end']);
  });

  it('that failed are failures, with the kind that they tell', () => {
    const failed = (body: object) => brief(decodeResponse({ ...BODY, ...body }));
    assert.deepEqual(failed({ status: 'failed', error: { code: 'server_error' } }), ['failed server-error']);
    assert.deepEqual(failed({ status: 'cancelled' }), ['failed interrupted']);
    assert.deepEqual(brief(decodeResponse({ error: { code: 'rate_limit_exceeded', message: 'm' } })), [
      'failed rate-limited',
    ]);
    assert.deepEqual(brief(decodeResponse({ error: 'no' })), ['failed server-error']);
  });

  it('without an output are no answers', () => {
    assert.deepEqual(brief(decodeResponse({ id: 'r1', choices: [] })), ['failed invalid-response']);
    assert.deepEqual(brief(decodeResponse({})), ['failed invalid-response']);
  });
});
