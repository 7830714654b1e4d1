import assert from 'node:assert/strict';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import type { RowFilter } from '../../../../daemon/ledger/ledger.ts';
import type { SqliteLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import { NOON_MS, at, exchange, ledgerAt } from './ledger-fixtures.ts';

describe('rows of one client, model, task or workspace', () => {
  let ledger: SqliteLedger;
  before(() => {
    ledger = ledgerAt(MEMORY_PATH).ledger;
    for (let index = 0; index < 48; index += 1) {
      ledger.append(
        exchange(`x_${index}`, {
          ...at(NOON_MS - index),
          client: index % 2 === 0 ? 'codex' : 'cline',
          responseModel: index % 3 === 0 ? 'opus' : index % 3 === 1 ? 'flash' : null,
          task: index % 4 === 0 ? 'code' : null,
          workspaceId: index < 24 ? 'one' : "o'ne%_",
        }),
      );
    }
  });
  after(() => ledger.close());

  const cases: readonly (readonly [string, RowFilter, (index: number) => boolean])[] = [
    ['client', { client: 'codex' }, (index) => index % 2 === 0],
    ['model', { model: 'flash' }, (index) => index % 3 === 1],
    ['model that nobody knows', { model: 'unknown' }, (index) => index % 3 === 2],
    ['task', { task: 'code' }, (index) => index % 4 === 0],
    ['workspace with odd characters', { workspace: "o'ne%_" }, (index) => index >= 24],
    [
      'client, model, task and workspace together',
      { client: 'codex', model: 'opus', task: 'code', workspace: 'one' },
      (index) => index % 12 === 0 && index < 24,
    ],
    ['client that there is not', { client: 'x' }, () => false],
  ];
  for (const [name, filter, belongs] of cases) {
    const expected = Array.from({ length: 48 }, (_, index) => index).filter(belongs);

    it(`[A45] are paged by ${name}, each once`, () => {
      const seen: string[] = [];
      for (let before: string | null = ''; before !== null;) {
        const page = ledger.exchanges({ ...filter, limit: 5, ...(before === '' ? {} : { before }) });
        seen.push(...page.exchanges.map(({ exchangeId }) => exchangeId));
        before = page.next;
      }
      assert.deepEqual(
        seen,
        expected.map((index) => `x_${index}`),
      );
    });

    it(`[A40] are summed up by ${name}, with groups and details`, () => {
      const totals = ledger.totals({ ...filter, groupBy: 'client', withDetails: true });
      assert.equal(totals.requests, expected.length);
      assert.equal(
        totals.groups.reduce((before, group) => before + group.requests, 0),
        expected.length,
      );
      assert.equal(totals.details?.compared.requests, expected.length);
    });
  }

  it('are named as the groups of the totals are', () => {
    for (const groupBy of ['client', 'model', 'task', 'workspace'] as const) {
      for (const { key, requests } of ledger.totals({ groupBy }).groups) {
        assert.equal(ledger.totals({ [groupBy]: key }).requests, requests, `${groupBy} ${key}`);
      }
    }
  });

  it('[A40] can be summed up to an end', () => {
    assert.equal(ledger.totals({ untilAtMs: NOON_MS - 40 }).requests, 7);
    assert.equal(ledger.totals({ sinceAtMs: NOON_MS - 41, untilAtMs: NOON_MS - 39 }).requests, 2);
  });
});
