import assert from 'node:assert/strict';

import { cookiesOf, DashboardSessions, setCookieOf } from '../../../../daemon/http/dashboard-sessions.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

describe('dashboard sessions', () => {
  let clock: VirtualClock;
  let sessions: DashboardSessions;
  beforeEach(() => {
    clock = createVirtualClock();
    sessions = new DashboardSessions(clock);
  });

  function enter(): string {
    const id = sessions.redeem(sessions.issueTicket().ticket);
    assert.ok(id !== null);
    return id;
  }

  it('[A45] begin with a ticket of 128 random bits that is good for a minute', async () => {
    const { ticket, expiresAtMs } = sessions.issueTicket();
    assert.equal(Buffer.from(ticket, 'base64url').length, 16);
    assert.equal(expiresAtMs, clock.now() + 60_000);
    await clock.advance(60_000);
    assert.notEqual(sessions.redeem(ticket), null);
  });

  it('never begin with a ticket that is used, too old or of nobody', async () => {
    const used = sessions.issueTicket().ticket;
    sessions.redeem(used);
    assert.equal(sessions.redeem(used), null);
    assert.equal(sessions.redeem('nobodys'), null);
    assert.equal(sessions.redeem(''), null);
    const { ticket } = sessions.issueTicket();
    await clock.advance(60_001);
    assert.equal(sessions.redeem(ticket), null);
  });

  it('know only their own ids, and no ticket is one', () => {
    const { ticket } = sessions.issueTicket();
    const id = enter();
    assert.equal(sessions.isOpen(id), true);
    for (const other of [ticket, '', id.slice(1), `${id}x`]) assert.equal(sessions.isOpen(other), false);
  });

  it('end after 12 hours', async () => {
    const id = enter();
    await clock.advance(12 * 3_600_000);
    assert.equal(sessions.isOpen(id), true);
    await clock.advance(1);
    assert.equal(sessions.isOpen(id), false);
  });

  it('take what they hold with them when their time is up', async () => {
    const id = enter();
    let ended = 0;
    sessions.hold(`pointsman_dashboard=${id}`, () => (ended += 1));
    await clock.advance(12 * 3_600_000 - 1);
    assert.equal(ended, 0);
    await clock.advance(2);
    assert.equal(ended, 1);
  });

  it('are at most eight, and the oldest gives way with what it held', () => {
    const first = enter();
    let ended = 0;
    sessions.hold(`pointsman_dashboard=${first}`, () => (ended += 1));
    const others = Array.from({ length: 7 }, enter);
    assert.equal(sessions.isOpen(first), true);
    const newest = enter();
    assert.deepEqual(
      [first, ...others, newest].map((id) => sessions.isOpen(id)),
      [false, ...others.map(() => true), true],
    );
    assert.equal(ended, 1);
  });

  it('keep at most 32 tickets, so that asking for them costs no memory', () => {
    const first = sessions.issueTicket().ticket;
    const second = sessions.issueTicket().ticket;
    for (let index = 0; index < 31; index += 1) sessions.issueTicket();
    assert.equal(sessions.redeem(first), null);
    assert.notEqual(sessions.redeem(second), null);
  });

  it('all end at once, tickets too, and so does what they held', () => {
    const id = enter();
    const { ticket } = sessions.issueTicket();
    const ended: string[] = [];
    sessions.hold(`a=b; pointsman_dashboard=${id}`, () => ended.push('held'));
    const release = sessions.hold(`pointsman_dashboard=${id}`, () => ended.push('released'));
    sessions.hold('pointsman_dashboard=other', () => ended.push('of another'));
    release();
    sessions.endAll();
    assert.deepEqual(ended, ['held']);
    assert.equal(sessions.isOpen(id), false);
    assert.equal(sessions.redeem(ticket), null);
  });

  it('are read from a cookie that no script and no other site gets', () => {
    const line = setCookieOf('abc');
    assert.equal(line, 'pointsman_dashboard=abc; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200');
    assert.deepEqual(cookiesOf('x=1; pointsman_dashboard=a;pointsman_dashboard=b; pointsman_dashboardx=c'), [
      'a',
      'b',
    ]);
    assert.deepEqual(cookiesOf('pointsman_dashboard=; =; ;'), []);
  });
});
