import assert from 'node:assert/strict';
import { RankCheck, compareTotals } from '../../../../daemon/ledger/compare-totals.ts';
import { MEMORY_PATH } from '../../../../daemon/ledger/database-file.ts';
import type { TotalsBody } from '../../../../daemon/protocol/control-api.ts';
import { createDice, randomExchange } from './closing-rows.ts';
import { NOON_MS, ledgerAt } from './ledger-fixtures.ts';

async function someTotals(): Promise<TotalsBody> {
  const { ledger } = ledgerAt(MEMORY_PATH);
  const dice = createDice(2);
  for (let index = 0; index < 60; index += 1) ledger.append(randomExchange(dice, index, NOON_MS, 5));
  const totals = ledger.totals({ groupBy: 'model' });
  await ledger.close();
  return totals;
}

/** Every place at which a number stands. */
function numbersIn(
  value: unknown,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, [...path, key]));
}

function bumped(totals: TotalsBody, path: readonly (string | number)[]): TotalsBody {
  const copy = structuredClone(totals);
  let place = copy as unknown as Record<string, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  const key = String(path.at(-1));
  place[key] = Number(place[key]) * 1.001 + 0.001;
  return copy;
}

describe('comparing totals', () => {
  it('finds each single figure that differs, and nothing else', async () => {
    const totals = await someTotals();
    const { figures, faults } = compareTotals(totals, totals, 'model');
    assert.deepEqual(faults, []);
    const places = numbersIn(totals);
    assert.ok(
      places.length > 60 && figures >= places.length,
      `${places.length} numbers, ${figures} compared`,
    );
    for (const place of places) {
      const found = compareTotals(bumped(totals, place), totals, 'model').faults;
      assert.equal(found.length, 1, place.join('.'));
    }
  });

  it('finds a group that one side does not have', async () => {
    const totals = await someTotals();
    const less = { ...totals, groups: totals.groups.slice(1) };
    const name = JSON.stringify(totals.groups[0]?.key);
    assert.equal(compareTotals(less, totals, 'model').faults[0]?.term, `totals of model ${name}`);
    assert.equal(compareTotals(totals, less, 'model').faults.length, 1);
  });

  it('takes an unknown for different from 0', async () => {
    const totals = await someTotals();
    const { faults } = compareTotals({ ...totals, savedRatio: null }, { ...totals, savedRatio: 0 }, 'model');
    assert.equal(faults[0]?.term, 'totals by model, savedRatio');
  });

  it('knows a quantile by its rank alone', () => {
    const check = (stated: number): number | null => {
      const rank = new RankCheck(0.5, stated);
      for (const sample of [5, 1, 4, 2, 3, 3]) rank.add(sample);
      return rank.value;
    };
    assert.equal(check(3), 3);
    assert.ok(Number.isNaN(check(2)));
    assert.ok(Number.isNaN(check(4)));
    assert.equal(new RankCheck(0.5, null).value, null);
  });
});
