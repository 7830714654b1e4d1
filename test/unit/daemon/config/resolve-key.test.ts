import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolveApiKey } from '../../../../daemon/config/resolve-key.ts';
import type { ResolvedKey } from '../../../../daemon/config/resolve-key.ts';
import type { ApiKeyRef } from '../../../../daemon/config/schema.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const SECRET = 'sk-test-0123456789abcdef';

function why(resolved: ResolvedKey): string {
  assert.equal(resolved.key, null);
  return 'why' in resolved ? resolved.why : '';
}

describe('key from the environment', () => {
  const resolve = (value: string | undefined): ResolvedKey =>
    resolveApiKey({ env: 'SOME_KEY' }, { environment: { SOME_KEY: value }, home: '/home' });

  it('is the value of the variable', () => {
    assert.deepEqual(resolve(SECRET), { key: SECRET, from: 'environment variable SOME_KEY' });
  });

  it('loses the space around it', () => assert.equal(resolve(` ${SECRET}\r\n`).key, SECRET));

  for (const value of [undefined, '', '  ', '\n']) {
    it(`is none when the variable is ${JSON.stringify(value) ?? 'not set'}`, () => {
      assert.match(why(resolve(value)), /SOME_KEY is not set; set it/);
    });
  }

  it('is not our own token, which terminals have in the place of a key', () => {
    for (const prefix of ['pm_', 'pma_']) {
      const token = `${prefix}${'aB3_-'.repeat(8)}xyz`;
      const reason = why(resolve(token));
      assert.match(reason, /SOME_KEY holds a token of pointsman/);
      assert.ok(!reason.includes(token));
    }
    assert.equal(resolve('pm_short').key, 'pm_short');
  });

  for (const value of [
    `a\r\nx-evil: ${SECRET}`,
    `a\0${SECRET}`,
    `two ${SECRET}`,
    `${SECRET}é`,
    `${SECRET}\u2028x`,
    `a\x7f${SECRET}`,
  ]) {
    it(`is refused when it is ${JSON.stringify(value)}, without being repeated`, () => {
      const reason = why(resolve(value));
      assert.match(reason, /characters that a key cannot have/);
      assert.doesNotMatch(reason, /sk-test/);
    });
  }

  it('is refused when it is longer than any key', () => {
    assert.match(why(resolve('k'.repeat(20_000))), /too long/);
  });

  it('is not something that every object has', () => {
    assert.equal(resolveApiKey({ env: 'constructor' }, { environment: {}, home: '/' }).key, null);
  });
});

describe('key from a file', () => {
  const folder = temporaryFolder();
  const resolve = (file: string): ResolvedKey =>
    resolveApiKey({ file }, { environment: {}, home: folder.path });
  const write = (text: string, mode: number): void => {
    writeFileSync(folder.file('a.key'), text);
    chmodSync(folder.file('a.key'), mode);
  };

  it('is read relative to the home folder, without its line end', () => {
    write(`${SECRET}\r\n`, 0o600);
    assert.deepEqual(resolve('a.key'), { key: SECRET, from: `file ${folder.file('a.key')}` });
  });

  it('is read by its absolute path', () => {
    write(SECRET, 0o400);
    assert.equal(resolve(folder.file('a.key')).key, SECRET);
  });

  it('is read through a link', () => {
    write(SECRET, 0o600);
    symlinkSync(folder.file('a.key'), folder.file('link'));
    assert.equal(resolve('link').key, SECRET);
  });

  for (const mode of [0o640, 0o604, 0o660, 0o644, 0o610]) {
    it(`is refused with mode ${mode.toString(8)}, and the remedy named`, () => {
      write(SECRET, mode);
      assert.match(why(resolve('a.key')), /can be read by others; run: chmod 600 '.*a\.key'$/);
    });
  }

  it('is accepted where files have no mode', () => {
    const readFile = (): { text: string; mode: null } => ({ text: SECRET, mode: null });
    assert.equal(resolveApiKey({ file: 'k' }, { environment: {}, home: '/h', readFile }).key, SECRET);
  });

  it('is none when the file is missing, empty or a folder, and the sentence says which', () => {
    assert.match(why(resolve('no.key')), /does not exist; create it/);
    write(' \n', 0o600);
    assert.match(why(resolve('a.key')), /is empty/);
    mkdirSync(folder.file('dir'));
    assert.match(why(resolve('dir')), /is not a file/);
  });

  it('is refused with a second line, without being repeated', () => {
    write(`${SECRET}\n${SECRET}`, 0o600);
    assert.doesNotMatch(why(resolve('a.key')), /sk-test/);
  });

  it('is refused when the file is huge', () => {
    write('k'.repeat(1_000_000), 0o600);
    assert.match(why(resolve('a.key')), /too long/);
  });
});

describe('key from elsewhere', () => {
  const options = { environment: {}, home: '/home' };

  it('says where a keychain entry is set', () => {
    const ref: ApiKeyRef = { keychain: 'openai' };
    assert.match(why(resolveApiKey(ref, options)), /"openai".*Set Provider Key.*"env".*"file"/);
  });

  it('is none when none is configured', () => {
    assert.equal(why(resolveApiKey(undefined, options)), 'no apiKey is configured');
  });
});
