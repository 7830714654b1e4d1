import assert from 'node:assert/strict';

import { followDaemon, terminalVariables } from '../../../extension/terminal-variables.ts';
import { fakeSession } from './live-fixtures.ts';

function rig(isOnAtFirst: boolean) {
  const session = fakeSession();
  const variables = new Map<string, string>([['LEFT_OVER', 'x']]);
  const listeners = new Set<() => void>();
  let isOn = isOnAtFirst;
  const collection = {
    persistent: true,
    description: undefined,
    replace: (name: string, value: string) => void variables.set(name, value),
    clear: () => variables.clear(),
  };
  const stop = followDaemon(collection, session, {
    isOn: () => isOn,
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  return {
    session,
    collection,
    variables,
    stop,
    turn: (next: boolean) => {
      isOn = next;
      for (const listener of listeners) listener();
    },
    ready: (url = session.connection.url) =>
      session.become({ status: 'ready', connection: { ...session.connection, url } }),
    listenerCount: () => listeners.size + session.listenerCount(),
  };
}

describe('variables of terminals', () => {
  it('point assistants of every vendor at the daemon, with the token for clients', () => {
    assert.deepEqual(terminalVariables({ url: 'http://127.0.0.1:7411', clientToken: 't' }), {
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:7411',
      ANTHROPIC_AUTH_TOKEN: 't',
      OPENAI_BASE_URL: 'http://127.0.0.1:7411/v1',
      OPENAI_API_BASE: 'http://127.0.0.1:7411/v1',
      OPENAI_API_KEY: 't',
      GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:7411',
      GEMINI_API_KEY: 't',
    });
  });

  it('are not set before the user turns them on, and what was left from before is cleared', () => {
    const { ready, variables, collection } = rig(false);
    ready();
    assert.equal(variables.size, 0);
    assert.equal(collection.persistent, false);
  });

  it('are set and cleared by one switch', () => {
    const { ready, turn, variables, collection } = rig(false);
    ready();
    turn(true);
    assert.equal(variables.get('ANTHROPIC_BASE_URL'), 'http://127.0.0.1:7411');
    assert.match(String(collection.description), /through Pointsman/);
    turn(false);
    assert.equal(variables.size, 0);
  });

  it('follow the daemon to another port', () => {
    const { ready, variables } = rig(true);
    ready();
    ready('http://127.0.0.1:7412');
    assert.equal(variables.get('OPENAI_BASE_URL'), 'http://127.0.0.1:7412/v1');
  });

  it('stay while the daemon restarts and go when it is stopped', () => {
    const { ready, session, variables } = rig(true);
    ready();
    session.become({ status: 'starting' });
    assert.ok(variables.size > 0);
    session.become({ status: 'stopped' });
    assert.equal(variables.size, 0);
  });

  it('go when the extension does', () => {
    const { ready, stop, variables, listenerCount } = rig(true);
    ready();
    stop();
    assert.equal(variables.size, 0);
    assert.equal(listenerCount(), 0);
  });
});
