import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  findTarget,
  knownNames,
  quoted,
  resolveModelName,
  type ResolvedName,
} from '../../../../daemon/route/model-name.ts';
import { SIX_MODELS, table, target } from './route-fixtures.ts';

const ALIASES = { 'sonnet-4-5-20250929': 'sonnet-4-5', 'dated-config': 'short' };

/** "kind id-or-name" */
function told(name: string, overrides: Parameters<typeof table>[0] = {}): string {
  const resolved: ResolvedName = resolveModelName(name, table({ aliases: ALIASES, ...overrides }));
  switch (resolved.kind) {
    case 'auto':
      return `auto ${resolved.profile ?? '-'}`;
    case 'exact':
      return `exact ${resolved.target.id} ${resolved.isPrefixed ? 'prefixed' : 'bare'}`;
    case 'ceiling':
      return `ceiling ${resolved.target.id}`;
    default:
      return `${resolved.kind} ${resolved.name}`;
  }
}

const CASES: readonly (readonly [name: string, meaning: string])[] = [
  ['auto', 'auto -'],
  ['', 'auto -'],
  [' Auto ', 'auto -'],
  ['claude-auto', 'auto -'],
  ['auto:budget', 'auto budget'],
  ['auto:balanced', 'auto balanced'],
  ['auto:quality', 'auto quality'],
  ['auto:turbo', 'auto -'],
  ['auto:__proto__', 'auto -'],
  ['exact/opus', 'exact opus prefixed'],
  ['exact/sonnet-4-5', 'exact sonnet prefixed'],
  ['exact/gpt-99', 'exact-unknown gpt-99'],
  ['exact/', 'exact-unknown '],
  ['exact/__proto__', 'exact-unknown __proto__'],
  ['opus', 'ceiling opus'],
  ['sonnet-4-5', 'ceiling sonnet'],
  ['sonnet-4-5-20250929', 'ceiling sonnet'],
  ['sonnet-4-5-20991231', 'unknown sonnet-4-5-20991231'],
  ['sonnet-4', 'unknown sonnet-4'],
  ['Opus', 'unknown Opus'],
  ['toString', 'unknown toString'],
  ['__proto__', 'unknown __proto__'],
  ['constructor', 'unknown constructor'],
];

describe('route/model-name', () => {
  for (const [name, meaning] of CASES) {
    it(`[A2] takes ${JSON.stringify(name)} as "${meaning.trim()}"`, () => assert.equal(told(name), meaning));
  }

  it('notes a profile that nobody knows', () => {
    const resolved = resolveModelName('auto:turbo', table());
    assert.match(
      resolved.kind === 'auto' ? (resolved.note ?? '') : '',
      /profile "turbo" is not one of budget/,
    );
  });

  it('takes a bare name as exact when the configuration says so', () => {
    assert.equal(told('opus', { bareModelNames: 'exact' }), 'exact opus bare');
    assert.equal(told('nobody', { bareModelNames: 'exact' }), 'unknown nobody');
  });

  it('finds a model that is configured by its dated name under the short one', () => {
    const dated = target('mine', { upstreamModel: 'dated-config' });
    assert.equal(findTarget('short', { targets: [dated], aliases: ALIASES }), dated);
  });

  it('finds a model whose id an alias declares', () => {
    const model = target('short');
    assert.equal(findTarget('dated-config', { targets: [model], aliases: ALIASES }), model);
  });

  it('prefers an id to the same upstream name of another model', () => {
    const first = target('a', { upstreamModel: 'b' });
    const second = target('b');
    assert.equal(findTarget('b', { targets: [first, second] }), second);
  });

  it('prefers the usable one of two providers that have the model', () => {
    const without = target('a', { upstreamModel: 'same', usable: false });
    const withKey = target('b', { upstreamModel: 'same' });
    assert.equal(findTarget('same', { targets: [without, withKey] }), withKey);
    assert.equal(findTarget('same', { targets: [without] }), without);
  });

  it('lists at most 20 known names, usable ones first', () => {
    const many = Array.from({ length: 30 }, (_, index) => target(`m${index}`, { usable: index >= 15 }));
    const known = knownNames({ targets: many });
    assert.equal(known.length, 20);
    assert.equal(known[0], 'm15');
    assert.deepEqual(knownNames({ targets: SIX_MODELS }), ['flash', 'mini', 'pro', 'sonnet', 'opus', 'sol']);
  });

  it('quotes a long name cut and without control characters', () => {
    assert.equal(quoted('a\nb'), '"a b"');
    assert.equal(quoted('x'.repeat(100)), `"${'x'.repeat(80)}…"`);
  });

  it('never throws, and only names behind exact/ are ever refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((name) => `exact/${name}`),
        ),
        (name) => {
          const { kind } = resolveModelName(name, table({ aliases: ALIASES }));
          if (kind === 'exact-unknown') assert.ok(name.trim().startsWith('exact/'));
        },
      ),
    );
  });
});
