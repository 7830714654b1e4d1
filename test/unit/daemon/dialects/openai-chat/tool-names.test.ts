import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import {
  fitToolName,
  isReversible,
  originalToolName,
} from '../../../../../daemon/dialects/openai-chat/tool-names.ts';

describe('openai-chat tool-names', () => {
  it('leaves names alone that are allowed', () => {
    for (const name of ['f', 'mcp__server__do-it', 'x'.repeat(64)]) {
      assert.equal(fitToolName(name), name);
      assert.equal(originalToolName(name), name);
    }
  });

  it('writes other names so that they can be read back', () => {
    for (const name of ['a.b:c', 'größe', '', 'f-pm1', 'a-x2eb.c']) {
      const fitted = fitToolName(name);
      assert.match(fitted, /^[a-zA-Z0-9_-]{1,64}$/);
      assert.equal(originalToolName(fitted), name);
      assert.equal(isReversible(name), true);
    }
  });

  it('tells long names apart, and says that they cannot be read back', () => {
    const [a, b] = [`${'x'.repeat(64)}a`, `${'x'.repeat(64)}b`];
    assert.notEqual(fitToolName(a), fitToolName(b));
    assert.equal(fitToolName(a).length, 64);
    assert.equal(isReversible(a), false);
  });

  it('never makes two names the same', () => {
    const name = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('a.b', 'a-x2eb', 'a-x2eb-pm1', 'a_b'),
    );
    fc.assert(
      fc.property(name, name, (a, b) => {
        assert.equal(fitToolName(a) === fitToolName(b), a === b);
      }),
    );
  });
});
