import assert from 'node:assert/strict';

import { createControlApi } from '../../../../daemon/control/control-routes.ts';
import type { ControlAnswer } from '../../../../daemon/control/control-routes.ts';
import type { ControlSurface, ExplainInput } from '../../../../daemon/control/control-surface.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import type { ExchangeBody } from '../../../../daemon/protocol/control-api.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { createFakeSurface } from './fake-surface.ts';
import type { FakeSurface } from './fake-surface.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const DAY_MS = 86_400_000;

interface Outcome {
  readonly answer: ControlAnswer;
  readonly surface: FakeSurface;
}

async function call(
  line: string,
  body: string | object = '',
  overrides: Partial<ControlSurface> = {},
): Promise<Outcome> {
  const [method = '', target = ''] = line.split(' ');
  const [path = '', query = ''] = target.split('?');
  const surface = createFakeSurface(overrides);
  const api = createControlApi({ surface, clock: createVirtualClock(NOW_MS), log: silentLog });
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const answer = await api({
    method,
    path: `/pointsman/v1/${path}`,
    query: new URLSearchParams(query),
    bytes,
  });
  return { answer, surface };
}

function messageOf(answer: ControlAnswer): string {
  const { error } = answer.body as { error: { code: string; message: string } };
  assert.match(error.code, /^[a-z]+\.[a-z_]+$/);
  assert.match(error.message, /^[a-z].*[^.]$/s);
  return error.message;
}

