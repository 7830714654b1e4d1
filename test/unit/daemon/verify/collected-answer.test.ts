import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { AnswerCollector, MAX_KEPT_CHARS } from '../../../../daemon/verify/collected-answer.ts';

const word = (delta: string): StreamEvent => ({ type: 'text-delta', choice: 0, id: 't', delta });

describe('collected answer', () => {
  it('is the text of its deltas, however many they are', () => {
    const collector = new AnswerCollector();
    const words = Array.from({ length: 5_000 }, (_, at) => `${at} `);
    for (const delta of words) collector.observe([word(delta)]);
    assert.equal(collector.answer().text, words.join(''));
    assert.equal(collector.answer().isPartlyKept, false);
  });

  it('keeps no more calls than text, so that an answer of nothing but calls takes no memory', () => {
    const collector = new AnswerCollector();
    for (let at = 0; at < 50_000; at++) {
      const id = String(at);
      collector.observe([{ type: 'tool-input-start', choice: 0, id, callId: id, name: 'f' }]);
    }
    const { calls, isPartlyKept } = collector.answer();
    assert.ok(calls.length <= MAX_KEPT_CHARS / 64 + 1, `${calls.length} calls`);
    assert.equal(isPartlyKept, true);
  });
});
