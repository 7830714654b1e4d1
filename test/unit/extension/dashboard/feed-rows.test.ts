import assert from 'node:assert/strict';
import { feedRow, rowLabel, timeText } from '../../../../extension/dashboard/feed-rows.ts';
import type { FeedItem, StoredExchange } from '../../../../extension/dashboard/feed-store.ts';
import { sampleExchange } from '../../../dashboard/sample-history.ts';

const AT_MS = new Date(2026, 10, 21, 9, 5, 7).getTime();
const BASE: StoredExchange = {
  ...sampleExchange(1, AT_MS),
  requestModel: 'auto',
  responseModel: 'deepseek-pro',
  costUsd: 0.0123,
  savedUsd: 0.45,
};

const row = (change: Partial<StoredExchange> = {}) => {
  const record = { ...BASE, ...change };
  const item: FeedItem = { exchangeId: record.exchangeId, startedAtMs: AT_MS, running: null, record };
  return feedRow(item, AT_MS + 1000);
};

describe('feed rows', () => {
  it('[A51] names the model that answered, and the one that was asked for where it is another', () => {
    assert.equal(row().answered, 'deepseek-pro');
    assert.equal(row().requested, 'auto');
    assert.equal(row({ requestModel: 'deepseek-pro' }).requested, null);
    assert.equal(row({ requestModel: 'exact/deepseek-pro' }).requested, null);
    assert.equal(row({ responseModel: null }).answered, 'no answer');
  });

  it('[A40] writes the saving with its sign and its tone', () => {
    assert.deepEqual([row().saved, row().savedTone], ['+$0.45', 'gain']);
    assert.deepEqual(
      [row({ savedUsd: -0.02 }).saved, row({ savedUsd: -0.02 }).savedTone],
      ['-$0.02', 'loss'],
    );
    assert.deepEqual([row({ savedUsd: 0 }).saved, row({ savedUsd: 0 }).savedTone], ['$0.00', 'plain']);
    assert.deepEqual(
      [row({ savedUsd: null }).saved, row({ savedUsd: null }).savedTone],
      ['unknown', 'unknown'],
    );
  });

  it('marks figures that rest on estimated tokens', () => {
    const { cost, saved, tokens } = row({ usageSource: 'estimated' });
    assert.equal(cost, '≈$0.012');
    assert.equal(saved, '≈+$0.45');
    assert.match(tokens, /^≈/);
  });

  it('says unknown where the cost is not known, and none where nothing was used', () => {
    assert.equal(row({ costUsd: null }).cost, 'unknown');
    assert.equal(row({ usage: null, costUsd: null }).tokens, 'unknown');
    assert.equal(row({ usage: null, costUsd: 0 }).tokens, 'none');
  });

  it('says that an answered request has failed over when an attempt before it failed', () => {
    const failed = BASE.attempts.map((attempt) => ({ ...attempt, status: 'failed' as const }));
    assert.equal(row().stateWords, 'OK');
    assert.equal(row({ attempts: [...failed, ...BASE.attempts] }).state, 'failed-over');
    assert.equal(row({ attempts: failed, status: 'error' }).stateWords, 'Error');
    assert.equal(row({ status: 'cancelled' }).stateWords, 'Cancelled');
    assert.equal(row({ status: 'interrupted' }).stateWords, 'Interrupted');
  });

  it('[A31] marks answers that no model was asked for, but not one that broke off', () => {
    assert.deepEqual(
      [row({ cache: 'exact' }).state, row({ cache: 'exact' }).stateWords],
      ['exact-hit', 'Exact hit'],
    );
    assert.equal(row({ cache: 'semantic' }).stateWords, 'Semantic hit');
    assert.match(rowLabel(row({ cache: 'semantic' })), /Semantic hit$/);
    assert.equal(row({ cache: 'exact', status: 'cancelled' }).state, 'cancelled');
    assert.equal(row({ cache: 'bypass' }).state, 'ok');
  });

  it('shows what is known of a running request, and leaves the rest open', () => {
    const running = {
      exchangeId: 'x_1',
      client: 'claude-code',
      requestModel: 'claude-auto',
      startedAt: new Date(AT_MS).toISOString(),
      chosen: 'deepseek-flash',
      task: 'code',
      complexity: 'simple',
      reason: 'cheapest-capable',
      failedAttempts: 0,
    } as const;
    const shown = feedRow({ exchangeId: 'x_1', startedAtMs: AT_MS, running, record: null }, AT_MS);
    assert.deepEqual(
      [shown.client, shown.answered, shown.task, shown.grade, shown.cost, shown.state],
      ['Claude Code', 'deepseek-flash', 'Code', 'simple', '…', 'running'],
    );
  });

  it('writes the time of today to the second, and that of other days with the day', () => {
    assert.equal(timeText(AT_MS, AT_MS), '09:05:07');
    assert.equal(timeText(AT_MS, AT_MS + 24 * 3_600_000), '21 Nov 09:05');
  });

  it('tells a screen reader the whole row in one sentence', () => {
    const label = rowLabel(row({ client: 'codex', task: 'code', complexity: 'moderate' }));
    assert.equal(
      label,
      '09:05:07, Codex, Code, moderate, deepseek-pro, asked for auto, cost $0.012, saved +$0.45, OK',
    );
  });
});
