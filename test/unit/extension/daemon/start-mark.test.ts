import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { takeStartMark } from '../../../../extension/daemon/start-mark.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const NOBODY = 2 ** 30;

describe('the mark of the window that starts the daemon', () => {
  const folder = temporaryFolder();
  const home = (): string => folder.file('home');
  const path = (): string => folder.file('home/starting');

  it('is had by one at a time, in a home that is made closed to others', () => {
    const mark = takeStartMark(home());
    assert.notEqual(mark, null);
    assert.equal(takeStartMark(home()), null);
    assert.equal(statSync(home()).mode & 0o777, 0o700);
    mark?.release();
    assert.ok(!existsSync(path()));
    takeStartMark(home())?.release();
  });

  it('of a window that is gone, or that has not renewed it, is nobody’s', () => {
    takeStartMark(home())?.release();
    writeFileSync(path(), String(NOBODY));
    const first = takeStartMark(home());
    assert.equal(readFileSync(path(), 'utf8'), String(process.pid));
    const old = new Date(Date.now() - 20_000);
    utimesSync(path(), old, old);
    const second = takeStartMark(home());
    assert.notEqual(second, null);
    first?.release();
    second?.release();
  });

  it('is not taken away from another window when ours is released late', () => {
    const mark = takeStartMark(home());
    writeFileSync(path(), String(process.ppid));
    mark?.release();
    assert.ok(existsSync(path()));
  });

  it('says what is wrong with a home that cannot be made', () => {
    writeFileSync(folder.file('file'), '');
    assert.throws(() => takeStartMark(folder.file('file/home')), { code: 'ENOTDIR' });
  });
});
