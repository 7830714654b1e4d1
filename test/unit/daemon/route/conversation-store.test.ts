import assert from 'node:assert/strict';
import { ConversationStore, type ConversationState } from '../../../../daemon/route/conversation-store.ts';

function state(model: string): ConversationState {
  return { model, messageCount: 1, inputTokens: 10, lastSeenAtMs: 0, ttlS: 300 };
}

describe('route/conversation-store', () => {
  it('gives back what was stored last', () => {
    const store = new ConversationStore();
    store.set('c_1', state('a'));
    store.set('c_1', state('b'));
    assert.equal(store.get('c_1')?.model, 'b');
    assert.equal(store.size, 1);
  });
  it('knows nothing of other conversations, also not by odd names', () => {
    const store = new ConversationStore();
    assert.deepEqual([store.get('c_2'), store.get('__proto__'), store.get('toString')], [null, null, null]);
  });
  it('forgets the least recently used when it is full', () => {
    const store = new ConversationStore(2);
    store.set('c_1', state('a'));
    store.set('c_2', state('b'));
    store.get('c_1');
    store.set('c_3', state('c'));
    assert.deepEqual([store.get('c_1')?.model, store.get('c_2'), store.get('c_3')?.model], ['a', null, 'c']);
  });
  it('holds 10,000 conversations', () => {
    const store = new ConversationStore();
    for (let n = 0; n < 10_050; n++) store.set(`c_${n}`, state('a'));
    assert.equal(store.size, 10_000);
    assert.equal(store.get('c_49'), null);
    assert.notEqual(store.get('c_50'), null);
  });
});
