import assert from 'node:assert/strict';

import { compactJson, hasDelicateNumber, parseExactObject } from '../../../../daemon/dialects/exact-json.ts';

describe('arguments as JSON', () => {
  it('keep numbers that a double cannot hold, there and back', () => {
    const text = '{"a":[1e400,9007199254740993,0.1,-0.00000000000000001234567890123456789],"b":{"c":1E5}}';
    assert.equal(JSON.stringify({ args: parseExactObject(text) }), `{"args":${text}}`);
    assert.equal(compactJson(text.replaceAll(',', ' , ')), text);
    assert.ok(hasDelicateNumber('1e9') && !hasDelicateNumber('{"a":123.5}'));
  });

  it('lose the spaces between tokens and nothing else', () => {
    assert.equal(compactJson(' { "a b" : [ 1.50 , "x : y" ] } '), '{"a b":[1.5,"x : y"]}');
  });

  it('are no object when they are anything else', () => {
    for (const text of ['', '[]', '1', 'null', '{"a":', '"{}"'])
      assert.equal(parseExactObject(text), undefined, text);
  });

  it('are left alone when they are too deep to be written anew', () => {
    const deep = `{"a":${'['.repeat(200_000)}1e999${']'.repeat(200_000)}}`;
    assert.equal(compactJson(` ${deep}`), deep);
  });

  it('never reach a prototype', () => {
    const parsed = parseExactObject('{"__proto__":{"x":1e99}}');
    assert.equal(({} as { x?: unknown }).x, undefined);
    assert.equal(JSON.stringify(parsed), '{"__proto__":{"x":1e99}}');
  });
});
