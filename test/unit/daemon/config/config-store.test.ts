import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { ConfigStore } from '../../../../daemon/config/config-store.ts';
import type { ConfigState } from '../../../../daemon/config/config-store.ts';
import { defaultConfig } from '../../../../daemon/config/decode-config.ts';
import type { RouterConfig } from '../../../../daemon/config/schema.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

interface Seen {
  readonly config: RouterConfig;
  readonly state: ConfigState;
}

describe('configuration store', () => {
  const folder = temporaryFolder();
  const clock = createVirtualClock();
  let store: ConfigStore;
  let seen: Seen[];
  const edit = (text: string): void => writeFileSync(folder.file('config.jsonc'), text);
  const portIs = (port: number): void => assert.equal(store.current.port, port);

  beforeEach(() => {
    seen = [];
    store = new ConfigStore({ path: folder.file('config.jsonc'), clock, log: silentLog });
    store.onChange((config, state) => seen.push({ config, state }));
  });
  afterEach(() => store.close());

  it('has the defaults before it is started and without a file', async () => {
    assert.deepEqual(store.current, defaultConfig());
    await store.start();
    assert.deepEqual(store.current, defaultConfig());
    assert.deepEqual(store.state, { path: folder.file('config.jsonc'), valid: true, error: null });
  });

  it('has the file once it is started', async () => {
    edit('{"port": 1}');
    await store.start();
    portIs(1);
  });

  it('starts with the defaults and says why when the first file is bad', async () => {
    edit('{"port": "x"}');
    await store.start();
    assert.deepEqual(store.current, defaultConfig());
    assert.equal(store.state.valid, false);
    assert.match(store.state.error ?? '', /^config\.jsonc line 1, column 10: port must be a whole number/);
  });

  it('rejects a bad edit whole, keeps the last good configuration and names line and key', async () => {
    edit('{"port": 1, "profile": "budget"}');
    await store.start();
    const before = store.current;
    edit('{"port": 2,\n "porte": 3}');
    await store.reload();
    assert.equal(store.current, before);
    assert.equal(store.state.valid, false);
    assert.match(store.state.error ?? '', /line 2, column 2: porte .* nearest known key is "port"/);
  });

  it('is valid again after the edit is mended, also when it is taken back', async () => {
    edit('{"port": 1}');
    await store.start();
    edit('{');
    await store.reload();
    edit('{"port": 1}');
    await store.reload();
    assert.deepEqual([store.state.valid, store.state.error], [true, null]);
    portIs(1);
  });

  it('leaves a snapshot that somebody holds as it was', async () => {
    edit('{"port": 1, "timeouts": {"idleMs": 7}}');
    await store.start();
    const held = store.current;
    edit('{"port": 2}');
    await store.reload();
    assert.deepEqual([held.port, held.timeouts.idleMs], [1, 7]);
    assert.ok(Object.isFrozen(held.timeouts));
    portIs(2);
  });

  it('tells listeners of an applied edit and of a rejected one, with the configuration in force', async () => {
    edit('{"port": 1}');
    await store.start();
    edit('{"port": -1}');
    await store.reload();
    assert.deepEqual(
      seen.map(({ config, state }) => [config.port, state.valid]),
      [
        [1, true],
        [1, false],
      ],
    );
    assert.equal(seen[0]?.config, seen[1]?.config);
  });

  it('says nothing when a file is saved without a change', async () => {
    edit('{"port": 1}');
    await store.start();
    edit('{"port": 1}');
    await store.reload();
    await store.reload();
    assert.equal(seen.length, 1);
  });

  it('stops telling a listener that has unsubscribed', async () => {
    const heard: number[] = [];
    const unsubscribe = store.onChange((config) => heard.push(config.port));
    edit('{"port": 1}');
    await store.reload();
    unsubscribe();
    edit('{"port": 2}');
    await store.reload();
    assert.deepEqual(heard, [1]);
  });

  it('goes on when a listener throws', async () => {
    store.onChange(() => {
      throw new Error('listener bug');
    });
    const heard: number[] = [];
    store.onChange((config) => heard.push(config.port));
    edit('{"port": 1}');
    await store.reload();
    assert.deepEqual(heard, [1]);
  });

  it('keeps the last good configuration while the file is gone', async () => {
    edit('{"port": 1}');
    await store.start();
    unlinkSync(folder.file('config.jsonc'));
    await store.reload();
    portIs(1);
    assert.match(store.state.error ?? '', /config\.jsonc is gone; the last good configuration stays/);
    edit('{"port": 1}');
    await store.reload();
    assert.equal(store.state.valid, true);
  });

  it('is valid with the defaults when a bad file is taken away', async () => {
    edit('{');
    await store.start();
    unlinkSync(folder.file('config.jsonc'));
    await store.reload();
    assert.deepEqual([store.state.valid, store.current.port], [true, 7411]);
  });

  for (const [what, spoil] of Object.entries({
    'an empty file': (path: string) => writeFileSync(path, ''),
    'a folder': (path: string) => (rmSync(path), mkdirSync(path)),
    'a link to nothing': (path: string) => (rmSync(path), symlinkSync('/nowhere/at/all', path)),
    'half a file': (path: string) => writeFileSync(path, '{"port": 2, "prof'),
  })) {
    it(`keeps the last good configuration when ${what} takes its place`, async () => {
      edit('{"port": 1}');
      await store.start();
      spoil(folder.file('config.jsonc'));
      await store.reload();
      portIs(1);
      assert.equal(store.state.valid, false);
    });
  }

  it('knows the shipped models', async () => {
    const knowing = new ConfigStore({
      path: folder.file('config.jsonc'),
      clock,
      log: silentLog,
      known: { providers: [], models: ['m'] },
    });
    edit('{"baseline": "m"}');
    await knowing.reload();
    await store.reload();
    assert.deepEqual([knowing.state.valid, store.state.valid], [true, false]);
  });

  it('reads a hundred edits in a row and ends with the last', async () => {
    await store.start();
    const reloads: Promise<void>[] = [];
    for (let port = 1; port <= 100; port += 1) {
      edit(`{"port": ${port}}`);
      reloads.push(store.reload());
    }
    await Promise.all(reloads);
    portIs(100);
  });
});

