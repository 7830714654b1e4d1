import assert from 'node:assert/strict';
import { resolveHome } from '../../../../daemon/lifecycle/home.ts';
import { homeFolder, type HomeChoice } from '../../../../extension/daemon/home.ts';

const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'darwin', 'win32'];
const ENVIRONMENTS: readonly HomeChoice['environment'][] = [
  {},
  { POINTSMAN_HOME: '' },
  { POINTSMAN_HOME: '/elsewhere' },
  { XDG_DATA_HOME: '/data' },
  { XDG_DATA_HOME: 'relative' },
  { LOCALAPPDATA: 'D:\\Local' },
];

describe('the home folder of the editor', () => {
  it('is the one that the command line means, on every platform and in every environment', () => {
    for (const platform of PLATFORMS) {
      const homedir = platform === 'win32' ? 'C:\\Users\\me' : '/home/me';
      for (const environment of ENVIRONMENTS) {
        for (const setting of [undefined, '', platform === 'win32' ? 'E:\\mine' : '/mine']) {
          const where = { environment, platform, homedir };
          assert.equal(
            homeFolder({ ...where, setting }),
            resolveHome({ ...where, argument: setting, workingDirectory: homedir }),
          );
        }
      }
    }
  });

  it('starts from the home directory of the user where it is relative, not from the folder of the editor', () => {
    const choice = { setting: 'mine', environment: {}, platform: 'linux', homedir: '/home/me' } as const;
    assert.equal(homeFolder(choice), '/home/me/mine');
  });
});
