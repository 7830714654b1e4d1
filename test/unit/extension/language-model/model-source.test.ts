import assert from 'node:assert/strict';

import { createModelSource } from '../../../../extension/language-model/model-source.ts';
import { fakeSession, model, statusBody } from '../live-fixtures.ts';

const ASK = { isWanted: false, waitMs: 1000 } as const;
const HEALTH = {
  type: 'health-update',
  model: 'sonnet',
  provider: 'anthropic',
  health: 'ejected',
  retryAtMs: null,
} as const;

/** A daemon whose status can be changed. */
function rig() {
  const answers: Record<string, unknown> = { 'GET status': statusBody() };
  const session = fakeSession(answers);
  const source = createModelSource(session);
  let changes = 0;
  source.onChange(() => (changes += 1));
  return {
    session,
    source,
    changes: () => changes,
    say: (status: unknown) => (answers['GET status'] = status),
    ready: () => session.become({ status: 'ready', connection: session.connection }),
    ids: () => source.models.map(({ id }) => id),
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('the list of models', () => {
  it('is read when the daemon comes up, and says so', async () => {
    const { source, changes, ready, ids } = rig();
    assert.deepEqual(source.models, []);
    ready();
    await settle();
    assert.ok(ids().includes('sonnet'));
    assert.equal(changes(), 1);
  });

  it('is read at once where the daemon runs already', async () => {
    const session = fakeSession({ 'GET status': statusBody() });
    session.become({ status: 'ready', connection: session.connection });
    const source = createModelSource(session);
    assert.ok((await source.resolve(ASK)).length > 0);
  });

  it('is read again when the configuration or the health of a model changes', async () => {
    const { session, say, changes, ready, ids } = rig();
    ready();
    await settle();
    say(statusBody({ models: [model('opus')] }));
    session.emit({ type: 'config-update', valid: true, error: null });
    await settle();
    assert.ok(ids().includes('opus') && !ids().includes('sonnet'));
    say(statusBody({ models: [model('opus', { health: 'ejected' })] }));
    session.emit(HEALTH);
    await settle();
    assert.equal(changes(), 3);
  });

  it('says nothing when nothing that is shown has changed', async () => {
    const { session, changes, ready } = rig();
    ready();
    await settle();
    session.emit({ type: 'config-update', valid: true, error: null });
    await settle();
    assert.equal(changes(), 1);
  });

  it('asks once more for a burst of changes, not once for each', async () => {
    const { session, ready } = rig();
    ready();
    for (let count = 0; count < 20; count += 1) session.emit(HEALTH);
    await settle();
    assert.ok(session.calls.length <= 2, `${session.calls.length} calls`);
  });

  it('keeps the list while the daemon is away, so that the chat keeps its model', async () => {
    const { session, source, ready } = rig();
    ready();
    await settle();
    for (const status of ['stopping', 'starting', 'stopped'] as const) {
      session.become({ status });
      assert.ok((await source.resolve(ASK)).length > 0, status);
    }
  });

  it('waits for the first list while the daemon is starting, and not longer than it should', async () => {
    const { session, source, ready } = rig();
    session.become({ status: 'starting' });
    const waiting = source.resolve(ASK);
    ready();
    assert.ok((await waiting).length > 0);
    const other = rig();
    other.session.become({ status: 'starting' });
    assert.deepEqual(await other.source.resolve({ isWanted: false, waitMs: 5 }), []);
  });

  it('starts the daemon only where the user asked for models', async () => {
    const { session, source } = rig();
    let starts = 0;
    session.start = async () => {
      starts += 1;
      session.become({ status: 'ready', connection: session.connection });
      return await Promise.resolve(session.connection);
    };
    assert.deepEqual(await source.resolve(ASK), []);
    assert.equal(starts, 0);
    assert.ok((await source.resolve({ ...ASK, isWanted: true })).length > 0);
    assert.equal(starts, 1);
  });

  it('outlives a daemon that does not answer', async () => {
    const { say, ready, source, session } = rig();
    say(new Error('gone'));
    ready();
    await settle();
    assert.deepEqual(source.models, []);
    say(statusBody());
    session.emit(HEALTH);
    await settle();
    assert.ok(source.models.length > 0);
  });

  it('hears nothing more after it was disposed of', () => {
    const { session, source } = rig();
    source.dispose();
    assert.equal(session.listenerCount(), 0);
  });
});
