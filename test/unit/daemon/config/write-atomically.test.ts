import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeAtomically, writeTemporary } from '../../../../daemon/config/write-atomically.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('atomic write', () => {
  const folder = temporaryFolder();

  it('makes a file that only its owner can read', () => {
    writeAtomically(folder.file('a'), 'text');
    assert.equal(readFileSync(folder.file('a'), 'utf8'), 'text');
    assert.equal(statSync(folder.file('a')).mode & 0o777, 0o600);
  });

  it('replaces a file that was open to others by a private one', () => {
    writeFileSync(folder.file('a'), 'old');
    chmodSync(folder.file('a'), 0o644);
    writeAtomically(folder.file('a'), 'new');
    assert.equal(readFileSync(folder.file('a'), 'utf8'), 'new');
    assert.equal(statSync(folder.file('a')).mode & 0o777, 0o600);
  });

  it('replaces the file that a link names and keeps the link', () => {
    mkdirSync(folder.file('dotfiles'));
    writeFileSync(folder.file('dotfiles/real'), 'old');
    symlinkSync(folder.file('dotfiles/real'), folder.file('a'));
    writeAtomically(folder.file('a'), 'new');
    assert.ok(lstatSync(folder.file('a')).isSymbolicLink());
    assert.equal(readFileSync(folder.file('dotfiles/real'), 'utf8'), 'new');
  });

  it('leaves nothing behind, also when it fails', () => {
    mkdirSync(folder.file('a'));
    mkdirSync(folder.file('a/inner'));
    assert.throws(() => writeAtomically(folder.file('a'), 'text'));
    writeAtomically(folder.file('b'), 'text');
    assert.deepEqual(readdirSync(folder.path).sort(), ['a', 'b']);
  });

  it('throws what the file system says when the folder is missing', () => {
    assert.throws(() => writeAtomically(folder.file('no/such/file'), ''), { code: 'ENOENT' });
  });

  it('writes temporary files of different names beside the file', () => {
    const names = [writeTemporary(folder.file('a'), '1'), writeTemporary(folder.file('a'), '2')];
    assert.notEqual(names[0], names[1]);
    assert.ok(names.every((name) => name.startsWith(folder.file('a.'))));
  });
});
