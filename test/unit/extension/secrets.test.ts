import assert from 'node:assert/strict';
import type * as vscode from 'vscode';

import { DaemonCallError, type DaemonConnection } from '../../../extension/daemon/daemon-session.ts';
import { keyProblem, registerSecrets } from '../../../extension/secrets.ts';
import { fakeSession, provider } from './live-fixtures.ts';

const KEY = 'sk-canary-0123456789';

/** The editor's secret storage; `isBroken`: a machine without a key store. */
function fakeSecrets(kept: Readonly<Record<string, string>> = {}, isBroken = false) {
  const values = new Map(Object.entries(kept));
  const listeners = new Set<(event: vscode.SecretStorageChangeEvent) => unknown>();
  const told = (key: string): void => listeners.forEach((listener) => listener({ key }));
  const needsStore = async (): Promise<void> => {
    await Promise.resolve();
    if (isBroken) throw new Error(`cannot encrypt ${KEY}`);
  };
  const secrets: vscode.SecretStorage = {
    keys: async () => {
      await needsStore();
      return [...values.keys()];
    },
    get: async (key) => {
      await needsStore();
      return values.get(key);
    },
    store: async (key, value) => {
      await needsStore();
      values.set(key, value);
      told(key);
    },
    delete: async (key) => {
      await needsStore();
      values.delete(key);
      told(key);
    },
    onDidChange: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
  };
  return { secrets, values, listenerCount: () => listeners.size };
}

function rig(kept: Readonly<Record<string, string>> = {}, isBroken = false) {
  const { secrets, values, listenerCount } = fakeSecrets(kept, isBroken);
  const session = fakeSession();
  const log: string[] = [];
  const puts: (readonly [route: string, apiKey: unknown])[] = [];
  let refusal: Error | null = null;
  const connect = (): DaemonConnection => ({
    ...session.connection,
    call: async (method, route, body) => {
      assert.equal(method, 'PUT');
      puts.push([route, (body as { apiKey: unknown }).apiKey]);
      await Promise.resolve();
      if (refusal !== null) throw refusal;
      return provider('openai');
    },
  });
  session.start = async () => {
    if (session.state.status !== 'ready') session.become({ status: 'ready', connection: connect() });
    assert.ok(session.state.status === 'ready');
    return await Promise.resolve(session.state.connection);
  };
  const keys = registerSecrets({ secrets }, session, { log: { warn: (line) => log.push(line) } });
  return {
    keys,
    values,
    secrets,
    session,
    puts,
    log,
    listenerCount: () => listenerCount() + session.listenerCount(),
    ready: () => session.become({ status: 'ready', connection: connect() }),
    refuse: (error: Error) => (refusal = error),
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const KEPT = { 'pointsman.key.openai': KEY, 'pointsman.key.my provider': 'k2', 'other.secret': 'no' };

describe('keys of providers', () => {
  it('are handed to each daemon that comes up, and nothing else that the editor keeps', async () => {
    const { ready, puts } = rig(KEPT);
    ready();
    await settle();
    const expected = [
      ['credentials/openai', KEY],
      ['credentials/my%20provider', 'k2'],
    ];
    assert.deepEqual(puts, expected);
    ready();
    await settle();
    assert.deepEqual(puts, [...expected, ...expected]);
  });

  it('are handed over once to one daemon, however often its state is told', async () => {
    const { ready, session, puts } = rig(KEPT);
    ready();
    const { state } = session;
    session.become(state);
    await settle();
    assert.equal(puts.length, 2);
  });

  it('are kept in the secret storage and handed over when they are set', async () => {
    const { keys, values, puts } = rig();
    const { status, isStored } = await keys.set('openai', ` ${KEY}\n`);
    assert.equal(status.name, 'openai');
    assert.equal(isStored, true);
    assert.deepEqual([...values], [['pointsman.key.openai', KEY]]);
    assert.deepEqual(puts[0], ['credentials/openai', KEY]);
    assert.deepEqual(await keys.names(), ['openai']);
  });

  it('are followed when another window changes them', async () => {
    const { secrets, ready, puts } = rig();
    ready();
    await settle();
    await secrets.store('pointsman.key.openai', KEY);
    await settle();
    await secrets.delete('pointsman.key.openai');
    await secrets.store('other.secret', 'no');
    await settle();
    assert.deepEqual(puts, [
      ['credentials/openai', KEY],
      ['credentials/openai', null],
    ]);
  });

  it('are taken from the daemon when they are removed', async () => {
    const { keys, ready, puts, values } = rig({ 'pointsman.key.openai': KEY });
    ready();
    await keys.remove('openai');
    await settle();
    assert.deepEqual(puts.at(-1), ['credentials/openai', null]);
    assert.equal(values.size, 0);
  });

  it('can be removed while the daemon is away', async () => {
    const { keys, puts, values, ready } = rig({ 'pointsman.key.openai': KEY });
    await keys.remove('openai');
    assert.equal(values.size, 0);
    ready();
    await settle();
    assert.deepEqual(puts, []);
  });

  it('are tried again when the same one is set once more', async () => {
    const { keys, ready, puts } = rig({ 'pointsman.key.openai': KEY });
    ready();
    await settle();
    await keys.set('openai', KEY);
    assert.deepEqual(puts.slice(1, 3), [
      ['credentials/openai', null],
      ['credentials/openai', KEY],
    ]);
  });

  it('are not kept when the daemon does not take them, and its sentence is passed on', async () => {
    const { keys, refuse, values } = rig();
    refuse(new DaemonCallError('request.not_found', 'no provider "opneai"', 404));
    await assert.rejects(keys.set('opneai', KEY), /no provider "opneai"/);
    assert.equal(values.size, 0);
  });

  it('still work until the daemon stops on a machine without a key store, and say so', async () => {
    const { keys, ready, puts } = rig({}, true);
    ready();
    const { isStored } = await keys.set('openai', KEY);
    assert.equal(isStored, false);
    assert.deepEqual(puts, [['credentials/openai', KEY]]);
    assert.deepEqual(await keys.names(), []);
  });

  it('never get into the log, whatever fails', async () => {
    const broken = rig({}, true);
    await broken.keys.set('openai', KEY);
    const refused = rig({ 'pointsman.key.openai': KEY });
    refused.refuse(new Error(`bad body: ${KEY}`));
    refused.ready();
    await settle();
    assert.ok(broken.log.length > 0 && refused.log.length > 0);
    assert.doesNotMatch([...broken.log, ...refused.log].join('\n'), /canary/);
  });

  it('are not handed over after they were disposed of', () => {
    const { keys, listenerCount } = rig();
    keys.dispose();
    assert.equal(listenerCount(), 0);
  });
});

describe('what is a key', () => {
  it('is what a provider gives out, also with a line break after it', () => {
    for (const text of [KEY, `  ${KEY}\r\n`, 'a.b.c/d+e=']) assert.equal(keyProblem(text), null);
  });

  it('is nothing with spaces or other letters in it, nothing empty and nothing endless', () => {
    assert.match(keyProblem('') ?? '', /^Paste the key/);
    assert.match(keyProblem('export KEY=sk-1') ?? '', /no spaces/);
    assert.match(keyProblem('clé') ?? '', /no spaces/);
    assert.match(keyProblem('k'.repeat(9000)) ?? '', /too long/);
  });
});
