// The books close: one record per request whatever happened to it, rows add up to the totals, and every stored decision
// can be made again from what is stored beside it.

import assert from 'node:assert/strict';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import type { RoutingTable } from '../../daemon/route/policy.ts';
import { replayDecision } from '../../daemon/ledger/replay-decisions.ts';
import { verifyBooks } from '../../daemon/ledger/verify-books.ts';
import { expectedCostUsd } from '../../daemon/catalog/expected-cost.ts';
import { createCheapestCapablePolicy } from '../../daemon/route/cheapest-capable-policy.ts';
import {
  chatFrames,
  cut,
  errorEventFirst,
  json,
  chatBody,
  sse,
  startFakeUpstream,
  status,
  type FakeUpstream,
  type Verb,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const REQUESTS = 1000;
const AT_ONCE = 20;

const ASKS = [
  'hi',
  'Translate to French: good morning',
  'Explain how a B-tree splits its nodes and why that keeps lookups logarithmic.',
  'Design a multi-region failover for our billing service, compare two alternatives and plan the migration.',
  'Write a function that parses ISO dates.',
];

/** A small linear congruential generator: the same thousand requests in every run. */
function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function mishap(dice: () => number): Verb | undefined {
  const roll = dice();
  if (roll < 0.04) return status(503);
  if (roll < 0.08) return status(429, { retryAfter: '0' });
  if (roll < 0.1) return status(500);
  if (roll < 0.12) return errorEventFirst();
  if (roll < 0.15) return cut(400, chatFrames('a stream that breaks in the middle of it all'), 0);
  if (roll < 0.17)
    return status(400, { body: { error: { message: 'refused', type: 'invalid_request_error' } } });
  return undefined;
}

describe('a thousand mixed requests with failures and aborts', function () {
  this.timeout(60_000);
  let upstreams: FakeUpstream[];
  let daemon: TestDaemon;
  let sent: { answered: number; failed: number; left: number };
  let records: ExchangeRecord[];

  before(async () => {
    upstreams = await Promise.all([startFakeUpstream(), startFakeUpstream(), startFakeUpstream()]);
    const dice = createDice(7);
    for (const upstream of upstreams) {
      upstream.always(async (context) => {
        const bad = mishap(dice);
        const isStream = context.request.json?.['stream'] === true;
        const usage = {
          prompt_tokens: 50 + Math.floor(dice() * 2000),
          completion_tokens: Math.floor(dice() * 300),
        };
        const good = isStream
          ? sse(chatFrames('some words of an answer', dice() < 0.1 ? { usage: null } : { usage }))
          : json(chatBody('an answer', dice() < 0.1 ? { usage: null } : { usage }));
        await (bad ?? good)(context);
      });
    }
    const [a, b, c] = upstreams.map((upstream) => upstream.baseUrl) as [string, string, string];
    daemon = await runDaemon({
      config: configFor([
        { id: 'small', baseUrl: a, tier: 'simple', inputUsdPerMtok: 0.15, outputUsdPerMtok: 0.6 },
        { id: 'medium', baseUrl: b, tier: 'moderate', inputUsdPerMtok: 0.66, outputUsdPerMtok: 1.98 },
        { id: 'large', baseUrl: c, tier: 'complex', inputUsdPerMtok: 4, outputUsdPerMtok: 20 },
        { id: 'mystery', baseUrl: c, tier: 'complex', unpriced: true },
      ]),
    });
    sent = await sendAll(daemon, createDice(11));
    records = await daemon.waitForExchanges(REQUESTS);
  });
  after(async () => {
    await daemon.stop();
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  });

  it('[A40] leave one record each', () => {
    assert.equal(records.length, REQUESTS);
    assert.equal(new Set(records.map((record) => record.exchangeId)).size, REQUESTS);
  });

  it('are told apart by how they ended', () => {
    const count = (state: string): number => records.filter((record) => record.status === state).length;
    assert.ok(sent.left > 20, `only ${sent.left} clients left`);
    assert.equal(count('ok') + count('error') + count('cancelled'), REQUESTS);
    assert.ok(count('cancelled') <= sent.left && count('cancelled') >= sent.left * 0.5);
    assert.ok(count('error') > 0);
    assert.ok(records.some((record) => record.attempts.length > 1));
  });

  it('[A42] [A47] add up to the totals to 1e-9', async () => {
    const totals = await daemon.totals('?groupBy=complexity');
    const sum = (pick: (record: ExchangeRecord) => number | null): number =>
      records.reduce((total, record) => total + (pick(record) ?? 0), 0);
    assert.equal(totals.requests, REQUESTS);
    assert.ok(Math.abs(totals.costUsd - sum((record) => record.costUsd)) < 1e-9);
    assert.ok(Math.abs(totals.baselineCostUsd - sum((record) => record.baselineCostUsd)) < 1e-9);
    assert.ok(Math.abs(totals.savedUsd - sum((record) => record.savedUsd)) < 1e-9);
    assert.equal(
      totals.tokens.inputTokens,
      sum((record) => record.usage?.inputTokens ?? 0),
    );
    assert.equal(
      totals.groups.reduce((total, group) => total + group.requests, 0),
      REQUESTS,
    );
  });

  it('[A37] cost what their attempts cost, and save what the baseline cost more', () => {
    for (const record of records) {
      if (record.costUsd === null) {
        assert.equal(record.savedUsd, null);
        continue;
      }
      const attempts = record.attempts.reduce((total, attempt) => total + (attempt.costUsd ?? Number.NaN), 0);
      assert.ok(Math.abs(record.costUsd - attempts - record.classifierCostUsd) < 1e-12);
      assert.ok(Math.abs((record.baselineCostUsd ?? 0) - record.costUsd - (record.savedUsd ?? 0)) < 1e-12);
    }
  });

  it('[C3] close, each figure of each row worked out again from its terms', async () => {
    await daemon.totals(); // a reader: everything that waits is written
    const faults: unknown[] = [];
    const file = path.join(daemon.home, 'ledger.db');
    const books = await verifyBooks(file, { onFault: (fault) => faults.push(fault) });
    assert.deepEqual(faults, []);
    assert.equal(books.rows, REQUESTS);
    assert.equal(books.rowsThatSayLess, 0);
  });

  it('[A37] have estimated usage, flagged, where the provider reported none', () => {
    const estimated = records.filter(
      (record) => record.status === 'ok' && record.usageSource === 'estimated',
    );
    assert.ok(estimated.length > 20);
    assert.ok(estimated.every((record) => (record.usage?.outputTokens ?? 0) > 0));
  });

  it('can be planned again from their stored decision, with the same result', async () => {
    const db = new DatabaseSync(path.join(daemon.home, 'ledger.db'), { readOnly: true });
    const tables = new Map(
      (db.prepare('SELECT hash, json FROM routing_tables').all() as { hash: string; json: string }[]).map(
        (row) => [row.hash, JSON.parse(row.json) as RoutingTable],
      ),
    );
    db.close();
    let replayed = 0;
    const replay = async ({ exchangeId }: ExchangeRecord): Promise<void> => {
      const record = await daemon.exchange(exchangeId);
      if (record.decision === null) return;
      const table = tables.get(record.decision.tableHash);
      assert.ok(table, 'the routing table is in the ledger');
      const again = replayDecision(record, table, createCheapestCapablePolicy({ expectedCostUsd }));
      assert.deepEqual(
        again?.differences,
        [],
        `${exchangeId}: ${record.decision.chosen} became ${again?.chosen}`,
      );
      replayed += 1;
    };
    // A thousand sockets at once would be more than the listening queue takes.
    for (let from = 0; from < records.length; from += 50) {
      await Promise.all(records.slice(from, from + 50).map(replay));
    }
    assert.equal(replayed, REQUESTS);
  });

  it('leave no prompt text in any file of the home folder', async () => {
    const { readdirSync, readFileSync } = await import('node:fs');
    for (const name of readdirSync(daemon.home)) {
      const text = readFileSync(path.join(daemon.home, name)).toString('latin1');
      assert.equal(text.includes('splits its nodes'), false, name);
    }
  });
});

async function sendAll(
  daemon: TestDaemon,
  dice: () => number,
): Promise<{ answered: number; failed: number; left: number }> {
  const seen = { answered: 0, failed: 0, left: 0 };
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < REQUESTS) {
      next += 1;
      const isStream = dice() < 0.5;
      const leaves = dice() < 0.08;
      const model = dice() < 0.1 ? 'exact/mystery' : 'auto';
      const content = ASKS[Math.floor(dice() * ASKS.length)];
      const abort = new AbortController();
      try {
        const response = await fetch(`${daemon.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model, stream: isStream, messages: [{ role: 'user', content }] }),
          signal: abort.signal,
        });
        if (leaves && isStream) {
          const reader = response.body?.getReader();
          await reader?.read();
          seen.left += 1;
          abort.abort();
          continue;
        }
        await response.arrayBuffer();
        if (response.ok) seen.answered += 1;
        else seen.failed += 1;
      } catch {
        seen.failed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return seen;
}
