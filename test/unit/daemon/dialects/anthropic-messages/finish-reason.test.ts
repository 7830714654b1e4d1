import assert from 'node:assert/strict';

import type { FinishReason } from '../../../../../daemon/conversation/stream-event.ts';
import {
  decodeFinishReason,
  encodeFinishReason,
} from '../../../../../daemon/dialects/anthropic-messages/finish-reason.ts';

const NOTHING = { hasToolUse: false, hasRefusal: false };

function encoded(finishReason: FinishReason, wireReason = '', content: object = {}): string {
  return encodeFinishReason(
    { type: 'choice-end', choice: 0, finishReason, wireReason },
    { ...NOTHING, ...content },
  );
}

describe('anthropic-messages finish-reason', () => {
  it('reads every stop reason, and unknown ones as other', () => {
    const expected: Readonly<Record<string, FinishReason>> = {
      end_turn: 'stop',
      stop_sequence: 'stop',
      max_tokens: 'length',
      model_context_window_exceeded: 'length',
      tool_use: 'tool-calls',
      refusal: 'refusal',
      pause_turn: 'other',
      compaction: 'other',
      brand_new: 'other',
    };
    for (const [wire, reason] of Object.entries(expected))
      assert.equal(decodeFinishReason(wire), reason, wire);
  });

  it('writes a stop reason for every end', () => {
    const reasons: readonly FinishReason[] = [
      'stop',
      'length',
      'tool-calls',
      'content-filter',
      'refusal',
      'other',
    ];
    assert.deepEqual(
      reasons.map((reason) => encoded(reason)),
      ['end_turn', 'max_tokens', 'tool_use', 'refusal', 'refusal', 'end_turn'],
    );
    assert.equal(encodeFinishReason(undefined, NOTHING), 'end_turn');
  });

  it('says tool_use and refusal where another vendor said only stop', () => {
    assert.equal(encoded('stop', 'stop', { hasToolUse: true }), 'tool_use');
    assert.equal(encoded('stop', 'stop', { hasRefusal: true }), 'refusal');
    assert.equal(encoded('length', 'length', { hasToolUse: true }), 'max_tokens');
  });

  it('gives back the very word of Anthropic, but no word of another vendor', () => {
    for (const word of ['stop_sequence', 'pause_turn', 'model_context_window_exceeded']) {
      assert.equal(encoded(decodeFinishReason(word), word), word);
    }
    assert.equal(encoded('stop', 'end_turn', { hasToolUse: true }), 'end_turn');
    assert.equal(encoded('other', 'eos'), 'end_turn');
  });
});
