import assert from 'node:assert/strict';
import { dayFinder } from '../../../../daemon/audit/reconcile-days.ts';
import { reconciliationText } from '../../../../daemon/audit/reconcile-text.ts';
import type { Reconciliation } from '../../../../daemon/audit/reconcile.ts';
import type { RoutingTable } from '../../../../daemon/route/policy.ts';
import { attempt, compared, exchange, invoiceOf, sample } from './reconcile-fixtures.ts';

const NOON = '2026-11-18T12:00:00.000Z';
const HEADER = 'date,model,cost,input_tokens,cached_tokens,output_tokens\n';
const MILLION = '1000000,800000,40000';

function invoiceRow(changes: { day?: string; model?: string; cost?: number; tokens?: string } = {}): string {
  const { day = '2026-11-18', model = 'claude-opus-5-5', cost = 1.86, tokens = MILLION } = changes;
  return `${day},${model},${cost},${tokens}\n`;
}

function against(rows: string, ...exchanges: ReturnType<typeof exchange>[]): Reconciliation {
  return compared({ invoice: invoiceOf([HEADER + rows]), exchanges });
}

const textOf = (result: Reconciliation): string => {
  const { head, tables, foot } = reconciliationText(result);
  return [...head, ...tables.flat().map((cells) => cells.join(' | ')), ...foot].join('\n');
};

