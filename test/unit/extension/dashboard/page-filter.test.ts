import assert from 'node:assert/strict';
import { choicesOf, EVERYTHING, isShown, sinceOf } from '../../../../extension/dashboard/page-filter.ts';
import { exchangeRoute, exchangesRoute, totalsRoute } from '../../../../extension/dashboard/page-routes.ts';
import { isPageRoute } from '../../../../extension/dashboard/messages.ts';

const NOON_MS = new Date(2026, 10, 21, 12, 30).getTime();

describe('page filter', () => {
  it('begins today at midnight where the user is, and 7 days with the six days before', () => {
    assert.equal(sinceOf('today', NOON_MS), new Date(2026, 10, 21).getTime());
    assert.equal(sinceOf('7d', NOON_MS), new Date(2026, 10, 15).getTime());
    assert.equal(sinceOf('30d', NOON_MS), new Date(2026, 9, 23).getTime());
    assert.equal(sinceOf('all', NOON_MS), null);
  });

  it('begins at a midnight also across the day when clocks change', () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Europe/Berlin';
    try {
      for (let day = 1; day <= 365; day++) {
        const at = new Date(2026, 0, day, 3);
        const since = new Date(sinceOf('30d', at.getTime()) ?? 0);
        assert.equal(since.getTime(), new Date(2026, 0, day - 29).getTime(), at.toString());
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('holds back a row as long as what the filter asks about is not known', () => {
    const row = {
      startedAtMs: NOON_MS,
      client: 'codex',
      model: undefined,
      task: undefined,
      workspace: undefined,
    };
    assert.equal(isShown(EVERYTHING, row), true);
    assert.equal(isShown({ ...EVERYTHING, client: 'codex' }, row), true);
    assert.equal(isShown({ ...EVERYTHING, client: 'opencode' }, row), false);
    assert.equal(isShown({ ...EVERYTHING, model: 'a' }, row), false);
    assert.equal(isShown({ ...EVERYTHING, model: 'a' }, { ...row, model: 'a' }), true);
    assert.equal(isShown({ ...EVERYTHING, sinceMs: NOON_MS + 1 }, row), false);
  });

  it('offers the names of the totals, most used first, and keeps the one that is chosen', () => {
    const groups = [
      { key: 'a', requests: 1 },
      { key: 'unknown', requests: 9 },
      { key: 'b', requests: 5 },
    ];
    const values = choicesOf('model', groups, 'gone').map(({ value }) => value);
    assert.deepEqual(values, ['b', 'a', 'gone']);
  });

  it('offers the clients that nobody knows, since those have a name of their own', () => {
    assert.deepEqual(choicesOf('client', [{ key: 'unknown', requests: 2 }], null), [
      { value: 'unknown', label: 'Unknown client' },
    ]);
  });
});

describe('page routes', () => {
  const filter = { ...EVERYTHING, sinceMs: 1_700_000_000_000, client: 'a&b', workspace: 'w s' };

  it('carries the filter to the server, escaped', () => {
    const route = exchangesRoute(filter, 'x_9');
    const query = new URLSearchParams(route.split('?')[1]);
    assert.deepEqual(
      [query.get('client'), query.get('workspace'), query.get('before'), query.get('limit')],
      ['a&b', 'w s', 'x_9', '300'],
    );
    assert.equal(query.has('model'), false);
  });

  it('asks the totals for the time that is looked at', () => {
    assert.equal(totalsRoute(filter, 'client'), 'totals?since=1700000000000&groupBy=client');
    assert.equal(totalsRoute(EVERYTHING), 'totals');
  });

  it('asks only what the page may ask', () => {
    for (const route of [exchangesRoute(filter, 'x'), totalsRoute(filter), exchangeRoute('x_0-9')]) {
      assert.equal(isPageRoute('GET', route), true, route);
    }
  });
});
