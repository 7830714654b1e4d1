import assert from 'node:assert/strict';
import { pricesCheck } from '../../../../daemon/cli/doctor.ts';

const MODEL = {
  id: 'small',
  provider: 'p',
  upstreamModel: 'up-small',
  tier: 'simple',
  usable: true,
  health: 'ok',
  retryAtMs: null,
  inputUsdPerMtok: 0.25,
  outputUsdPerMtok: 1.5,
  priceAsOf: '2026-09-23',
  priceAgeDays: 59,
  contextTokens: 128_000,
  maxOutputTokens: 16_000,
  supports: ['tools'],
  tokenizerFactor: 1,
  priceSource: 'some-list@1.0.0',
} as const;
const LIST = { version: '2026-11-21', ageDays: 0, staleModels: [], unpricedModels: [] };

describe('doctor looks at prices', () => {
  it('says that all is well in one line', () => {
    const check = pricesCheck({ models: [MODEL], priceList: LIST });
    assert.deepEqual(check, {
      name: 'prices',
      ok: true,
      finding: 'list of 2026-11-21, none older than a month',
    });
  });

  it('[A37] names a price that is older than a month, its source and what to do', () => {
    const { ok, finding } = pricesCheck({ models: [MODEL], priceList: { ...LIST, staleModels: ['small'] } });
    assert.equal(ok, true);
    assert.match(
      finding,
      /the price of small is 59 days old \(some-list@1\.0\.0\); check it or set models\.small\.price/,
    );
  });

  it('[A37] names a model that has no price and says what follows', () => {
    const { finding } = pricesCheck({ models: [], priceList: { ...LIST, unpricedModels: ['mystery'] } });
    assert.match(finding, /mystery has no price.*no saving; set models\.mystery\.price/);
  });
});