describe('reconciling an invoice', () => {
  it('finds no difference where there is none', () => {
    const result = against(invoiceRow(), exchange(NOON, [attempt()]));
    assert.deepEqual(
      result.rows.map(({ day, model, differenceUsd, errorRatio, tokenErrorRatio, cause }) => ({
        day,
        model,
        differenceUsd,
        errorRatio,
        tokenErrorRatio,
        cause,
      })),
      [
        {
          day: '2026-11-18',
          model: 'claude-opus-5-5',
          differenceUsd: 0,
          errorRatio: 0,
          tokenErrorRatio: 0,
          cause: null,
        },
      ],
    );
    assert.equal(result.isWithinTolerance, true);
    assert.match(
      textOf(result),
      /our total is 0\.0000 \$ \(0\.00 %\) off the invoice, within the tolerance of 2\.00 %$/,
    );
  });

  it('counts every attempt that was billed: failed ones too, refused ones not', () => {
    const failed = attempt({ status: 'failed', errorType: 'interrupted', costUsd: 0.5 });
    const refused = attempt({ status: 'failed', errorType: 'overloaded', usage: null, costUsd: 0 });
    const result = against(invoiceRow({ cost: 2.36 }), exchange(NOON, [failed, refused, attempt()]));
    assert.equal(result.total.booksUsd?.toFixed(9), '2.360000000');
    assert.equal(result.rows[0]?.books?.attempts, 2);
    assert.equal(result.rows[0]?.books?.failedAttempts, 1);
  });

  it('decides by the tolerance, which is a share of the invoice', () => {
    const of = (cost: number, toleranceRatio: number): boolean =>
      compared({
        invoice: invoiceOf([HEADER + invoiceRow({ cost })]),
        exchanges: [exchange(NOON, [attempt({ costUsd: 1 })])],
        toleranceRatio,
      }).isWithinTolerance;
    assert.equal(of(1.02, 0.02), true);
    assert.equal(of(1.03, 0.02), false);
    assert.equal(of(0.97, 0.02), false);
    assert.equal(of(1, 0), true);
    assert.equal(of(1.0001, 0), false);
  });

  it('names the price where tokens agree and amounts do not, with the factor and the source of ours', () => {
    const prices = {
      inputUsdPerMtok: 4,
      outputUsdPerMtok: 20,
      cacheReadUsdPerMtok: 0.2,
      cacheWriteUsdPerMtok: 5,
      source: 'https://prices.example',
      asOf: '2026-10-01',
    };
    const result = against(invoiceRow({ cost: 3.72 }), exchange(NOON, [attempt({ prices })]));
    assert.equal(result.rows[0]?.cause, 'price');
    assert.match(
      textOf(result),
      /claude-opus-5-5: tokens agree, the bill is 2\.000 times ours; check its price \(https:\/\/prices\.example, checked 2026-10-01\)/,
    );
  });

  it('tells a difference of usage from one of price, also where only the cached share differs', () => {
    const more = against(
      invoiceRow({ cost: 3, tokens: '2000000,800000,40000' }),
      exchange(NOON, [attempt()]),
    );
    assert.equal(more.rows[0]?.cause, 'usage');
    const fresh = against(invoiceRow({ cost: 3, tokens: '1000000,0,40000' }), exchange(NOON, [attempt()]));
    assert.equal(fresh.rows[0]?.cause, 'usage');
    const untold = compared({
      invoice: invoiceOf(['date,model,cost\n2026-11-18,claude-opus-5-5,3\n']),
      exchanges: [exchange(NOON, [attempt()])],
    });
    assert.equal(untold.rows[0]?.cause, 'amount');
  });

  it('says what is only on the invoice and what is only in the books', () => {
    const result = against(
      invoiceRow() + invoiceRow({ model: 'gpt-of-another-tool', cost: 5 }),
      exchange(NOON, [attempt(), attempt({ model: 'sonnet', costUsd: 0.25 })]),
    );
    assert.deepEqual(
      result.rows.map(({ model, cause }) => [model, cause]),
      [
        ['claude-opus-5-5', null],
        ['claude-sonnet-5-5', 'only-in-books'],
        ['gpt-of-another-tool', 'only-on-invoice'],
      ],
    );
    assert.equal(result.onlyOnInvoiceUsd, 5);
    assert.equal(result.onlyInBooksUsd, 0.25);
    assert.equal(result.matched.errorRatio, 0);
    assert.equal(result.isWithinTolerance, false);
    assert.match(textOf(result), /other tools that use the same key.*both sides are 0\.00 % apart/);
  });

  it('knows no total where an attempt has no price', () => {
    const result = against(invoiceRow(), exchange(NOON, [attempt({ costUsd: null }), attempt()]));
    assert.equal(result.rows[0]?.books?.usd, null);
    assert.equal(result.rows[0]?.cause, 'unpriced');
    assert.equal(result.total.booksUsd, null);
    assert.equal(result.isWithinTolerance, false);
    assert.match(
      textOf(result),
      /claude-opus-5-5 has attempts without a price.*\n.*the total cannot be told/,
    );
  });

  it('flags what rests on estimates', () => {
    const result = against(
      invoiceRow(),
      exchange(NOON, [
        attempt({ usageSource: 'estimated', possiblyBilled: true }),
        attempt({ usage: null, usageSource: 'none', costUsd: 0, possiblyBilled: true }),
      ]),
    );
    assert.match(textOf(result), /1 estimated, 1 perhaps billed/);
  });

  it('sums errors by model and by day', () => {
    const result = against(
      invoiceRow() +
        invoiceRow({ day: '2026-11-19', cost: 1 }) +
        invoiceRow({ model: 'claude-sonnet-5-5', cost: 4 }),
      exchange(NOON, [attempt(), attempt({ model: 'sonnet', costUsd: 3 })]),
      exchange('2026-11-19T00:00:00.000Z', [attempt({ costUsd: 1.5 })]),
    );
    const errors = (sums: Reconciliation['byDay']): readonly unknown[] =>
      sums.map(({ key, errorRatio }) => [key, Number(errorRatio?.toFixed(4))]);
    assert.deepEqual(errors(result.byModel), [
      ['claude-opus-5-5', 0.1748],
      ['claude-sonnet-5-5', -0.25],
    ]);
    assert.deepEqual(errors(result.byDay), [
      ['2026-11-18', -0.1706],
      ['2026-11-19', 0.5],
    ]);
  });

  it('compares tokens where the export has no amounts', () => {
    const result = compared({
      invoice: invoiceOf([sample('anthropic-usage-report.json')]),
      exchanges: [exchange(NOON, [attempt()])],
    });
    assert.equal(result.comparedBy, 'tokens');
    assert.equal(result.total.tokenErrorRatio, 0);
    assert.equal(result.isWithinTolerance, true);
    assert.match(textOf(result), /no amounts in USD: our tokens are 0\.00 % off, within/);
  });

  it('compares amounts only on the days that have some', () => {
    const result = compared({
      invoice: invoiceOf([sample('anthropic-console-usage.csv'), sample('anthropic-cost-report.json')]),
      exchanges: [
        exchange(NOON, [attempt()]),
        exchange('2026-11-19T12:00:00.000Z', [attempt({ model: 'sonnet', costUsd: 7 })]),
      ],
    });
    assert.equal(result.total.booksUsd, 1.86);
    assert.match(result.notes.join(), /on 1 day the export has no amounts/);
  });

  it('compares tokens beside charges that have none, such as searches', () => {
    const result = compared({
      invoice: invoiceOf([sample('anthropic-usage-report.json'), sample('anthropic-cost-report.json')]),
      exchanges: [exchange(NOON, [attempt()])],
    });
    assert.equal(result.total.tokenErrorRatio, 0);
    assert.equal(result.onlyOnInvoiceUsd, 0.03);
    assert.equal(result.total.differenceUsd?.toFixed(9), '-0.030000000');
  });

  it("allows for the cents that the console's export is rounded to", () => {
    const rows = (cost: string): string =>
      `usage_date_utc,model,token_type,cost_usd\n2026-11-18,Claude Opus 5.5,output,${cost}\n`;
    const of = (cost: string): Reconciliation =>
      compared({
        invoice: invoiceOf([rows(cost)]),
        exchanges: [exchange(NOON, [attempt({ costUsd: 0.0042 })])],
      });
    assert.equal(of('0.00').rows.length, 1);
    assert.equal(of('0.01').isWithinTolerance, true);
    assert.equal(of('0.01').rows[0]?.cause, null);
    assert.equal(of('0.02').isWithinTolerance, false);
  });

  it('compares whole days where the export is not split by model', () => {
    const result = compared({
      invoice: invoiceOf(['start_time,amount_value,amount_currency,line_item\n1795046400,2.86,usd,\n']),
      exchanges: [
        exchange('2026-11-19T12:00:00.000Z', [
          attempt({ provider: 'openai', model: 'a' }),
          attempt({ provider: 'openai', model: 'b', costUsd: 1 }),
        ]),
      ],
    });
    assert.deepEqual(
      result.rows.map(({ model, cause }) => [model, cause]),
      [['(all models)', null]],
    );
    assert.equal(result.rows[0]?.books?.attempts, 2);
  });
});

