import assert from 'node:assert/strict';

import {
  brokenFinishKind,
  decodeFinishReason,
  encodeFinishReason,
} from '../../../../../daemon/dialects/openai-chat/finish-reason.ts';

describe('openai-chat finish-reason', () => {
  const decodedAs = {
    stop: ['stop', 'eos', 'end_turn', 'stop_sequence'],
    length: ['length', 'max_tokens', 'model_length', 'model_context_window_exceeded'],
    'tool-calls': ['tool_calls', 'function_call', 'tool_use'],
    'content-filter': ['content_filter', 'sensitive'],
    refusal: ['refusal'],
    other: ['', 'something new', 'toString', '__proto__'],
  } as const;
  for (const [reason, wireReasons] of Object.entries(decodedAs)) {
    it(`reads ${wireReasons.map((wire) => `"${wire}"`).join(', ')} as ${reason}`, () => {
      for (const wire of wireReasons) {
        assert.equal(decodeFinishReason(wire), reason);
        assert.equal(brokenFinishKind(wire), undefined);
      }
    });
  }

  it('knows the reasons that are no end', () => {
    const kinds = ['error', 'network_error', 'insufficient_system_resource', 'abort'].map(brokenFinishKind);
    assert.deepEqual(kinds, ['server-error', 'server-error', 'overloaded', 'interrupted']);
  });

  it('writes only reasons that clients of this dialect know', () => {
    const reasons = ['stop', 'length', 'tool-calls', 'content-filter', 'refusal', 'other'] as const;
    assert.deepEqual(reasons.map(encodeFinishReason), [
      'stop',
      'length',
      'tool_calls',
      'content_filter',
      'content_filter',
      'stop',
    ]);
  });
});
