import assert from 'node:assert/strict';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import { OverrideBoard, resolveIntent } from '../../../../daemon/route/override.ts';
import { controls, input, table } from './route-fixtures.ts';

function intentOf(request: Partial<DecisionInput>, overrides: Parameters<typeof table>[0] = {}) {
  return resolveIntent(input(request), table(overrides));
}

/** "kind model reason / baseline" */
function told(request: Partial<DecisionInput>, overrides: Parameters<typeof table>[0] = {}): string {
  const intent = intentOf(request, overrides);
  const baseline = intent.baseline?.id ?? '-';
  if (intent.kind === 'pinned') return `pinned ${intent.target.id} ${intent.reason} / ${baseline}`;
  if (intent.kind === 'free') return `free ${intent.ceiling?.id ?? '-'} / ${baseline}`;
  return `${intent.kind} / ${baseline}`;
}

const always = { model: 'sol', scope: 'always' } as const;

describe('route/override: whose wish counts', () => {
  const everything = {
    requestModel: 'exact/opus',
    controls: controls({ headerModel: 'flash', queryModel: 'mini' }),
    standingOverride: always,
  };
  const order: readonly (readonly [title: string, request: Partial<DecisionInput>, told: string])[] = [
    ['[A23] the header beats everything', everything, 'pinned flash override / opus'],
    [
      '[A23] the query beats all but the header',
      { ...everything, controls: controls({ queryModel: 'mini' }) },
      'pinned mini override / opus',
    ],
    [
      'an exact/ name beats what the palette set',
      { ...everything, controls: controls({}) },
      'pinned opus exact / opus',
    ],
    [
      'what the palette set beats a bare name and the policy',
      { requestModel: 'sonnet', standingOverride: always },
      'pinned sol override / sonnet',
    ],
    ['a bare name is the ceiling and the baseline', { requestModel: 'sonnet' }, 'free sonnet / sonnet'],
    ['auto has no ceiling and the configured baseline', {}, 'free - / opus'],
  ];
  for (const [title, request, expected] of order) it(title, () => assert.equal(told(request), expected));

  it('compares an exact model with itself', () => {
    assert.equal(told({ requestModel: 'exact/flash' }), 'pinned flash exact / flash');
  });

  it('keeps the requested or configured baseline under the header', () => {
    const header = controls({ headerModel: 'flash' });
    assert.equal(told({ controls: header }), 'pinned flash override / opus');
    assert.equal(told({ requestModel: 'sonnet', controls: header }), 'pinned flash override / sonnet');
  });

  it('frees the policy when the header says auto', () => {
    const request = { requestModel: 'exact/flash', controls: controls({ headerModel: 'auto:quality' }) };
    assert.equal(told(request), 'free - / flash');
    assert.equal(intentOf(request).profile, 'quality');
  });

  it('takes exact/ in the header as the plain name', () => {
    assert.equal(told({ controls: controls({ headerModel: 'exact/mini' }) }), 'pinned mini override / opus');
  });

  it('refuses an unknown model of the header or query, and lists the known ones', () => {
    const intent = intentOf({ controls: controls({ queryModel: 'gpt-99' }) });
    assert.equal(intent.kind, 'unknown-model');
    assert.match(
      intent.kind === 'unknown-model' ? intent.message : '',
      /^\?model= names "gpt-99".*flash, mini/,
    );
  });

  it('takes an unknown name as the configured baseline, and says so', () => {
    assert.equal(told({ requestModel: 'gpt-99' }), 'free opus / opus');
    assert.match(intentOf({ requestModel: 'gpt-99' }).notes.join(), /"gpt-99" is not configured; taken as/);
    assert.equal(told({ requestModel: 'gpt-99' }, { bareModelNames: 'exact' }), 'pinned opus exact / opus');
  });

  it('routes an unknown name freely when there is no baseline', () => {
    assert.equal(told({ requestModel: 'gpt-99' }, { baseline: null }), 'free - / -');
  });

  it('takes a bare name as exact when the configuration says so, below the palette', () => {
    const exact = { bareModelNames: 'exact' } as const;
    assert.equal(told({ requestModel: 'sonnet' }, exact), 'pinned sonnet exact / sonnet');
    assert.equal(
      told({ requestModel: 'sonnet', standingOverride: always }, exact),
      'pinned sol override / sonnet',
    );
  });

  it('ignores an override whose model a later configuration dropped, and says so', () => {
    const request = { standingOverride: { model: 'gone', scope: 'next' } } as const;
    assert.equal(told(request), 'free - / opus');
    assert.match(intentOf(request).notes.join(), /the override for the next request names "gone"/);
  });

  const profiles: readonly (readonly [title: string, request: Partial<DecisionInput>, profile: string])[] = [
    ['the configured profile holds by default', {}, 'balanced'],
    ['[A20] the name auto:<profile> beats the configured one', { requestModel: 'auto:budget' }, 'budget'],
    [
      '[A20] the header beats the name',
      { requestModel: 'auto:budget', controls: controls({ profile: 'quality' }) },
      'quality',
    ],
    [
      '[A20] the header holds under a ceiling too',
      { requestModel: 'sonnet', controls: controls({ profile: 'quality' }) },
      'quality',
    ],
    ['an unknown profile leaves the configured one', { requestModel: 'auto:turbo' }, 'balanced'],
    [
      'an override that says auto brings its profile',
      { standingOverride: { model: 'auto:budget', scope: 'always' } },
      'budget',
    ],
  ];
  for (const [title, request, profile] of profiles) {
    it(title, () => assert.equal(intentOf(request).profile, profile));
  }
});

