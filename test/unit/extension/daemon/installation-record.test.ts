import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import {
  forgetInstallations,
  readInstallations,
  recordPath,
  rememberInstallation,
} from '../../../../extension/daemon/installation-record.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const CODE = {
  extensionsFolder: '/home/me/.vscode/extensions',
  home: '/home/me/p',
  copies: '/home/me/copies',
};
const SERVER = { ...CODE, extensionsFolder: '/home/me/.vscode-server/extensions' };

describe('the record of what to clean up', () => {
  const folder = temporaryFolder();
  const path = (): string => folder.file('deep/editors.json');

  it('keeps each installation once, and only for its owner to read', () => {
    rememberInstallation(path(), CODE);
    rememberInstallation(path(), CODE);
    rememberInstallation(path(), SERVER);
    assert.deepEqual(readInstallations(path()), [CODE, SERVER]);
    assert.equal(statSync(path()).mode & 0o777, 0o600);
  });

  it('forgets one editor and goes with the last', () => {
    rememberInstallation(path(), CODE);
    rememberInstallation(path(), SERVER);
    forgetInstallations(path(), CODE.extensionsFolder);
    assert.deepEqual(readInstallations(path()), [SERVER]);
    forgetInstallations(path(), SERVER.extensionsFolder);
    assert.ok(!existsSync(path()));
  });

  it('is empty where it is damaged or holds something else', () => {
    for (const text of ['', '{', 'null', '{"installations":7}', '{"installations":[null,{"home":1}]}']) {
      writeFileSync(folder.file('editors.json'), text);
      assert.deepEqual(readInstallations(folder.file('editors.json')), [], text);
    }
  });

  it('lies in the data folder of the platform, whatever home was chosen', () => {
    const environment = { POINTSMAN_HOME: '/elsewhere' };
    assert.equal(
      recordPath({ environment, platform: 'linux', homedir: '/home/me' }),
      '/home/me/.local/share/pointsman/editors.json',
    );
  });
});
