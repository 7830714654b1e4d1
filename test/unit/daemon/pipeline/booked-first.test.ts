// Whoever has the whole answer finds it in the books: the record is there before the last bytes leave.

import assert from 'node:assert/strict';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { serveExchange } from '../../../../daemon/pipeline/serve-exchange.ts';
import { chatBody, chatFrames } from '../../../support/fake-upstream.ts';
import {
  ask,
  fakeClient,
  plain,
  responded,
  rig,
  streamOf,
  type FakeClient,
  type Rig,
  type Step,
} from './pipeline-rig.ts';

const FRAMES = chatFrames('one two three');

/** One read per frame. */
const streamed = (frames: readonly string[]): Step => {
  return async (target) => responded(target, streamOf(frames.map((frame) => [frame])));
};

interface Served {
  readonly served: Rig;
  readonly client: FakeClient;
  /** Status of the record, or that one was foreseen, as of each write. */
  readonly known: readonly string[];
  readonly foreseen: readonly ExchangeRecord[];
}

async function serve(step: Step, body: unknown): Promise<Served> {
  const known: string[] = [];
  const foreseen: ExchangeRecord[] = [];
  const served = rig({ script: [step] });
  const { ledger } = served.deps;
  const deps = {
    ...served.deps,
    ledger: { ...ledger, foresee: (record: ExchangeRecord) => void foreseen.push(record) },
  };
  const client = fakeClient({
    onWrite: () => {
      const record = served.records[0] ?? foreseen[0];
      known.push(record === undefined ? 'nothing' : record.status);
      return undefined;
    },
  });
  await serveExchange(deps, served.wire(body), client);
  return { served, client, known, foreseen };
}

describe('the record of an answer', () => {
  it('is in the books before a plain answer leaves', async () => {
    const { served, known } = await serve(plain(chatBody('done')), ask());
    assert.deepEqual(known, ['ok']);
    assert.equal(served.records.length, 1);
  });

  it('is in the books before the end of a long plain answer leaves, and not before its beginning', async () => {
    const { served, client, known } = await serve(plain(chatBody('done '.repeat(40_000))), ask());
    assert.deepEqual(known, ['nothing', 'ok']);
    assert.equal(JSON.parse(client.body()).choices[0].message.content.length, 200_000);
    assert.equal(served.records.length, 1);
  });

  it('is at least foreseen before the last event of a stream leaves, with its usage, and booked once', async () => {
    const { served, known } = await serve(streamed(FRAMES), ask('hello', { stream: true }));
    assert.deepEqual(known.slice(-2), ['nothing', 'ok']);
    assert.deepEqual(
      served.records.map(({ status, usage }) => [status, usage?.outputTokens]),
      [['ok', 5]],
    );
  });

  it('is the very one that was foreseen, unless the look at the answer has something to add', async () => {
    const good = await serve(streamed(FRAMES), ask('hello', { stream: true }));
    assert.equal(good.served.records[0], good.foreseen[0]);
    const loop = chatFrames('I will check the file again. '.repeat(40));
    const weak = await serve(streamed(loop), ask('hello', { stream: true }));
    assert.deepEqual(weak.foreseen[0]?.warnings, []);
    assert.match(weak.served.records[0]?.warnings.join() ?? '', /repeated itself/u);
  });

  it('is there before the end of a stream whose provider sends no last event', async () => {
    const withoutDone = FRAMES.slice(0, -1);
    const step: Step = async (target) => responded(target, streamOf(withoutDone.map((frame) => [frame])));
    const { served, known } = await serve(step, ask('hello', { stream: true }));
    assert.ok(known.slice(0, -1).every((one) => one === 'nothing'));
    assert.deepEqual(
      served.records.map(({ status }) => status),
      ['ok'],
    );
  });

  it('stays what it was when the client leaves with the last bytes on their way', async () => {
    const controller = new AbortController();
    const served = rig({ script: [plain(chatBody('done'))] });
    const client = fakeClient({
      onWrite: () => {
        controller.abort();
        throw new Error('gone');
      },
    });
    await serveExchange(served.deps, served.wire(ask(), { signal: controller.signal }), client);
    assert.deepEqual(
      served.records.map(({ status }) => status),
      ['ok'],
    );
  });
});
