import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { audit, type AuditDeps, type AuditOptions } from '../../../../daemon/audit/audit.ts';
import type { AuditReport } from '../../../../daemon/audit/audit-report.ts';
import { SHIPPED_NAMES } from '../../../../daemon/catalog/default-models.ts';
import { createPriceBook } from '../../../../daemon/catalog/price-book.ts';
import type { OverlayRow } from '../../../../daemon/catalog/price-row.ts';
import { createLearnedClassifier } from '../../../../daemon/classify/learned-classifier.ts';
import { decodeConfig, defaultConfig } from '../../../../daemon/config/decode-config.ts';
import { replayHistory, type ReplayHistory } from '../../../../daemon/ledger/replay-history.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { answer, user } from './history-fixtures.ts';

const SAMPLES = path.join(import.meta.dirname, '..', '..', '..', 'samples', 'histories');
const NOW_MS = Date.UTC(2026, 10, 21);

/** Input, output, cached read, write, one-hour write; fixed here, so that the sums below stay what they were worked out to. */
function row(
  provider: string,
  id: string,
  prices: readonly number[],
  aliases: readonly string[] = [],
): OverlayRow {
  const [input = 0, output = 0, read = 0, write = 0, hour = 0] = prices;
  return {
    provider,
    id,
    aliases,
    inputUsdPerMtok: input,
    outputUsdPerMtok: output,
    cacheReadUsdPerMtok: read,
    cacheWriteUsdPerMtok: write,
    cacheWrite1hUsdPerMtok: hour,
    promptCache: { kind: 'explicit', minTokens: 1024, ttlS: 300 },
    tokenizerFactor: 1,
    source: 'test',
    asOf: '2026-11-21',
  };
}

const ROWS = [
  row('anthropic', 'claude-opus-5-5', [4, 20, 0.2, 5, 8]),
  row('anthropic', 'claude-sonnet-5-5', [2, 10, 0.1, 2.5, 4]),
  row('anthropic', 'claude-haiku-5-5', [0.1, 0.5, 0.01, 0.125, 0.2]),
  row('anthropic', 'claude-sonnet-4-5', [3, 15, 0.3, 3.75, 6], ['claude-sonnet-4-5-20250929']),
  row('openai', 'gpt-5.5', [5, 30, 0.5, 5, 5]),
  row('openai', 'gpt-5.6-sol', [4, 20, 0.4, 4, 4]),
];

/** As people configure it. */
const OPUS = {
  provider: 'anthropic',
  upstreamModel: 'claude-opus-5-5',
  tier: 'complex',
  contextTokens: 200_000,
  maxOutputTokens: 64_000,
  supports: ['tools'],
};

const noLibrary = { find: () => null };

const DEPS: AuditDeps = {
  config: defaultConfig(),
  resolveKey: () => ({ key: null, why: 'none is there' }),
  priceBook: createPriceBook({ rows: ROWS, loadLibrary: () => Promise.resolve(noLibrary) }),
  classifier: createLearnedClassifier({ maxTurnsBeforeUpgrade: () => 10 }),
  policy: cheapestCapablePolicy,
  replay: replayHistory,
  now: () => NOW_MS,
};

function run(options: AuditOptions, deps: Partial<AuditDeps> = {}): Promise<AuditReport> {
  return audit({ ...DEPS, ...deps }, options);
}

