import assert from 'node:assert/strict';
import { dayOfCell, numberOfCell, countOfCell } from '../../../../daemon/audit/invoice-cells.ts';
import { tablesOfZip } from '../../../../daemon/audit/invoice-zip.ts';
import { reconciliationText } from '../../../../daemon/audit/reconcile-text.ts';
import { cellsOf, compared, invoiceOf, sample, zipOf } from './reconcile-fixtures.ts';

/** One sentence, short enough to be read, without line ends and control characters. */
function assertRefused(file: string | Uint8Array, sentence: RegExp): void {
  assert.throws(
    () => invoiceOf([file]),
    (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.equal(error.name, 'InvoiceError');
      assert.match(error.message, sentence);
      assert.ok(error.message.length < 800, error.message);
      assert.doesNotMatch(error.message, /[\p{Cc}]/u);
      return true;
    },
  );
}

describe('a file that is no usage export', () => {
  it('is refused with what was expected when its columns are others', () => {
    assertRefused(
      'foo,bar,baz\n1,2,3\n',
      /its columns are foo, bar, baz; expected the usage or cost export of Anthropic.*date, model and cost/,
    );
    assertRefused('{"foo": 1}', /its columns are foo; expected/);
    assertRefused('[]', /it holds no entries; expected/);
    assertRefused('\u001b[31mred,x\n', /its columns are \?\[31mred, x/);
  });

  it('is told which columns are missing when it comes near to a known one', () => {
    assertRefused(
      'usage_date_utc,model,token_type\n2026-11-21,x,output\n',
      /"Claude Console, cost \(CSV\)", but lacks cost_usd/,
    );
  });

  it('is refused when it is binary, empty, or JSON that breaks off', () => {
    assertRefused(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]), /not a text file/);
    assertRefused(Buffer.from('date,model,cost\n\xff\xfe\xfd', 'latin1'), /not a text file/);
    assertRefused('', /it is empty/);
    assertRefused('{"data": [', /looks like JSON but is none/);
  });

  it('is refused when a line is too long for any export', () => {
    assertRefused(
      `date,model,cost\n2026-11-21,${'m'.repeat(2_000_000)},1\n`,
      /line 2 is longer than a million/,
    );
    assertRefused(`date,model,cost\n2026-11-21,"${'m'.repeat(2_000_000)}`, /line 2 is longer than a million/);
    assertRefused('date,model,cost\n2026-11-21,"m,1\n', /line 2 begins a quoted cell that never ends/);
    assertRefused(`date,model,cost${',x'.repeat(2000)}\n`, /line 1 has more than 1000 cells/);
  });

  it('is refused when a number cannot be read, with the place', () => {
    assertRefused(
      'date,model,cost\n2026-11-21,m,1\n2026-11-21,m,a lot\n',
      /line 3 has "a lot" in the column cost, where a number is expected/,
    );
    assertRefused('date,model,input_tokens\n2026-11-21,m,-5\n', /line 2 has "-5" in the column input_tokens/);
    assertRefused(
      'date,model,cost\nNovember,m,1\n',
      /no row of this export .* has a date in the column date/,
    );
  });

  it('is refused when its archive is damaged, too large or without a table', () => {
    const archive = zipOf({ 'a.csv': sample('deepseek-cost.csv') });
    assertRefused(archive.slice(0, archive.length - 30), /damaged ZIP archive/);
    assertRefused(zipOf({ 'readme.md': 'x' }), /the archive holds no CSV or JSON file; expected/);
    const growing = zipOf({ 'a.csv': Buffer.alloc(1_100_000), 'b.csv': Buffer.alloc(1_100_000) });
    assert.throws(() => tablesOfZip(growing, 2 * 1_048_576), /unpacks to more than any export holds/);
    assertRefused(zipOf({ 'a.csv': 'foo,bar\n' }), /a\.csv in the archive: it is no usage export/);
  });

  it('cannot be two providers at once', () => {
    assert.throws(
      () => invoiceOf([sample('openai-cost.csv'), sample('deepseek-cost.csv')]),
      /exports of openai and deepseek; reconcile one provider at a time/,
    );
  });
});

