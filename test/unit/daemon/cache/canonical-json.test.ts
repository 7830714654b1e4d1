import assert from 'node:assert/strict';
import { ambiguityOf, isExactNumber } from '../../../../daemon/cache/ambiguous-json.ts';
import { canonicalJson, canonicalJsonOfText } from '../../../../daemon/cache/canonical-json.ts';

describe('canonical JSON', () => {
  it('puts members in order and leaves absent ones out', () => {
    assert.equal(
      canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined }),
      '{"b":[1,{"c":"x","d":null}]}',
    );
  });

  it('[A31] of a text keeps numbers as they are written', () => {
    assert.equal(
      canonicalJsonOfText('{ "b": 1.0, "a": 9007199254740993 }'),
      '{"a":9007199254740993,"b":1.0}',
    );
  });

  it('[A31] of a text that is no JSON, or has a member twice, is the text', () => {
    for (const text of ['{"a":', '{"a":1, "a":2}', '{"a":1,"\\u0061":2}'])
      assert.equal(canonicalJsonOfText(text), text);
  });
});

describe('ambiguous JSON', () => {
  it('[A31] is found at any depth, and not in texts', () => {
    assert.equal(
      ambiguityOf(Buffer.from('{"x":[{"a":1,"b":{"a":2}},{"a":"\\"a\\":1,12345678901234567890"}]}')),
      null,
    );
    assert.equal(ambiguityOf(Buffer.from('{"x":[{"a":1,"a":1}]}')), 'twin-members');
    assert.equal(ambiguityOf(Buffer.from('{"x":[12345678901234567890]}')), 'inexact-numbers');
  });

  it('[A31] has numbers that a double does not hold', () => {
    for (const text of ['0', '-1.5', '1e10', '123456789012345', '0.000001'])
      assert.ok(isExactNumber(text), text);
    for (const text of ['1e400', '1e-400', '9007199254740993', '0.12345678901234567'])
      assert.ok(!isExactNumber(text), text);
  });
});
