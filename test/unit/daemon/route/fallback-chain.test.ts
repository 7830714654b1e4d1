import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { fallbackChain } from '../../../../daemon/route/fallback-chain.ts';
import { GRADES, target } from './route-fixtures.ts';

/** `a1` is the first model of provider a; upper case = complex, lower case = simple; `!` = below the grade. */
function chain(first: string, rest: string, fallback: readonly string[] = []): string {
  const candidates = [first, ...rest.split(' ')].map((name, index) => ({
    target: modelOf(name.replace('!', ''), index === 0 ? fallback : []),
    expectedCostUsd: 1,
    isCapable: !name.endsWith('!'),
  }));
  return fallbackChain(candidates)
    .map((candidate) => candidate.target.id)
    .join(' ');
}

function modelOf(id: string, fallback: readonly string[]): ModelTarget {
  const tier = id === id.toUpperCase() ? 'complex' : 'simple';
  return target(id, { provider: (id[0] ?? '').toLowerCase(), tier, fallback });
}

describe('route/fallback-chain', () => {
  it('[A25] keeps the order of models at other providers', () => {
    assert.equal(chain('a1', 'b1 c1 B2 C2'), 'a1 b1 c1 B2 C2');
  });
  it('[A27] moves other providers ahead of the same one within a tier', () => {
    assert.equal(chain('a1', 'a2 b1 a3 c1 A4 B4'), 'a1 b1 c1 a2 a3 B4 A4');
  });
  it('[A27] moves one model at another provider to the second place, also a dearer one', () => {
    assert.equal(chain('a1', 'a2 A3 B3 C3'), 'a1 B3 a2 C3 A3');
  });
  it('does not put a model below the grade before a capable one at the same provider', () => {
    assert.equal(chain('A1', 'A2 b1!'), 'A1 A2 b1');
  });
  it('[A25] tries the model’s own fallbacks first, then one at another provider', () => {
    assert.equal(chain('a1', 'a2 b1 b2', ['a2']), 'a1 a2 b1 b2');
    assert.equal(chain('a1', 'a2 b1 B2', ['b1']), 'a1 b1 a2 B2');
    assert.equal(chain('a1', 'a2 a3 b1 B2', ['B2', 'a3']), 'a1 B2 a3 b1 a2');
  });
  it('passes over fallbacks that are no candidates', () => {
    assert.equal(chain('a1', 'b1', ['gone', 'a1', 'b1', 'b1']), 'a1 b1');
  });
  it('is empty for nobody', () => assert.deepEqual(fallbackChain([]), []));

  it('holds the same models as before, the choice first', () => {
    const anyCandidate = fc.record({
      provider: fc.constantFrom('a', 'b', 'c'),
      tier: fc.constantFrom(...GRADES),
      isCapable: fc.boolean(),
      fallback: fc.array(fc.constantFrom('m0', 'm1', 'm2', 'm3')),
    });
    fc.assert(
      fc.property(fc.array(anyCandidate, { maxLength: 8 }), (parts) => {
        const candidates = parts.map(({ isCapable, ...part }, index) => ({
          target: target(`m${index}`, part),
          expectedCostUsd: 1,
          isCapable,
        }));
        const made = fallbackChain(candidates);
        assert.equal(made[0], candidates[0]);
        assert.deepEqual(new Set(made), new Set(candidates));
        assert.equal(made.length, candidates.length);
      }),
    );
  });
});
