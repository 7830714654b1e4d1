import assert from 'node:assert/strict';
import { TaskLengths, type TaskKind } from '../../../../daemon/route/task-lengths.ts';

function closeTo(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

function learnt(learn: (lengths: TaskLengths) => void, kind: TaskKind = 'agent', client = 'claude-code') {
  const lengths = new TaskLengths();
  learn(lengths);
  return lengths.shape(client, kind);
}

describe('route/task-lengths', () => {
  it('[B4] [C2] assumes published lengths before anything was seen', () => {
    const nothing = () => {};
    assert.deepEqual(learnt(nothing), { steps: 15, inputTokens: 1700, outputTokens: 400 });
    assert.deepEqual(learnt(nothing, 'side'), { steps: 8, inputTokens: 1700, outputTokens: 400 });
    assert.deepEqual(learnt(nothing, 'chat'), { steps: 1, inputTokens: 600, outputTokens: 400 });
  });

  it('[B4] [C2] moves a tenth of the way to each task that ends', () => {
    closeTo(learnt((lengths) => lengths.taskEnded('claude-code', 'agent', 25)).steps, 16);
    const twice = learnt((lengths) => {
      lengths.taskEnded('claude-code', 'agent', 25);
      lengths.taskEnded('claude-code', 'agent', 6);
    });
    closeTo(twice.steps, 15);
  });

  it('[B4] moves a twentieth of the way to what a request adds and to what is answered', () => {
    const shape = learnt((lengths) => {
      lengths.grew('claude-code', 'agent', 3700);
      lengths.answered('claude-code', 'agent', 1400);
    });
    closeTo(shape.inputTokens, 1800);
    closeTo(shape.outputTokens, 450);
    assert.equal(shape.steps, 15);
  });

  it('keeps assistants and kinds of work apart', () => {
    const learn = (lengths: TaskLengths) => lengths.taskEnded('claude-code', 'agent', 115);
    assert.equal(learnt(learn, 'agent', 'codex').steps, 15);
    assert.equal(learnt(learn, 'side').steps, 8);
    closeTo(learnt(learn).steps, 25);
  });

  it('learns nothing from what is no length', () => {
    const shape = learnt((lengths) => {
      for (const value of [NaN, Infinity, -1]) {
        lengths.taskEnded('claude-code', 'agent', value);
        lengths.grew('claude-code', 'agent', value);
        lengths.answered('claude-code', 'agent', value);
      }
    });
    assert.deepEqual(shape, { steps: 15, inputTokens: 1700, outputTokens: 400 });
  });

  it('forgets the assistant that was learnt from longest ago when there are too many', () => {
    const lengths = new TaskLengths();
    for (let index = 0; index < 200; index++) lengths.taskEnded(`client-${index}`, 'agent', 115);
    lengths.taskEnded('client-0', 'agent', 115);
    lengths.taskEnded('one more', 'agent', 115);
    assert.equal(lengths.shape('client-1', 'agent').steps, 15);
    assert.ok(lengths.shape('client-0', 'agent').steps > 25);
  });
});
