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

describe('the observer of an answer', () => {
  it('knows nothing at first', () => {
    const { usage, reportedCostUsd, outputBytes, reasoningBytes, isComplete } = observed();
    assert.deepEqual(
      [usage, reportedCostUsd, outputBytes, reasoningBytes, isComplete],
      [null, null, 0, 0, false],
    );
  });

  it('counts text, refusals, tool names and tool arguments in bytes', () => {
    const { outputBytes, reasoningBytes } = observed(
      { type: 'text-delta', ...part, delta: 'añb' },
      { type: 'refusal-delta', ...part, delta: 'no' },
      { type: 'tool-input-start', ...part, callId: 'c', name: 'suché' },
      { type: 'tool-input-delta', ...part, delta: '{}' },
    );
    assert.deepEqual([outputBytes, reasoningBytes], [4 + 2 + 6 + 2, 0]);
  });

  it('counts reasoning as a part of the output', () => {
    const { outputBytes, reasoningBytes } = observed(
      { type: 'reasoning-delta', ...part, delta: 'hmm' },
      { type: 'text-delta', ...part, delta: 'ok' },
    );
    assert.deepEqual([outputBytes, reasoningBytes], [5, 3]);
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
    const { outputBytes } = observed(
      { type: 'response-start', responseId: 'r', responseModel: 'm' },
      { type: 'text-start', ...part },
      { type: 'text-end', ...part },
      { type: 'response-end' },
    );
    assert.equal(outputBytes, 0);
  });
});