describe('configuration store that watches its file', () => {
  const folder = temporaryFolder();
  const edit = (text: string): void => writeFileSync(folder.file('config.jsonc'), text);

  async function started(): Promise<{ store: ConfigStore; nextChange: (byMs?: number) => Promise<void> }> {
    const clock = createVirtualClock();
    const store = new ConfigStore({ path: folder.file('config.jsonc'), clock, log: silentLog });
    await store.start();
    const nextChange = async (byMs = 100): Promise<void> => {
      const changed = new Promise<void>((resolve) => {
        const unsubscribe = store.onChange(() => {
          unsubscribe();
          resolve();
        });
      });
      await clock.waitForTimers(1);
      await clock.advance(byMs);
      await changed;
    };
    return { store, nextChange };
  }

  it('applies an edit 100 ms after it', async () => {
    edit('{"port": 1}');
    const { store, nextChange } = await started();
    edit('{"port": 2}');
    await nextChange(100);
    assert.equal(store.current.port, 2);
    store.close();
  });

  it('applies edits of an editor that deletes and makes the file anew, and of one that renames', async () => {
    edit('{"port": 1}');
    const { store, nextChange } = await started();
    unlinkSync(folder.file('config.jsonc'));
    edit('{"port": 2}');
    await nextChange();
    assert.equal(store.current.port, 2);
    writeFileSync(folder.file('config.jsonc~'), '{"port": 3}');
    renameSync(folder.file('config.jsonc~'), folder.file('config.jsonc'));
    await nextChange();
    assert.equal(store.current.port, 3);
    store.close();
  });

  it('applies only the second of two edits within the quiet time', async () => {
    const { store, nextChange } = await started();
    const ports: number[] = [];
    store.onChange((config) => ports.push(config.port));
    edit('{"port": 1}');
    edit('{"port": 2}');
    await nextChange();
    assert.deepEqual(ports, [2]);
    store.close();
  });

  it('hears of a bad edit and of its repair', async () => {
    edit('{"port": 1}');
    const { store, nextChange } = await started();
    edit('{"port": 1,,}');
    await nextChange();
    assert.equal(store.state.valid, false);
    edit('{"port": 5}');
    await nextChange();
    assert.deepEqual([store.state.valid, store.current.port], [true, 5]);
    store.close();
  });

  it('tells nobody after it is closed', async () => {
    const { store } = await started();
    let calls = 0;
    store.onChange(() => void (calls += 1));
    edit('{"port": 9}');
    const reloading = store.reload();
    store.close();
    await reloading;
    assert.deepEqual([calls, store.current.port], [0, 7411]);
  });
});

