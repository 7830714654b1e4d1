import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { decodeToolId, encodeToolId } from '../../../../../daemon/dialects/anthropic-messages/tool-ids.ts';

describe('anthropic-messages tool-ids', () => {
  it('leaves ids alone that Anthropic allows', () => {
    for (const id of ['toolu_01A', 'call_abc-9', 'a'.repeat(300)]) {
      assert.equal(encodeToolId(id), id);
      assert.equal(decodeToolId(id), id);
    }
  });

  it('writes any other id within the alphabet and reads it back as it was', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('functions.bash:0')), (id) => {
        assert.match(encodeToolId(id), /^[a-zA-Z0-9_-]+$/);
        assert.equal(decodeToolId(encodeToolId(id)), id);
      }),
    );
  });

  it('does not confuse an id that looks rewritten with one that is', () => {
    const rewritten = encodeToolId('functions.bash:0');
    assert.notEqual(encodeToolId(rewritten), rewritten);
    assert.equal(decodeToolId(encodeToolId(rewritten)), rewritten);
    assert.equal(decodeToolId('toolu_pm1_%%'), 'toolu_pm1_%%');
  });
});