describe('a hostile usage export', () => {
  it('may name models and members like parts of the language', () => {
    const table =
      'date,model,cost\n2026-11-21,__proto__,1\n2026-11-21,constructor,2\n2026-11-21,toString,3\n';
    assert.equal(cellsOf(invoiceOf([table])).length, 3);
    const entries = '[{"__proto__": {"x": 1}, "date": "2026-11-21", "model": "m", "cost": 1}]';
    assert.deepEqual(cellsOf(invoiceOf([entries])), ['2026-11-21 m -/-/- 1 USD']);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('cannot write to the terminal with the name of a model', () => {
    const invoice = invoiceOf([`date,model,cost\n2026-11-21,"\u001b]0;x\u0007\n${'m'.repeat(500)}",1\n`]);
    const { tables, foot } = reconciliationText(compared({ invoice, exchanges: [] }));
    const text = [...tables.flat(2), ...foot].join(' ');
    assert.doesNotMatch(text, /\p{Cc}/u);
    assert.doesNotMatch(text, /m{100}/);
  });

  it('cannot hold more models and days than there are', () => {
    const rows = Array.from({ length: 101 }, (_, index) => `2026-11-21,m${index},1`);
    const table = `date,model,cost\n${rows.join('\n')}`;
    assert.throws(() => invoiceOf([table], { maxCells: 100 }), /more than 100 different models and days/);
    assert.equal(invoiceOf([table], { maxCells: 101 }).cells.length, 101);
  });

  it('may be nested without end', () => {
    assertRefused(`${'['.repeat(50_000)}${']'.repeat(50_000)}`, /no entries|looks like JSON/);
  });
});

describe('cells', () => {
  it('are numbers in every usual spelling, and nothing else', () => {
    const spellings: Readonly<Record<string, number | undefined>> = {
      '1,234.50': 1234.5,
      '$1,234.50': 1234.5,
      '-$0.12': -0.12,
      '-0.12': -0.12,
      '(3.00)': -3,
      '9.38e-06': 0.00000938,
      '0.003835980000000000000000000000': 0.00383598,
      '1 234.5': 1234.5,
      'CNY 4.20': 4.2,
      '4.20 USD': 4.2,
      '': undefined,
      '1,23,4': undefined,
      '0x10': undefined,
      Infinity: undefined,
      NaN: undefined,
    };
    for (const [text, value] of Object.entries(spellings)) assert.equal(numberOfCell(text), value, text);
    assert.equal(numberOfCell('1.234,50', { hasDecimalComma: true, isDayFirst: false }), 1234.5);
  });

  it('are whole counts, whatever separates the thousands', () => {
    for (const text of ['1234567', '1,234,567', '1.234.567', '1 234 567', '1234567.0']) {
      assert.equal(countOfCell(text), 1_234_567, text);
    }
  });

  it('are days in every usual spelling, and nothing else', () => {
    const days: Readonly<Record<string, string | undefined>> = {
      '2026-11-21': '2026-11-21',
      '20261121': '2026-11-21',
      '2026/11/21': '2026-11-21',
      '21.11.2026': '2026-11-21',
      '11/21/2026': '2026-11-21',
      'Nov 21, 2026': '2026-11-21',
      '2026-11-21 23:59:59.999': '2026-11-21',
      '2026-11-21T23:30:00+08:00': '2026-11-21',
      '1795046400': '2026-11-19',
      '1795046400000': '2026-11-19',
      '2026-02-31': undefined,
      '2026-13-01': undefined,
      Total: undefined,
      '': undefined,
    };
    for (const [text, day] of Object.entries(days)) assert.equal(dayOfCell(text)?.day, day, text);
    assert.equal(dayOfCell('2026-11-21T23:30:00+08:00')?.offsetMinutes, 480);
    assert.equal(dayOfCell('2026-11-21')?.offsetMinutes, null);
  });
});
