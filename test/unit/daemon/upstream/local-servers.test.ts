import assert from 'node:assert/strict';
import { probeLocalServers } from '../../../../daemon/upstream/local-servers.ts';
import {
  closedPort,
  json,
  redirect,
  stall,
  startFakeUpstream,
  status,
  type FakeUpstream,
  type Verb,
} from '../../../support/fake-upstream.ts';

const servers: FakeUpstream[] = [];

async function serverWith(verb: Verb): Promise<FakeUpstream> {
  const server = await startFakeUpstream();
  server.always(verb);
  servers.push(server);
  return server;
}

describe('probeLocalServers', () => {
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('lists the models of every server that answers, in order', async () => {
    const first = await serverWith(json({ data: [{ id: 'qwen:8b' }, { id: 'phi' }] }));
    const second = await serverWith(json({ data: [{ id: 'llama', meta: { n_ctx_train: 8192 } }] }));
    const found = await probeLocalServers([
      { name: 'ollama', baseUrl: first.baseUrl },
      { name: 'llama-cpp', baseUrl: second.baseUrl },
    ]);
    assert.deepEqual(found, [
      { server: 'ollama', upstreamModel: 'qwen:8b', contextTokens: null, supports: [] },
      { server: 'ollama', upstreamModel: 'phi', contextTokens: null, supports: [] },
      { server: 'llama-cpp', upstreamModel: 'llama', contextTokens: 8192, supports: [] },
    ]);
    assert.deepEqual([first.requests[0]?.method, first.requests[0]?.path], ['GET', '/v1/models']);
  });

  const silent: readonly (readonly [string, Verb])[] = [
    ['says 500', status(500, { body: { data: [{ id: 'm' }] } })],
    ['says something else', json({ hello: 'world' })],
    ['sends no JSON', json('<html>')],
    ['lists things without a name', json({ data: [{}, null, { id: '' }, 'x'] })],
    ['sends us elsewhere', redirect('http://127.0.0.1:1/')],
    ['never answers', stall('request')],
    ['never finishes', stall('headers')],
  ];
  for (const [title, verb] of silent) {
    it(`finds nothing where a server ${title}`, async () => {
      const { baseUrl } = await serverWith(verb);
      assert.deepEqual(await probeLocalServers([{ name: 's', baseUrl }], { timeoutMs: 40 }), []);
    });
  }

  it('finds nothing where nobody listens, and still finds the others', async () => {
    const { baseUrl } = await serverWith(json({ data: [{ id: 'm' }] }));
    const nobody = { name: 'nobody', baseUrl: `http://127.0.0.1:${await closedPort()}/v1` };
    const found = await probeLocalServers([nobody, { name: 's', baseUrl }]);
    assert.deepEqual(
      found.map(({ upstreamModel }) => upstreamModel),
      ['m'],
    );
  });

  it('asks no other machine', async () => {
    // On this address the system itself would find the way to the server.
    const { baseUrl: loopback, requests } = await serverWith(json({ data: [{ id: 'm' }] }));
    const anyAddress = loopback.replace('127.0.0.1', '0.0.0.0');
    for (const baseUrl of [anyAddress, 'http://192.0.2.1/v1', 'http://example.com/v1', 'not an address']) {
      assert.deepEqual(await probeLocalServers([{ name: 's', baseUrl }], { timeoutMs: 40 }), []);
    }
    assert.equal(requests.length, 0);
  });

  it('keeps no connection open', async () => {
    const server = await serverWith(json({ data: [] }));
    await probeLocalServers([{ name: 's', baseUrl: server.baseUrl }]);
    await server.waitForOpenConnections(0);
  });
});
