import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { defaultConfig } from '../../../../daemon/config/decode-config.ts';
import { loadConfig } from '../../../../daemon/config/load-config.ts';
import type { LoadedConfig } from '../../../../daemon/config/load-config.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('loading config.jsonc', () => {
  const folder = temporaryFolder();
  const load = (): Promise<LoadedConfig> => loadConfig({ path: folder.file('config.jsonc') });
  const errorOf = (loaded: LoadedConfig): string =>
    loaded.status === 'invalid' ? loaded.error : loaded.status;

  it('takes the defaults when there is no file', async () => {
    const loaded = await load();
    assert.equal(loaded.status, 'absent');
    assert.deepEqual(loaded.config, defaultConfig());
  });

  it('takes the defaults when there is no folder', async () => {
    assert.equal((await loadConfig({ path: folder.file('no/config.jsonc') })).status, 'absent');
  });

  it('reads the file', async () => {
    writeFileSync(folder.file('config.jsonc'), '\uFEFF{\r\n"port": 1234, // mine\r\n}');
    const loaded = await load();
    assert.equal(loaded.status === 'loaded' && loaded.config.port, 1234);
  });

  it('names file, line and key of what is wrong', async () => {
    writeFileSync(folder.file('config.jsonc'), '{\n"porte": 1}');
    assert.equal(
      errorOf(await load()),
      'config.jsonc line 2, column 1: porte is not a known key; the nearest known key is "port"',
    );
  });

  it('says that an empty file is empty', async () => {
    writeFileSync(folder.file('config.jsonc'), '');
    assert.match(errorOf(await load()), /the file is empty; write \{\} for the defaults$/);
  });

  it('follows a link', async () => {
    writeFileSync(folder.file('real'), '{"port": 1}');
    symlinkSync(folder.file('real'), folder.file('config.jsonc'));
    assert.equal((await load()).status, 'loaded');
  });

  it('does not take the defaults for a link to nothing', async () => {
    symlinkSync(folder.file('gone'), folder.file('config.jsonc'));
    assert.match(errorOf(await load()), /link to a file that does not exist/);
  });

  it('does not run around a link to itself', async () => {
    symlinkSync(folder.file('config.jsonc'), folder.file('config.jsonc'));
    assert.match(errorOf(await load()), /leads to itself/);
  });

  it('refuses a folder in place of the file', async () => {
    mkdirSync(folder.file('config.jsonc'));
    assert.match(errorOf(await load()), /^config\.jsonc is a directory/);
  });

  it('refuses a pipe in place of the file and does not wait for it', async function () {
    if (process.platform === 'win32') this.skip();
    execFileSync('mkfifo', [folder.file('config.jsonc')]);
    assert.match(errorOf(await load()), /not a regular file/);
  });

  it('refuses a huge file without reading it', async () => {
    writeFileSync(folder.file('config.jsonc'), '');
    truncateSync(folder.file('config.jsonc'), 8_000_000_000);
    assert.match(errorOf(await load()), /too large/);
  });

  it('refuses UTF-16, as some shells write it', async () => {
    writeFileSync(folder.file('config.jsonc'), '\uFEFF{"port": 1}', 'utf16le');
    assert.match(errorOf(await load()), /not UTF-8/);
  });

  it('refuses bytes that are not UTF-8', async () => {
    writeFileSync(folder.file('config.jsonc'), Buffer.from([0x7b, 0x2f, 0x2f, 0xe9, 0x0a, 0x7d]));
    assert.match(errorOf(await load()), /not UTF-8/);
  });

  it('says how to make an unreadable file readable', async () => {
    const denied = Object.assign(new Error('no'), { code: 'EACCES' });
    const loaded = await loadConfig({ path: '/x/config.jsonc', readFile: () => Promise.reject(denied) });
    assert.match(errorOf(loaded), /run: chmod u\+r '\/x\/config\.jsonc'$/);
  });

  it('refuses an unreadable file on a real disk', async function () {
    if (process.getuid === undefined || process.getuid() === 0) this.skip(); // root reads everything
    writeFileSync(folder.file('config.jsonc'), '{}');
    chmodSync(folder.file('config.jsonc'), 0);
    assert.match(errorOf(await load()), /cannot be read by this user/);
  });

  it('gives equal content equal fingerprints, and different content different ones', async () => {
    writeFileSync(folder.file('config.jsonc'), '{"port": 1}');
    const [first, again] = [await load(), await load()];
    writeFileSync(folder.file('config.jsonc'), '{"port": 2}');
    assert.equal(first.fingerprint, again.fingerprint);
    assert.notEqual((await load()).fingerprint, first.fingerprint);
  });
});
