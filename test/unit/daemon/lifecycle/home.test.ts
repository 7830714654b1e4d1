import assert from 'node:assert/strict';
import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { prepareHome, resolveHome } from '../../../../daemon/lifecycle/home.ts';
import type { HomeOptions } from '../../../../daemon/lifecycle/home.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

function home(options: Partial<HomeOptions>): string {
  return resolveHome({
    environment: {},
    platform: 'linux',
    homedir: '/home/ada',
    workingDirectory: '/srv',
    ...options,
  });
}

describe('home folder', () => {
  it('is what --home names, before everything else', () => {
    assert.equal(home({ argument: '/a', environment: { POINTSMAN_HOME: '/b', XDG_DATA_HOME: '/c' } }), '/a');
  });

  it('is POINTSMAN_HOME without --home', () => {
    assert.equal(home({ environment: { POINTSMAN_HOME: '/b', XDG_DATA_HOME: '/c' } }), '/b');
  });

  it('is absolute when a relative path is given', () => {
    assert.equal(home({ argument: 'data/../x' }), '/srv/x');
    assert.equal(home({ environment: { POINTSMAN_HOME: 'y' } }), '/srv/y');
  });

  it('takes an empty argument or variable as not given', () => {
    assert.equal(
      home({ argument: '', environment: { POINTSMAN_HOME: ' ' } }),
      '/home/ada/.local/share/pointsman',
    );
  });

  it('is in the data folder of the user on Linux', () => {
    assert.equal(home({}), '/home/ada/.local/share/pointsman');
    assert.equal(home({ environment: { XDG_DATA_HOME: '/data' } }), '/data/pointsman');
  });

  it('ignores a relative XDG_DATA_HOME, as the specification asks', () => {
    assert.equal(home({ environment: { XDG_DATA_HOME: 'data' } }), '/home/ada/.local/share/pointsman');
  });

  it('is in Application Support on macOS', () => {
    assert.equal(
      home({ platform: 'darwin', homedir: '/Users/ada' }),
      '/Users/ada/Library/Application Support/pointsman',
    );
  });

  it('is in the local application data on Windows', () => {
    const windows = { platform: 'win32', homedir: 'C:\\Users\\ada', workingDirectory: 'D:\\work' } as const;
    assert.equal(home({ ...windows, environment: { LOCALAPPDATA: 'E:\\Local' } }), 'E:\\Local\\pointsman');
    assert.equal(home(windows), 'C:\\Users\\ada\\AppData\\Local\\pointsman');
    assert.equal(home({ ...windows, argument: 'x' }), 'D:\\work\\x');
  });
});

describe('preparing the home folder', () => {
  const folder = temporaryFolder();

  it('makes it and its parents, closed to others', () => {
    prepareHome(folder.file('a/b'));
    assert.equal(statSync(folder.file('a/b')).mode & 0o777, 0o700);
    assert.equal(statSync(folder.file('a')).mode & 0o777, 0o700);
  });

  it('may be called again', () => {
    prepareHome(folder.file('a'));
    prepareHome(folder.file('a'));
  });

  it('leaves the mode of a folder that others can only read', () => {
    chmodSync(folder.path, 0o755);
    prepareHome(folder.path);
    assert.equal(statSync(folder.path).mode & 0o777, 0o755);
  });

  for (const mode of [0o777, 0o770, 0o702]) {
    it(`refuses a folder of mode ${mode.toString(8)}, in which others could exchange files, and names the remedy`, () => {
      chmodSync(folder.path, mode);
      assert.throws(() => prepareHome(folder.path), {
        code: 'config.invalid',
        message: `home ${folder.path} can be written by others; run: chmod 700 '${folder.path}'`,
      });
    });
  }

  it('refuses a file in its place', () => {
    writeFileSync(folder.file('a'), '');
    assert.throws(() => prepareHome(folder.file('a')), {
      code: 'config.invalid',
      message: /is not a folder/,
    });
    assert.throws(() => prepareHome(folder.file('a/b')), {
      code: 'config.invalid',
      message: /is not a folder/,
    });
  });

  it('refuses a folder of another user', function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can give a folder away
    chownSync(folder.path, 12_345, 12_345);
    assert.throws(() => prepareHome(folder.path), { message: /belongs to another user/ });
  });
});
