import assert from 'node:assert/strict';
import { duration, moneyFormat, percent, short } from '../../../../daemon/cli/figures.ts';
import { createProgress, progressText } from '../../../../daemon/cli/progress.ts';

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

describe('progress', () => {
  it('is a line that is written over, for a person at a terminal only', () => {
    const written: string[] = [];
    const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
    const progress = createProgress('checking rows', { isTTY: true, write });
    progress.update(250, 1000);
    progress.update(251, 1000); // too soon to be worth writing
    progress.end();
    assert.deepEqual(written, [
      '\r\u001b[Kchecking rows [#####...............] 25 %, 250 of 1,000',
      '\r\u001b[K',
    ]);
    const silent = createProgress('x', { isTTY: false, write: () => assert.fail('nobody looks') });
    silent.update(1, 2);
    silent.end();
  });

  it('counts without a bar where the whole is not known', () => {
    assert.equal(progressText(1234, 0), '1,234');
  });
});
