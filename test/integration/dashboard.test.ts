// The dashboard's side of a whole daemon: how a browser gets in, what its cookie opens and what it never opens, the
// figures it draws, and a request that is sent again to another model.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { WebSocket } from 'ws';
import { runCommandLine } from '../../daemon/cli/command-line.ts';
import { rotateTokens } from '../../daemon/lifecycle/tokens.ts';
import type {
  DashboardTicketBody,
  ErrorBody,
  ExchangeBody,
  ResendBody,
  SeriesBody,
  TotalsBody,
} from '../../daemon/protocol/control-api.ts';
import { PAGE_ROUTES } from '../../daemon/protocol/page-routes.ts';
import { browserCall, FROM_PAGE, TYPED, type BrowserAnswer } from '../support/browser-call.ts';
import {
  chatFrames,
  json,
  sse,
  stall,
  startFakeUpstream,
  status,
  type FakeUpstream,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

describe('dashboard', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  before(async () => {
    upstream = await startFakeUpstream();
    const { baseUrl } = upstream;
    daemon = await runDaemon({
      config: configFor(
        [
          { id: 'small', baseUrl, tier: 'simple', inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 },
          { id: 'large', baseUrl, tier: 'complex', inputUsdPerMtok: 4, outputUsdPerMtok: 20 },
        ],
        { baseline: 'large' },
      ),
    });
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  async function ticketUrl(): Promise<string> {
    const { status: statusCode, body } = await daemon.control('POST', 'dashboard-ticket');
    assert.equal(statusCode, 200);
    return (body as DashboardTicketBody).url;
  }

  function cookieOf(answer: BrowserAnswer): string {
    const [line = ''] = answer.headers['set-cookie'] ?? [];
    return line.split(';', 1)[0] ?? '';
  }

  /** A browser that was let in: its cookie. */
  async function enter(): Promise<string> {
    const answer = await browserCall({ url: await ticketUrl(), headers: TYPED });
    assert.equal(answer.status, 303);
    return cookieOf(answer);
  }

  const api = (route: string): string => `${daemon.url}/pointsman/v1/${route}`;

  async function ask(content: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
    const body = { model: 'auto', messages: [{ role: 'user', content }] };
    const response = await daemon.post('/v1/chat/completions', body, more);
    assert.equal(response.status, 200, await response.text());
    return response.headers.get('x-pointsman-exchange-id') ?? '';
  }

  describe('a ticket', () => {
    it('[A45] opens the page once, and leaves the address bar', async () => {
      const url = await ticketUrl();
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/dashboard\?ticket=[\w-]{22}$/);
      const first = await browserCall({ url, headers: TYPED });
      assert.deepEqual([first.status, first.headers.location], [303, '/dashboard']);
      const [line = ''] = first.headers['set-cookie'] ?? [];
      assert.match(
        line,
        /^pointsman_dashboard=[\w-]{22}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=43200$/,
      );
      const second = await browserCall({ url, headers: TYPED });
      assert.equal(second.status, 401);
      assert.match(second.text, /no longer good[\s\S]*pointsman dashboard/);
      assert.equal(second.headers['set-cookie'], undefined);
    });

    it('is not used up by a program that looks at its head first', async () => {
      const url = await ticketUrl();
      const head = await browserCall({ url, method: 'HEAD' });
      assert.equal(head.headers['set-cookie'], undefined);
      assert.equal((await browserCall({ url, headers: TYPED })).status, 303);
    });

    it('[A45] is printed by "pointsman dashboard"', async () => {
      const lines: string[] = [];
      const context = {
        environment: {},
        selfCommand: ['node'] as const,
        version: '0.0.0-test',
        print: (line: string) => lines.push(line),
        useColour: false,
      };
      const errors: string[] = [];
      const run = (...more: readonly string[]): Promise<number> =>
        runCommandLine(context, ['dashboard', '--home', daemon.home, ...more], (line) => errors.push(line));
      assert.deepEqual([await run(), await run('--json'), errors], [0, 0, []]);
      const [url = '', json = ''] = lines;
      assert.equal((await browserCall({ url, headers: TYPED })).status, 303);
      assert.ok(Date.parse((JSON.parse(json) as DashboardTicketBody).expiresAt) > Date.now());
    });

    it('leads who is in already to the page, also when it is used up', async () => {
      const url = await ticketUrl();
      const cookie = cookieOf(await browserCall({ url, headers: TYPED }));
      const again = await browserCall({ url, headers: { ...TYPED, cookie } });
      assert.deepEqual([again.status, again.headers.location], [303, '/dashboard']);
    });

    it('is given for the admin token only', async () => {
      const cookie = await enter();
      const refused = await Promise.all([
        browserCall({
          url: api('dashboard-ticket'),
          method: 'POST',
          headers: { 'content-type': 'application/json' },
        }),
        browserCall({
          url: api('dashboard-ticket'),
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${daemon.token}` },
        }),
        browserCall({
          url: api('dashboard-ticket'),
          method: 'POST',
          headers: { 'content-type': 'application/json', cookie, origin: daemon.url, ...FROM_PAGE },
        }),
      ]);
      assert.deepEqual(
        refused.map((answer) => answer.status),
        [401, 403, 403],
      );
    });
  });

  describe('a session', () => {
    it('opens what the page asks, with the word of the browser that the page asks it', async () => {
      const cookie = await enter();
      for (const headers of [
        { ...FROM_PAGE },
        { origin: daemon.url },
        { origin: daemon.url, ...FROM_PAGE },
      ]) {
        const answer = await browserCall({ url: api('status'), headers: { cookie, ...headers } });
        assert.equal(answer.status, 200, answer.text);
      }
      for (const route of PAGE_ROUTES.GET.filter((name) => !name.endsWith('*'))) {
        const answer = await browserCall({ url: api(route), headers: { cookie, ...FROM_PAGE } });
        assert.equal(answer.status, 200, `${route}: ${answer.text}`);
      }
      const put = await browserCall({
        url: api('override'),
        method: 'PUT',
        headers: { cookie, origin: daemon.url, 'content-type': 'application/json', ...FROM_PAGE },
        body: { model: 'large', scope: 'next' },
      });
      assert.equal(put.status, 200, put.text);
      const cleared = await browserCall({
        url: api('override'),
        method: 'DELETE',
        headers: { cookie, origin: daemon.url, ...FROM_PAGE },
      });
      assert.equal(cleared.status, 200, cleared.text);
    });

    it('never opens keys, configuration, the end of the daemon or the wire', async () => {
      const cookie = await enter();
      const page = { cookie, origin: daemon.url, 'content-type': 'application/json', ...FROM_PAGE };
      const before = upstream.requests.length;
      for (const [method, route] of [
        ['GET', 'config'],
        ['PUT', 'config'],
        ['PUT', 'profile'],
        ['PUT', 'credentials/openai'],
        ['POST', 'shutdown'],
        ['POST', 'explain'],
        ['PUT', 'assistants/codex'],
        ['GET', 'exchanges/../config'],
        ['GET', 'exchanges%2f..%2fconfig'],
      ] as const) {
        const answer = await browserCall({
          url: api(route),
          method,
          headers: page,
          ...(method === 'GET' ? {} : { body: {} }),
        });
        assert.ok([401, 403].includes(answer.status), `${method} ${route}: ${answer.status} ${answer.text}`);
      }
      const wire = await browserCall({
        url: `${daemon.url}/v1/chat/completions`,
        method: 'POST',
        headers: page,
        body: { model: 'auto', messages: [{ role: 'user', content: 'spend' }] },
      });
      assert.equal(wire.status, 403);
      assert.equal(upstream.requests.length, before);
    });

    const strangers: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
      ['nothing that says where it comes from', {}],
      ['an address that was typed', { 'sec-fetch-site': 'none' }],
      ['another web site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
      ['another web site without an origin', { 'sec-fetch-site': 'cross-site' }],
      ['a page on another port', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:3000' }],
      ['a page on another port without an origin', { 'sec-fetch-site': 'same-site' }],
      ['a page on another port that says otherwise', { ...FROM_PAGE, origin: 'http://127.0.0.1:3000' }],
      ['a sandboxed page', { origin: 'null' }],
      ['https on the same port', { ...FROM_PAGE, origin: 'https://HOST' }],
      ['the same port under another name', { ...FROM_PAGE, origin: 'http://localhost:PORT' }],
      ['a longer name that begins the same', { ...FROM_PAGE, origin: 'http://HOST.evil.example' }],
    ];
    for (const [name, template] of strangers) {
      it(`refuses ${name}`, async () => {
        const cookie = await enter();
        const { host, port } = new URL(daemon.url);
        const headers = Object.fromEntries(
          Object.entries(template).map(([key, value]) => [
            key,
            value.replace('HOST', host).replace('PORT', port),
          ]),
        );
        const read = await browserCall({ url: api('status'), headers: { cookie, ...headers } });
        assert.ok([401, 403].includes(read.status), `${read.status}`);
        const written = await browserCall({
          url: api('override'),
          method: 'PUT',
          headers: { cookie, 'content-type': 'application/json', ...headers },
          body: { model: 'large', scope: 'always' },
        });
        assert.ok([401, 403].includes(written.status), `${written.status}`);
        assert.equal(read.headers['access-control-allow-origin'], undefined);
      });
    }

    it('refuses a rebound name, which is all that tells of it', async () => {
      const cookie = await enter();
      const { port } = new URL(daemon.url);
      const answer = await browserCall({
        url: api('status'),
        headers: {
          cookie,
          ...FROM_PAGE,
          host: `evil.example:${port}`,
          origin: `http://evil.example:${port}`,
        },
      });
      assert.equal(answer.status, 403);
    });

    it('refuses forms and plain text, and preflights', async () => {
      const cookie = await enter();
      for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
        const answer = await browserCall({
          url: api('replay'),
          method: 'POST',
          headers: { cookie, origin: daemon.url, 'content-type': type, ...FROM_PAGE },
          body: {},
        });
        assert.equal(answer.status, 415);
      }
      const preflight = await browserCall({
        url: api('replay'),
        method: 'OPTIONS',
        headers: { cookie, origin: 'http://127.0.0.1:3000', 'access-control-request-method': 'POST' },
      });
      assert.equal(preflight.status, 403);
    });

    it('says in a sentence that it has ended, to its own page', async () => {
      const answer = await browserCall({
        url: api('status'),
        headers: { cookie: 'pointsman_dashboard=AAAAAAAAAAAAAAAAAAAAAA', ...FROM_PAGE },
      });
      assert.equal(answer.status, 401);
      assert.match((answer.json() as unknown as ErrorBody).error.message, /has ended; open it again/);
    });

    it('is found among cookies that others have set', async () => {
      const cookie = await enter();
      const crowded = `theme=dark; pointsman_dashboard=planted; ${cookie}; other=1`;
      const answer = await browserCall({ url: api('status'), headers: { cookie: crowded, ...FROM_PAGE } });
      assert.equal(answer.status, 200);
    });

    it('hears events, and its page alone does', async () => {
      const cookie = await enter();
      const open = (headers: Readonly<Record<string, string>>): WebSocket =>
        new WebSocket(api('events').replace('http', 'ws'), { headers });
      for (const headers of [
        { cookie },
        { cookie, origin: 'http://127.0.0.1:3000' },
        { cookie: 'pointsman_dashboard=x', origin: daemon.url },
        { origin: daemon.url },
      ]) {
        const refused = open(headers);
        const [error] = await once(refused, 'error');
        assert.match(String(error), /40[13]/);
      }
      const socket = open({ cookie, origin: daemon.url });
      const [frame] = await once(socket, 'message');
      assert.equal((JSON.parse(String(frame)) as { type: string }).type, 'totals-update');
      socket.close();
      await once(socket, 'close');
    });

    it('leaves no trace of cookie or ticket in the log', async () => {
      const url = await ticketUrl();
      const cookie = cookieOf(await browserCall({ url, headers: TYPED }));
      await browserCall({ url: api('config'), headers: { cookie, ...FROM_PAGE } });
      await browserCall({ url: api('status'), headers: { cookie, origin: 'http://127.0.0.1:3000' } });
      const log = daemon.log.join('\n') + readFileSync(path.join(daemon.home, 'daemon.log'), 'utf8');
      assert.equal(log.includes(cookie.split('=')[1] ?? ''), false);
      assert.equal(log.includes(new URL(url).searchParams.get('ticket') ?? ''), false);
      assert.doesNotMatch(log, /pointsman_dashboard/);
    });
  });

  describe('the page', () => {
    it('tells whoever has no ticket what to do', async () => {
      const answer = await browserCall({ url: `${daemon.url}/dashboard`, headers: TYPED });
      assert.equal(answer.status, 401);
      assert.match(answer.text, /needs a ticket[\s\S]*Pointsman: Open Dashboard/);
      const client = { authorization: `Bearer ${daemon.token}` };
      assert.equal((await browserCall({ url: `${daemon.url}/dashboard`, headers: client })).status, 401);
    });

    it('is nothing for a link with the client token in it', async () => {
      const answer = await browserCall({ url: `${daemon.url}/k/${daemon.token}/dashboard` });
      assert.equal(answer.status, 403);
    });
  });

  it('[A45] one request has all that its page shows', async () => {
    const exchangeId = await ask('Why does this loop never end?');
    await daemon.control('POST', 'feedback', { exchangeId, verdict: 'good', reason: 'it helped' });
    const { body } = await daemon.control('GET', `exchanges/${exchangeId}`);
    const { decision, attempts, baseline, savedBy, savedUsd, feedback } = body as ExchangeBody;
    assert.deepEqual(decision?.candidates.map(({ model }) => model).sort(), ['large', 'small']);
    assert.ok((decision?.wouldFlip.length ?? 0) > 0);
    assert.equal(attempts.length, 1);
    assert.ok((attempts[0]?.durationMs ?? 0) > 0 && (attempts[0]?.startedAtMs ?? -1) >= 0);
    assert.ok(attempts[0]?.prices !== null);
    assert.ok((baseline?.usage.inputTokens ?? 0) > 0 && (baseline?.prices.outputUsdPerMtok ?? 0) > 0);
    assert.ok(Math.abs(savedBy.routing - (savedUsd ?? Number.NaN)) < 1e-12);
    assert.equal(feedback?.verdict, 'good');
  });

  describe('series', () => {
    it('[A45] adds up to the totals of the same window, to 1e-9', async () => {
      await ask('one question');
      await ask('another question', { 'x-pointsman-workspace': 'billing-api' });
      for (const filter of ['', '&workspace=billing-api', '&client=nobody', '&model=small']) {
        const series = (await daemon.control('GET', `series?since=1h&bucketMs=1000000${filter}`)).body;
        const totals = (await daemon.control('GET', `totals?since=1h${filter}`)).body;
        assertAddsUp(series as SeriesBody, totals as TotalsBody);
      }
    });
  });

  describe('a request that is sent again', () => {
    it('[A51] is answered by the model that was named, beside the first answer', async () => {
      upstream.forModel('up-small', json(chatAnswer('up-small', 'a small answer')));
      upstream.forModel('up-large', json(chatAnswer('up-large', 'a large answer')));
      const exchangeId = await ask('Hi there!', {
        'x-pointsman-model': 'small',
        'x-pointsman-workspace': 'w',
      });
      const { status: statusCode, body } = await daemon.control('POST', 'resend', {
        exchangeId,
        model: 'large',
      });
      assert.equal(statusCode, 200, JSON.stringify(body));
      const { original, again } = body as ResendBody;
      assert.deepEqual(
        [original.exchangeId, original.model, original.text],
        [exchangeId, 'small', 'a small answer'],
      );
      assert.deepEqual([again.model, again.text, again.status], ['large', 'a large answer', 'ok']);
      const stored = await Promise.all([daemon.exchange(exchangeId), daemon.exchange(again.exchangeId)]);
      assert.deepEqual(
        stored.map((record) => [record.costUsd, record.durationMs, record.initiator, record.workspaceId]),
        [
          [original.costUsd, original.durationMs, null, 'w'],
          [again.costUsd, again.durationMs, 'resend', 'w'],
        ],
      );
      assert.notEqual(stored[0]?.conversationId, stored[1]?.conversationId);
      const sent = upstream.requests.at(-1)?.json;
      assert.deepEqual(sent?.['messages'], [{ role: 'user', content: 'Hi there!' }]);
    });

    it('[A51] shows the calls of tools and runs none', async () => {
      upstream.forModel('up-large', json(chatAnswer('up-large', null)));
      const exchangeId = await ask('Delete it', { 'x-pointsman-model': 'small' });
      const { body } = await daemon.control('POST', 'resend', { exchangeId, model: 'large' });
      assert.equal((body as ResendBody).again.text, '[tool call remove({"path":"/"})]');
    });

    it('leaves the conversation that it came from alone', async () => {
      const conversation = { 'x-pointsman-conversation': 'mine' };
      const exchangeId = await ask('Please explain this stack trace', conversation);
      const before = (await daemon.exchange(exchangeId)).responseModel;
      const other = before === 'small' ? 'large' : 'small';
      await daemon.control('POST', 'resend', { exchangeId, model: other });
      const body = {
        model: 'auto',
        messages: [
          { role: 'user', content: 'Please explain this stack trace' },
          { role: 'assistant', content: 'It is one' },
          { role: 'user', content: 'thanks' },
        ],
      };
      const response = await daemon.post('/v1/chat/completions', body, conversation);
      await response.text();
      const next = (await daemon.exchange(
        response.headers.get('x-pointsman-exchange-id') ?? '',
      )) as ExchangeBody;
      assert.equal(next.conversationId, 'c_mine');
      assert.equal(next.decision?.input?.affinityModel, before);
      assert.equal(next.decision?.input?.economics?.switchBooks?.baselineModel ?? 'large', 'large');
      const { exchanges } = (await daemon.control('GET', 'exchanges?conversation=mine')).body as {
        exchanges: unknown[];
      };
      assert.equal(exchanges.length, 2);
    });

    it('does not use up an override for the next request', async () => {
      const exchangeId = await ask('hello');
      await daemon.control('PUT', 'override', { model: 'large', scope: 'next' });
      await daemon.control('POST', 'resend', { exchangeId, model: 'small' });
      const { body } = await daemon.control('GET', 'status');
      assert.equal((body as { override: { model: string } }).override.model, 'large');
      await daemon.control('DELETE', 'override');
    });

    it('is refused in a sentence when it is not kept, or the model is not known', async () => {
      const exchangeId = await ask('hello');
      for (const [given, code, statusCode] of [
        [{ exchangeId: 'x_gone', model: 'large' }, 'exchange.not_kept', 404],
        [{ exchangeId, model: 'nobody' }, 'model.unknown', 404],
        [{ exchangeId }, 'request.malformed', 400],
      ] as const) {
        const answer = await daemon.control('POST', 'resend', given);
        const { error } = answer.body as ErrorBody;
        assert.deepEqual([answer.status, error.code], [statusCode, code]);
        assert.match(error.message, /^[a-z].*[^.]$/);
      }
    });

    it('says why the model did not answer', async () => {
      const exchangeId = await ask('hello', { 'x-pointsman-model': 'small' });
      upstream.forModel('up-large', status(400));
      const refused = await daemon.control('POST', 'resend', { exchangeId, model: 'large' });
      assert.equal((refused.body as ErrorBody).error.code, 'upstream.rejected');
      assert.match((refused.body as ErrorBody).error.message, /refused/);
    });

    it('comes as it was streamed, too', async () => {
      upstream.forModel('up-large', sse(chatFrames('streamed words')));
      const response = await daemon.post(
        '/v1/chat/completions',
        { model: 'auto', stream: true, messages: [{ role: 'user', content: 'hello' }] },
        { 'x-pointsman-model': 'small' },
      );
      await response.text();
      const exchangeId = response.headers.get('x-pointsman-exchange-id') ?? '';
      const { body } = await daemon.control('POST', 'resend', { exchangeId, model: 'large' });
      assert.match((body as ResendBody).again.text ?? '', /streamed words/);
    });

    it('is called off when who asked for it leaves', async () => {
      const exchangeId = await ask('hello', { 'x-pointsman-model': 'small' });
      const aborts = upstream.aborts();
      const arrived = upstream.requests.length;
      upstream.forModel('up-large', stall('request'));
      const leaving = new AbortController();
      const asked = fetch(api('resend'), {
        method: 'POST',
        headers: { authorization: `Bearer ${daemon.adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ exchangeId, model: 'large' }),
        signal: leaving.signal,
      });
      await upstream.waitForRequests(arrived + 1);
      leaving.abort();
      await assert.rejects(asked);
      await upstream.waitForAbort(aborts + 1);
    });
  });

  // Last: it throws everybody out.
  describe('a new admin token', () => {
    it('ends sessions, tickets and their event sockets', async () => {
      const cookie = await enter();
      const ticket = await ticketUrl();
      const socket = new WebSocket(api('events').replace('http', 'ws'), {
        headers: { cookie, origin: daemon.url },
      });
      await once(socket, 'message');
      const closed = once(socket, 'close');
      rotateTokens(daemon.home, 'admin');
      await closed;
      const answer = await browserCall({ url: api('status'), headers: { cookie, ...FROM_PAGE } });
      assert.equal(answer.status, 401);
      assert.equal((await browserCall({ url: ticket, headers: TYPED })).status, 401);
    });
  });
});

function once(socket: WebSocket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    socket.once('error', (error) => (event === 'error' ? resolve([error]) : undefined));
    if (event !== 'error') socket.once(event, (...values: unknown[]) => resolve(values));
  });
}

/** Chat completion with these words, or with a call of a tool. */
function chatAnswer(model: string, content: string | null): Record<string, unknown> {
  const calls = [{ id: 'call_1', type: 'function', function: { name: 'remove', arguments: '{"path":"/"}' } }];
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, ...(content === null ? { tool_calls: calls } : {}) },
        finish_reason: content === null ? 'tool_calls' : 'stop',
      },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

function assertAddsUp({ points }: SeriesBody, totals: TotalsBody): void {
  for (const [name, whole] of [
    ['requests', totals.requests],
    ['comparableRequests', totals.comparableRequests],
    ['failedRequests', totals.failedRequests],
    ['costUsd', totals.costUsd],
    ['baselineCostUsd', totals.baselineCostUsd],
    ['savedUsd', totals.savedUsd],
    ['inputTokens', totals.tokens.inputTokens],
    ['cacheReadInputTokens', totals.tokens.cacheReadInputTokens],
    ['outputTokens', totals.tokens.outputTokens],
  ] as const) {
    const sum = points.reduce((before, point) => before + point[name], 0);
    assert.ok(Math.abs(sum - whole) <= 1e-9, `${name}: ${sum} is not ${whole}`);
  }
}
