import assert from 'node:assert/strict';
import type { DaemonProblem } from '../../../extension/daemon/daemon-session.ts';
import {
  foldLive,
  INITIAL_LIVE_STATE,
  type LiveFact,
  type LiveState,
} from '../../../extension/live-state.ts';
import { NoticeBoard, noticesOf } from '../../../extension/notices.ts';
import { attempt } from '../daemon/ledger/ledger-fixtures.ts';
import { budget, ended, endEvent, fakeSession, provider, statusBody } from './live-fixtures.ts';

const { connection } = fakeSession();
const fold = (...facts: readonly LiveFact[]): LiveState => facts.reduce(foldLive, INITIAL_LIVE_STATE);
const READY: LiveFact = { type: 'daemon', state: { status: 'ready', connection } };
const STATUS: LiveFact = { type: 'status', status: statusBody() };
const failed = (code: DaemonProblem['code'], action: DaemonProblem['action']): LiveFact => ({
  type: 'daemon',
  state: { status: 'failed', problem: { code, sentence: `what happened: ${code}.`, action } },
});
const REFUSED: readonly LiveFact[] = [
  READY,
  {
    type: 'event',
    event: {
      type: 'attempt-end',
      exchangeId: 'a',
      attempt: { ...attempt, provider: 'openai', status: 'failed', errorType: 'auth' },
    },
  },
  { type: 'status', status: statusBody({ providers: [provider('openai', { health: 'ejected' })] }) },
];

describe('what only the user can mend', () => {
  it('is nothing as long as all is well, stopped or starting', () => {
    assert.deepEqual(noticesOf(fold(READY, STATUS, { type: 'event', event: endEvent(ended('a')) })), []);
    assert.deepEqual(noticesOf(INITIAL_LIVE_STATE), []);
  });

  const problems: readonly (readonly [DaemonProblem['code'], DaemonProblem['action'], string])[] = [
    ['port-taken', 'open-settings', 'Open settings'],
    ['node-too-old', 'show-log', 'Check for updates'],
    ['cannot-start', 'restart', 'Try again'],
    ['keeps-crashing', 'show-log', 'Show log'],
    ['home-unusable', 'open-settings', 'Open settings'],
  ];
  for (const [code, action, title] of problems) {
    it(`is a daemon that fails with ${code}: its sentence, and the button "${title}" first`, () => {
      const [notice] = noticesOf(fold(failed(code, action)));
      assert.equal(notice?.sentence, `what happened: ${code}.`);
      assert.equal(notice?.actions[0]?.title, title);
      assert.equal(notice?.severity, 'error');
    });
  }

  it('is a refused key: a button sets the key of that provider', () => {
    const [notice] = noticesOf(fold(...REFUSED));
    assert.match(notice?.sentence ?? '', /^openai refuses the key/);
    assert.deepEqual(notice?.actions[0], {
      title: 'Set the key',
      command: 'pointsman.setProviderKey',
      arguments: ['openai'],
    });
  });

  it('is a refused key: where requests go meanwhile is said as it is', () => {
    const [alone] = noticesOf(fold(...REFUSED));
    assert.match(alone?.sentence ?? '', /no provider is left for requests\.$/);
    const providers = [provider('openai', { health: 'ejected' }), provider('mine')];
    const [other] = noticesOf(fold(...REFUSED, { type: 'status', status: statusBody({ providers }) }));
    assert.match(other?.sentence ?? '', /Requests go to other providers meanwhile\.$/);
  });

  it('is a port that another program has: assistants must be connected again', () => {
    const moved = { ...connection, url: 'http://127.0.0.1:7412', isOnOtherPort: true };
    const [notice] = noticesOf(
      fold({ type: 'daemon', state: { status: 'ready', connection: moved } }, STATUS),
    );
    assert.match(notice?.sentence ?? '', /at http:\/\/127\.0\.0\.1:7412 now/);
    assert.equal(notice?.actions[0]?.title, 'Connect again');
  });

  it('is no provider that is merely down: waiting mends it', () => {
    const providers = [provider('openai', { health: 'ejected' })];
    assert.deepEqual(noticesOf(fold(READY, { type: 'status', status: statusBody({ providers }) })), []);
  });

  it('is a mistake in the configuration: a button opens the file', () => {
    const config = {
      path: '/c.jsonc',
      valid: false,
      error: 'config.jsonc:3: unknown key\nconfig.jsonc:9: more',
    };
    const [notice] = noticesOf(fold(READY, { type: 'status', status: statusBody({ config }) }));
    assert.match(notice?.sentence ?? '', /the last good one stays in force: config\.jsonc:3: unknown key$/);
    assert.deepEqual(notice?.actions[0], { title: 'Open configuration', file: '/c.jsonc' });
  });

  it('is a ledger that cannot be written', () => {
    const ledger = { rows: 0, path: '/l', ok: false, error: 'the disk is full' };
    const [notice] = noticesOf(fold(READY, { type: 'status', status: statusBody({ ledger }) }));
    assert.match(notice?.sentence ?? '', /the disk is full/);
  });

  it('[A52] is a budget that refuses requests, not one that warns', () => {
    const notices = noticesOf(
      fold(READY, STATUS, {
        type: 'budgets',
        budgets: [budget({ state: 'block' }), budget({ state: 'warn' })],
      }),
    );
    assert.equal(notices.length, 1);
    assert.equal(notices[0]?.actions[0]?.title, 'Change the budget');
  });

  it('has a button for each', () => {
    const ledger = { rows: 0, path: '/l', ok: false, error: 'x' };
    const config = { path: '/c', valid: false, error: 'y' };
    const all = noticesOf(
      fold(
        ...REFUSED,
        { type: 'status', status: statusBody({ ledger, config }) },
        {
          type: 'budgets',
          budgets: [budget({ state: 'block' })],
        },
      ),
    );
    assert.deepEqual(
      all.filter(({ actions }) => actions.length === 0),
      [],
    );
  });
});

describe('the board of notices', () => {
  it('gives each once', () => {
    const board = new NoticeBoard();
    const state = fold(...REFUSED);
    assert.equal(board.take(state).length, 1);
    assert.equal(board.take(state).length, 0);
  });

  it('gives it again after it was mended and came back', () => {
    const board = new NoticeBoard();
    board.take(fold(...REFUSED));
    board.take(fold(READY, STATUS));
    assert.equal(board.take(fold(...REFUSED)).length, 1);
  });

  it('gives the same failure again when somebody tried again without success', () => {
    const board = new NoticeBoard();
    const failure = fold(failed('cannot-start', 'restart'));
    assert.equal(board.take(failure).length, 1);
    assert.equal(board.take(failure).length, 0);
    board.take(fold({ type: 'daemon', state: { status: 'starting' } }));
    assert.equal(board.take(failure).length, 1);
  });

  it('remembers the others while the daemon restarts', () => {
    const board = new NoticeBoard();
    board.take(fold(...REFUSED));
    board.take(fold(...REFUSED, { type: 'daemon', state: { status: 'starting' } }));
    assert.equal(board.take(fold(...REFUSED)).length, 0);
  });
});
