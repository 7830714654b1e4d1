// kill -9 while stored answers are written to the disk: the file can be read afterwards, nothing in it is half an
// answer, and what was written before is given again. 8 kills; FAULTS_FULL=1 makes it 100.

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ensureBundle, spawnDaemon, type DaemonProcess } from '../support/daemon-process.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { seededRandom } from './seeded-random.ts';

const KILLS = process.env['FAULTS_FULL'] === '1' ? 100 : 8;
const SEED = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000);
/** Long enough that a row takes several pages; nothing that repeats itself, since such an answer is not kept. */
const WORDS = Array.from({ length: 300 }, (_, index) => hash('sha256', `${index}`, 'base64url')).join(' ');

describe('[A31] kill -9 while answers are written to the disk', function () {
  this.timeout(KILLS * 10_000);
  const folder = temporaryFolder();
  let upstream: FakeUpstream;
  let daemon: DaemonProcess;

  const ask = async (number: number): Promise<string | null> => {
    const messages = [{ role: 'user', content: `question ${number}` }];
    const answer = await daemon.post('/v1/chat/completions', { model: 'auto', messages });
    const body = (await answer.json()) as { choices: { message: { content: string } }[] };
    assert.equal(body.choices[0]?.message.content, `${WORDS}${number}`);
    return answer.headers.get('x-pointsman-cache');
  };

  const kill = async (): Promise<void> => {
    daemon.child.kill('SIGKILL');
    await daemon.ended;
  };

  beforeEach(async () => {
    ensureBundle();
    upstream = await startFakeUpstream();
    upstream.always((context) => {
      const [message] = (context.request.json?.['messages'] ?? []) as { content: string }[];
      return json(chatBody(`${WORDS}${message?.content.split(' ')[1]}`))(context);
    });
    const config = configFor([{ id: 'small', baseUrl: upstream.baseUrl }], {
      cache: { exact: { onDisk: true } },
    });
    writeFileSync(folder.file('config.jsonc'), JSON.stringify(config), { mode: 0o600 });
  });
  afterEach(async () => {
    await kill();
    await upstream.close();
  });

  it('leaves a file that can be read, with whole answers only', async () => {
    const random = seededRandom(SEED);
    console.log(`      seed ${SEED}`);
    let asked = 0;
    let hits = 0;
    for (let round = 0; round < KILLS; round += 1) {
      daemon = await spawnDaemon({ home: folder.path });
      // What the kill before left is given again, and whole.
      for (let number = 0; number < asked; number += 1 + Math.floor(asked / 20)) {
        if ((await ask(number)) === 'exact') hits += 1;
      }
      const asking = Promise.allSettled(Array.from({ length: 40 }, (_, index) => ask(asked + index)));
      await pause(20 + random() * 300);
      await kill();
      await asking;
      asked += 40;

      const database = new DatabaseSync(path.join(folder.path, 'cache.db'));
      const [check] = database.prepare('PRAGMA integrity_check').all();
      assert.deepEqual({ ...check }, { integrity_check: 'ok' });
      // Before the first answer there is no table yet.
      const hasTable = database.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined;
      const rows = hasTable ? database.prepare('SELECT answer FROM answers').all() : [];
      for (const row of rows) JSON.parse(String(row['answer']));
      database.close();
    }
    console.log(`      ${asked} questions, ${hits} answered from the file`);
    assert.ok(hits > 0);
  });
});
