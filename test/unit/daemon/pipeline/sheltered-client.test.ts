import assert from 'node:assert/strict';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import type { ClientResponse } from '../../../../daemon/pipeline/client-response.ts';
import { ShelteredClient } from '../../../../daemon/pipeline/sheltered-client.ts';

/** Says what reached it, and like a socket rejects what is written after it has gone. */
class NotedClient implements ClientResponse {
  readonly calls: string[] = [];
  isCommitted = false;
  isGone = false;

  commit(statusCode: number): void {
    this.isCommitted = true;
    this.calls.push(`commit ${statusCode}`);
  }

  write(chunk: Buffer | string): Promise<void> {
    this.calls.push(`write ${String(chunk)}`);
    return this.isGone ? Promise.reject(new RouterError('client.closed', 'it left')) : Promise.resolve();
  }

  end(lastChunk: Buffer | string = ''): void {
    this.calls.push(`end ${String(lastChunk)}`);
  }

  fail(): void {
    this.calls.push('fail');
  }
}

function rig() {
  const client = new NotedClient();
  const own = new AbortController();
  const flight = new AbortController();
  const sheltered = new ShelteredClient(client, own.signal, {
    signal: flight.signal,
    waiting: 1,
    land: () => {},
  });
  const leave = (): void => {
    client.isGone = true;
    own.abort(new RouterError('client.closed', 'it left'));
  };
  return { client, sheltered, leave, endFlight: () => flight.abort() };
}

describe('[A31] the client of an answer that others wait for', () => {
  it('gets all of it while it is there', async () => {
    const { client, sheltered } = rig();
    sheltered.commit(200, {});
    await sheltered.write('a');
    sheltered.end('b');
    assert.deepEqual(client.calls, ['commit 200', 'write a', 'end b']);
    assert.equal(sheltered.isCommitted, true);
  });

  it('gets nothing once it has left, and the answer goes on being made', async () => {
    const { client, sheltered, leave } = rig();
    leave();
    sheltered.commit(200, {});
    await sheltered.write('a');
    sheltered.end('b');
    assert.deepEqual(client.calls, []);
  });

  it('does not end the answer by leaving in the middle of a write', async () => {
    const { client, sheltered, leave } = rig();
    client.isGone = true;
    const written = sheltered.write('a');
    leave();
    await written;
    assert.deepEqual(client.calls, ['write a']);
  });

  it('ends it when nobody else waits: then what it cannot take is an error as ever', async () => {
    const { sheltered, leave, endFlight } = rig();
    leave();
    endFlight();
    await assert.rejects(sheltered.write('a') ?? Promise.resolve(), { code: 'client.closed' });
  });

  it('hears of a failure', () => {
    const { client, sheltered } = rig();
    sheltered.fail(openAiChat, new RouterError('upstream.all_failed', 'nobody answers'), {});
    assert.deepEqual(client.calls, ['fail']);
  });
});
