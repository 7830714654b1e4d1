// The calls of the control API that the dashboard made necessary.

import assert from 'node:assert/strict';

import { createConnector } from '../../../../daemon/connect/connector.ts';
import { createPlaces } from '../../../../daemon/connect/places.ts';
import { createControlApi, type ControlAnswer } from '../../../../daemon/control/control-routes.ts';
import type { ControlSurface } from '../../../../daemon/control/control-surface.ts';
import type { ErrorBody } from '../../../../daemon/protocol/control-api.ts';
import { isPageRoute, PAGE_ROUTES } from '../../../../daemon/protocol/page-routes.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { createFakeSurface, type FakeSurface } from './fake-surface.ts';

const NO_ASSISTANTS = createConnector({
  home: '/nowhere',
  places: () =>
    createPlaces({ environment: {}, platform: 'linux', homedir: '/nowhere', editorUserFolder: null }),
  target: () => ({ origin: 'http://127.0.0.1:7411', token: 'none' }),
  now: () => NOW_MS,
  definitions: [],
});

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const FILTERS = 'client=codex&model=opus&task=code&workspace=a%20b';
const FILTER = { client: 'codex', model: 'opus', task: 'code', workspace: 'a b' };

async function call(
  line: string,
  body: object | null = null,
  overrides: Partial<ControlSurface> = {},
  signal?: AbortSignal,
): Promise<{ readonly answer: ControlAnswer; readonly surface: FakeSurface }> {
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  const surface = createFakeSurface(overrides);
  const api = createControlApi({
    surface,
    assistants: NO_ASSISTANTS,
    clock: createVirtualClock(NOW_MS),
    log: silentLog,
  });
  const answer = await api({
    method,
    path: `/pointsman/v1/${path}`,
    query: new URLSearchParams(query),
    bytes: Buffer.from(body === null ? '' : JSON.stringify(body)),
    ...(signal === undefined ? {} : { signal }),
  });
  return { answer, surface };
}

function errorOf(answer: ControlAnswer): ErrorBody['error'] {
  const { error } = answer.body as ErrorBody;
  assert.match(error.message, /^[a-z].*[^.]$/s);
  return error;
}

describe('control API: filters and series', () => {
  it('[A45] series take a window, a length and the four filters', async () => {
    const { answer, surface } = await call(
      `GET series?since=24h&until=2026-11-21T11:00:00Z&bucketMs=3600000&${FILTERS}`,
    );
    assert.equal(answer.statusCode, 200);
    const window = { sinceAtMs: NOW_MS - 86_400_000, untilAtMs: NOW_MS - 3_600_000 };
    assert.deepEqual(surface.calls, [['series', { ...window, ...FILTER, bucketMs: 3_600_000 }]]);
    assert.deepEqual((await call('GET series?since=&client=')).surface.calls, [['series', {}]]);
  });

  for (const query of [
    'bucketMs=0',
    'bucketMs=999',
    'bucketMs=1e99',
    'bucketMs=x',
    'until=soon',
    'groupBy=day',
  ]) {
    it(`series refuse ${query}`, async () => {
      const { answer, surface } = await call(`GET series?${query}`);
      assert.deepEqual([answer.statusCode, surface.calls], [400, []]);
      assert.ok(errorOf(answer).message.includes(query.split('=', 1)[0] ?? ''));
    });
  }

  it('[A40] totals take an end and the four filters', async () => {
    const { surface } = await call(`GET totals?until=2026-11-01&${FILTERS}`);
    assert.deepEqual(surface.calls, [['totals', { untilAtMs: Date.UTC(2026, 10, 1), ...FILTER }]]);
  });

  it('[A45] exchanges take the four filters', async () => {
    const { surface } = await call(`GET exchanges?limit=5&${FILTERS}`);
    assert.deepEqual(surface.calls, [['exchanges', { limit: 5, ...FILTER }]]);
  });
});

describe('control API: resend and tickets', () => {
  it('[A51] sends a request again and calls it off with its caller', async () => {
    const leaving = new AbortController();
    let heard: AbortSignal | undefined;
    const { answer } = await call(
      'POST resend',
      { exchangeId: 'x_1', model: 'opus' },
      {
        resend: async (request, signal) => {
          heard = signal;
          return { original: request, again: request } as never;
        },
      },
      leaving.signal,
    );
    assert.equal(answer.statusCode, 200);
    assert.equal(heard, leaving.signal);
  });

  it('says what to do about a request that is not kept', async () => {
    const { answer } = await call('POST resend', { exchangeId: 'x_1', model: 'opus' });
    assert.equal(answer.statusCode, 404);
    assert.equal(errorOf(answer).code, 'exchange.not_kept');
  });

  for (const body of [
    {},
    { exchangeId: 'x_1' },
    { exchangeId: 1, model: 'a' },
    { exchangeId: 'x', model: 'a', more: 1 },
  ]) {
    it(`refuses to send ${JSON.stringify(body)} again`, async () => {
      const { answer, surface } = await call('POST resend', body);
      assert.deepEqual([answer.statusCode, surface.calls], [400, []]);
    });
  }

  it('gives out tickets on POST alone', async () => {
    assert.equal((await call('POST dashboard-ticket')).answer.statusCode, 200);
    assert.equal((await call('GET dashboard-ticket')).answer.statusCode, 405);
  });
});

describe('routes of the dashboard page', () => {
  for (const [method, routes] of Object.entries(PAGE_ROUTES)) {
    for (const route of routes) {
      it(`${method} ${route} is one that the control API has`, async () => {
        const { answer } = await call(`${method} ${route.replace('*', 'x_1')}`);
        const isMissing =
          answer.statusCode === 404 && /no such control endpoint/.test(JSON.stringify(answer.body));
        assert.ok(!isMissing && answer.statusCode !== 405);
      });
    }
  }

  it('are whole names, below which there is nothing', () => {
    assert.equal(isPageRoute('GET', 'exchanges/x_1?before=2'), true);
    for (const [method, route] of [
      ['GET', 'config'],
      ['GET', 'exchanges/'],
      ['GET', 'exchanges/x/y'],
      ['GET', 'exchanges/../config'],
      ['GET', 'exchanges/%2e%2e'],
      ['GET', 'status/'],
      ['POST', 'status'],
      ['__proto__', 'status'],
      ['constructor', 'length'],
      ['GET', ''],
    ] as const) {
      assert.equal(isPageRoute(method, route), false, `${method} ${route}`);
    }
  });
});
