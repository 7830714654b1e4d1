import assert from 'node:assert/strict';
import { INVOICE_FORMATS } from '../../../../daemon/audit/invoice-format.ts';
import { KNOWN_PROVIDERS } from '../../../../daemon/catalog/known-providers.ts';
import { cellsOf, invoiceOf, sample, zipOf } from './reconcile-fixtures.ts';

describe('usage exports', () => {
  it('are described with a source and a date, each for providers that are known', () => {
    const known = new Set(KNOWN_PROVIDERS.map(({ name }) => name));
    for (const { id, source, asOf, providers } of INVOICE_FORMATS) {
      assert.ok(source.length > 20, id);
      assert.match(asOf, /^2026-\d\d-\d\d$/, id);
      if (providers.length > 0)
        assert.ok(
          providers.some((name) => known.has(name)),
          id,
        );
    }
  });

  const expected: Readonly<Record<string, readonly string[]>> = {
    'anthropic-console-cost.csv': [
      '2026-11-18 Claude Opus 5.5 -/-/- 1.86 USD',
      '2026-11-19 Claude Sonnet 5.5 -/-/- 1.1 USD',
    ],
    'anthropic-console-usage.csv': [
      '2026-11-18 claude-opus-5-5 1000000/800000/40000 -',
      '2026-11-19 claude-sonnet-5-5 300000/0/50000 -',
    ],
    'anthropic-usage-report.json': ['2026-11-18 claude-opus-5-5 1000000/800000/40000 -'],
    'anthropic-cost-report.json': [
      '2026-11-18 claude-opus-5-5 -/-/- 1.86 USD',
      '2026-11-18 Web Search Usage -/-/- 0.03 USD',
    ],
    'openai-cost.csv': ['2026-11-19 gpt-5.6-sol 300000/200000/10000 0.68 USD'],
    'openai-costs-api.json': [
      '2026-11-19 gpt-5.6-sol 100000/-/10000 0.6 USD',
      '2026-11-19 assistants api | file search -/-/- 0.03 USD',
    ],
    'openai-usage.csv': ['2026-11-19 gpt-5.6-sol 300000/200000/10000 -'],
    'openai-usage-api.json': ['2026-11-19 gpt-5.6-sol 300000/200000/10000 -'],
    'openrouter-generations.csv': ['2026-11-19 anthropic/claude-4.5-sonnet-20250929 7000/1000/350 0.018 USD'],
    'openrouter-activity.csv': ['2026-11-19 anthropic/claude-sonnet-4.5 7000/-/350 0.018 USD'],
    'deepseek-amount.csv': ['2026-11-19 deepseek-flash 1200000/1000000/50000 -'],
    'deepseek-amount-until-august-2026.csv': ['2026-07-27 deepseek-v4-flash 1000000/900000/20000 -'],
    'deepseek-cost.csv': ['2026-11-19 deepseek-flash -/-/- 0.42 CNY'],
    'google-report.csv': [
      '2026-11-18 gemini-3.6-flash 1400000/400000/100000 1.155 USD',
      '2026-11-18 gemini-2.5-flash-lite -/-/50000 0.02 USD',
    ],
    'generic-semicolon.csv': ['2026-11-21 claude-opus-5-5 12000000/3000000/400000 1234.5 EUR'],
  };
  for (const [name, cells] of Object.entries(expected)) {
    it(`reads ${name} by its columns`, () => {
      assert.deepEqual(cellsOf(invoiceOf([sample(name)])), cells);
    });
  }

  it("takes tokens and amounts of DeepSeek's archive from the two tables in it", () => {
    const archive = {
      'usage/amount-2026-11.csv': sample('deepseek-amount.csv'),
      'usage/cost-2026-11.csv': sample('deepseek-cost.csv'),
      'readme.md': 'hello',
    };
    const cells = ['2026-11-19 deepseek-flash 1200000/1000000/50000 0.42 CNY'];
    assert.deepEqual(cellsOf(invoiceOf([zipOf(archive)])), cells);
    assert.deepEqual(cellsOf(invoiceOf([zipOf(archive)], { currency: 'USD' })), cells);
    assert.deepEqual(cellsOf(invoiceOf([zipOf(archive, 0)])), cells);
  });

  it('multiplies quantities by prices where the currency is told, and says so where it is not', () => {
    const name = 'deepseek-amount-until-august-2026.csv';
    assert.match(invoiceOf([sample(name)]).notes.join(), /not their currency.*--currency USD/);
    assert.deepEqual(cellsOf(invoiceOf([sample(name)], { currency: 'USD' })), [
      '2026-07-27 deepseek-v4-flash 1000000/900000/20000 0.0297 USD',
    ]);
  });

  it('joins the two exports of one console, tokens here and amounts there', () => {
    const invoice = invoiceOf([sample('anthropic-usage-report.json'), sample('anthropic-cost-report.json')]);
    assert.equal(cellsOf(invoice)[0], '2026-11-18 claude-opus-5-5 1000000/800000/40000 1.86 USD');
  });

  it('says that pages are missing when the last one has more behind it', () => {
    assert.match(
      invoiceOf([sample('anthropic-cost-report.json')]).notes.join(),
      /further pages \(has_more\)/,
    );
    const page = sample('openai-usage-api.json').toString();
    const pages = `[${page.replace('"has_more": false', '"has_more": true')},${page}]`;
    assert.deepEqual(invoiceOf([pages]).notes, []);
    assert.deepEqual(cellsOf(invoiceOf([pages])), ['2026-11-19 gpt-5.6-sol 600000/400000/20000 -']);
  });

  it("reads OpenRouter's activity from its API as well", () => {
    const entry = {
      date: '2026-11-19 00:00:00',
      model: 'openai/gpt-5.6-sol',
      model_permaslug: 'openai/gpt-5.6-sol-20260801',
      usage: 0.5,
      byok_usage_inference: 0.25,
      requests: 3,
      prompt_tokens: 100,
      completion_tokens: 20,
      reasoning_tokens: 5,
    };
    assert.deepEqual(cellsOf(invoiceOf([JSON.stringify({ data: [entry] })])), [
      '2026-11-19 openai/gpt-5.6-sol-20260801 100/-/20 0.5 USD',
    ]);
  });

  it('reads one JSON document a line', () => {
    const line = '{"date":"2026-11-21","model":"m","cost":1}';
    assert.deepEqual(cellsOf(invoiceOf([`${line}\n${line}\n`])), ['2026-11-21 m -/-/- 2 USD']);
  });

  it('leaves out other services of a cloud bill and says how many rows', () => {
    assert.match(invoiceOf([sample('google-report.csv')]).notes.join(), /1 row of other services/);
  });

  it('finds the header of a Google cost table behind the lines about the invoice', () => {
    const rows = [
      'Invoice number,1234567890,',
      'Currency,USD,',
      'Service description,SKU description,Usage start date,Usage end date,Usage amount,Usage unit,Unrounded Cost ($),Cost ($)',
      'Gemini API,Generate content output token count gemini 3 flash text,2026-11-18,2026-11-18,"1,000",count,0.003,0.00',
    ];
    assert.deepEqual(cellsOf(invoiceOf([rows.join('\n')])), ['2026-11-18 gemini-3-flash -/-/1000 0.003 USD']);
    const month = rows.join('\n').replace('2026-11-18,"', '2026-11-30,"');
    assert.throws(
      () => invoiceOf([month]),
      /line 4 covers 2026-11-18 to 2026-11-30; export .* one row per day/,
    );
  });

  it('reads byte order marks, CRLF, quotes, tabs and UTF-16 as spreadsheets save them', () => {
    const table = '\uFEFF"Date"\t"Model"\t"Cost"\r\n2026-11-21\t"a ""b""\nc"\t"$1,234.50"\r\n\r\n';
    const cells = ['2026-11-21 a "b"\nc -/-/- 1234.5 USD'];
    assert.deepEqual(cellsOf(invoiceOf([table])), cells);
    assert.deepEqual(cellsOf(invoiceOf([Buffer.from(table, 'utf16le')])), cells);
  });

  it('finds out from all rows how numbers and dates are written', () => {
    const table = 'date;model;cost\n03/11/2026;m;1.000\n13/11/2026;m;1,5\n';
    assert.deepEqual(cellsOf(invoiceOf([table])), [
      '2026-11-03 m -/-/- 1000 USD',
      '2026-11-13 m -/-/- 1.5 USD',
    ]);
    const guessed = invoiceOf(['date,model,cost\n3/4/2026,m,1.5\n']);
    assert.deepEqual(cellsOf(guessed), ['2026-03-04 m -/-/- 1.5 USD']);
    assert.match(guessed.notes.join(), /read as month\/day/);
  });

  it('takes the currency from a column, a header or the command, and else USD', () => {
    const of = (text: string, currency?: string): readonly string[] =>
      cellsOf(invoiceOf([text], currency === undefined ? {} : { currency }));
    assert.deepEqual(of('date,model,cost,currency\n2026-11-21,m,1,cny\n'), ['2026-11-21 m -/-/- 1 CNY']);
    assert.deepEqual(of('date,model,Cost (€)\n2026-11-21,m,1\n', 'CNY'), ['2026-11-21 m -/-/- 1 EUR']);
    assert.deepEqual(of('date,model,cost\n2026-11-21,m,1\n', 'CNY'), ['2026-11-21 m -/-/- 1 CNY']);
  });

  it('skips sums at the foot and rows of zeros', () => {
    const invoice = invoiceOf(['date,model,cost\n2026-11-21,m,1\n2026-11-21,idle,0\nTotal,,1\n']);
    assert.deepEqual(cellsOf(invoice), ['2026-11-21 m -/-/- 1 USD']);
    assert.match(invoice.notes.join(), /1 row without a date left out, the first is line 4/);
  });
});
