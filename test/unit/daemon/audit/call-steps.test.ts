import assert from 'node:assert/strict';
import type { BookedCall } from '../../../../daemon/audit/history-books.ts';
import { callSteps } from '../../../../daemon/audit/call-steps.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';

const AT_MS = Date.UTC(2026, 10, 1);

const target: ModelTarget = {
  id: 'opus',
  provider: 'anthropic',
  dialect: 'anthropic-messages',
  upstreamModel: 'claude-opus-5-5',
  tier: 'complex',
  contextTokens: 200_000,
  maxOutputTokens: 64_000,
  supports: ['tools'],
  speedTokensPerSec: null,
  price: null,
  billing: 'metered',
  promptCache: { kind: 'explicit', minTokens: 1024, ttlS: 300 },
  tokenizerFactor: 2,
  fallback: [],
  usable: true,
  unusableWhy: null,
};

function booked(seconds: number, more: Partial<BookedCall> = {}): BookedCall {
  return {
    conversation: 0,
    assistant: 'claude-code',
    model: 0,
    atMs: AT_MS + seconds * 1000,
    start: 'none',
    isSide: false,
    ask: {
      hasImage: false,
      classification: {
        taskType: 'code',
        complexity: 'moderate',
        confidence: 1,
        needsStronger: 0.5,
        needsStrongest: 0.1,
        classifierName: 'test',
        signals: [],
      },
    },
    usage: {
      inputTokens: 10_000,
      cacheReadInputTokens: 8000,
      cacheCreationInputTokens: 2000,
      outputTokens: 100,
      reasoningOutputTokens: 0,
    },
    cacheWrite1hTokens: 0,
    reportedCostUsd: null,
    ...more,
  };
}

function steps(calls: readonly BookedCall[]) {
  return [...callSteps(calls.map((call) => ({ call, target, costUsd: 0.5 })))];
}

const points = (calls: readonly BookedCall[]) => steps(calls).map(({ input }) => input?.decisionPoint);

describe('steps of a history', () => {
  it('[C7] begin a task where the user asks, and go on where a tool answers', () => {
    assert.deepEqual(
      points([booked(0, { start: 'ask' }), booked(5), booked(60, { start: 'ask' }), booked(65)]),
      ['new-conversation', 'continuation', 'new-task', 'continuation'],
    );
  });

  it('name a pause that the prompt cache did not outlive, but never inside of a task', () => {
    assert.deepEqual(points([booked(0, { start: 'ask' }), booked(400, { start: 'ask' }), booked(900)]), [
      'new-conversation',
      'cache-expired',
      'continuation',
    ]);
  });

  it('name a prompt that was summed up', () => {
    const { usage } = booked(0);
    const short = { ...usage, inputTokens: 4000, cacheReadInputTokens: 0, cacheCreationInputTokens: 4000 };
    assert.deepEqual(points([booked(0, { start: 'ask' }), booked(5, { usage: short })]).at(-1), 'compaction');
  });

  it('keep sub-agents in conversations of their own', () => {
    const side = { conversation: 1, isSide: true, start: 'subagent' } as const;
    assert.deepEqual(points([booked(0, { start: 'ask' }), booked(1, side), booked(2)]), [
      'new-conversation',
      'subagent',
      'continuation',
    ]);
  });

  it('count in tokens of the reference tokenizer and say what was warm', () => {
    const [, second] = steps([booked(0, { start: 'ask' }), booked(5)]);
    assert.equal(second?.input?.inputTokens, 5000);
    assert.deepEqual(second.input.economics?.warmTokens, { opus: 4000 });
    assert.equal(second.input.affinityModel, 'opus');
  });

  it('expect tasks as long as those that were seen', () => {
    const tasks = Array.from({ length: 60 }, (_, task) =>
      Array.from({ length: 3 }, (_step, step) =>
        booked(task * 60 + step, step === 0 ? { start: 'ask' } : {}),
      ),
    ).flat();
    const last = steps([...tasks, booked(4000, { start: 'ask' })]).at(-1);
    const expected = last?.input?.economics?.expectedSteps ?? 0;
    assert.ok(expected > 2.5 && expected < 3.5, String(expected));
  });
});