describe('a bill of a month that somebody else added up', () => {
  const MODELS = ['opus', 'sonnet', 'haiku'] as const;
  const configured = MODELS.map((id) => ({ id, provider: 'anthropic', upstreamModel: `claude-${id}-5-5` }));
  const exchanges: ReturnType<typeof exchange>[] = [];
  /** Micro-dollars and tokens, whole numbers, by day and model. */
  const bill = new Map<string, { microUsd: number; input: number; cached: number; output: number }>();

  before(() => {
    let seed = 11;
    const dice = (sides: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * sides);
    };
    for (let index = 0; index < 3000; index += 1) {
      const atMs = Date.UTC(2026, 9, 1) + dice(30 * 86_400_000);
      const model = MODELS[dice(3)] ?? 'opus';
      const [input, output] = [1000 + dice(100_000), dice(4000)];
      const cached = dice(input);
      const microUsd = (input - cached) * 4 + cached + output * 20;
      const usage = {
        inputTokens: input,
        cacheReadInputTokens: cached,
        cacheCreationInputTokens: 0,
        outputTokens: output,
        reasoningOutputTokens: 0,
      };
      exchanges.push(
        exchange(new Date(atMs).toISOString(), [attempt({ model, usage, costUsd: microUsd / 1e6 })]),
      );
      const key = `${new Date(atMs).toISOString().slice(0, 10)},claude-${model}-5-5`;
      const known = bill.get(key) ?? { microUsd: 0, input: 0, cached: 0, output: 0 };
      known.microUsd += microUsd;
      known.input += input;
      known.cached += cached;
      known.output += output;
      bill.set(key, known);
    }
  });

  const billed = (factorOf: (key: string) => number): Reconciliation => {
    const rows = [...bill].map(
      ([key, { microUsd, input, cached, output }]) =>
        `${key},${((microUsd * factorOf(key)) / 1e6).toFixed(9)},${input},${cached},${output}\n`,
    );
    return compared({ invoice: invoiceOf([HEADER + rows.join('')]), exchanges, configured });
  };

  it('agrees to a billionth, row by row', () => {
    const result = billed(() => 1);
    assert.equal(result.rows.length, 90);
    for (const { errorRatio, tokenErrorRatio, cause } of result.rows) {
      assert.ok(Math.abs(errorRatio ?? 1) < 1e-9);
      assert.equal(tokenErrorRatio, 0);
      assert.equal(cause, null);
    }
  });

  it('shows the one model whose price is another, and no other row', () => {
    const result = billed((key) => (key.endsWith('claude-sonnet-5-5') ? 1.05 : 1));
    const wrong = result.rows.filter(({ cause }) => cause !== null);
    assert.equal(wrong.length, 30);
    assert.ok(wrong.every(({ model, cause }) => model === 'claude-sonnet-5-5' && cause === 'price'));
    assert.match(textOf(result), /claude-sonnet-5-5: tokens agree, the bill is 1\.050 times ours/);
  });
});

