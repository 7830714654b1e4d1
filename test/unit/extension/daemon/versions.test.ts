import assert from 'node:assert/strict';
import { compareVersions } from '../../../../extension/daemon/versions.ts';

describe('versions', () => {
  it('are ordered by number, a pre-release before its release, and what is no version before all', () => {
    const ascending = [
      'who knows',
      '0.0.0-dev',
      '0.1.0',
      '0.2.0-rc.2',
      '0.2.0-rc.10',
      '0.2.0',
      '0.10.0',
      '1.0.0',
    ];
    for (const [index, older] of ascending.entries()) {
      assert.equal(compareVersions(older, older), 0, older);
      for (const newer of ascending.slice(index + 1)) {
        assert.ok(compareVersions(older, newer) < 0, `${older} ${newer}`);
        assert.ok(compareVersions(newer, older) > 0, `${newer} ${older}`);
      }
    }
  });
});
