import assert from 'node:assert/strict';

import { decodeResponse } from '../../../../../daemon/dialects/anthropic-messages/decode-response.ts';
import { brief } from './answer-support.ts';

const HEAD = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude' };

describe('anthropic-messages decode-response', () => {
  it('reads a whole message as the events of a stream', () => {
    const events = decodeResponse({
      ...HEAD,
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'abc' },
        { type: 'text', text: 'hi', citations: [{ type: 'char_location' }] },
        { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
        { type: 'tool_use', id: 'toolu_2', name: 'g', input: {} },
      ],
      stop_reason: 'tool_use',
      container: { id: 'c' },
      usage: { input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 5 },
    });
    assert.deepEqual(brief(events), [
      'start msg_1 claude',
      'reasoning-start reasoning-0',
      'reasoning-delta reasoning-0 hm',
      'reasoning-end reasoning-0 thinking-signature abc',
      'text-start text-1',
      'text-delta text-1 hi',
      'other citations',
      'text-end text-1',
      'other server_tool_use',
      'tool-input-start tool-3 toolu_1 f',
      'tool-input-delta tool-3 {"a":1}',
      'tool-input-end tool-3',
      'tool-input-start tool-4 toolu_2 g',
      'tool-input-delta tool-4 {}',
      'tool-input-end tool-4',
      'other container',
      'usage 7+5',
      'choice-end 0 tool-calls "tool_use"',
      'end',
    ]);
  });

  it('names a program that calls a tool, and the stop sequence that ended the answer', () => {
    const call = { type: 'tool_use', id: 't', name: 'f', input: {} };
    const events = decodeResponse({
      ...HEAD,
      content: [
        { ...call, caller: { type: 'direct' } },
        { ...call, caller: { type: 'code_execution_20250825', tool_id: 'srvtoolu_1' } },
      ],
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
    const others = brief(events).filter((line) => line.startsWith('other'));
    assert.deepEqual(others, ['other caller', 'other stop_sequence']);
  });

  it('reads an empty answer, and one without a reason for its end', () => {
    assert.deepEqual(brief(decodeResponse({ ...HEAD, content: [], stop_reason: null })), [
      'start msg_1 claude',
      'choice-end 0 stop ""',
      'end',
    ]);
  });

  it('fails an error in disguise, and what is no answer', () => {
    const error = { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } };
    assert.deepEqual(brief(decodeResponse(error)), ['failed rate-limited 429: slow down']);
    assert.deepEqual(brief(decodeResponse({ error: { message: 'no' } })), ['failed server-error 500: no']);
    assert.deepEqual(brief(decodeResponse({ type: 'error', message: 'no', content: [] })), [
      'failed server-error 500: no',
    ]);
    assert.deepEqual(brief(decodeResponse({ ...HEAD })), [
      'failed invalid-response -: the answer has no content',
    ]);
  });
});
