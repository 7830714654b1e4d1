import assert from 'node:assert/strict';
import { AnswerCollector } from '../../../../daemon/cache/answer-collector.ts';
import type { FinishReason, StreamEvent } from '../../../../daemon/conversation/stream-event.ts';

const START: StreamEvent = { type: 'response-start', responseId: 'r', responseModel: 'm' };
const END: StreamEvent = { type: 'response-end' };
const text = (delta: string, id = '0'): StreamEvent => ({ type: 'text-delta', id, choice: 0, delta });
const finish = (finishReason: FinishReason): StreamEvent => ({
  type: 'choice-end',
  choice: 0,
  finishReason,
  wireReason: finishReason,
});

function collected(...batches: (readonly StreamEvent[])[]): readonly StreamEvent[] | null {
  const collector = new AnswerCollector();
  for (const batch of batches) collector.observe(batch);
  return collector.answer();
}

describe('[A31] a collected answer', () => {
  it('holds the pieces of one part as one, and of two parts as two', () => {
    const events = collected(
      [START, text('a')],
      [text('b'), text('c')],
      [text('d', '1'), finish('stop'), END],
    );
    assert.deepEqual(events, [START, text('abc'), text('d', '1'), finish('stop'), END]);
  });

  it('keeps two kinds of pieces apart', () => {
    const thought: StreamEvent = { type: 'reasoning-delta', id: '0', choice: 0, delta: 'hm' };
    assert.deepEqual(collected([START, thought, text('a'), finish('stop'), END])?.slice(1, 3), [
      thought,
      text('a'),
    ]);
  });

  it('is one that ended of its own accord, with or without calls', () => {
    assert.notEqual(collected([START, finish('tool-calls'), END]), null);
    for (const reason of ['length', 'content-filter', 'refusal', 'other'] as const) {
      assert.equal(collected([START, text('a'), finish(reason), END]), null, reason);
    }
  });

  it('is none as long as it is not whole', () => {
    assert.equal(collected([START, text('a'), finish('stop')]), null);
  });

  it('is none when it failed, refused, or holds what the neutral words leave out', () => {
    const failure = { kind: 'interrupted', message: 'gone' } as const;
    const others: readonly StreamEvent[] = [
      { type: 'response-failed', failure },
      { type: 'refusal-delta', id: '0', choice: 0, delta: 'no' },
      { type: 'other-content', choice: 0, wireType: 'audio', bytes: 9 },
    ];
    for (const other of others) {
      assert.equal(collected([START, text('a'), other, finish('stop'), END]), null, other.type);
    }
  });

  it('is none when it is longer than two million characters', () => {
    const half = text('x'.repeat(1024 * 1024));
    assert.notEqual(collected([START, half, half, finish('stop'), END]), null);
    assert.equal(collected([START, half, half, text('x'), finish('stop'), END]), null);
  });
});
