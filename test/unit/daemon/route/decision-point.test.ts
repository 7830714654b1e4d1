import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { ConversationState } from '../../../../daemon/route/conversation-store.ts';
import { decisionPoint, type DecisionPointInput } from '../../../../daemon/route/decision-point.ts';

const NOW_MS = 1_000_000_000;
const STATE: ConversationState = {
  model: 'opus',
  messageCount: 5,
  inputTokens: 10_000,
  lastSeenAtMs: NOW_MS - 60_000,
  ttlS: 300,
  userTurns: 2,
  toolCount: 12,
};
const FEATURES = { messageCount: 7, inputTokens: 11_000, isToolResult: false, toolCount: 12, userTurns: 3 };

type Overrides = {
  readonly features?: Partial<DecisionPointInput['features']>;
  readonly state?: Partial<ConversationState> | null;
  readonly hint?: DecisionPointInput['hint'];
  readonly decideAt?: NonNullable<DecisionPointInput['decideAt']>;
  readonly isSide?: boolean;
};

function point({ features, state, hint, decideAt, isSide = false }: Overrides): string {
  return decisionPoint({
    features: { ...FEATURES, ...features },
    state: state === null ? null : { ...STATE, ...state },
    hint,
    isSide,
    atMs: NOW_MS,
    ...(decideAt !== undefined && { decideAt }),
  });
}

const title = { toolCount: 0, messageCount: 1, inputTokens: 700 };
const tool = { isToolResult: true };

const CASES: readonly (readonly [title: string, overrides: Overrides, expected: string])[] = [
  ['an unknown conversation is new', { state: null }, 'new-conversation'],
  ['a new user message starts a task', {}, 'new-task'],
  ['[B3] a tool result continues', { features: tool }, 'continuation'],
  [
    '[B3] a tool result continues after the cache expired',
    { features: tool, state: { lastSeenAtMs: 0 } },
    'continuation',
  ],
  [
    '[B3] a tool result continues when the prompt shrank',
    { features: { ...tool, inputTokens: 100 } },
    'continuation',
  ],
  [
    '[B3] a tool result continues in a sub-agent that is known by itself',
    { features: tool, hint: 'subagent', isSide: true },
    'continuation',
  ],
  [
    '[B3] a sub-agent that begins is one, also where it has a state of its own',
    { state: null, hint: 'subagent', isSide: true },
    'subagent',
  ],
  [
    '[B3] the whole conversation without its tools is a compaction',
    { features: { toolCount: 0, inputTokens: 11_000 } },
    'compaction',
  ],
  [
    '[B3] a tool result without tools still continues',
    { features: { ...tool, toolCount: 0 } },
    'continuation',
  ],
  [
    '[B3] a conversation that never had tools needs none',
    { features: { toolCount: 0 }, state: { toolCount: 0 } },
    'new-task',
  ],
  [
    'a tool result of an unknown conversation is a new one',
    { state: null, features: tool },
    'new-conversation',
  ],
  [
    'the same turn sent again is decided anew',
    { features: { messageCount: 5, inputTokens: 10_000 } },
    'new-task',
  ],
  ['as many messages with another text are a new task', { features: { messageCount: 5 } }, 'new-task'],
  ['more messages in the same user turn continue', { features: { userTurns: 2 } }, 'continuation'],
  ['less than half the prompt is a compaction', { features: { inputTokens: 4999 } }, 'compaction'],
  ['half the prompt is not', { features: { inputTokens: 5000 } }, 'new-task'],
  [
    'a cache that has died is a decision point',
    { state: { lastSeenAtMs: NOW_MS - 300_001 } },
    'cache-expired',
  ],
  ['a cache at the end of its life is not', { state: { lastSeenAtMs: NOW_MS - 300_000 } }, 'new-task'],
  ['a model without a cache has none to expire', { state: { lastSeenAtMs: 0, ttlS: 0 } }, 'new-task'],
  ['[B3] a hint makes a background call', { hint: 'background' }, 'background'],
  [
    '[B3] a hint makes a background call of the first request',
    { hint: 'background', state: null },
    'background',
  ],
  [
    '[B3] a hint makes a sub-agent, also inside its tool loop',
    { hint: 'subagent', features: tool },
    'subagent',
  ],
  ['a hint makes a compaction', { hint: 'compaction' }, 'compaction'],
  ['the hint main changes nothing', { hint: 'main' }, 'new-task'],
  [
    '[B3] a short call without tools beside a conversation with tools is background',
    { features: title },
    'background',
  ],
  ['a short call with tools is not', { features: { ...title, toolCount: 3 } }, 'compaction'],
  ['a long one is not', { features: { ...title, inputTokens: 6000 } }, 'new-task'],
  ['one with a history is not', { features: { ...title, messageCount: 9 } }, 'compaction'],
  ['nor one beside a conversation without tools', { features: title, state: { toolCount: 0 } }, 'compaction'],
  [
    'decideAt request decides in the middle of a task too',
    { features: tool, decideAt: 'request' },
    'new-task',
  ],
  ['decideAt request leaves background calls', { hint: 'background', decideAt: 'request' }, 'background'],
  ['decideAt conversation stays from task to task', { decideAt: 'conversation' }, 'continuation'],
  [
    'decideAt conversation stays when the cache expired',
    { decideAt: 'conversation', state: { lastSeenAtMs: 0 } },
    'continuation',
  ],
  [
    'decideAt conversation decides for a new one',
    { decideAt: 'conversation', state: null },
    'new-conversation',
  ],
  ['decideAt conversation leaves sub-agents', { decideAt: 'conversation', hint: 'subagent' }, 'subagent'],
];

describe('route/decision-point', () => {
  for (const [title, overrides, expected] of CASES) it(title, () => assert.equal(point(overrides), expected));

  it('knows less, and still answers, when a state has neither turns nor tools', () => {
    const { userTurns: _turns, toolCount: _tools, ...bare } = STATE;
    const decide = (features: Partial<DecisionPointInput['features']>): string =>
      decisionPoint({ features: { ...FEATURES, ...features }, state: bare, hint: undefined, atMs: NOW_MS });
    assert.equal(decide({ userTurns: 2 }), 'new-task');
    assert.equal(decide(title), 'compaction');
  });

  it('[B3] never splits a tool loop of a conversation it knows', () => {
    const count = fc.nat(200_000);
    fc.assert(
      fc.property(
        count,
        count,
        count,
        fc.constantFrom('main', undefined),
        (inputTokens, messageCount, seen, hint) => {
          const found = point({
            features: { isToolResult: true, inputTokens, messageCount },
            state: { lastSeenAtMs: seen },
            hint,
          });
          assert.equal(found, 'continuation');
        },
      ),
    );
  });
});