describe('control API', () => {
  it('answers status', async () => {
    const { answer } = await call('GET status');
    assert.deepEqual(answer, { statusCode: 200, body: { version: '0.1.0' } });
  });

  describe('totals', () => {
    const since: readonly (readonly [string, number])[] = [
      ['7d', NOW_MS - 7 * DAY_MS],
      ['24h', NOW_MS - DAY_MS],
      ['90m', NOW_MS - 5_400_000],
      ['2w', NOW_MS - 14 * DAY_MS],
      ['999999d', 0],
      ['2026-11-01', Date.UTC(2026, 10, 1)],
      ['2026-11-01T08:30:00Z', Date.UTC(2026, 10, 1, 8, 30)],
      ['2026-11-01T08:30:00.250Z', Date.UTC(2026, 10, 1, 8, 30, 0, 250)],
      ['2026-11-01T08:30:00%2B02:00', Date.UTC(2026, 10, 1, 6, 30)],
      ['1780000000000', 1_780_000_000_000],
      ['0', 0],
    ];
    for (const [text, sinceAtMs] of since) {
      it(`[A42] reads since=${text}`, async () => {
        const { answer, surface } = await call(`GET totals?since=${text}`);
        assert.equal(answer.statusCode, 200);
        assert.deepEqual(surface.calls, [['totals', { sinceAtMs }]]);
      });
    }

    for (const text of [
      'yesterday',
      '7',
      '7x',
      '-7d',
      '1.5d',
      '2026-13-40',
      '2026-11-01;',
      '1780000000',
      'NaN',
      '9'.repeat(30),
    ]) {
      it(`refuses since=${text} and shows how to write it`, async () => {
        const { answer, surface } = await call(`GET totals?since=${text}`);
        assert.equal(answer.statusCode, 400);
        assert.match(messageOf(answer), /7d, 24h/);
        assert.deepEqual(surface.calls, []);
      });
    }

    for (const groupBy of ['model', 'task', 'complexity', 'client', 'workspace', 'day'] as const) {
      it(`[A43] groups by ${groupBy}`, async () => {
        const { surface } = await call(`GET totals?groupBy=${groupBy}`);
        assert.deepEqual(surface.calls, [['totals', { groupBy }]]);
      });
    }

    it('asks for the details of totals only when they are wanted', async () => {
      assert.deepEqual((await call('GET totals?details=1')).surface.calls, [
        ['totals', { withDetails: true }],
      ]);
      assert.deepEqual((await call('GET totals?details=0')).surface.calls, [['totals', {}]]);
      const { answer } = await call('GET totals?details=yes');
      assert.equal(answer.statusCode, 400);
    });

    it('refuses another grouping and names the known ones', async () => {
      const { answer } = await call('GET totals?groupBy=toString');
      assert.equal(answer.statusCode, 400);
      assert.match(messageOf(answer), /model, task, complexity, client, workspace, day/);
    });

    it('names an unknown query parameter and the known ones', async () => {
      const { answer } = await call('GET totals?from=7d');
      assert.match(messageOf(answer), /"from"; known are since, groupBy/);
    });

    it('takes empty parameters as absent', async () => {
      const { surface } = await call('GET totals?since=&groupBy=');
      assert.deepEqual(surface.calls, [['totals', {}]]);
    });
  });

  describe('exchanges', () => {
    it('passes limit, before and conversation', async () => {
      const { surface } = await call('GET exchanges?limit=10&before=cursor&conversation=c_1');
      assert.deepEqual(surface.calls, [
        ['exchanges', { limit: 10, before: 'cursor', conversationId: 'c_1' }],
      ]);
    });

    for (const limit of ['0', '501', '1.5', 'x', '-1', '1e9']) {
      it(`refuses limit=${limit}`, async () => {
        const { answer } = await call(`GET exchanges?limit=${limit}`);
        assert.equal(answer.statusCode, 400);
        assert.match(messageOf(answer), /1 to 500/);
      });
    }

    it('[A47] finds one by its id', async () => {
      const record = { exchangeId: 'x_1' } as ExchangeBody;
      const { answer } = await call('GET exchanges/x_1', '', {
        exchange: (id) => (id === 'x_1' ? record : null),
      });
      assert.equal(answer.body, record);
    });

    it('answers 404 for an id nobody knows', async () => {
      const { answer } = await call('GET exchanges/x_2');
      assert.equal(answer.statusCode, 404);
      messageOf(answer);
    });
  });

  describe('explain of a stored exchange', () => {
    it('passes its id and the patch on, also a patch of nothing', async () => {
      const { answer, surface } = await call('POST explain', { exchangeId: 'x_1', patch: { needs: [] } });
      assert.deepEqual(answer, { statusCode: 200, body: { chosen: 'opus' } });
      await call('POST explain', { exchangeId: 'x_1', patch: {} });
      assert.deepEqual(surface.calls, [['explainPatched', { exchangeId: 'x_1', patch: { needs: [] } }]]);
    });

    const bad: readonly (readonly [string, string | object, RegExp])[] = [
      ['no patch', { exchangeId: 'x_1' }, /"patch".*object/],
      ['no id', { patch: {} }, /"exchangeId".*string/],
      ['a patch that is a list', { exchangeId: 'x_1', patch: [] }, /"patch".*object/],
      ['both forms at once', { exchangeId: 'x_1', patch: {}, request: {} }, /unknown field "request"/],
    ];
    for (const [name, body, expected] of bad) {
      it(`refuses ${name} with a sentence`, async () => {
        const { answer, surface } = await call('POST explain', body);
        assert.equal(answer.statusCode, 400);
        assert.match(messageOf(answer), expected);
        assert.deepEqual(surface.calls, []);
      });
    }
  });

  describe('explain', () => {
    it('passes the request as the bytes that were written, and headers in lower case', async () => {
      let given: ExplainInput | undefined;
      const request = '{ "model":"auto" , "n": 1e400, "big": 9007199254740993 }';
      const body = `{"dialect":"openai-chat", "request": ${request}, "headers":{"X-Pointsman-Profile":"budget"}}`;
      const { answer } = await call('POST explain', body, {
        explain: (input) => {
          given = input;
          return Promise.resolve({ chosen: 'm' } as never);
        },
      });
      assert.deepEqual(answer, { statusCode: 200, body: { chosen: 'm' } });
      assert.equal(given?.dialect, 'openai-chat');
      assert.equal(given.bytes.toString(), request);
      assert.deepEqual([...given.headers], [['x-pointsman-profile', 'budget']]);
    });

    const bad: readonly (readonly [string, string | object, RegExp])[] = [
      ['no body', '', /body is empty/],
      ['broken JSON', '{"dialect":', /./],
      ['an array', '[]', /./],
      ['no dialect', { request: {} }, /"dialect" must be one of openai-chat/],
      ['an unknown dialect', { dialect: 'cobol', request: {} }, /must be one of openai-chat/],
      ['no request', { dialect: 'openai-chat' }, /"request".*object/],
      ['a request that is text', { dialect: 'openai-chat', request: 'hi' }, /"request".*object/],
      [
        'headers that are no texts',
        { dialect: 'openai-chat', request: {}, headers: { a: 1 } },
        /"headers\.a".*string/,
      ],
      [
        'an unknown field',
        { dialect: 'openai-chat', request: {}, body: {} },
        /unknown field "body".*dialect, request, headers/,
      ],
      [
        'a depth bomb',
        `{"dialect":"openai-chat","request":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
        /./,
      ],
      ['a __proto__ member', '{"dialect":"openai-chat","request":{},"__proto__":{}}', /__proto__/],
    ];
    for (const [name, body, expected] of bad) {
      it(`refuses ${name} with a sentence`, async () => {
        const { answer, surface } = await call('POST explain', body);
        assert.equal(answer.statusCode, 400);
        assert.match(messageOf(answer), expected);
        assert.deepEqual(surface.calls, []);
      });
    }
  });

  describe('override', () => {
    it('[A23] sets one', async () => {
      const { answer, surface } = await call('PUT override', {
        model: 'claude-opus',
        scope: 'next',
        ttlMs: 60_000,
      });
      assert.equal(answer.statusCode, 200);
      assert.deepEqual(surface.calls, [
        ['setOverride', { model: 'claude-opus', scope: 'next', conversationId: null, ttlMs: 60_000 }],
      ]);
      assert.equal((answer.body as { override: { model: string } }).override.model, 'claude-opus');
    });

    for (const [scope, conversationId] of [
      ['conversation', 'c_1'],
      ['always', null],
    ] as const) {
      it(`takes a conversation id with scope ${scope} as ${conversationId}`, async () => {
        const { surface } = await call('PUT override', { model: 'm', scope, conversationId: 'c_1' });
        assert.deepEqual(surface.calls, [
          ['setOverride', { model: 'm', scope, conversationId, ttlMs: null }],
        ]);
      });
    }

    const bad: readonly (readonly [string, object, RegExp])[] = [
      ['no model', { scope: 'next' }, /"model"/],
      ['an empty model', { model: '', scope: 'next' }, /"model" must not be empty/],
      ['no scope', { model: 'm' }, /"scope" must be one of next, conversation, always/],
      ['a conversation scope without an id', { model: 'm', scope: 'conversation' }, /needs a conversationId/],
      ['a negative time', { model: 'm', scope: 'next', ttlMs: -1 }, /"ttlMs" must be above 0/],
      ['a time as text', { model: 'm', scope: 'next', ttlMs: '5' }, /"ttlMs".*number/],
      [
        'a misspelt field',
        { modle: 'm', model: 'm', scope: 'next' },
        /unknown field "modle".*model, scope, conversationId, ttlMs/,
      ],
    ];
    for (const [name, body, expected] of bad) {
      it(`refuses ${name}`, async () => {
        const { answer } = await call('PUT override', body);
        assert.equal(answer.statusCode, 400);
        assert.match(messageOf(answer), expected);
      });
    }

    const clears: readonly (readonly [string, string | object, object])[] = [
      ['DELETE override', '', { scope: null, conversationId: null }],
      ['DELETE override?scope=next', '', { scope: 'next', conversationId: null }],
      [
        'DELETE override',
        { scope: 'conversation', conversationId: 'c_1' },
        { scope: 'conversation', conversationId: 'c_1' },
      ],
    ];
    for (const [line, body, expected] of clears) {
      it(`clears with ${line} ${JSON.stringify(body)}`, async () => {
        const { answer, surface } = await call(line, body);
        assert.deepEqual(surface.calls, [['clearOverride', expected]]);
        assert.deepEqual(answer.body, { override: null });
      });
    }

    it('names an unknown field when clearing', async () => {
      assert.match(messageOf((await call('DELETE override?model=m')).answer), /unknown field "model"/);
    });
  });

  describe('config', () => {
    it('reads it', async () => {
      assert.deepEqual((await call('GET config')).answer.body, { port: 7411 });
    });

    it('replaces it and answers what is in force', async () => {
      const { answer, surface } = await call('PUT config', { port: 7412 });
      assert.deepEqual(surface.calls, [['putConfig', { port: 7412 }]]);
      assert.deepEqual(answer.body, { port: 7412 });
    });

    it('passes the reason on when the new one is refused', async () => {
      const { answer } = await call(
        'PUT config',
        {},
        {
          putConfig: () => Promise.reject(new RouterError('config.invalid', 'line 3: unknown key "prot"')),
        },
      );
      assert.deepEqual(answer, {
        statusCode: 400,
        body: { error: { code: 'config.invalid', message: 'line 3: unknown key "prot"' } },
      });
    });
  });

  describe('credentials', () => {
    it('hands the key over and never answers with it', async () => {
      const { answer, surface } = await call('PUT credentials/my%20provider', { apiKey: 'sk-canary' });
      assert.deepEqual(surface.calls, [['putCredential', ['my provider', 'sk-canary']]]);
      assert.doesNotMatch(JSON.stringify(answer), /sk-canary/);
    });

    it('takes a key away with null', async () => {
      const { surface } = await call('PUT credentials/openai', { apiKey: null });
      assert.deepEqual(surface.calls, [['putCredential', ['openai', null]]]);
    });

    it('cannot be read', async () => {
      const { answer } = await call('GET credentials/openai');
      assert.equal(answer.statusCode, 405);
      assert.deepEqual(answer.headers, { allow: 'PUT' });
    });

    for (const body of [
      {},
      { apiKey: '' },
      { apiKey: 'sk-canary\r\nx: y' },
      { apiKey: ' sk-canary' },
      { apiKey: ['sk-canary'] },
      { apiKey: 'sk-canary'.repeat(1_000) },
      { key: 'sk-canary' },
    ]) {
      it(`refuses ${JSON.stringify(body).slice(0, 40)} without repeating the key`, async () => {
        const { answer, surface } = await call('PUT credentials/openai', body);
        assert.equal(answer.statusCode, 400);
        assert.doesNotMatch(messageOf(answer), /canary/);
        assert.deepEqual(surface.calls, []);
      });
    }
  });

  describe('feedback', () => {
    it('[A50] passes a verdict with its reason on', async () => {
      const body = { exchangeId: 'x_1', verdict: 'bad', reason: '  missed the second file ' };
      const { answer, surface } = await call('POST feedback', body);
      assert.equal(answer.statusCode, 200);
      assert.deepEqual(surface.calls, [['feedback', { ...body, reason: 'missed the second file' }]]);
    });

    for (const reason of [undefined, null, '', '   ']) {
      it(`[A50] needs no reason: ${JSON.stringify(reason)}`, async () => {
        const { surface } = await call('POST feedback', { exchangeId: 'x_1', verdict: 'good', reason });
        assert.deepEqual(surface.calls, [['feedback', { exchangeId: 'x_1', verdict: 'good', reason: null }]]);
      });
    }

    for (const [body, sentence] of [
      [{ verdict: 'good' }, /"exchangeId"/],
      [{ exchangeId: 'x_1' }, /"verdict" must be one of good, bad/],
      [{ exchangeId: 'x_1', verdict: 'meh' }, /good, bad/],
      [{ exchangeId: 7, verdict: 'good' }, /"exchangeId".*string/],
      [{ exchangeId: 'x_1', verdict: 'bad', reason: 'canary'.repeat(100) }, /at most 500 characters/],
      [{ exchangeId: 'x_1', verdict: 'bad', stars: 5 }, /exchangeId, verdict, reason/],
    ] as const) {
      it(`refuses ${JSON.stringify(body).slice(0, 50)} with a sentence`, async () => {
        const { answer, surface } = await call('POST feedback', body);
        assert.equal(answer.statusCode, 400);
        assert.match(messageOf(answer), sentence);
        assert.doesNotMatch(messageOf(answer), /canary/);
        assert.deepEqual(surface.calls, []);
      });
    }
  });

  it('begins to stop on shutdown and answers 202', async () => {
    const { answer, surface } = await call('POST shutdown');
    assert.deepEqual(surface.calls, [['requestShutdown', null]]);
    assert.deepEqual(answer, { statusCode: 202, body: { stopping: true } });
  });

  it('passes on how long running exchanges may go on, up to half an hour', async () => {
    const { surface } = await call('POST shutdown', { drainMs: 1_800_000 });
    assert.deepEqual(surface.calls, [['requestShutdown', 1_800_000]]);
    for (const drainMs of [1_800_001, -1, 1.5, '5']) {
      const refused = await call('POST shutdown', { drainMs });
      assert.equal(refused.answer.statusCode, 400, String(drainMs));
      assert.deepEqual(refused.surface.calls, []);
    }
  });

  it('answers 426 to a plain request for events', async () => {
    const { answer } = await call('GET events');
    assert.equal(answer.statusCode, 426);
    assert.deepEqual(answer.headers, { upgrade: 'websocket' });
  });

  describe('budgets', () => {
    const budget = { scope: 'all', period: 'day', limitUsd: 5, onReach: 'block' };

    it('[B10] are answered', async () => {
      const { answer, surface } = await call('GET budgets');
      assert.deepEqual(
        [answer, surface.calls],
        [{ statusCode: 200, body: { budgets: [] } }, [['budgets', undefined]]],
      );
    });

    it('[B10] are taken with what GET answered, which is left out', async () => {
      const state = {
        spentUsd: 1,
        spentTokens: 2,
        resetsAt: '',
        state: 'ok',
        pressure: 0,
        instances: [],
        error: 'x',
      };
      const { answer, surface } = await call('PUT budgets', { budgets: [{ ...budget, ...state }] });
      assert.equal(answer.statusCode, 200);
      assert.deepEqual(surface.calls, [['putBudgets', [budget]]]);
    });

    for (const body of [{}, { budgets: 1 }, { budgets: [1] }, { budgets: [], more: 1 }, '[]', '{']) {
      it(`[B10] are refused as ${JSON.stringify(body)}`, async () => {
        const { answer, surface } = await call('PUT budgets', body);
        assert.deepEqual([answer.statusCode, surface.calls], [400, []]);
      });
    }
  });

  describe('profile', () => {
    it('[A20] is set alone', async () => {
      const { answer, surface } = await call('PUT profile', { profile: 'quality' });
      assert.deepEqual([answer.statusCode, answer.body], [200, { profile: 'quality' }]);
      assert.deepEqual(surface.calls, [['putProfile', 'quality']]);
    });

    for (const body of [{}, { profile: 'dearest' }, { profile: 'budget', more: 1 }]) {
      it(`is refused as ${JSON.stringify(body)}`, async () => {
        const { answer, surface } = await call('PUT profile', body);
        assert.deepEqual([answer.statusCode, surface.calls], [400, []]);
      });
    }
  });

  for (const line of [
    'GET nothing',
    'POST replay/all',
    'GET budgets/all',
    'POST dashboard-tickets',
    'GET exchanges/',
    'GET exchanges/x/y',
    'GET status/',
    'GET __proto__',
    'GET ',
  ]) {
    it(`answers 404 to "${line}" and names what there is`, async () => {
      const { answer } = await call(line);
      assert.equal(answer.statusCode, 404);
      assert.match(messageOf(answer), /status, totals, exchanges, exchanges\/:id, explain/);
    });
  }

  for (const [line, allow] of [
    ['POST status', 'GET'],
    ['GET override', 'PUT, DELETE'],
    ['PATCH config', 'GET, PUT'],
    ['DELETE budgets', 'GET, PUT'],
    ['GET shutdown', 'POST'],
  ] as const) {
    it(`answers 405 with allow to ${line}`, async () => {
      const { answer } = await call(line);
      assert.equal(answer.statusCode, 405);
      assert.deepEqual(answer.headers, { allow });
    });
  }

  it('refuses a path that is not valid percent-encoding', async () => {
    assert.equal((await call('GET exchanges/%')).answer.statusCode, 400);
  });

  it('turns a bug of the surface into a 500 that tells nothing', async () => {
    const { answer } = await call('GET status', '', {
      status: () => {
        throw new Error('secret');
      },
    });
    assert.equal(answer.statusCode, 500);
    assert.doesNotMatch(JSON.stringify(answer), /secret/);
  });
});