describe('currencies of an invoice', () => {
  const deepseek = invoiceOf([sample('deepseek-amount.csv'), sample('deepseek-cost.csv')]);
  // 20:00 UTC on the 18th is 04:00 on the 19th in China, where this account counts its days.
  const evening = exchange('2026-11-18T20:00:00.000Z', [
    attempt({
      provider: 'deepseek',
      model: 'flash',
      costUsd: 0.0588,
      usage: {
        inputTokens: 1_200_000,
        cacheReadInputTokens: 1_000_000,
        cacheCreationInputTokens: 0,
        outputTokens: 50_000,
        reasoningOutputTokens: 0,
      },
    }),
  ]);

  it('are converted with a rate, over the days of the export', () => {
    const result = compared({ invoice: deepseek, exchanges: [evening], usdPer: { CNY: 0.14 } });
    assert.equal(result.dayZone, 'UTC+8');
    assert.equal(result.rows.length, 1);
    assert.equal(result.rows[0]?.day, '2026-11-19');
    assert.ok(Math.abs(result.total.differenceUsd ?? 1) < 1e-12);
    assert.equal(result.isWithinTolerance, true);
  });

  it('leave only tokens to compare without one', () => {
    const result = compared({ invoice: deepseek, exchanges: [evening] });
    assert.equal(result.comparedBy, 'tokens');
    assert.equal(result.rows[0]?.invoice?.usd, null);
    assert.equal(Number(result.rows[0]?.invoice?.amounts['CNY']?.toFixed(9)), 0.42);
    assert.equal(result.isWithinTolerance, true);
  });
});

