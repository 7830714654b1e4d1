import assert from 'node:assert/strict';
import type { ControlEvent } from '../../../daemon/protocol/control-events.ts';
import {
  foldLive,
  hasUsableProvider,
  INITIAL_LIVE_STATE,
  overrideAt,
  pressingBudget,
  providersOut,
  type LiveFact,
  type LiveState,
} from '../../../extension/live-state.ts';
import { attempt } from '../daemon/ledger/ledger-fixtures.ts';
import {
  budget,
  ended,
  endEvent,
  fakeSession,
  NOW_MS,
  provider,
  statusBody,
  totals,
} from './live-fixtures.ts';

const fold = (...facts: readonly LiveFact[]): LiveState => facts.reduce(foldLive, INITIAL_LIVE_STATE);
const event = (told: ControlEvent): LiveFact => ({ type: 'event', event: told });
const { connection } = fakeSession();
const READY: LiveFact = { type: 'daemon', state: { status: 'ready', connection } };

describe('the live state', () => {
  it('[A40] keeps the last five requests, newest first', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const state = fold(...ids.map((id, index) => event(endEvent(ended(id, {}, 10 - index)))));
    assert.deepEqual(
      state.recent.map(({ exchangeId }) => exchangeId),
      ['f', 'e', 'd', 'c', 'b'],
    );
  });

  it('puts a long request that ends late behind the ones that started after it', () => {
    const state = fold(event(endEvent(ended('quick', {}, 1))), event(endEvent(ended('long', {}, 9))));
    assert.equal(state.recent[0]?.exchangeId, 'quick');
  });

  it('counts a request once, also when it is asked for and told of', () => {
    const record = ended('a');
    const state = fold({ type: 'recent', exchanges: [record] }, event(endEvent(record)));
    assert.equal(state.recent.length, 1);
  });

  it('knows which requests run', () => {
    const start = event({
      type: 'exchange-start',
      exchangeId: 'a',
      client: 'c',
      requestModel: 'auto',
      startedAt: '2026-11-21T12:00:00.000Z',
    });
    assert.deepEqual([...fold(start).running], ['a']);
    assert.deepEqual([...fold(start, event(endEvent(ended('a')))).running], []);
    assert.deepEqual([...fold(start, READY).running], []);
  });

  it('[A40] takes the totals that follow a finished request as those of today', () => {
    const told = event({ type: 'totals-update', totals: totals({ requests: 4, savedUsd: 1.5 }) });
    assert.equal(fold(event(endEvent(ended('a'))), told).today?.savedUsd, 1.5);
  });

  it('does not take the greeting with the totals of all time for those of today', () => {
    const greeting = event({ type: 'totals-update', totals: totals({ savedUsd: 900 }) });
    assert.equal(fold(READY, greeting).today, null);
    assert.equal(fold(event(endEvent(ended('a'))), READY, greeting).today, null);
  });

  it('[A23] follows the override from events and from the status', () => {
    const override = { model: 'opus', scope: 'next', conversationId: null, expiresAtMs: null } as const;
    const set = event({ type: 'override-update', override });
    assert.deepEqual(fold(set).override, override);
    assert.equal(fold(set, event({ type: 'override-update', override: null })).override, null);
    assert.deepEqual(fold({ type: 'status', status: statusBody({ override }) }).override, override);
  });

  it('knows an override whose time is over for none', () => {
    const override = { model: 'opus', scope: 'always', conversationId: null, expiresAtMs: NOW_MS } as const;
    const state = fold(event({ type: 'override-update', override }));
    assert.equal(overrideAt(state, NOW_MS - 1)?.model, 'opus');
    assert.equal(overrideAt(state, NOW_MS), null);
  });

  it('keeps its last figures while the daemon restarts, and no override of one that is gone', () => {
    const override = { model: 'opus', scope: 'next', conversationId: null, expiresAtMs: null } as const;
    const before = fold(READY, event(endEvent(ended('a'))), event({ type: 'override-update', override }));
    const after = foldLive(before, { type: 'daemon', state: { status: 'stopped' } });
    assert.deepEqual([after.recent.length, after.override], [1, null]);
  });

  it('names the providers that are out among those that would be asked', () => {
    const providers = [
      provider('up'),
      provider('out', { health: 'ejected' }),
      provider('keyless', { usable: false, health: 'ejected' }),
    ];
    assert.deepEqual(providersOut(fold({ type: 'status', status: statusBody({ providers }) })), ['out']);
  });

  it('does not know whether a provider is usable before it was told', () => {
    assert.equal(hasUsableProvider(INITIAL_LIVE_STATE), null);
    const providers = [provider('p', { usable: false })];
    assert.equal(hasUsableProvider(fold({ type: 'status', status: statusBody({ providers }) })), false);
  });

  it('names the budget that does most', () => {
    const budgets = [budget({ state: 'warn' }), budget({ state: 'block' }), budget({ state: 'downgrade' })];
    assert.equal(pressingBudget(fold({ type: 'budgets', budgets }))?.state, 'block');
    assert.equal(pressingBudget(fold({ type: 'budgets', budgets: [budget()] })), null);
  });

  it('remembers who refused the key until that provider answers again', () => {
    const refusal = event({
      type: 'attempt-end',
      exchangeId: 'a',
      attempt: { ...attempt, provider: 'openai', status: 'failed', errorType: 'auth' },
    });
    const out = statusBody({ providers: [provider('openai', { health: 'ejected' })] });
    assert.deepEqual([...fold(refusal, { type: 'status', status: out }).refusedKeys], ['openai']);
    assert.deepEqual([...fold(refusal, { type: 'status', status: statusBody() }).refusedKeys], []);
    const other = event({
      type: 'attempt-end',
      exchangeId: 'a',
      attempt: { ...attempt, errorType: 'timeout' },
    });
    assert.deepEqual([...fold(other).refusedKeys], []);
  });
});
