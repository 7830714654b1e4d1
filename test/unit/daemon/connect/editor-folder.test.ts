import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';

import { checkedEditorFolder } from '../../../../daemon/connect/editor-folder.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('the folder of an editor that somebody names', () => {
  const folder = temporaryFolder();

  it('is taken when it is a User folder that is there, or a profile in it', () => {
    for (const name of ['User', 'User/profiles/-1a2b3c']) {
      mkdirSync(folder.file(name), { recursive: true });
      assert.equal(checkedEditorFolder(folder.file(name)), folder.file(name));
    }
  });

  it('is refused when it is anything else', () => {
    mkdirSync(folder.file('User/globalStorage'), { recursive: true });
    mkdirSync(folder.file('Other'));
    mkdirSync(folder.file('file'));
    writeFileSync(folder.file('file/User'), '');
    const wrong: readonly (readonly [path: string, sentence: RegExp])[] = [
      ['User', /absolute/],
      [`${folder.path}/Other/../User`, /absolute path without/],
      [`${folder.file('User')}/`, /absolute path without/],
      [folder.file('Other'), /must be the "User" folder/],
      [folder.file('User/globalStorage'), /must be the "User" folder/],
      [folder.file('gone/User'), /no folder that is there/],
      [folder.file('file/User'), /no folder that is there/],
      [`${folder.path}\n/User`, /not a path/],
      [`/${'x'.repeat(5000)}/User`, /not a path/],
    ];
    for (const [path, sentence] of wrong) assert.throws(() => checkedEditorFolder(path), sentence, path);
  });
});
