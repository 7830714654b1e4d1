import assert from 'node:assert/strict';

import { assert as check, property, string } from 'fast-check';

import {
  fitToolName,
  originalToolName,
} from '../../../../../daemon/dialects/anthropic-messages/tool-names.ts';

describe('anthropic-messages names of tools', () => {
  it('leaves names alone that Anthropic takes', () => {
    for (const name of ['Bash', 'mcp__a__b-c', 'a'.repeat(128)]) {
      assert.equal(fitToolName(name), name);
      assert.equal(originalToolName(name), name);
    }
  });

  it('writes every other name so that Anthropic takes it and it can be read back', () => {
    check(
      property(string({ unit: 'binary-ascii', maxLength: 30 }), (name) => {
        const fitted = fitToolName(name);
        assert.match(fitted, /^[a-zA-Z0-9_-]{1,128}$/);
        assert.equal(originalToolName(fitted), name);
      }),
      { seed: 7, numRuns: 300 },
    );
    assert.equal(originalToolName(fitToolName('größe')), 'größe');
    assert.equal(originalToolName(fitToolName('files.read:v2')), 'files.read:v2');
    assert.equal(originalToolName(fitToolName('a-pm1')), 'a-pm1');
  });

  it('cuts names that are too long, and keeps them apart', () => {
    const names = ['a', 'b'].map((last) => fitToolName('x'.repeat(200) + last));
    assert.ok(names.every((name) => /^[a-zA-Z0-9_-]{1,128}$/.test(name)));
    assert.notEqual(names[0], names[1]);
  });

  it('leaves a name alone that only looks like one of ours', () => {
    assert.equal(originalToolName('-xzz-pm1'), '-xzz-pm1');
  });
});
