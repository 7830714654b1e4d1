import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { TOOL_NAMES as ANTHROPIC_NAMES } from '../../../../daemon/dialects/anthropic-messages/tool-names.ts';
import { TOOL_NAMES as CHAT_NAMES } from '../../../../daemon/dialects/openai-chat/tool-names.ts';
import type { ToolNames } from '../../../../daemon/dialects/tool-names.ts';

const DIALECTS: readonly (readonly [dialect: string, names: ToolNames, maxCharacters: number])[] = [
  ['openai-chat', CHAT_NAMES, 64],
  ['anthropic-messages', ANTHROPIC_NAMES, 128],
];

for (const [dialect, names, maxCharacters] of DIALECTS) {
  const allowed = new RegExp(`^[a-zA-Z0-9_-]{1,${maxCharacters}}$`);

  describe(`${dialect} names of tools`, () => {
    it('stay as they are when they are allowed', () => {
      for (const name of ['f', 'mcp__server__do-it', 'x'.repeat(maxCharacters)]) {
        assert.equal(names.fit(name), name);
        assert.equal(names.original(name), name);
      }
    });

    it('are written so that they are allowed and can be read back', () => {
      for (const name of ['a.b:c', 'größe', '', 'f-pm1', 'a-x2eb.c', 'files.read:v2']) {
        assert.match(names.fit(name), allowed);
        assert.equal(names.original(names.fit(name)), name);
        assert.equal(names.isReversible(name), true);
      }
    });

    it('can be read back for any short text', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary-ascii', maxLength: 15 }), (name) => {
          assert.match(names.fit(name), allowed);
          assert.equal(names.original(names.fit(name)), name);
        }),
        { seed: 7, numRuns: 300 },
      );
    });

    it('are cut when they are too long, are kept apart, and say that they cannot be read back', () => {
      const [a, b] = [`${'x'.repeat(maxCharacters)}a`, `${'x'.repeat(maxCharacters)}b`];
      assert.notEqual(names.fit(a), names.fit(b));
      assert.equal(names.fit(a).length, maxCharacters);
      assert.match(names.fit(a), allowed);
      assert.equal(names.isReversible(a), false);
    });

    it('never become the same', () => {
      const name = fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom('a.b', 'a-x2eb', 'a-x2eb-pm1', 'a_b'),
      );
      fc.assert(
        fc.property(name, name, (a, b) => {
          assert.equal(names.fit(a) === names.fit(b), a === b);
        }),
      );
    });

    it('are left alone when they only look like one of ours', () => {
      assert.equal(names.original('-xzz-pm1'), '-xzz-pm1');
    });
  });
}
