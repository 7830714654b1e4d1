import assert from 'node:assert/strict';
import { contextKeys } from '../../../extension/context-keys.ts';
import { foldLive, INITIAL_LIVE_STATE, type LiveFact } from '../../../extension/live-state.ts';
import { ended, endEvent, fakeSession, NOW_MS, provider, statusBody } from './live-fixtures.ts';

const { connection } = fakeSession();
const READY: LiveFact = { type: 'daemon', state: { status: 'ready', connection } };
const keysOf = (...facts: readonly LiveFact[]): readonly string[] =>
  Object.entries(contextKeys(facts.reduce(foldLive, INITIAL_LIVE_STATE), NOW_MS))
    .filter(([, value]) => value)
    .map(([key]) => key.replace('pointsman.', ''));

describe('context keys', () => {
  it('say whether the daemon is ready, stopped or failed', () => {
    assert.deepEqual(keysOf(), ['stopped']);
    assert.deepEqual(keysOf(READY), ['ready']);
    const problem = { code: 'cannot-start', sentence: 'No.', action: 'restart' } as const;
    assert.deepEqual(keysOf({ type: 'daemon', state: { status: 'failed', problem } }), ['failed']);
  });

  it('follow the walkthrough: a usable provider, a connected assistant, a routed request', () => {
    assert.deepEqual(keysOf(READY, { type: 'status', status: statusBody() }), ['ready', 'hasUsableProvider']);
    const keyless = statusBody({ providers: [provider('p', { usable: false })] });
    assert.deepEqual(keysOf(READY, { type: 'status', status: keyless }), ['ready']);
    assert.deepEqual(keysOf(READY, { type: 'assistants', isAnyConnected: true }), [
      'ready',
      'assistantConnected',
    ]);
    assert.deepEqual(keysOf(READY, { type: 'event', event: endEvent(ended('a')) }), [
      'ready',
      'hasRequests',
      'assistantConnected',
    ]);
  });

  it('do not take a request that nobody answered for a routed one', () => {
    const failed = endEvent(ended('a', { responseModel: null, status: 'error' }));
    assert.deepEqual(keysOf(READY, { type: 'event', event: failed }), ['ready']);
  });

  it('[A23] say whether an override is active', () => {
    const override = { model: 'm', scope: 'next', conversationId: null, expiresAtMs: null } as const;
    const set: LiveFact = { type: 'event', event: { type: 'override-update', override } };
    assert.deepEqual(keysOf(READY, set), ['ready', 'overrideActive']);
  });
});
