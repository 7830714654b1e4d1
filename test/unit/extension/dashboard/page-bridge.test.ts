import assert from 'node:assert/strict';
import type { ControlEvent } from '../../../../daemon/protocol/control-events.ts';
import {
  DaemonCallError,
  type DaemonConnection,
  type DaemonSession,
  type DaemonState,
} from '../../../../extension/daemon/daemon-session.ts';
import type { PageCommand, ToPage } from '../../../../extension/dashboard/messages.ts';
import { PageBridge } from '../../../../extension/dashboard/page-bridge.ts';

const EVENT: ControlEvent = { type: 'config-update', valid: true, error: null };

function rig(call: DaemonConnection['call'] = () => Promise.resolve({ ok: true })) {
  const posted: ToPage[] = [];
  const commands: PageCommand[] = [];
  const called: string[] = [];
  let tellState: (state: DaemonState) => void = () => {};
  let tellEvent: (event: ControlEvent) => void = () => {};
  const connection: DaemonConnection = {
    url: 'http://127.0.0.1:7411',
    home: '/home',
    version: '0.1.0',
    pid: 1,
    clientToken: 'client-secret',
    call: (method, route, body, options) => {
      called.push(`${method} ${route}`);
      return call(method, route, body, options);
    },
  };
  const session = {
    state: { status: 'ready', connection } as DaemonState,
    onStateChange: (listener: typeof tellState) => {
      tellState = listener;
      return () => (tellState = () => {});
    },
    onEvent: (listener: typeof tellEvent) => {
      tellEvent = listener;
      return () => (tellEvent = () => {});
    },
  };
  const bridge = new PageBridge({
    session: session as unknown as DaemonSession,
    post: (message) => posted.push(message),
    runCommand: (command) => commands.push(command),
  });
  return {
    bridge,
    posted,
    commands,
    called,
    session,
    tellState: (state: DaemonState) => tellState(state),
    tellEvent: (event: ControlEvent) => tellEvent(event),
  };
}

const settle = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('page bridge', () => {
  it('tells the page nothing before it listens, and then how the daemon stands', () => {
    const { bridge, posted, tellEvent } = rig();
    tellEvent(EVENT);
    assert.deepEqual(posted, []);
    bridge.receive({ type: 'ready' });
    tellEvent(EVENT);
    assert.deepEqual(posted, [
      { type: 'state', state: { status: 'ready' } },
      { type: 'event', event: EVENT },
    ]);
  });

  it('passes calls of known routes on, and their answers back', async () => {
    const { bridge, posted, called } = rig();
    bridge.receive({ type: 'ready' });
    bridge.receive({ type: 'call', id: 7, method: 'GET', route: 'totals?since=7d' });
    await settle();
    assert.deepEqual(called, ['GET totals?since=7d']);
    assert.deepEqual(posted.at(-1), { type: 'answer', id: 7, body: { ok: true } });
  });

  it('refuses every call that is not on the list, without asking the daemon', async () => {
    const { bridge, posted, called } = rig();
    bridge.receive({ type: 'ready' });
    const wanted = [
      ['PUT', 'config'],
      ['PUT', 'credentials/openai'],
      ['POST', 'shutdown'],
      ['POST', 'dashboard-ticket'],
      ['GET', '../v1/models'],
      ['GET', 'exchanges/../config'],
      ['GET', 'exchanges/%2e%2e'],
      ['GET', 'http://evil.example/'],
      ['__proto__', 'status'],
      ['PATCH', 'status'],
    ] as const;
    for (const [id, [method, route]] of wanted.entries()) bridge.receive({ type: 'call', id, method, route });
    await settle();
    assert.deepEqual(called, []);
    const refusals = posted.filter(({ type }) => type === 'refusal');
    assert.equal(refusals.length, wanted.length);
  });

  it('runs the commands of the page, and no others', () => {
    const { bridge, commands } = rig();
    bridge.receive({ type: 'command', command: 'pointsman.startDaemon' });
    bridge.receive({ type: 'command', command: 'workbench.action.terminal.new' });
    bridge.receive({ type: 'command', command: 'pointsman.copyToken' });
    assert.deepEqual(commands, ['pointsman.startDaemon']);
  });

  it('ignores messages that are none', async () => {
    const { bridge, posted, called } = rig();
    bridge.receive({ type: 'ready' });
    const before = posted.length;
    const nonsense = [
      null,
      'ready',
      3,
      {},
      [],
      { type: 'call' },
      { type: 'call', id: 'x', method: 'GET', route: 'status' },
    ];
    for (const message of nonsense) bridge.receive(message);
    await settle();
    assert.equal(posted.length, before);
    assert.deepEqual(called, []);
  });

  it('hands the sentence of the daemon on when a call fails', async () => {
    const { bridge, posted } = rig(() =>
      Promise.reject(new DaemonCallError('request.not_found', 'there is no exchange with this id', 404)),
    );
    bridge.receive({ type: 'ready' });
    bridge.receive({ type: 'call', id: 1, method: 'GET', route: 'exchanges/x_1' });
    await settle();
    assert.deepEqual(posted.at(-1), {
      type: 'refusal',
      id: 1,
      error: { code: 'request.not_found', message: 'there is no exchange with this id' },
    });
  });

  it('refuses calls while the daemon is not running', async () => {
    const { bridge, posted, session, called } = rig();
    bridge.receive({ type: 'ready' });
    session.state = { status: 'stopped' };
    bridge.receive({ type: 'call', id: 1, method: 'GET', route: 'status' });
    await settle();
    assert.deepEqual(called, []);
    assert.equal(posted.at(-1)?.type, 'refusal');
  });

  it('tells changes of the daemon, with the sentence of its problem', () => {
    const { bridge, posted, tellState } = rig();
    bridge.receive({ type: 'ready' });
    const problem = { code: 'port-taken', sentence: 'The port is taken.', action: 'open-settings' } as const;
    tellState({ status: 'failed', problem });
    assert.deepEqual(posted.at(-1), {
      type: 'state',
      state: { status: 'failed', sentence: 'The port is taken.' },
    });
  });

  it('opens a request as soon as there is a page that listens, once', () => {
    const { bridge, posted } = rig();
    bridge.show('x_1');
    bridge.receive({ type: 'ready' });
    assert.deepEqual(posted.at(-1), { type: 'show', exchangeId: 'x_1' });
    bridge.pause();
    bridge.show('x_2');
    bridge.receive({ type: 'ready' });
    bridge.receive({ type: 'ready' });
    assert.deepEqual(
      posted.filter(({ type }) => type === 'show'),
      [
        { type: 'show', exchangeId: 'x_1' },
        { type: 'show', exchangeId: 'x_2' },
      ],
    );
  });

  it('never tells the page a token, an address or a folder', async () => {
    const { bridge, posted, tellState, session } = rig();
    bridge.receive({ type: 'ready' });
    tellState(session.state);
    await settle();
    assert.doesNotMatch(JSON.stringify(posted), /client-secret|127\.0\.0\.1|home/);
  });

  it('says nothing after it was disposed of', () => {
    const { bridge, posted, tellEvent } = rig();
    bridge.receive({ type: 'ready' });
    const before = posted.length;
    bridge.dispose();
    tellEvent(EVENT);
    assert.equal(posted.length, before);
  });
});
