import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { livenessRoutes } from '../../../../daemon/http/open-routes.ts';
import type { RequestContext } from '../../../../daemon/http/request-context.ts';
import { TokenVerifier } from '../../../../daemon/lifecycle/tokens.ts';

const TOKENS = { client: `pm_${'c'.repeat(43)}`, admin: `pma_${'a'.repeat(43)}` };
const CHALLENGE = '0123456789abcdef0123456789abcdef';

describe('the sign of life', () => {
  const verifier = new TokenVerifier(TOKENS);
  let server: Server;
  let port: number;
  before(async () => {
    const routes = livenessRoutes((challenge, atPort) => verifier.prove(challenge, atPort));
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://daemon');
      const route = routes.find(({ pattern, methods }) => pattern === pathname && methods.includes('GET'));
      void route?.handle({ request, response, query: searchParams } as RequestContext);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = async (path: string): Promise<unknown> =>
    await (await fetch(`http://127.0.0.1:${port}${path}`)).json();

  it('proves with a challenge that we know the admin token, on the port that was asked', async () => {
    const proof = createHmac('sha256', TOKENS.admin)
      .update(`pointsman-hello:${port}:${CHALLENGE}`)
      .digest('hex');
    assert.deepEqual(await ask(`/healthz?challenge=${CHALLENGE}`), { status: 'ok', proof });
  });

  it('says nothing more without a challenge, or with something else in its place', async () => {
    const others = [
      '',
      '?challenge=',
      '?challenge=abc',
      `?challenge=${CHALLENGE}0`,
      `?challenge=${CHALLENGE.toUpperCase()}`,
    ];
    for (const query of others) assert.deepEqual(await ask(`/healthz${query}`), { status: 'ok' }, query);
    assert.deepEqual(await ask(`/?challenge=${CHALLENGE}`), { status: 'ok' });
  });

  it('proves with the new token from the moment of a rotation', async () => {
    const before = await ask(`/healthz?challenge=${CHALLENGE}`);
    verifier.replace({ ...TOKENS, admin: `pma_${'b'.repeat(43)}` });
    assert.notDeepEqual(await ask(`/healthz?challenge=${CHALLENGE}`), before);
  });
});