describe('putting a configuration', () => {
  const folder = temporaryFolder();
  let store: ConfigStore;
  beforeEach(() => {
    store = new ConfigStore({
      path: folder.file('config.jsonc'),
      clock: createVirtualClock(),
      log: silentLog,
    });
  });
  afterEach(() => store.close());

  it('writes the text as it is, with its comments, private to the user, and applies it', async () => {
    const text = '{ // mine\n "port": 1, }';
    assert.deepEqual(await store.put(text), { ok: true });
    assert.equal(readFileSync(folder.file('config.jsonc'), 'utf8'), text);
    assert.equal(statSync(folder.file('config.jsonc')).mode & 0o777, 0o600);
    assert.equal(store.current.port, 1);
  });

  it('refuses a bad text, says why, and changes neither file nor configuration', async () => {
    await store.put('{"port": 1}');
    const result = await store.put('{"port": 2, "porte": 1}');
    assert.match(result.ok ? '' : result.error, /line 1, column 13: porte is not a known key/);
    assert.equal(readFileSync(folder.file('config.jsonc'), 'utf8'), '{"port": 1}');
    assert.deepEqual([store.current.port, store.state.valid], [1, true]);
  });

  it('mends a bad file', async () => {
    writeFileSync(folder.file('config.jsonc'), '{');
    await store.reload();
    assert.equal(store.state.valid, false);
    await store.put('{}');
    assert.deepEqual([store.state.valid, store.state.error], [true, null]);
  });

  it('tells listeners once, not again when the watch reports the write', async () => {
    let calls = 0;
    store.onChange(() => void (calls += 1));
    await store.put('{"port": 1}');
    await store.reload();
    assert.equal(calls, 1);
  });

  it('changes nothing when the file cannot be written', async () => {
    mkdirSync(folder.file('config.jsonc'));
    mkdirSync(folder.file('config.jsonc/inner'));
    const result = await store.put('{"port": 1}');
    assert.match(result.ok ? '' : result.error, /^config\.jsonc cannot be written \(E\w+\)/);
    assert.equal(store.current.port, 7411);
  });

  it('says so when the folder is read-only', async function () {
    if (process.getuid === undefined || process.getuid() === 0) this.skip(); // root writes everywhere
    chmodSync(folder.path, 0o500);
    assert.equal((await store.put('{}')).ok, false);
    chmodSync(folder.path, 0o700);
  });

  it('keeps the order of writes that are asked for at once', async () => {
    await Promise.all([
      store.put('{"port": 1}'),
      store.put('{"port": 2}'),
      store.reload(),
      store.put('{"port": 3}'),
    ]);
    assert.equal(store.current.port, 3);
    assert.equal(readFileSync(folder.file('config.jsonc'), 'utf8'), '{"port": 3}');
  });
});
