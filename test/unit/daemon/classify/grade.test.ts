import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { asNeeds, failuresOf, gradeOfNeeds } from '../../../../daemon/classify/grade.ts';

const probability = fc.double({ min: 0, max: 1, noNaN: true });

describe('what a tier fails at', () => {
  it('[A9] has the grade that was said, whatever the probabilities', () => {
    fc.assert(
      fc.property(probability, probability, (stronger, strongest) => {
        const higher = asNeeds(stronger, strongest);
        assert.equal(gradeOfNeeds(failuresOf(higher)), gradeOfNeeds(higher));
      }),
    );
  });

  it('keeps the order of asks that are equally far from complex', () => {
    fc.assert(
      fc.property(probability, probability, probability, (one, other, strongest) => {
        const [less, more] = one <= other ? [one, other] : [other, one];
        const at = (stronger: number): number =>
          failuresOf(asNeeds(stronger, Math.min(less, strongest))).needsStronger;
        assert.ok(at(less) <= at(more));
      }),
    );
  });

  it('never takes a harder ask for a failed one, nor an easy one for safe', () => {
    const certain = failuresOf({ needsStronger: 1, needsStrongest: 1 });
    assert.ok(certain.needsStronger < 0.95 && certain.needsStrongest < 0.8);
    const easy = failuresOf({ needsStronger: 0, needsStrongest: 0 });
    assert.ok(easy.needsStronger > 0.01 && easy.needsStrongest > 0);
  });

  it('lets a profile lean at a certain moderate ask: neither near a failure nor near a success', () => {
    const { needsStronger, needsStrongest } = failuresOf({ needsStronger: 1, needsStrongest: 0 });
    assert.ok(needsStronger > 0.4 && needsStronger < 0.6, String(needsStronger));
    assert.ok(needsStrongest > 0.08 && needsStrongest < 0.2, String(needsStrongest));
  });
});