function near(actual: number | null | undefined, expected: number): void {
  assert.ok(actual != null && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

/** Every request would have cost `ratio` of what it did. */
function replayAt(ratio: number): ReplayHistory {
  return (steps, policy, table) => {
    const replayed = replayHistory(steps, policy, table);
    const costUsd = replayed.storedCostUsd * ratio;
    return { ...replayed, costUsd, intervalUsd: [costUsd - 0.01, costUsd + 0.02] };
  };
}

describe('the audit', () => {
  const folder = temporaryFolder();

  function write(name: string, lines: readonly unknown[]): string {
    const file = folder.file(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return file;
  }

  const priced = (id: string, more: Readonly<Record<string, unknown>> = {}) =>
    answer({ id, usage: { input_tokens: 1000, output_tokens: 100 }, more });

  it('[A48] [C7] reads histories of each assistant and prices them to the micro-dollar, prompt caches included', async () => {
    const { sources, actualUsd, requests } = await run({ places: [SAMPLES] });
    const bySource = Object.fromEntries(sources.map((source) => [source.assistant, source]));
    // 11 x 2 + 13,320 one-hour writes x 4 + 25,420 reads x 0.1 + 114 x 10 = 56,984; sub-agent 2,100 x 0.1 + 30 x 0.5 = 225.
    near(bySource['claude-code']?.actualUsd, 0.057209);
    // 7,300 x 5 + 6,900 x 0.5 + 110 x 30 = 43,250; 8,600 x 4 + 9,600 x 0.4 + 120 x 20 = 40,640.
    near(bySource['codex']?.actualUsd, 0.08389);
    // 3 x (100 x 3 + 8,000 x 0.3 + 1,100 x 3.75 + 60 x 15) = 23,175; 20 x 3 + 14,300 x 0.3 + 15,200 x 3.75 + 460 x 15 = 68,250.
    near(bySource['cline']?.actualUsd, 0.091425);
    // 60 x 3 + 14,980 x 0.3 + 15,560 x 3.75 + 290 x 15 = 67,374.
    near(bySource['roo-code']?.actualUsd, 0.067374);
    near(actualUsd, 0.299898);
    assert.deepEqual(
      sources.map((source) => [source.assistant, source.requests]),
      [
        ['claude-code', 4],
        ['codex', 3],
        ['cline', 5],
        ['roo-code', 2],
      ],
    );
    assert.equal(requests, 14);
  });

  it('[A48] says which share of the requests is simple, moderate and complex', async () => {
    const { shares, sources } = await run({ places: [SAMPLES] });
    near(shares.simple + shares.moderate + shares.complex, 1);
    for (const source of sources) {
      near(source.shares.simple + source.shares.moderate + source.shares.complex, 1);
    }
    assert.ok(shares.simple > 0 && shares.simple < 1, String(shares.simple));
  });

  it('[C7] adds up: models to assistants, assistants to the whole, as billed and as routed', async () => {
    const { sources, actualUsd, routedUsd, savedUsd, moved } = await run({ places: [SAMPLES] });
    const sum = (values: readonly (number | null)[]): number =>
      values.reduce<number>((total, value) => total + (value ?? NaN), 0);
    near(sum(sources.map((source) => source.routedUsd)), routedUsd ?? NaN);
    near(sum(sources.map((source) => source.savedUsd)), savedUsd ?? NaN);
    near(savedUsd, (actualUsd ?? NaN) - (routedUsd ?? NaN));
    for (const source of sources) {
      near(sum(source.models.map((model) => model.actualUsd)), source.actualUsd ?? NaN);
      near(sum(source.models.map((model) => model.routedUsd)), source.routedUsd ?? NaN);
    }
    assert.equal(moved, sum(sources.flatMap(({ models }) => models.map((model) => model.moved))));
  });

  it('[C7] routes without a key and without a configuration, among the models of the vendors in the history', async () => {
    const file = write('s.jsonl', [
      user('what does this function return?'),
      priced('msg_1', { timestamp: '2026-11-02T10:00:00.000Z' }),
    ]);
    const { routedTo, modelsFrom, routedUsd, actualUsd } = await run({ places: [file] });
    assert.equal(modelsFrom, 'shipped');
    assert.ok(
      routedTo.every(({ model }) => model.startsWith('claude-')),
      JSON.stringify(routedTo),
    );
    assert.ok((routedUsd ?? NaN) <= (actualUsd ?? NaN));
  });

  it('[C7] routes among the models of the configuration where there is one', async () => {
    const decoded = decodeConfig(
      JSON.stringify({
        bareModelNames: 'exact',
        providers: {
          here: { dialect: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1', apiKey: { env: 'NOT_SET' } },
        },
        models: {
          tiny: {
            provider: 'here',
            upstreamModel: 'tiny-1',
            tier: 'complex',
            contextTokens: 200_000,
            maxOutputTokens: 8000,
            supports: ['tools'],
            price: { inputUsdPerMtok: 0.01, outputUsdPerMtok: 0.02 },
          },
        },
      }),
    );
    assert.ok(decoded.ok);
    const file = write('s.jsonl', [user('rename getUser to loadUser'), priced('msg_1'), priced('msg_2')]);
    const { routedTo, modelsFrom, moved } = await run({ places: [file] }, { config: decoded.config });
    assert.equal(modelsFrom, 'configuration');
    assert.deepEqual(
      routedTo.filter(({ requests }) => requests > 0).map(({ model }) => model),
      ['tiny'],
    );
    assert.equal(moved, 2);
  });

  it('reckons models that are paid for by subscription at list prices', async () => {
    const anthropic = { dialect: 'anthropic-messages', baseUrl: 'http://127.0.0.1:9', billing: 'flat-rate' };
    const haiku = { ...OPUS, upstreamModel: 'claude-haiku-5-5', tier: 'simple' };
    const decoded = decodeConfig(
      JSON.stringify({ providers: { anthropic }, models: { opus: OPUS, haiku } }),
      SHIPPED_NAMES,
    );
    assert.ok(decoded.ok);
    const file = write('s.jsonl', [user('hi'), priced('msg_1')]);
    const { routedUsd, actualUsd } = await run({ places: [file] }, { config: decoded.config });
    near(actualUsd, 0.006);
    assert.ok((routedUsd ?? 0) > 0.0001 && (routedUsd ?? 0) < 0.001, String(routedUsd));
  });

  it('[C7] costs what it cost where there is nothing to choose from', async () => {
    const decoded = decodeConfig(
      JSON.stringify({
        providers: {
          anthropic: {
            dialect: 'anthropic-messages',
            baseUrl: 'http://127.0.0.1:9',
            apiKey: { env: 'NOT_SET' },
          },
        },
        models: {
          opus: OPUS,
        },
      }),
      SHIPPED_NAMES,
    );
    assert.ok(decoded.ok);
    const lines = Array.from({ length: 20 }, (_, index) => [
      user(`rename the variable number ${index}`, { timestamp: `2026-11-02T10:${10 + index}:00.000Z` }),
      answer({
        id: `msg_${index}`,
        usage: {
          input_tokens: 5,
          cache_creation_input_tokens: 900,
          cache_read_input_tokens: 9000 + index * 900,
          output_tokens: 80,
        },
        more: { timestamp: `2026-11-02T10:${10 + index}:20.000Z` },
      }),
    ]).flat();
    const report = await run({ places: [write('s.jsonl', lines)] }, { config: decoded.config });
    near(report.routedUsd, report.actualUsd ?? NaN);
    assert.deepEqual([report.moved, report.intervalUsd], [0, [report.routedUsd, report.routedUsd]]);
  });

  it('tells a loss as a loss', async () => {
    const { savedUsd, savedRatio, intervalUsd, routedUsd } = await run(
      { places: [SAMPLES] },
      { replay: replayAt(1.5) },
    );
    near(savedUsd, -0.149949);
    near(savedRatio, -0.5);
    const [low, high] = intervalUsd ?? [NaN, NaN];
    // Four assistants, each unsure by 0.01 below and 0.02 above.
    near((routedUsd ?? NaN) - low, 0.02);
    near(high - (routedUsd ?? NaN), 0.04);
  });

  it('lists models without a price and leaves them out of every sum', async () => {
    const file = write('s.jsonl', [
      user('hello'),
      priced('msg_1'),
      answer({ id: 'msg_2', model: 'made-up-7' }),
    ]);
    const report = await run({ places: [file] });
    near(report.actualUsd, 0.006);
    assert.equal(report.coverageRatio, 0.5);
    assert.deepEqual(report.unpriced, [{ model: 'made-up-7', requests: 1, reportedUsd: null }]);
    assert.match(report.notes.join('\n'), /1 requests to made-up-7 have no list price/);
  });

  it('leaves the bill as it is for a model that has no price any more', async () => {
    const priceBook: AuditDeps['priceBook'] = {
      lookup: (model, atMs) =>
        model.upstreamModel === 'gpt-5.5' && atMs === NOW_MS
          ? Promise.resolve({ price: null, promptCache: null, tokenizerFactor: null })
          : DEPS.priceBook.lookup(model, atMs),
    };
    const gone = { usage: { input_tokens: 1000, output_tokens: 100 }, model: 'gpt-5.5' };
    const file = write('s.jsonl', [user('hi'), priced('msg_1'), answer({ id: 'msg_2', ...gone })]);
    const { actualUsd, routedUsd } = await run({ places: [file] }, { priceBook, replay: replayAt(0.5) });
    near(actualUsd, 0.006 + 0.008);
    near(routedUsd, 0.003 + 0.008);
  });

  it('claims nothing where nothing has a price', async () => {
    const report = await run({
      places: [write('s.jsonl', [user('hi'), answer({ id: 'm', model: 'made-up-7' })])],
    });
    assert.deepEqual(
      [report.requests, report.actualUsd, report.routedUsd, report.savedUsd, report.intervalUsd],
      [1, null, null, null, null],
    );
  });

  it('[A48] says that nothing is there on an empty machine', async () => {
    const report = await run({ places: [folder.file('nowhere'), folder.path] });
    const { requests, actualUsd, routedUsd, shares, sources } = report;
    assert.deepEqual(
      { requests, actualUsd, routedUsd, shares, sources },
      {
        requests: 0,
        actualUsd: 0,
        routedUsd: 0,
        shares: { simple: 0, moderate: 0, complex: 0 },
        sources: [],
      },
    );
  });

  it('counts a session once that was copied into another when it was resumed', async () => {
    const lines = [user('hello'), priced('msg_1')];
    write('one.jsonl', lines);
    write('two.jsonl', [...lines, user('go on'), priced('msg_2')]);
    const { requests, actualUsd } = await run({ places: [folder.path] });
    assert.equal(requests, 2);
    near(actualUsd, 0.012);
  });

  it('counts only what came since', async () => {
    const file = write('s.jsonl', [
      user('hi'),
      priced('old', { timestamp: '2026-10-01T00:00:00.000Z' }),
      priced('new'),
    ]);
    const sinceMs = Date.UTC(2026, 9, 20);
    assert.equal((await run({ places: [file], sinceMs })).requests, 1);
    utimesSync(file, new Date(sinceMs - 1), new Date(sinceMs - 1));
    assert.equal((await run({ places: [file], sinceMs })).files.read, 0);
  });

  it('counts broken lines and goes on', async () => {
    const file = write('s.jsonl', [user('hi'), priced('msg_1')]);
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"type":"assistant","message":{"usage":{"inp`);
    const report = await run({ places: [file] });
    assert.deepEqual([report.requests, report.files.brokenLines], [1, 1]);
  });

  it('tells what it has when it is interrupted', async () => {
    for (const name of ['1.jsonl', '2.jsonl', '3.jsonl']) {
      write(name, [user('hi', { sessionId: name }), priced(name, { sessionId: name })]);
    }
    const controller = new AbortController();
    const report = await run({
      places: [folder.path],
      signal: controller.signal,
      onProgress: ({ filesDone }) => {
        if (filesDone === 1) controller.abort();
      },
    });
    assert.equal(report.isPartial, true);
    assert.equal(report.requests, 1);
    assert.match(report.notes[0] ?? '', /interrupted/);
  });

  it('tells how far it is, in files and bytes', async () => {
    write('1.jsonl', [user('hi'), priced('msg_1')]);
    const seen: string[] = [];
    await run({
      places: [folder.path],
      onProgress: ({ files, filesDone, bytes, bytesDone }) =>
        void seen.push(`${filesDone}/${files} ${bytesDone === bytes}`),
    });
    assert.deepEqual([seen.at(0), seen.at(-1)], ['0/1 true', '1/1 true']);
  });

  it('tells which assistant wrote a file by what stands in it, whatever it is called', async () => {
    const task = path.join(SAMPLES, 'cline', 'tasks', '1758960000000', 'ui_messages.json');
    const named = folder.file('export.txt');
    writeFileSync(named, readFileSync(task));
    const { sources } = await run({ places: [named] });
    assert.deepEqual(
      sources.map(({ assistant }) => assistant),
      ['cline'],
    );
  });

  it('reads rollouts that Codex has packed', async () => {
    const sessions = path.join(SAMPLES, 'codex', 'archived_sessions');
    const name = 'rollout-2026-09-10T08-00-00-01a0ff34-1081-7981-85d0-2259a02f9000.jsonl';
    const packed = folder.file(`${name}.zst`);
    writeFileSync(packed, zstdCompressSync(readFileSync(path.join(sessions, name))));
    near((await run({ places: [packed] })).actualUsd, 0.04325);
  });

  it('says when the figures are not what was paid', async () => {
    const { notes } = await run({ places: [path.join(SAMPLES, 'codex')] });
    assert.match(notes.join('\n'), /codex was used with a subscription \(plus\)/);
  });

  it('says which requests were not billed as listed', async () => {
    const usage = { input_tokens: 10, output_tokens: 1, speed: 'fast', service_tier: 'standard' };
    const file = write('s.jsonl', [user('hi'), answer({ id: 'msg_1', usage }), priced('msg_2')]);
    assert.match((await run({ places: [file] })).notes.join('\n'), /^1 requests ran in fast mode/m);
  });

  it('tells no word of what was asked', async () => {
    const file = write('s.jsonl', [user('the canary sings at dawn'), priced('msg_1')]);
    assert.doesNotMatch(JSON.stringify(await run({ places: [file] })), /canary|dawn/);
  });
});
