import assert from 'node:assert/strict';
import { duration, moneyFormat, percent, short } from '../../../../daemon/cli/figures.ts';

describe('figures in reports', () => {
  it('give money as many decimals as the largest amount leaves sense for', () => {
    assert.equal(moneyFormat(0.02)(0.001234), '0.001234');
    assert.equal(moneyFormat(5)(0.001234), '0.0012');
    assert.equal(moneyFormat(50_000)(12_345.678), '12,345.68');
  });

  it('say unknown, and never minus nothing', () => {
    assert.equal(moneyFormat(1)(null), 'unknown');
    assert.equal(moneyFormat(1)(undefined), 'unknown');
    assert.equal(moneyFormat(1)(-0.000_001), '0.0000');
    assert.equal(moneyFormat(1)(-0.0001), '-0.0001');
    assert.equal(percent(null), 'unknown');
    assert.equal(duration(null), 'unknown');
  });

  it('shorten large counts to what can be read', () => {
    const cases = [0, 999, 1000, 1234, 12_345, 999_499, 999_500, 1_234_567, 5e9, 7e12].map(short);
    assert.deepEqual(cases, [
      '0',
      '999',
      '1.00k',
      '1.23k',
      '12.3k',
      '999k',
      '1.00M',
      '1.23M',
      '5.00G',
      '7.00T',
    ]);
  });

  it('write times in the unit that fits', () => {
    assert.deepEqual([812.4, 9999.4, 12_345].map(duration), ['812ms', '9999ms', '12.3s']);
  });
});
