import assert from 'node:assert/strict';
import { KNOWN_PROVIDERS } from '../../../../daemon/catalog/known-providers.ts';
import { firstSteps } from '../../../../daemon/cli/first-steps.ts';
import { upstreamDialects } from '../../../../daemon/dialects/registry.ts';

const LINES = firstSteps({
  configError: null,
  url: 'http://127.0.0.1:7411',
  home: '/home/u/pointsman',
  configPath: '/home/u/my.jsonc',
});

describe('first steps', () => {
  it('names every key that helps, the configuration file and the address', () => {
    const text = LINES.join('\n');
    for (const { envVar, dialect } of KNOWN_PROVIDERS) {
      const isServed = upstreamDialects.some(({ id }) => id === dialect);
      assert.equal(text.includes(envVar), isServed, envVar);
    }
    for (const part of ['/home/u/my.jsonc', 'http://127.0.0.1:7411/v1', '/home/u/pointsman/token']) {
      assert.ok(text.includes(part), part);
    }
  });

  it('shows what is wrong with the configuration instead, when that is why there is no model', () => {
    const text = firstSteps({
      configError: 'config.jsonc line 3: unknown key "portt", did you mean "port"?',
      url: 'http://127.0.0.1:7411',
      home: '/home/u/pointsman',
      configPath: '/home/u/my.jsonc',
    }).join('\n');
    assert.match(text, /line 3: unknown key "portt"/);
    assert.match(text, /Mend \/home\/u\/my\.jsonc/);
    assert.doesNotMatch(text, /OPENAI_API_KEY/);
  });

  it('fits on one screen of 24 lines and 120 columns', () => {
    assert.ok(LINES.length <= 22);
    assert.ok(Math.max(...LINES.map((line) => line.length)) <= 120);
  });
});