describe('the days of an invoice', () => {
  const at = (startedAt: string, startedAtMs = 0): ReturnType<typeof exchange> =>
    exchange(startedAt, [attempt({ startedAtMs })]);

  it('end at midnight UTC where nothing else is said, and attempts count on the day that they began', () => {
    const days = 'date,model,cost\n2026-11-18,claude-opus-5-5,1.86\n2026-11-19,claude-opus-5-5,1.86\n';
    const result = compared({
      invoice: invoiceOf([days]),
      exchanges: [
        at('2026-11-17T23:59:59.999Z'),
        at('2026-11-18T00:00:00.000Z'),
        at('2026-11-18T23:59:59.000Z', 2000),
        at('2026-11-20T00:00:00.000Z'),
      ],
    });
    assert.deepEqual(
      result.rows.map(({ day, differenceUsd }) => [day, differenceUsd]),
      [
        ['2026-11-18', 0],
        ['2026-11-19', 0],
      ],
    );
  });

  it('begin and end with the summer time that the export itself says', () => {
    const days = 'date,model,cost\n2026-10-24T00:00:00+02:00,m,1\n2026-10-26T00:00:00+01:00,m,1\n';
    const dayOf = dayFinder(invoiceOf([days]));
    const of = (iso: string): string => dayOf(Date.parse(iso));
    assert.equal(of('2026-10-23T22:30:00Z'), '2026-10-24');
    assert.equal(of('2026-10-25T22:30:00Z'), '2026-10-26');
    assert.equal(of('2026-10-25T23:30:00Z'), '2026-10-26');
    assert.equal(of('2026-10-26T22:59:59Z'), '2026-10-26');
  });

  it("are California's on Google's bills", () => {
    const gemini = (costUsd: number): ReturnType<typeof attempt> =>
      attempt({ provider: 'gemini', model: 'g', costUsd });
    const result = compared({
      invoice: invoiceOf([sample('google-report.csv')]),
      configured: [{ id: 'g', provider: 'gemini', upstreamModel: 'gemini-3.6-flash' }],
      exchanges: [
        exchange('2026-11-18T07:59:00.000Z', [gemini(5)]),
        exchange('2026-11-19T07:59:00.000Z', [gemini(1.155)]),
      ],
    });
    assert.equal(result.dayZone, 'America/Los_Angeles');
    const row = result.rows.find(({ model }) => model === 'gemini-3.6-flash');
    assert.equal(row?.books?.attempts, 1);
    assert.equal(row?.differenceUsd, 0);
  });
});

describe('the names on an invoice', () => {
  const rowsOf = (
    invoiceName: string,
    upstreamModel: string,
    provider = 'anthropic',
  ): Reconciliation['rows'] =>
    compared({
      invoice: invoiceOf([`date,model,cost\n2026-11-18,${invoiceName},1.86\n`]),
      configured: [{ id: 'm', provider, upstreamModel }],
      exchanges: [exchange(NOON, [attempt({ model: 'm', provider })])],
      provider,
    }).rows;

  it('mean the same model in every spelling', () => {
    const same = [
      ['Claude Haiku 4.5', 'claude-haiku-4-5-20251001'],
      ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
      ['Claude 3.7 Sonnet', 'claude-3-7-sonnet-latest'],
      ['gpt-4o-2024-08-06', 'gpt-4o'],
      ['anthropic/claude-4.5-sonnet-20250929', 'anthropic/claude-sonnet-4.5'],
      ['deepseek/deepseek-chat-v3.1', 'deepseek/deepseek-chat-v3.1:free'],
      ['gemini-3.6-flash', 'models/gemini-3.6-flash'],
      ['deepseek-v4-flash', 'deepseek-flash'],
    ] as const;
    for (const [invoiceName, upstreamModel] of same) {
      assert.deepEqual(
        rowsOf(invoiceName, upstreamModel).map(({ cause }) => cause),
        [null],
        invoiceName,
      );
    }
  });

  it('do not mean another model that is called alike', () => {
    const different = [
      ['gpt-4o-mini', 'gpt-4o'],
      ['claude-opus-5-5', 'claude-opus-5'],
      ['claude-sonnet-4-5', 'claude-sonnet-5-4'],
      ['gemini-3.6-flash-lite', 'gemini-3.6-flash'],
      ['anthropic/claude-sonnet-4.5', 'claude-sonnet-4-5'],
    ] as const;
    for (const [invoiceName, upstreamModel] of different) {
      assert.equal(rowsOf(invoiceName, upstreamModel).length, 2, invoiceName);
    }
  });

  it('are those that a model had when it was asked, by the routing table of the record', () => {
    const target = (upstreamModel: string): RoutingTable['targets'][number] =>
      ({
        id: 'm',
        provider: 'anthropic',
        upstreamModel,
        billing: 'metered',
      }) as RoutingTable['targets'][number];
    const result = compared({
      invoice: invoiceOf([HEADER + invoiceRow() + invoiceRow({ model: 'claude-sonnet-5-5', cost: 2 })]),
      configured: [{ id: 'm', provider: 'anthropic', upstreamModel: 'claude-sonnet-5-5' }],
      tables: new Map([
        ['old', { targets: [target('claude-opus-5-5')] }],
        ['new', { targets: [target('claude-sonnet-5-5')] }],
      ]),
      exchanges: [
        exchange(NOON, [attempt({ model: 'm' })], { tableHash: 'old' }),
        exchange(NOON, [attempt({ model: 'm', costUsd: 2 })], { tableHash: 'new' }),
      ],
    });
    assert.deepEqual(
      result.rows.map(({ model, cause }) => [model, cause]),
      [
        ['claude-opus-5-5', null],
        ['claude-sonnet-5-5', null],
      ],
    );
  });
});

