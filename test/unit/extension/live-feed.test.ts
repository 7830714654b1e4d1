import assert from 'node:assert/strict';
import { LiveFeed } from '../../../extension/live-feed.ts';
import { eventually } from '../../support/daemon-process.ts';
import { budget, ended, endEvent, fakeSession, NOW_MS, statusBody, totals } from './live-fixtures.ts';

const ANSWERS = {
  'GET status': statusBody(),
  'GET budgets': { budgets: [budget()] },
  'GET totals': totals({ requests: 2, comparableRequests: 2, savedUsd: 4.56 }),
  'GET exchanges': { exchanges: [ended('a')], next: null },
  'GET assistants': { assistants: [{ state: 'connected' }] },
};

describe('the live feed', () => {
  let feeds: LiveFeed[] = [];
  afterEach(() => {
    for (const feed of feeds) feed.dispose();
    feeds = [];
  });
  function feedOf(session: ReturnType<typeof fakeSession>, troubles: string[] = []): LiveFeed {
    const onTrouble = (sentence: string): void => void troubles.push(sentence);
    const feed = new LiveFeed({ session, settleMs: 1, now: () => NOW_MS, onTrouble });
    feeds.push(feed);
    return feed;
  }

  it('asks for everything once the daemon is ready, the totals since the start of the day', async () => {
    const session = fakeSession(ANSWERS);
    const feed = feedOf(session);
    assert.deepEqual(session.calls, []);
    session.become({ status: 'ready', connection: session.connection });
    await eventually(() => feed.state.isAssistantConnected && feed.state.today !== null);
    assert.equal(feed.state.today?.savedUsd, 4.56);
    assert.equal(feed.state.recent[0]?.exchangeId, 'a');
    assert.equal(feed.state.budgets.length, 1);
    assert.deepEqual(
      new Set(session.calls),
      new Set([
        'GET assistants',
        'GET budgets',
        'GET exchanges?limit=5',
        'GET status',
        'GET totals?since=2026-11-21',
      ]),
    );
  });

  it('starts from the state that the session is in already', async () => {
    const session = fakeSession(ANSWERS);
    session.become({ status: 'ready', connection: session.connection });
    const feed = feedOf(session);
    await eventually(() => feed.state.status !== null);
  });

  it('[A51] shows a request the moment it ends, before anything is asked', () => {
    const session = fakeSession(ANSWERS);
    const feed = feedOf(session);
    session.emit(endEvent(ended('now', { responseModel: 'haiku' })));
    assert.equal(feed.state.recent[0]?.responseModel, 'haiku');
  });

  it('asks once for the consequences of many events', async () => {
    const session = fakeSession(ANSWERS);
    const feed = feedOf(session);
    session.become({ status: 'ready', connection: session.connection });
    await eventually(() => session.calls.length === 5 && feed.state.status !== null);
    for (let index = 0; index < 50; index += 1) session.emit(endEvent(ended(`x${index}`)));
    await eventually(() => session.calls.length >= 7);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    assert.equal(session.calls.length, 7);
    assert.deepEqual(new Set(session.calls.slice(5)), new Set(['GET budgets', 'GET status']));
  });

  it('does without what cannot be asked, and says so', async () => {
    const session = fakeSession({ ...ANSWERS, 'GET budgets': new Error('the ledger cannot be read') });
    const troubles: string[] = [];
    const feed = feedOf(session, troubles);
    session.become({ status: 'ready', connection: session.connection });
    await eventually(() => feed.state.status !== null && troubles.length > 0);
    assert.deepEqual(troubles, ['budgets: the ledger cannot be read']);
  });

  it('drops the answer of a daemon that was replaced meanwhile', async () => {
    let answerLate: (value: unknown) => void = () => {};
    const late = new Promise((resolve) => (answerLate = resolve));
    const first = fakeSession({ ...ANSWERS, 'GET status': late });
    const second = fakeSession({ ...ANSWERS, 'GET status': statusBody({ pid: 2 }) });
    const feed = feedOf(first);
    first.become({ status: 'ready', connection: first.connection });
    first.become({ status: 'ready', connection: second.connection });
    await eventually(() => feed.state.status !== null);
    answerLate(statusBody({ pid: 1 }));
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
    assert.equal(feed.state.status?.pid, 2);
  });

  it('listens to nobody once it is disposed of', () => {
    const session = fakeSession(ANSWERS);
    const feed = feedOf(session);
    assert.equal(session.listenerCount(), 2);
    feed.dispose();
    assert.equal(session.listenerCount(), 0);
  });
});
