import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { ConfigStore } from '../../../../daemon/config/config-store.ts';
import type { RouterConfig } from '../../../../daemon/config/schema.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

describe('a check before a configuration comes into force [C11]', () => {
  const folder = temporaryFolder();
  let store: ConfigStore;
  let refused: ReadonlySet<number>;
  let checked: number[];
  let told: (readonly [port: number, valid: boolean])[];
  const edit = (text: string): void => writeFileSync(folder.file('config.jsonc'), text);
  const check = async (config: RouterConfig): Promise<string | null> => {
    checked.push(config.port);
    return Promise.resolve(refused.has(config.port) ? `port ${config.port} fails` : null);
  };

  beforeEach(() => {
    refused = new Set([6]);
    checked = [];
    told = [];
    store = new ConfigStore({
      path: folder.file('config.jsonc'),
      clock: createVirtualClock(),
      log: silentLog,
      check,
    });
    store.onChange((config, { valid }) => told.push([config.port, valid]));
  });
  afterEach(() => store.close());

  it('does not hold back what the daemon starts with', async () => {
    edit('{"port": 6}');
    await store.start();
    assert.deepEqual([store.current.port, store.state.valid, checked], [6, true, []]);
  });

  it('turns an edit down whole, with its sentence, and keeps the last good one', async () => {
    edit('{"port": 5}');
    await store.start();
    edit('{"port": 6, "profile": "budget"}');
    await store.reload();
    assert.deepEqual([store.current.port, store.current.profile], [5, 'balanced']);
    assert.deepEqual([store.state.valid, store.state.error], [false, 'port 6 fails']);
    assert.deepEqual(told, [
      [5, true],
      [5, false],
    ]);
  });

  it('turns the first file down where there was none at the start', async () => {
    await store.start();
    edit('{"port": 6}');
    await store.reload();
    assert.deepEqual([store.current.port, store.state.valid], [7411, false]);
  });

  it('takes a file that was broken at the start as a start takes it, once it is mended', async () => {
    edit('{');
    await store.start();
    edit('{"port": 6}');
    await store.reload();
    assert.deepEqual([store.current.port, store.state.valid, checked], [6, true, []]);
  });

  it('lets an edit be taken back to what is in force, also when that would not pass', async () => {
    edit('{"port": 6}');
    await store.start();
    edit('{"port": 6, "profile": "budget"}');
    await store.reload();
    assert.equal(store.state.valid, false);
    edit('{"port": 6}');
    await store.reload();
    assert.deepEqual([store.state.valid, checked], [true, [6]]);
  });

  it('turns a PUT down before anything is written', async () => {
    edit('{"port": 5}');
    await store.start();
    assert.deepEqual(await store.put('{"port": 6}'), { ok: false, error: 'port 6 fails' });
    assert.equal(readFileSync(folder.file('config.jsonc'), 'utf8'), '{"port": 5}');
    assert.deepEqual([store.current.port, store.state.valid], [5, true]);
    assert.deepEqual(await store.put('{"port": 4}'), { ok: true });
    assert.equal(store.current.port, 4);
  });

  it('looks at a file again that was turned down when the check goes by something else', async () => {
    edit('{"port": 5}');
    await store.start();
    edit('{"port": 6}');
    await store.reload();
    refused = new Set();
    await store.reload();
    assert.equal(store.current.port, 5); // the file itself has not changed
    await store.recheck();
    assert.deepEqual([store.current.port, store.state.valid], [6, true]);
  });

  it('lets the text that was turned down be put once it passes', async () => {
    edit('{"port": 5}');
    await store.start();
    edit('{"port": 6}');
    await store.reload();
    refused = new Set();
    assert.deepEqual(await store.put('{"port": 6}'), { ok: true });
    assert.deepEqual([store.current.port, store.state.valid], [6, true]);
  });

  it('turns nothing down that is in force already', async () => {
    edit('{"port": 5}');
    await store.start();
    refused = new Set([5]);
    await store.recheck();
    await store.reload();
    assert.deepEqual([store.current.port, store.state.valid, checked], [5, true, []]);
    assert.equal(told.length, 1);
  });

  it('lets an edit through when the check itself fails', async () => {
    const failing = new ConfigStore({
      path: folder.file('config.jsonc'),
      clock: createVirtualClock(),
      log: silentLog,
      check: () => Promise.reject(new Error('a bug')),
    });
    await failing.start();
    edit('{"port": 5}');
    await failing.reload();
    assert.deepEqual([failing.current.port, failing.state.valid], [5, true]);
    failing.close();
  });
});
