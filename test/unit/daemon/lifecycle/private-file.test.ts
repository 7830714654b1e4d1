import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createPrivateFile, readPrivateFile } from '../../../../daemon/lifecycle/private-file.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('private file', () => {
  const folder = temporaryFolder();

  it('is made with its content and mode 0600, and leaves nothing beside it', () => {
    assert.equal(createPrivateFile(folder.file('a'), 'text'), true);
    assert.equal(readFileSync(folder.file('a'), 'utf8'), 'text');
    assert.equal(statSync(folder.file('a')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder.path), ['a']);
  });

  it('is not made over an existing file, nor through a link', () => {
    writeFileSync(folder.file('a'), 'theirs');
    symlinkSync(folder.file('elsewhere'), folder.file('b'));
    assert.equal(createPrivateFile(folder.file('a'), 'ours'), false);
    assert.equal(createPrivateFile(folder.file('b'), 'ours'), false);
    assert.equal(readFileSync(folder.file('a'), 'utf8'), 'theirs');
    assert.deepEqual(readdirSync(folder.path).sort(), ['a', 'b']);
  });

  it('is read when it is ours and closed to others', () => {
    createPrivateFile(folder.file('a'), 'text');
    assert.equal(readPrivateFile(folder.file('a')), 'text');
  });

  it('is null when it does not exist', () => assert.equal(readPrivateFile(folder.file('a')), null));

  for (const mode of [0o640, 0o604, 0o620, 0o644, 0o666]) {
    it(`is refused with mode ${mode.toString(8)}, and the chmod named`, () => {
      writeFileSync(folder.file('a'), 'x');
      chmodSync(folder.file('a'), mode);
      assert.throws(() => readPrivateFile(folder.file('a')), {
        code: 'config.invalid',
        message: `${folder.file('a')} can be read by others; run: chmod 600 '${folder.file('a')}'`,
      });
    });
  }

  it('is refused when it belongs to another user', function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can give a file away
    writeFileSync(folder.file('a'), 'x', { mode: 0o600 });
    chownSync(folder.file('a'), 12_345, 12_345);
    assert.throws(() => readPrivateFile(folder.file('a')), { message: /belongs to another user/ });
  });

  it('is refused when it is a link, a folder or huge', () => {
    writeFileSync(folder.file('real'), 'x', { mode: 0o600 });
    symlinkSync(folder.file('real'), folder.file('link'));
    mkdirSync(folder.file('dir'));
    writeFileSync(folder.file('huge'), 'x'.repeat(100_000), { mode: 0o600 });
    assert.throws(() => readPrivateFile(folder.file('link')), { message: /is a link/ });
    assert.throws(() => readPrivateFile(folder.file('dir')), { message: /is not a file/ });
    assert.throws(() => readPrivateFile(folder.file('huge')), { message: /too large/ });
  });
});
