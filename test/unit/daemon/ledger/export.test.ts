import assert from 'node:assert/strict';
import { exchangesToCsv, exchangesToJsonLines } from '../../../../daemon/ledger/export.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { exchange, unpriced } from './ledger-fixtures.ts';

/** The cells of the one record, by header. For cells without quotes. */
function cellsOf(changes: Partial<ExchangeRecord>): Readonly<Record<string, string>> {
  const [header = '', row = ''] = exchangesToCsv([exchange('x_1', changes)]).split('\r\n');
  const names = header.split(',');
  const cells = row.split(',');
  assert.equal(cells.length, names.length);
  return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
}

describe('export', () => {
  it('[A42] writes a header and a line for each exchange', () => {
    const lines = exchangesToCsv([exchange('x_1'), exchange('x_2')]).split('\r\n');
    assert.equal(lines.length, 4);
    assert.ok(lines[0]?.startsWith('exchangeId,startedAt,durationMs,'));
    assert.ok(lines[2]?.startsWith('x_2,2026-11-21T12:00:00.000Z,812.25,'));
    assert.equal(lines[3], '');
  });

  it('writes a header even when there is nothing else', () => {
    assert.equal(exchangesToCsv([]).trimEnd().split('\r\n').length, 1);
  });

  it('leaves unknown money empty instead of 0', () => {
    const cells = cellsOf({ ...unpriced, usage: null });
    assert.equal(cells['costUsd'], '');
    assert.equal(cells['savedUsd'], '');
    assert.equal(cells['inputTokens'], '');
    assert.equal(cells['failedAttemptsCostUsd'], '0');
  });

  it('keeps a negative saving a number', () => {
    assert.equal(cellsOf({ savedUsd: -0.25 })['savedUsd'], '-0.25');
  });

  for (const start of ['=', '+', '-', '@', '\t']) {
    it(`makes a text that begins with ${JSON.stringify(start)} no formula`, () => {
      assert.equal(
        cellsOf({ requestModel: `${start}HYPERLINK(1)` })['requestModel'],
        `'${start}HYPERLINK(1)`,
      );
    });
  }

  it('makes a text that begins with a carriage return no formula', () => {
    assert.ok(exchangesToCsv([exchange('x_1', { requestModel: '\r=1' })]).includes(`,"'\r=1",`));
  });

  it('quotes commas, quotes and line breaks', () => {
    const csv = exchangesToCsv([exchange('x_1', { client: 'a,"b"\nc' })]);
    assert.ok(csv.includes(',"a,""b""\nc",'));
  });

  it('writes JSON lines that can be read back', () => {
    const { decision: _decision, ...record } = exchange('x_1', { client: 'a\nb' });
    const lines = exchangesToJsonLines([record, record]).split('\n');
    assert.equal(lines.length, 3);
    assert.deepEqual(JSON.parse(lines[1] ?? ''), record);
  });
});
