import assert from 'node:assert/strict';
import {
  ATTEMPTS_CSV,
  EXCHANGES_CSV,
  JSON_LINES,
  type ExportForm,
} from '../../../../daemon/ledger/export.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { FLASH, OPUS, closingExchange, randomUsage, createDice, tryOf } from './closing-rows.ts';
import { NOON_MS, attempt, exchange, unpriced } from './ledger-fixtures.ts';

function written(form: ExportForm, records: readonly ExchangeRecord[]): string {
  return form.head + records.map((record) => form.linesOf(record)).join('');
}

const exchangesToCsv = (records: readonly ExchangeRecord[]): string => written(EXCHANGES_CSV, records);

/** Rows of cells as a spreadsheet reads them (RFC 4180), by header. */
function readCsv(text: string): readonly Readonly<Record<string, string>>[] {
  const rows: string[][] = [];
  const cells = text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gu);
  let row: string[] = [];
  for (const [, quoted, plain, end] of cells) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  const [head = [], ...body] = rows;
  return body.map((one) => Object.fromEntries(head.map((name, index) => [name, one[index] ?? 'missing'])));
}

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

  for (const start of ['=', '+', '-', '@', '\t', '\uff1d', '\uff0b', '\uff0d', '\uff20']) {
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

  it('[C3] holds every term, so that the saving can be worked out again in a spreadsheet', () => {
    const dice = createDice(6);
    const record = closingExchange('x_1', {
      attempts: [
        tryOf({ model: FLASH, usage: randomUsage(dice), status: 'failed' }),
        tryOf({ model: OPUS, usage: randomUsage(dice) }),
      ],
      startedAtMs: NOON_MS,
      classifierCostUsd: 0.0003,
      baselineUsage: randomUsage(dice),
    });
    const cost = (row: Readonly<Record<string, string>>, tokens: string, prices: string): number => {
      const read = (name: string): number => Number(row[name]);
      const named = (prefix: string, name: string): string =>
        prefix === '' ? name.charAt(0).toLowerCase() + name.slice(1) : prefix + name;
      const of = (name: string): number => read(named(tokens, name));
      const at = (name: string): number => read(named(prices, name));
      const [cached, made] = [of('CacheReadInputTokens'), of('CacheCreationInputTokens')];
      return (
        ((of('InputTokens') - cached - made) * at('InputUsdPerMtok') +
          cached * at('CacheReadUsdPerMtok') +
          made * at('CacheWriteUsdPerMtok') +
          of('OutputTokens') * at('OutputUsdPerMtok')) /
        1e6
      );
    };
    const attempts = readCsv(written(ATTEMPTS_CSV, [record]));
    assert.equal(attempts.length, 2);
    for (const row of attempts) assert.ok(Math.abs(cost(row, '', '') - Number(row['costUsd'])) < 1e-12);
    const [row = {}] = readCsv(exchangesToCsv([record]));
    const baseline = cost(row, 'baseline', 'baseline');
    assert.ok(Math.abs(baseline - Number(row['baselineCostUsd'])) < 1e-12);
    const paid = attempts.reduce(
      (sum, one) => sum + Number(one['costUsd']),
      Number(row['classifierCostUsd']),
    );
    assert.ok(Math.abs(baseline - paid - Number(row['savedUsd'])) < 1e-12);
  });

  it('leaves the parts of an unknown saving and the cost of an unpriced failure empty', () => {
    const failed = { ...attempt, status: 'failed', costUsd: null } as const;
    const [row = {}] = readCsv(
      exchangesToCsv([exchange('x_1', { ...unpriced, attempts: [failed, attempt] })]),
    );
    for (const name of [
      'failedAttemptsCostUsd',
      'savedByRoutingUsd',
      'savedByExactCacheUsd',
      'baselineInputTokens',
    ])
      assert.equal(row[name], '', name);
    const [first = {}] = readCsv(written(ATTEMPTS_CSV, [exchange('x_1', { attempts: [failed] })]));
    assert.deepEqual([first['costUsd'], first['inputUsdPerMtok'], first['costSource']], ['', '', '']);
  });

  it('brings any text through, whatever is in it', () => {
    const workspaceId = 'Bücher "räumen", 書庫 🗂️\r\nzweite Zeile';
    const [row = {}, ...rest] = readCsv(exchangesToCsv([exchange('x_1', { workspaceId })]));
    assert.equal(row['workspaceId'], workspaceId);
    assert.equal(rest.length, 0);
    assert.ok(!exchangesToCsv([exchange('x_1', { workspaceId: 'a\0b' })]).includes('\0'));
  });

  it('writes no line of attempts for a request without any', () => {
    assert.equal(written(ATTEMPTS_CSV, [exchange('x_1', { attempts: [] })]), ATTEMPTS_CSV.head);
  });

  it('writes JSON lines that can be read back', () => {
    const { decision: _decision, ...record } = exchange('x_1', { client: 'a\nb' });
    const lines = written(JSON_LINES, [record, record] as never).split('\n');
    assert.equal(lines.length, 3);
    assert.deepEqual(JSON.parse(lines[1] ?? ''), record);
  });
});
