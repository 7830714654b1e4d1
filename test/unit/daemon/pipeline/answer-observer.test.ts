import assert from 'node:assert/strict';
import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { AnswerObserver } from '../../../../daemon/pipeline/answer-observer.ts';
import { usageOf } from './pipeline-rig.ts';

function observed(...events: readonly StreamEvent[]): AnswerObserver {
  const observer = new AnswerObserver();
  for (const event of events) observer.observe([event]);
  return observer;
}

const part = { id: 'p', choice: 0 };

const NOTHING = {
  hasContent: false,
  textTokens: 0,
  reasoningTokens: 0,
  callCount: 0,
  callTokens: 0,
  sealCount: 0,
  sealChars: 0,
};

describe('the observer of an answer', () => {
  it('knows nothing at first', () => {
    const { usage, reportedCostUsd, isComplete, sizes } = observed();
    assert.deepEqual([usage, reportedCostUsd, isComplete], [null, null, false]);
    assert.deepEqual(sizes, NOTHING);
  });

  it('counts text and refusals as the whole text would count', () => {
    const text = 'why is the connectionPool empty? 12345  spaces\n\nand 你好';
    const whole = observed({ type: 'text-delta', ...part, delta: text }).sizes.textTokens;
    const letters = Array.from(text, (delta) => ({ type: 'text-delta', ...part, delta }) as const);
    assert.ok(whole > 10);
    assert.ok(Math.abs(observed(...letters).sizes.textTokens - whole) < 1e-9);
    assert.ok(observed({ type: 'refusal-delta', ...part, delta: 'no' }).sizes.textTokens > 0);
  });

  it('counts the calls of tools, their names and their arguments', () => {
    const { callCount, callTokens, textTokens } = observed(
      { type: 'tool-input-start', ...part, callId: 'c', name: 'search' },
      { type: 'tool-input-delta', ...part, delta: '{"q":"heap"}' },
      { type: 'tool-input-start', ...part, callId: 'd', name: 'search' },
    ).sizes;
    assert.deepEqual([callCount, textTokens], [2, 0]);
    assert.ok(callTokens > 5 && callTokens < 10, String(callTokens));
  });

  it('counts reasoning apart from the text', () => {
    const { reasoningTokens, textTokens } = observed(
      { type: 'reasoning-delta', ...part, delta: 'let us see now' },
      { type: 'text-delta', ...part, delta: 'ok' },
    ).sizes;
    assert.ok(reasoningTokens > textTokens && textTokens > 0);
  });

  it('measures the seals of thoughts that nobody may read', () => {
    const seal = { kind: 'encrypted-reasoning', value: 'x'.repeat(3000) } as const;
    const { sizes } = observed(
      { type: 'reasoning-end', ...part, seal },
      { type: 'reasoning-end', ...part, seal: { kind: 'unsealed', value: '' } },
    );
    assert.deepEqual(sizes, { ...NOTHING, hasContent: true, sealCount: 1, sealChars: 3000 });
  });

  it('[A37] keeps the last usage, never the sum', () => {
    const { usage } = observed(
      { type: 'usage', usage: usageOf(100, 1) },
      { type: 'usage', usage: usageOf(100, 20) },
    );
    assert.deepEqual(usage, usageOf(100, 20));
  });

  it('keeps the cost that the provider told, 0 included', () => {
    assert.equal(observed({ type: 'usage', usage: usageOf(1, 1), costUsd: 0 }).reportedCostUsd, 0);
    assert.equal(
      observed({ type: 'usage', usage: usageOf(1, 1), costUsd: 0.5 }, { type: 'usage', usage: usageOf(1, 2) })
        .reportedCostUsd,
      0.5,
    );
  });

  it('knows when the answer came to its end, and not from a finished choice alone', () => {
    const choiceEnd = { type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'stop' } as const;
    assert.equal(observed(choiceEnd).isComplete, false);
    assert.equal(observed(choiceEnd, { type: 'response-end' }).isComplete, true);
  });

  it('counts nothing for events without output', () => {
    const { sizes } = observed(
      { type: 'response-start', responseId: 'r', responseModel: 'm' },
      { type: 'text-start', ...part },
      { type: 'text-end', ...part },
      { type: 'other-content', choice: 0, wireType: 'embedding', bytes: 6144 },
      { type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'stop' },
      { type: 'response-end' },
    );
    assert.deepEqual(sizes, NOTHING);
  });
});
