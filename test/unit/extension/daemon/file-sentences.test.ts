import assert from 'node:assert/strict';
import { copySentence, homeSentence } from '../../../../extension/daemon/file-sentences.ts';

const systemError = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: as the system says it, mkdir '${path}'`), { code, path });

describe('what the file system refuses', () => {
  it('is told of the home folder with the reason, in words, and what to do', () => {
    assert.equal(
      homeSentence('/home/of/mine', systemError('ENOTDIR', '/home/of/mine/starting')),
      'The folder /home/of/mine cannot be used: a file is in its place. Mend that and try again, or choose another folder in the settings.',
    );
  });

  it('is told of the copy of the daemon with its place', () => {
    assert.equal(
      copySentence(systemError('ENOSPC', '/storage/daemon')),
      'The daemon could not be copied out of the extension to /storage/daemon: the disk is full. Mend that and try again.',
    );
  });

  it('is told as the system says it where there are no better words', () => {
    assert.match(
      homeSentence('/h', systemError('EIO', '/h')),
      /: EIO: as the system says it, mkdir '\/h'\. /,
    );
    assert.match(copySentence('nothing known'), /extension: nothing known\. Mend/);
  });
});
