import assert from 'node:assert/strict';
import { KNOWN_PROVIDERS } from '../../../../daemon/catalog/known-providers.ts';
import { firstSteps } from '../../../../daemon/cli/first-steps.ts';

const LINES = firstSteps({
  configError: null,
  url: 'http://127.0.0.1:7411',
  home: '/home/u/pointsman',
  configPath: '/home/u/my.jsonc',
});

describe('first steps', () => {
  it('names every key that is looked for, the configuration file and the address', () => {
    const text = LINES.join('\n');
    for (const { envVar } of KNOWN_PROVIDERS) assert.ok(text.includes(envVar), envVar);
    for (const part of ['/home/u/my.jsonc', 'http://127.0.0.1:7411/v1', '/home/u/pointsman/token']) {
      assert.ok(text.includes(part), part);
    }
  });

  it('fits on one screen of 24 lines and 120 columns', () => {
    assert.ok(LINES.length <= 22);
    assert.ok(Math.max(...LINES.map((line) => line.length)) <= 120);
  });
});