describe('route/override: the board', () => {
  function boardAt(startMs = 0): { board: OverrideBoard; at: (ms: number) => void } {
    let nowMs = startMs;
    const board = new OverrideBoard({ now: () => nowMs });
    return { board, at: (ms) => void (nowMs = ms) };
  }

  it('[A23] uses the next-request override up once', () => {
    const { board } = boardAt();
    board.set({ model: 'opus', scope: 'next' });
    assert.deepEqual(board.take('c_1', 0), { model: 'opus', scope: 'next' });
    assert.equal(board.take('c_1', 0), null);
  });

  it('looks without using up', () => {
    const { board } = boardAt();
    board.set({ model: 'opus', scope: 'next' });
    board.peek('c_1', 0);
    assert.deepEqual(board.take('c_1', 0), { model: 'opus', scope: 'next' });
  });

  it('keeps the next-request override for the user when a title is asked for beside it', () => {
    const { board } = boardAt();
    board.set({ model: 'opus', scope: 'next' });
    assert.equal(board.take('c_1', 0, 'background'), null);
    assert.deepEqual(board.take('c_1', 0, 'new-conversation'), { model: 'opus', scope: 'next' });
  });

  it('keeps a next-request override for its conversation', () => {
    const { board } = boardAt();
    board.set({ model: 'opus', scope: 'next', conversationId: 'c_1' });
    assert.equal(board.take('c_2', 0), null);
    assert.deepEqual(board.take('c_1', 0), { model: 'opus', scope: 'next' });
  });

  it('gives the strongest: next, then the conversation, then always', () => {
    const { board } = boardAt();
    board.set({ model: 'a', scope: 'always' });
    board.set({ model: 'c', scope: 'conversation', conversationId: 'c_1' });
    board.set({ model: 'n', scope: 'next' });
    const taken = [0, 0, 0].map(() => board.take('c_1', 0)?.model);
    assert.deepEqual(taken, ['n', 'c', 'c']);
    assert.equal(board.take('c_2', 0)?.model, 'a');
  });

  it('tells what is in force when one is set, used up and cleared', () => {
    const told: (string | null)[] = [];
    const board = new OverrideBoard({ now: () => 0 }, (current) => told.push(current?.model ?? null));
    board.set({ model: 'a', scope: 'always' });
    board.set({ model: 'n', scope: 'next' });
    board.take('c_1', 0);
    board.take('c_1', 0);
    board.clear();
    assert.deepEqual(told, ['a', 'n', 'a', null]);
  });

  it('forgets an override when its time is over', () => {
    const { board, at } = boardAt(1000);
    const state = board.set({ model: 'opus', scope: 'always', ttlMs: 500 });
    assert.equal(state.expiresAtMs, 1500);
    assert.equal(board.take('c_1', 1499)?.model, 'opus');
    assert.equal(board.take('c_1', 1500), null);
    at(1500);
    assert.equal(board.current(), null);
  });

  it('falls through an expired override to a weaker one', () => {
    const { board } = boardAt();
    board.set({ model: 'n', scope: 'next', ttlMs: 10 });
    board.set({ model: 'a', scope: 'always' });
    assert.equal(board.take('c_1', 10)?.model, 'a');
  });

  it('shows the strongest override in force', () => {
    const { board } = boardAt();
    assert.equal(board.current(), null);
    board.set({ model: 'a', scope: 'always' });
    board.set({ model: 'c', scope: 'conversation', conversationId: 'c_1' });
    assert.deepEqual(board.current(), {
      model: 'c',
      scope: 'conversation',
      conversationId: 'c_1',
      expiresAtMs: null,
    });
  });

  it('clears one scope, one conversation or everything', () => {
    const { board } = boardAt();
    const setAll = (): void => {
      board.set({ model: 'a', scope: 'always' });
      board.set({ model: 'n', scope: 'next' });
      board.set({ model: '1', scope: 'conversation', conversationId: 'c_1' });
      board.set({ model: '2', scope: 'conversation', conversationId: 'c_2' });
    };
    setAll();
    board.clear('next');
    assert.equal(board.peek('c_1', 0)?.model, '1');
    board.clear('conversation', 'c_1');
    assert.deepEqual([board.peek('c_1', 0)?.model, board.peek('c_2', 0)?.model], ['a', '2']);
    board.clear('always');
    board.clear('conversation');
    assert.equal(board.current(), null);
    setAll();
    board.clear();
    assert.equal(board.current(), null);
  });

  it('means the same conversation by the name a user gave it and by its id', () => {
    const { board } = boardAt();
    board.set({ model: 'opus', scope: 'conversation', conversationId: 'my-task' });
    assert.equal(board.peek('c_my-task', 0)?.model, 'opus');
  });

  it('refuses a conversation override without a conversation', () => {
    const { board } = boardAt();
    assert.throws(() => board.set({ model: 'opus', scope: 'conversation' }), { code: 'request.malformed' });
  });

  it('holds at most 1,000 conversations, the latest ones', () => {
    const { board } = boardAt();
    for (let n = 0; n <= 1000; n++)
      board.set({ model: 'm', scope: 'conversation', conversationId: `c_${n}` });
    assert.equal(board.peek('c_0', 0), null);
    assert.equal(board.peek('c_1', 0)?.model, 'm');
  });
});
