import assert from 'node:assert/strict';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { dialectForPath } from '../../../../daemon/dialects/registry.ts';
import { RecentRequests } from '../../../../daemon/pipeline/recent-requests.ts';
import type { WireRequest } from '../../../../daemon/pipeline/wire-request.ts';

function wireOf(bytes: Buffer, more: Partial<WireRequest> = {}): WireRequest {
  return {
    dialect: openAiChat,
    headers: new Map([['user-agent', 'opencode']]),
    query: new URLSearchParams(),
    path: '/v1/chat/completions',
    bytes,
    signal: new AbortController().signal,
    receivedAtMs: 1,
    monotonicStartMs: 1,
    ...more,
  };
}

/** Not out of the pool, so that it is as large as it says. */
function bodyOf(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size));
}

describe('the last requests', () => {
  it('[A51] are kept as they arrived, without a copy, and with what was answered', () => {
    const recent = new RecentRequests();
    const wire = wireOf(Buffer.from('{}'));
    const listener = recent.begin('x_1', wire);
    assert.equal(recent.find('x_1')?.text, null);
    listener.observe([{ type: 'text-delta', id: 't', choice: 0, delta: 'so far' }]);
    assert.equal(recent.find('x_1')?.text, 'so far');
    listener.close();
    const kept = recent.find('x_1');
    assert.equal(kept?.text, 'so far');
    assert.equal(kept?.request.bytes, wire.bytes);
    assert.equal(kept?.request.headers, wire.headers);
  });

  it('hold nothing of the connection', () => {
    const recent = new RecentRequests();
    recent.begin('x_1', wireOf(Buffer.from('{}')));
    const { request } = recent.find('x_1') ?? {};
    assert.deepEqual(Object.keys(request ?? {}).sort(), ['bytes', 'dialect', 'headers', 'path', 'query']);
  });

  it('are twenty, and the oldest is forgotten first', () => {
    const recent = new RecentRequests();
    for (let index = 0; index < 25; index += 1) recent.begin(`x_${index}`, wireOf(bodyOf(10)));
    assert.equal(recent.size, 20);
    assert.equal(recent.find('x_4'), null);
    assert.notEqual(recent.find('x_5'), null);
    assert.equal(recent.bytes, 200);
  });

  it('take 16 MB at most, bodies and texts together', () => {
    const recent = new RecentRequests();
    for (let index = 0; index < 10; index += 1) recent.begin(`x_${index}`, wireOf(bodyOf(3 * 1024 * 1024)));
    assert.equal(recent.size, 5);
    const long = 'x'.repeat(200_000);
    for (let index = 0; index < 8; index += 1) {
      const listener = recent.begin(`y_${index}`, wireOf(bodyOf(10)));
      listener.observe([{ type: 'text-delta', id: 't', choice: 0, delta: long }]);
    }
    assert.ok(recent.bytes <= 16 * 1024 * 1024);
    assert.ok(recent.size < 13);
  });

  it('leave out one that is larger than all of them may be', () => {
    const recent = new RecentRequests();
    recent.begin('x_1', wireOf(bodyOf(17 * 1024 * 1024)));
    assert.deepEqual([recent.size, recent.bytes], [0, 0]);
  });

  it('count the whole read that a small body is a part of', () => {
    const recent = new RecentRequests();
    recent.begin('x_1', wireOf(bodyOf(65_536).subarray(0, 100)));
    assert.equal(recent.bytes, 65_536);
  });

  it('hear nothing more once they are forgotten, so that load costs no memory', () => {
    const recent = new RecentRequests({ maxRequests: 1, maxBytes: 1_000_000 });
    const forgotten = recent.begin('x_1', wireOf(bodyOf(10)));
    recent.begin('x_2', wireOf(bodyOf(10)));
    forgotten.observe([{ type: 'text-delta', id: 't', choice: 0, delta: 'x'.repeat(1000) }]);
    forgotten.close();
    assert.deepEqual([recent.size, recent.bytes], [1, 10]);
  });

  it('are no autocompletions and no embeddings, which would push out the others', () => {
    const recent = new RecentRequests();
    for (const path of ['/v1/completions', '/v1/embeddings']) {
      const dialect = dialectForPath(path);
      assert.ok(dialect !== undefined);
      recent.begin('x_1', wireOf(bodyOf(10), { dialect, path })).observe([]);
    }
    assert.equal(recent.size, 0);
  });
});
