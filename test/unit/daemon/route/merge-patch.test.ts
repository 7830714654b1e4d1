import assert from 'node:assert/strict';
import { applyMergePatch } from '../../../../daemon/route/merge-patch.ts';

describe('route/merge-patch', () => {
  // Cases after the table in RFC 7396, appendix A.
  const cases: readonly (readonly [unknown, Record<string, unknown>, unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [value, patch, expected] of cases) {
    it(`[C5] makes ${JSON.stringify(expected)} of ${JSON.stringify(value)} and ${JSON.stringify(patch)}`, () => {
      const before = JSON.stringify(value);
      assert.deepEqual(applyMergePatch(value, patch), expected);
      assert.equal(JSON.stringify(value), before);
    });
  }
  it('takes a member called __proto__ as any other', () => {
    const patched = applyMergePatch(
      {},
      JSON.parse('{"__proto__":{"polluted":1}}') as Record<string, unknown>,
    );
    assert.deepEqual(Object.keys(patched), ['__proto__']);
    assert.equal(Object.getPrototypeOf(patched), Object.prototype);
  });
});