describe('the providers of an invoice', () => {
  const two = [
    { id: 'a', provider: 'work', upstreamModel: 'claude-opus-5-5' },
    { id: 'b', provider: 'home', upstreamModel: 'claude-opus-5-5' },
    { id: 'c', provider: 'openrouter', upstreamModel: 'claude-opus-5-5' },
  ];
  const exchanges = [
    exchange(NOON, [
      attempt({ model: 'a', provider: 'work' }),
      attempt({ model: 'b', provider: 'home' }),
      attempt({ model: 'c', provider: 'openrouter' }),
    ]),
  ];
  const invoice = invoiceOf([sample('anthropic-usage-report.json')]);

  it('are those that serve its models, whatever the configuration calls them, but no other vendor', () => {
    const result = compared({ invoice, exchanges, configured: two });
    assert.deepEqual(result.providers, ['home', 'work']);
    assert.equal(result.rows[0]?.books?.usd, 3.72);
    assert.equal(result.total.tokenErrorRatio, 1);
  });

  it('can be narrowed to the one whose key the invoice is for', () => {
    const result = compared({ invoice, exchanges, configured: two, provider: 'work' });
    assert.deepEqual(result.providers, ['work']);
    assert.equal(result.total.tokenErrorRatio, 0);
  });

  it('are not those that serve none of the models of a table that names no provider', () => {
    const result = against(
      invoiceRow(),
      exchange(NOON, [attempt(), attempt({ provider: 'deepseek', model: 'flash' })]),
    );
    assert.deepEqual(result.providers, ['anthropic']);
    assert.equal(result.rows.length, 1);
  });

  it('leave flat-rate models out', () => {
    const target = {
      id: 'opus',
      provider: 'anthropic',
      upstreamModel: 'claude-opus-5-5',
      billing: 'flat-rate',
    };
    const result = compared({
      invoice,
      exchanges: [exchange(NOON, [attempt({ costUsd: 0 })])],
      tables: new Map([['t', { targets: [target as RoutingTable['targets'][number]] }]]),
    });
    assert.equal(result.rows[0]?.books, null);
  });

  it('are billed for classifier calls as well, where it is known who answers them', () => {
    const withCalls = [exchange(NOON, [attempt()], { classifierCostUsd: 0.14 })];
    const classifier = { provider: 'anthropic', upstreamModel: 'claude-opus-5-5' };
    const rows = invoiceOf([HEADER + invoiceRow({ cost: 2 })]);
    const known = compared({ invoice: rows, exchanges: withCalls, classifier });
    assert.equal(known.total.booksUsd, 2);
    assert.equal(known.rows[0]?.books?.classifierUsd, 0.14);
    assert.equal(compared({ invoice: rows, exchanges: withCalls }).total.booksUsd, 1.86);
  });
});
