import assert from 'node:assert/strict';
import type { RequestFeatures } from '../../../../daemon/classify/classifier.ts';
import { classificationOfTask, isSameTask } from '../../../../daemon/pipeline/running-task.ts';
import type { ConversationState } from '../../../../daemon/route/conversation-store.ts';
import { classification } from '../route/route-fixtures.ts';

const TASK = classification('simple');
const OWN = classification('complex');
const STATE: ConversationState = {
  model: 'small',
  messageCount: 40,
  inputTokens: 150_000,
  lastSeenAtMs: 0,
  ttlS: 300,
  toolCount: 5,
  userTurns: 3,
  classification: TASK,
};
const FEATURES: RequestFeatures = {
  client: 'tester',
  ask: 'x'.repeat(3000),
  earlierAsks: [],
  userTurns: 1,
  messageCount: 1,
  inputTokens: 9000,
  maxOutputTokens: undefined,
  needs: [],
  toolCount: 5,
  isToolResult: false,
  askHasImage: false,
  wantsJson: false,
  isPinned: false,
};

function graded(given: Partial<Parameters<typeof classificationOfTask>[0]> = {}): string {
  const all = {
    point: 'compaction',
    state: STATE,
    features: FEATURES,
    classification: OWN,
    ...given,
  } as const;
  return classificationOfTask(all).complexity;
}

describe('the task of a compacted conversation', () => {
  it('[B3] keeps what it was taken for when it goes on from a summary', () => {
    assert.equal(graded(), 'simple');
  });

  it('[B3] keeps it while the conversation is summed up, with and without tools', () => {
    const ask = 'Your task is to create a detailed summary of the conversation so far, for whoever goes on.';
    const summing = { ...FEATURES, ask, messageCount: 41, userTurns: 4, inputTokens: 151_000 };
    assert.equal(graded({ features: summing }), 'simple');
    assert.equal(graded({ features: { ...summing, ask: 'sum up', toolCount: 0 } }), 'simple');
  });

  it('[B3] is a new one when the user says something new after compaction', () => {
    assert.equal(graded({ features: { ...FEATURES, ask: 'now find the deadlock' } }), 'complex');
  });

  it('[B3] is what the request says at every other point, and where nothing is remembered', () => {
    assert.equal(graded({ point: 'new-task' }), 'complex');
    assert.equal(graded({ state: null }), 'complex');
    const { classification: _, ...forgotten } = STATE;
    assert.equal(graded({ state: forgotten }), 'complex');
  });

  it('[B3] is the same task as before only when it goes on', () => {
    const kept = classificationOfTask({
      point: 'compaction',
      state: STATE,
      features: FEATURES,
      classification: OWN,
    });
    assert.equal(isSameTask('compaction', kept), true);
    assert.equal(isSameTask('compaction', OWN), false);
    assert.equal(isSameTask('continuation', OWN), true);
    assert.equal(isSameTask('new-task', kept), false);
  });
});
