import assert from 'node:assert/strict';
import { conversationAfter } from '../../../../daemon/pipeline/conversation-memory.ts';
import {
  MAX_ESCALATIONS_PER_TASK,
  troubleOf,
  type TroubleInput,
} from '../../../../daemon/pipeline/task-trouble.ts';
import type { Decision } from '../../../../daemon/protocol/exchange-record.ts';
import type { ConversationState } from '../../../../daemon/route/conversation-store.ts';
import { FLASH, OPUS } from '../route/route-fixtures.ts';
import { featuresOf } from '../classify/features-of.ts';
import { ESCALATION } from './pipeline-rig.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { decision as someDecision } from '../ledger/ledger-fixtures.ts';

const WEAK = { fromModel: 'flash', why: 'left a placeholder in its code' };

const state: ConversationState = {
  model: 'flash',
  messageCount: 9,
  userTurns: 1,
  inputTokens: 1000,
  lastSeenAtMs: 0,
  ttlS: 300,
};

/** A task in which the same command failed in the same way so many times. */
function loopOf(times: number): TroubleInput['request'] {
  const step = (index: number) => [
    {
      role: 'assistant',
      tool_calls: [
        { id: `c${index}`, type: 'function', function: { name: 'bash', arguments: '{"cmd":"make"}' } },
      ],
    },
    { role: 'tool', tool_call_id: `c${index}`, content: 'Error: undefined symbol main' },
  ];
  const messages = [
    { role: 'user', content: 'build it' },
    ...Array.from({ length: times }, (_, index) => step(index)).flat(),
  ];
  return openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify({ model: 'auto', messages }))));
}

function trouble(changes: Partial<TroubleInput> = {}) {
  return troubleOf({
    point: 'continuation',
    state,
    request: loopOf(4),
    features: { messageCount: 9, userTurns: 1 },
    settings: ESCALATION,
    ...changes,
  });
}

describe('troubleOf', () => {
  it('[B9] moves a task that runs in circles away from its model', () => {
    assert.equal(trouble()?.fromModel, 'flash');
    assert.equal(trouble({ request: loopOf(1) }), null);
  });

  it('leaves a loop alone where the user turned that off', () => {
    assert.equal(trouble({ settings: { ...ESCALATION, stall: false } }), null);
  });

  it('gives a stronger model three steps of its own before the old errors count again', () => {
    const after = { ...state, model: 'pro', escalations: 1, escalatedAtMessageCount: 9 };
    const at = (messageCount: number) => trouble({ state: after, features: { messageCount, userTurns: 1 } });
    assert.equal(at(13), null);
    assert.equal(at(15)?.fromModel, 'pro');
  });

  it('moves a task a bounded number of times', () => {
    const after = { ...state, escalation: WEAK, escalations: MAX_ESCALATIONS_PER_TASK };
    assert.equal(trouble({ state: after }), null);
  });

  it('[A29] lifts the rest of a task whose streamed answer was weak', () => {
    const weak = { ...state, escalation: WEAK };
    const calm = loopOf(0);
    assert.deepEqual(trouble({ state: weak, request: calm }), WEAK);
    const settings = { ...ESCALATION, weakAnswer: false };
    assert.equal(trouble({ state: weak, request: calm, settings }), null);
  });

  it('lifts the same turn sent again after a weak answer, and no other new task', () => {
    const weak = { ...state, escalation: WEAK };
    const again = { messageCount: 9, userTurns: 1 };
    assert.deepEqual(trouble({ point: 'new-task', state: weak, features: again }), WEAK);
    assert.equal(
      trouble({ point: 'new-task', state: weak, features: { messageCount: 11, userTurns: 2 } }),
      null,
    );
  });

  it('knows nothing of a new conversation, or of one that only followed wishes', () => {
    assert.equal(trouble({ state: null }), null);
    assert.equal(trouble({ state: { ...state, model: null, escalation: WEAK } }), null);
  });
});

describe('what a conversation keeps of a task', () => {
  const after = (decision: Partial<Decision>, earlier: ConversationState | null = state) =>
    conversationAfter({
      earlier,
      decision: { ...someDecision, ...decision },
      features: featuresOf('go on', { messageCount: 11 }),
      answeredBy: decision.reason === 'escalated' ? OPUS : FLASH,
      atMs: 5,
      isSide: false,
    });

  it('counts escalations of the task and forgets them with it', () => {
    const lifted = after({ reason: 'escalated', decisionPoint: 'continuation' });
    assert.equal(lifted?.escalations, 1);
    assert.equal(lifted?.escalatedAtMessageCount, 11);
    assert.equal(lifted?.model, 'opus');
    const further = after({ reason: 'affinity', decisionPoint: 'continuation' }, lifted);
    assert.equal(further?.escalations, 1);
    assert.equal(
      after({ reason: 'cheapest-capable', decisionPoint: 'new-task' }, lifted)?.escalations,
      undefined,
    );
  });

  it('keeps the effort that the task is on', () => {
    assert.equal(after({ effort: 'low' })?.effort, 'low');
    assert.equal(after({ effort: null })?.effort, undefined);
  });

  it('forgets a weak answer once a stronger model was asked', () => {
    const lifted = after(
      { reason: 'escalated', decisionPoint: 'continuation' },
      { ...state, escalation: WEAK },
    );
    assert.equal(lifted?.escalation, undefined);
  });
});
