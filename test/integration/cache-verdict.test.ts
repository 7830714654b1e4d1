// What a person's verdict does to stored answers and to the models that made them, with a whole daemon: which answer it
// means is in the books, so it holds over a restart.

import assert from 'node:assert/strict';
import type { CacheBody } from '../../daemon/protocol/cache-api.ts';
import type { FeedbackBody } from '../../daemon/protocol/control-api.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ASK = 'How do I sort an array of numbers in ascending order in JavaScript?';
const SAME = 'How can I sort an array of numbers in ascending order in JavaScript?';

describe('[A31] a verdict on a stored answer', () => {
  const folder = temporaryFolder();
  let upstream: FakeUpstream;
  let daemon: TestDaemon;

  const start = async (): Promise<void> => {
    const cache = { exact: { onDisk: true }, semantic: { enabled: true } };
    const config = configFor([{ id: 'small', baseUrl: upstream.baseUrl }], { cache });
    daemon = await runDaemon({ config, home: folder.path });
  };
  const ask = async (content: string): Promise<string | null> => {
    const messages = [{ role: 'user', content }];
    const answer = await daemon.post('/v1/chat/completions', { model: 'auto', messages });
    await answer.text();
    return answer.headers.get('x-pointsman-cache');
  };
  const rate = async (exchangeId: string | undefined): Promise<FeedbackBody> =>
    (await daemon.control('POST', 'feedback', { exchangeId, verdict: 'bad' })).body as FeedbackBody;

  beforeEach(async () => {
    upstream = await startFakeUpstream();
    upstream.always(json(chatBody('numbers.sort((a, b) => a - b)')));
    await start();
  });
  afterEach(async () => {
    await daemon.control('DELETE', 'cache');
    await daemon.stop();
    await upstream.close();
  });

  it('finds in the record of a hit which exchange’s answer it was, and none in that of a miss', async () => {
    const known = (await daemon.exchanges()).length;
    assert.deepEqual([await ask(ASK), await ask(ASK), await ask(SAME)], ['miss', 'exact', 'semantic']);
    const [semantic, exact, miss] = await daemon.waitForExchanges(known + 3);
    for (const hit of [semantic, exact]) {
      const { decision } = await daemon.exchange(hit?.exchangeId ?? '');
      assert.equal(decision?.answerOf, miss?.exchangeId);
    }
    assert.equal('answerOf' in ((await daemon.exchange(miss?.exchangeId ?? '')).decision ?? {}), false);
  });

  it('takes the answer of a hit out of the file also when the daemon was restarted in between', async () => {
    const known = (await daemon.exchanges()).length;
    assert.deepEqual([await ask(ASK), await ask(ASK)], ['miss', 'exact']);
    const [hit] = await daemon.waitForExchanges(known + 2);
    await daemon.stop();
    await start();
    assert.equal(((await daemon.control('GET', 'cache')).body as CacheBody).exact.disk?.entries, 1);
    await rate(hit?.exchangeId);
    assert.equal(await ask(ASK), 'miss');
  });

  it('counts against the model for an equal question, and not for a similar one that it was never asked', async () => {
    const known = (await daemon.exchanges()).length;
    await ask(ASK);
    assert.deepEqual([await ask(ASK), await ask(SAME)], ['exact', 'semantic']);
    const [semantic, exact] = await daemon.waitForExchanges(known + 3);
    assert.equal((await rate(semantic?.exchangeId)).counted, false);
    assert.equal((await rate(exact?.exchangeId)).counted, true);
  });
});
