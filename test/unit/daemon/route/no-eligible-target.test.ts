import assert from 'node:assert/strict';
import { noEligibleTarget, type RejectedTarget } from '../../../../daemon/route/no-eligible-target.ts';
import { target } from './route-fixtures.ts';

function message(reasons: Readonly<Record<string, string>>, wish?: string): string {
  const rejections = Object.entries(reasons).map(([id, why]): [string, RejectedTarget] => [
    id,
    { filter: 'context', why, target: target(id) },
  ]);
  return noEligibleTarget(new Map(rejections), wish);
}

describe('route/no-eligible-target', () => {
  it('[A28] names models with the same reason together', () => {
    assert.equal(
      message({ a: 'cannot see images', b: 'has no key', c: 'cannot see images' }),
      'no model can serve this request: a, c cannot see images; b has no key',
    );
  });
  it('[A28] stays short with many models and many reasons', () => {
    const alike = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`m${n}`, 'has no key']));
    assert.match(message(alike), /m5 and 3 others has no key$/);
    const unlike = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`m${n}`, `reason ${n}`]));
    assert.match(message(unlike), /m5 reason 5; and 3 more reasons$/);
  });
  it('tells only the wanted model’s reason when one was asked for', () => {
    const other: RejectedTarget = { filter: 'pinned', why: 'is not asked for', target: target('b') };
    const own: RejectedTarget = { filter: 'tools', why: 'cannot call tools', target: target('a') };
    const text = noEligibleTarget(
      new Map([
        ['a', own],
        ['b', other],
      ]),
      '?model= asks for a',
    );
    assert.equal(text, '?model= asks for a, which cannot serve this request: a cannot call tools');
  });
});
