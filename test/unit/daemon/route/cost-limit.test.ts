import assert from 'node:assert/strict';
import { applyMaxCost, costLimitOf, usdText } from '../../../../daemon/route/cost-limit.ts';
import { target } from './route-fixtures.ts';

/** "id:cost", `-` = unpriced, `!` = below the grade. */
function limited(candidates: string, maxCostUsd: number | null) {
  const parsed = candidates.split(' ').map((text) => {
    const [id = '', cost = '-'] = text.replace('!', '').split(':');
    return {
      target: target(id),
      expectedCostUsd: cost === '-' ? null : Number(cost),
      isCapable: !text.endsWith('!'),
    };
  });
  const result = applyMaxCost(parsed, maxCostUsd);
  return { ...result, order: result.candidates.map((candidate) => candidate.target.id).join(' ') };
}

const CASES: readonly {
  readonly title: string;
  readonly candidates: string;
  readonly max: number | null;
  readonly order: string;
  readonly isBinding: boolean;
}[] = [
  { title: 'no limit changes nothing', candidates: 'a:3 b:1', max: null, order: 'a b', isBinding: false },
  {
    title: 'a limit that the first fits changes nothing',
    candidates: 'a:3 b:1',
    max: 3,
    order: 'a b',
    isBinding: false,
  },
  {
    title: 'the first that fits is taken',
    candidates: 'a:9 b:4 c:1',
    max: 5,
    order: 'b c a',
    isBinding: true,
  },
  {
    title: 'capable models that fit go before weaker ones that fit',
    candidates: 'a:9 w:1! b:4',
    max: 5,
    order: 'b w a',
    isBinding: true,
  },
  {
    title: 'a weaker model that fits goes before a capable one that does not',
    candidates: 'a:9 w:1!',
    max: 5,
    order: 'w a',
    isBinding: true,
  },
  {
    title: 'nothing fits: the cheapest, so that a lower limit never leads to a dearer model',
    candidates: 'a:9 b:8 w:7!',
    max: 5,
    order: 'w b a',
    isBinding: true,
  },
  {
    title: 'nothing fits and the first is the cheapest: still the limit’s doing',
    candidates: 'b:8 a:9',
    max: 5,
    order: 'b a',
    isBinding: true,
  },
  {
    title: 'an unpriced model comes last',
    candidates: 'u:- a:9 b:1',
    max: 5,
    order: 'b a u',
    isBinding: true,
  },
  {
    title: 'a limit of zero takes what is free',
    candidates: 'a:1 f:0',
    max: 0,
    order: 'f a',
    isBinding: true,
  },
];

describe('route/cost-limit', () => {
  for (const { title, candidates, max, order, isBinding } of CASES) {
    it(`[A21] ${title}`, () => {
      const result = limited(candidates, max);
      assert.deepEqual([result.order, result.isBinding], [order, isBinding]);
    });
  }

  it('[A21] says in the record when the limit could not be met', () => {
    assert.match(limited('a:9', 0.5).note ?? '', /no model fits the max cost of 0\.5 USD/);
    assert.equal(limited('a:9 b:1', 5).note, null);
  });

  it('takes limits that are no number or negative as none', () => {
    assert.deepEqual([null, NaN, -1, 0, 2].map(costLimitOf), [null, null, null, 0, 2]);
  });

  it('leaves nobody alone', () => assert.deepEqual(applyMaxCost([], 1).candidates, []));

  it('writes amounts that a person can read', () => {
    assert.deepEqual([0.0031234, 12.3456, 0, 0.1 + 0.2].map(usdText), [
      '0.00312 USD',
      '12.35 USD',
      '0 USD',
      '0.3 USD',
    ]);
  });
});
