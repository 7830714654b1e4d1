import assert from 'node:assert/strict';
import { extractFeatures } from '../../../../daemon/classify/features.ts';
import type { ReasoningWish } from '../../../../daemon/conversation/settings.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { decide, type Decided, type DecideInput } from '../../../../daemon/pipeline/decide.ts';
import { PromptBooks } from '../../../../daemon/pipeline/prompt-books.ts';
import { readControls } from '../../../../daemon/pipeline/request-controls.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { classification } from '../route/route-fixtures.ts';
import { ask, rig, type Rig, ESCALATION } from './pipeline-rig.ts';

function decided(
  r: Rig,
  body: unknown = ask(),
  headers: ReadonlyMap<string, string> = new Map(),
  more: Partial<DecideInput> = {},
): Decided {
  const request = openAiChat.decodeRequest(parseRequestBody(r.wire(body).bytes));
  return decide(r.deps, {
    request,
    prompt: new PromptBooks(r.deps, request, r.clock.now()),
    features: extractFeatures(request, { client: 'tester' }),
    classification: classification('simple'),
    headers,
    controls: readControls({ headers, query: new URLSearchParams() }).policy,
    snapshot: {
      table: r.deps.snapshot().table,
      decideAt: 'task',
      connections: new Map(),
      escalation: ESCALATION,
    },
    atMs: r.clock.now(),
    consume: true,
    ...more,
  });
}

const BACKGROUND = new Map([['x-claude-code-request-class', 'auxiliary']]);

describe('a decision', () => {
  it('[A18] [A47] says what was chosen, what else there is and under which table', () => {
    const { decision, plan } = decided(rig());
    assert.deepEqual(
      [decision.chosen, decision.fallbacks, decision.baseline, decision.reason, decision.decisionPoint],
      ['small', ['large'], 'large', 'cheapest-capable', 'new-conversation'],
    );
    assert.equal(decision.tableHash, '0123456789abcdef');
    assert.equal(decision.profile, 'balanced');
    assert.equal(decision.candidates.length, 2);
    assert.equal(plan.targets[0]?.id, decision.chosen);
  });

  it('[B8] takes a budget of thinking for the effort that it stands for, and no wish for none', () => {
    const asked = (wish: ReasoningWish | undefined): unknown => {
      const r = rig();
      const decoded = openAiChat.decodeRequest(parseRequestBody(r.wire(ask()).bytes));
      const settings = { ...decoded.settings(), ...(wish === undefined ? {} : { reasoning: wish }) };
      const request = Object.assign(Object.create(decoded) as typeof decoded, { settings: () => settings });
      return decided(r, ask(), new Map(), { request }).decision.input?.requestedEffort;
    };
    assert.equal(asked(undefined), null);
    assert.equal(asked({ budgetTokens: 1024 }), 'low');
    assert.equal(asked({ budgetTokens: 31_999 }), 'high');
    assert.equal(asked({ budgetTokens: 31_999, effort: 'low' }), 'low');
  });

  it('holds no word of the user, only sizes', () => {
    const body = {
      model: 'auto',
      messages: [
        { role: 'user', content: 'an earlier xylophone' },
        { role: 'assistant', content: 'an answered xylophone' },
        { role: 'user', content: 'the last xylophone' },
      ],
    };
    const { decision } = decided(rig(), body);
    assert.doesNotMatch(JSON.stringify(decision), /xylophone/);
    assert.deepEqual(decision.ask, { chars: 18, earlierUserTurns: 1 });
  });

  it('can be planned again from what it stores', () => {
    const r = rig();
    const { decision, plan } = decided(r);
    assert.ok(decision.input);
    assert.deepEqual(r.deps.policy.plan(decision.input, r.deps.snapshot().table), plan);
  });

  it('expects an answer of the grade’s length, no longer than the client allows, once per choice', () => {
    const expected = (more: Readonly<Record<string, unknown>>) =>
      decided(rig(), ask('x', more)).decision.input?.expectedOutputTokens;
    assert.deepEqual(
      [expected({}), expected({ max_tokens: 40 }), expected({ max_tokens: 9000, n: 3 })],
      [150, 40, 450],
    );
  });

  it('uses an override for the next request up, once', () => {
    const r = rig();
    r.deps.overrides.set({ model: 'large', scope: 'next' });
    assert.deepEqual([decided(r).decision.chosen, decided(r).decision.chosen], ['large', 'small']);
  });

  it('only looks at an override when nothing may be used up', () => {
    const r = rig();
    r.deps.overrides.set({ model: 'large', scope: 'next' });
    const looked = decided(r, ask(), new Map(), { consume: false });
    assert.deepEqual([looked.decision.chosen, looked.decision.reason], ['large', 'override']);
    assert.equal(decided(r).decision.chosen, 'large');
  });

  it('leaves the override for the next request to the user when a background call comes first', () => {
    const r = rig();
    r.deps.overrides.set({ model: 'large', scope: 'next' });
    const title = decided(r, ask('title this'), BACKGROUND);
    assert.deepEqual([title.decision.decisionPoint, title.decision.chosen], ['background', 'small']);
    assert.equal(decided(r).decision.chosen, 'large');
  });

  it('follows the override of the conversation that the client names', () => {
    const r = rig();
    r.deps.overrides.set({ model: 'large', scope: 'conversation', conversationId: 'mine' });
    const named = (name: string) => decided(r, ask(), new Map([['x-pointsman-conversation', name]])).decision;
    assert.deepEqual([named('mine').chosen, named('other').chosen], ['large', 'small']);
    assert.equal(named('mine').conversationId, 'c_mine');
  });

  it('[A23] follows the header before every override', () => {
    const r = rig();
    r.deps.overrides.set({ model: 'large', scope: 'always' });
    const { decision } = decided(r, ask(), new Map([['x-pointsman-model', 'small']]));
    assert.deepEqual([decision.chosen, decision.reason], ['small', 'override']);
  });

  it('knows the model that the conversation is on', () => {
    const r = rig();
    const { conversationId } = decided(r);
    const state = {
      model: 'large',
      messageCount: 1,
      inputTokens: 10,
      lastSeenAtMs: r.clock.now(),
      ttlS: 300,
    };
    r.deps.conversations.set(conversationId, state);
    assert.equal(decided(r).decision.input?.affinityModel, 'large');
  });

  it('passes over models that are out for now and says why', () => {
    const r = rig({ deps: { unavailable: () => [{ model: 'small', why: 'is rate limited (429)' }] } });
    const { decision } = decided(r);
    assert.equal(decision.chosen, 'large');
    assert.match(decision.candidates.find(({ model }) => model === 'small')?.rejected ?? '', /rate limited/);
  });

  it('without any model is still a decision, with nothing chosen', () => {
    const { decision, plan } = decided(rig({ targets: [] }));
    assert.deepEqual([decision.chosen, decision.baseline, decision.fallbacks], ['', null, []]);
    assert.equal(plan.error?.code, 'route.no_eligible_target');
  });
});
