import assert from 'node:assert/strict';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import type { SqliteLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { NOON_MS, at, exchange, ledgerAt } from './ledger-fixtures.ts';

describe('pages of exchanges', () => {
  let ledger: SqliteLedger;
  beforeEach(() => {
    ledger = ledgerAt(MEMORY_PATH).ledger;
  });
  afterEach(() => ledger.close());

  const idsOf = (query: Parameters<SqliteLedger['exchanges']>[0]): readonly string[] =>
    ledger.exchanges(query).exchanges.map((record) => record.exchangeId);

  it('come newest first, and in the order of booking within one millisecond', () => {
    ledger.append(exchange('x_old', at(NOON_MS - 1)));
    ledger.append(exchange('x_b'));
    ledger.append(exchange('x_a'));
    ledger.append(exchange('x_oldest', at(NOON_MS - 2)));
    assert.deepEqual(idsOf({}), ['x_a', 'x_b', 'x_old', 'x_oldest']);
  });

  it('hold 50 rows unless told otherwise, 1 to 500', () => {
    for (let index = 0; index < 510; index++) ledger.append(exchange(`x_${index}`));
    assert.equal(idsOf({}).length, 50);
    assert.equal(idsOf({ limit: 0 }).length, 1);
    assert.equal(idsOf({ limit: 9999 }).length, 500);
  });

  it('cover every row once while rows are added at both ends', () => {
    for (let index = 0; index < 20; index++)
      ledger.append(exchange(`x_${index}`, at(NOON_MS + (index >> 1))));
    const seen: string[] = [];
    let before: string | null = '';
    for (let page = 0; before !== null; page++) {
      const body = ledger.exchanges(before === '' ? { limit: 3 } : { limit: 3, before });
      seen.push(...body.exchanges.map((record) => record.exchangeId));
      before = body.next;
      if (page < 3) ledger.append(exchange(`x_new_${page}`, at(NOON_MS + 1000)));
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 20 }, (_, index) => `x_${19 - index}`),
    );
  });

  it('end with null, also when the last page is full', () => {
    for (let index = 0; index < 4; index++) ledger.append(exchange(`x_${index}`));
    const first = ledger.exchanges({ limit: 2 });
    assert.notEqual(first.next, null);
    assert.equal(ledger.exchanges({ limit: 2, before: first.next ?? '' }).next, null);
  });

  it('can be those of one conversation', () => {
    ledger.append(exchange('x_1', { conversationId: 'c_1' }));
    ledger.append(exchange('x_2', { conversationId: 'c_2' }));
    ledger.append(exchange('x_3', { conversationId: 'c_1' }));
    const first = ledger.exchanges({ conversationId: 'c_1', limit: 1 });
    assert.deepEqual(
      first.exchanges.map((record) => record.exchangeId),
      ['x_3'],
    );
    assert.deepEqual(idsOf({ conversationId: 'c_1', before: first.next ?? '' }), ['x_1']);
  });

  for (const before of ['', 'x', '12', "1.1'; DROP TABLE exchanges; --"]) {
    it(`refuse ${JSON.stringify(before)} as a place to go on from`, () => {
      assert.throws(
        () => ledger.exchanges({ before }),
        (error) =>
          error instanceof RouterError && error.code === 'request.malformed' && error.param === 'before',
      );
    });
  }
});
