import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { RouterError } from '../../../../daemon/errors.ts';
import {
  parseRequestBody,
  scanArray,
  scanObject,
  skipValue,
  spliceMembers,
  typeAt,
  valueAt,
  walkArray,
  walkObject,
} from '../../../../daemon/util/json-scan.ts';

const bodyOf = (text: string) => parseRequestBody(Buffer.from(text));

function refusalOf(bytes: Buffer | string, limits?: { maxDepth: number; maxKeys: number }): string {
  try {
    parseRequestBody(Buffer.from(bytes), limits);
  } catch (error) {
    assert.ok(error instanceof RouterError);
    assert.equal(error.code, 'request.malformed');
    assert.equal(error.statusCode, 400);
    return error.message;
  }
  return 'accepted';
}

/** A view that does not begin on a word boundary, as bodies cut from a larger buffer do. */
function misaligned(text: string, by: number): Buffer {
  const whole = Buffer.concat([Buffer.alloc(by, 0x20), Buffer.from(text)]);
  return Buffer.from(whole.buffer, whole.byteOffset + by, whole.length - by);
}

/** JSON text with the white space and the escapes that a generator of objects would never write. */
const jsonText = fc
  .tuple(
    fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 6 }), { maxKeys: 8 }),
    fc.constantFrom(undefined, 1, '\t', '\r\n'),
    fc.boolean(),
  )
  .map(([value, space, isAscii]) => {
    const text = JSON.stringify(value, null, space);
    if (!isAscii) return text;
    return text.replaceAll(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  });

/** Bytes that matter to the grammar, so that a mutation hits something. */
const spice = fc.constantFrom(
  ...Array.from('{}[],:"\\/-+.eE0123456789tfnu \n\t\u0000\u001f\u007fé😀'),
  'null',
  '\\u12',
  '1.',
  '-',
);

describe('json-scan parseRequestBody', () => {
  it('maps the top-level members to the bytes of their values', () => {
    const body = bodyOf(' {"a" : [1, {"b":2}],\n"c":"x\\"y", "d":-1.5e+3 , "e":{},"f":null,"g":[] } ');
    const texts = [...body.members].map(([key, span]) => [
      key,
      body.bytes.toString('utf8', span.start, span.end),
    ]);
    assert.deepEqual(texts, [
      ['a', '[1, {"b":2}]'],
      ['c', '"x\\"y"'],
      ['d', '-1.5e+3'],
      ['e', '{}'],
      ['f', 'null'],
      ['g', '[]'],
    ]);
  });

  it('keeps the bytes it was given and copies nothing', () => {
    const bytes = Buffer.from('{"a":1}');
    assert.equal(parseRequestBody(bytes).bytes, bytes);
  });

  it('lets the last of duplicate members count and lists all of them', () => {
    const body = bodyOf('{"model":"a","n":1,"model":"b"}');
    const span = body.members.get('model');
    assert.ok(span);
    assert.equal(valueAt(body, span), 'b');
    assert.deepEqual(
      body.entries.map((entry) => entry.key),
      ['model', 'n', 'model'],
    );
  });

  it('resolves escapes in member names, so that no spelling hides a member', () => {
    assert.deepEqual([...bodyOf('{"\\u006dodel":1,"a\\/b":2}').members.keys()], ['model', 'a/b']);
  });

  it('treats __proto__ as a name like any other', () => {
    const body = bodyOf('{"__proto__":{"x":1},"toString":2}');
    assert.deepEqual([...body.members.keys()], ['__proto__', 'toString']);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('gives an empty body a sentence of its own', () => {
    assert.equal(refusalOf(''), 'the request body is empty; send one JSON object');
  });

  it('refuses bytes that are not UTF-8', () => {
    assert.match(refusalOf(Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d])), /not valid UTF-8/);
  });

  const faults: readonly (readonly [string, RegExp])[] = [
    ['[1]', /byte 0 \(line 1, column 1\): the body must be one JSON object, found '\['/],
    ['"text"', /must be one JSON object/],
    ['   ', /must be one JSON object, but the body ends there/],
    ['\ufeff{}', /must be one JSON object, found byte 0xef/],
    ['{"a":1} x', /byte 8 .*nothing may follow the end of the object, found 'x'/],
    ['{"a":1', /expected ',' or '}', but the body ends there/],
    ['{"a":[1 2]}', /byte 8 .*expected ',' or ']', found '2'/],
    ['{"a":1,}', /expected a name in double quotes, found '}'/],
    ['{a:1}', /expected a name in double quotes, found 'a'/],
    ['{"a" 1}', /expected ':' after the name/],
    ['{"a":[1,]}', /expected a value, found ']'/],
    ['{"a":}', /expected a value/],
    ['{"a":tru}', /expected a value/],
    ['{"a":nul', /expected a value/],
    ['{"a":', /expected a value, but the body ends there/],
    ['{"a":01}', /expected ',' or '}', found '1'/],
    ['{"a":-}', /expected a digit/],
    ['{"a":1.}', /expected a digit/],
    ['{"a":1e+}', /expected a digit/],
    ['{"a":.5}', /expected a value/],
    ['{"a":NaN}', /expected a value/],
    ['{"a":"x}', /byte 5 .*a string is not closed/],
    ['{"a":"x\\q"}', /byte 7 .*unknown escape in a string/],
    ['{"a":"x\\', /unknown escape in a string/],
    ['{"a":"\\u12g4"}', /four hex digits/],
    ['{"a":"\\u12', /four hex digits/],
    ['{"a":"long enough for words\nand more"}', /control character inside a string/],
    ['{"a":1}\u0000', /found byte 0x00/],
  ];
  for (const [text, message] of faults) {
    it(`refuses ${JSON.stringify(text)} and says why`, () => {
      assert.match(refusalOf(text), message);
    });
  }

  it('names line and column of the fault', () => {
    assert.match(refusalOf('{\n  "a": 1,\n  "b": x\n}'), /at byte 19 \(line 3, column 8\)/);
  });

  it('refuses what is nested deeper than the limit, however deep, without a stack overflow', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    assert.equal(refusalOf(nested(128)), 'accepted');
    assert.match(refusalOf(nested(129)), /nested deeper than 128 levels/);
    assert.match(refusalOf(`{"a":${'['.repeat(2_000_000)}`), /nested deeper than 128 levels/);
    assert.match(refusalOf('{"a":'.repeat(500_000)), /nested deeper than 128 levels/);
  });

  it('refuses an object with more members than the limit, counting each object for itself', () => {
    const limits = { maxDepth: 8, maxKeys: 3 };
    assert.equal(refusalOf('{"a":1,"b":{"a":1,"b":2,"c":3},"c":{"a":1,"b":2,"c":3}}', limits), 'accepted');
    assert.match(refusalOf('{"x":{"a":1,"b":2,"c":3,"d":4}}', limits), /more than 3 members/);
    assert.match(
      refusalOf(`{${Array.from({ length: 10_001 }, (_, i) => `"${i}":1`).join()}}`),
      /more than 10000/,
    );
  });

  it('agrees with JSON.parse on texts that are valid', () => {
    fc.assert(
      fc.property(jsonText, fc.nat({ max: 7 }), (text, by) => {
        const body = parseRequestBody(misaligned(text, by));
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const seen = new Map([...body.members].map(([key, span]) => [key, valueAt(body, span)]));
        assert.deepEqual([...seen.keys()].toSorted(), Object.keys(parsed).toSorted());
        for (const [key, value] of seen) assert.deepEqual(value, parsed[key]);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with JSON.parse on whether a damaged text is valid', () => {
    const damaged = fc
      .tuple(
        jsonText,
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), spice), { maxLength: 3 }),
        fc.nat({ max: 7 }),
      )
      .map(([text, cuts, by]) => {
        let result = text;
        for (const [place, length, insert] of cuts) {
          const at = place % (result.length + 1);
          result = result.slice(0, at) + insert + result.slice(at + length);
        }
        return [Buffer.from(result).toString(), by] as const; // a torn surrogate pair becomes U+FFFD
      });
    let refused = 0;
    fc.assert(
      fc.property(damaged, ([text, by]) => {
        let isObject = false;
        try {
          const value: unknown = JSON.parse(text);
          isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
        } catch {
          // not valid: `isObject` says so
        }
        const message = text === '' ? 'empty' : refusalOf(misaligned(text, by));
        refused += isObject ? 0 : 1;
        assert.equal(message === 'accepted', isObject, message);
      }),
      { numRuns: 4_000 },
    );
    assert.ok(refused > 500, `only ${refused} damaged texts were refused`);
  });
});

describe('json-scan views', () => {
  it('lists the elements of an array', () => {
    const body = bodyOf('{"a":[ 1 , "x,]" ,[2,[3]],{"b":"}"},true, null]}');
    const span = body.members.get('a');
    assert.ok(span);
    const elements = scanArray(body.bytes, span);
    assert.deepEqual(
      elements.map((element) => valueAt(body, element)),
      [1, 'x,]', [2, [3]], { b: '}' }, true, null],
    );
    assert.deepEqual(
      elements.map((element) => typeAt(body.bytes, element.start)),
      ['number', 'string', 'array', 'object', 'boolean', 'null'],
    );
    assert.deepEqual(scanArray(Buffer.from('[ ]'), { start: 0, end: 3 }), []);
  });

  it('lists the members of an object, the last of duplicates counting', () => {
    const bytes = Buffer.from('{"a":1 , "\\u0062":{"c":[]},"a":false }');
    const members = scanObject(bytes, { start: 0, end: bytes.length });
    assert.deepEqual(
      [...members].map(([key, span]) => [key, valueAt({ bytes }, span)]),
      [
        ['a', false],
        ['b', { c: [] }],
      ],
    );
    assert.equal(scanObject(Buffer.from('{}'), { start: 0, end: 2 }).size, 0);
  });

  it('walks on from where a visitor says it has got to', () => {
    const bytes = Buffer.from('{"a":[1,[2]],"b":3}');
    const seen: string[] = [];
    const end = walkObject(bytes, 0, (key, start) => {
      seen.push(key);
      if (key !== 'a') return undefined;
      return walkArray(bytes, start, (at, index) => {
        seen.push(`${index}:${typeAt(bytes, at)}`);
        return undefined;
      });
    });
    assert.deepEqual(seen, ['a', '0:number', '1:array', 'b']);
    assert.equal(end, bytes.length);
  });

  it('finds the end of long strings whatever run of backslashes stands before the quote', () => {
    for (let run = 0; run < 6; run += 1) {
      for (let length = 25; length < 40; length += 1) {
        const text = JSON.stringify(`${'x'.repeat(length)}${'\\'.repeat(run)}"${'\\'.repeat(run)}`);
        assert.equal(skipValue(Buffer.from(`${text},"next"`), 0), text.length);
      }
    }
  });

  it('skips any value exactly', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = Buffer.from(JSON.stringify(value));
        assert.equal(skipValue(Buffer.concat([text, Buffer.from(',1')]), 0), text.length);
      }),
    );
  });
});

describe('json-scan spliceMembers', () => {
  const splice = (text: string, edits: Record<string, string | undefined>): string =>
    spliceMembers(bodyOf(text), new Map(Object.entries(edits))).toString();

  it('replaces a value and leaves every other byte', () => {
    assert.equal(
      splice('{ "n": 1e400,\n "model" : "a" , "x":"\\u00e9" }', { model: '"b"' }),
      '{ "n": 1e400,\n "model" : "b" , "x":"\\u00e9" }',
    );
  });

  it('replaces every occurrence of a duplicate, however it is spelt', () => {
    assert.equal(
      splice('{"model":1,"\\u006dodel":2,"model":3}', { model: '"b"' }),
      '{"model":"b","\\u006dodel":"b","model":"b"}',
    );
  });

  it('removes members together with one comma', () => {
    assert.equal(splice('{"a":1, "b":2, "c":3}', { a: undefined }), '{"b":2, "c":3}');
    assert.equal(splice('{"a":1, "b":2, "c":3}', { b: undefined }), '{"a":1, "c":3}');
    assert.equal(splice('{"a":1, "b":2, "c":3}', { c: undefined }), '{"a":1, "b":2}');
    assert.equal(splice('{"a":1, "b":2, "a":3}', { a: undefined }), '{"b":2}');
    assert.equal(splice('{ "a":1 }', { a: undefined }), '{  }');
  });

  it('adds a member behind the last one, also to an object that is or becomes empty', () => {
    assert.equal(splice('{"a":1 }', { b: '2', c: '3' }), '{"a":1,"b":2,"c":3 }');
    assert.equal(splice(' { } ', { 'b"': '2' }), ' {"b\\"":2 } ');
    assert.equal(splice('{"a":1,"a":2}', { a: undefined, b: '2' }), '{"b":2}');
    assert.equal(splice('{"a":1,"b":2}', { b: undefined, c: '3' }), '{"a":1,"c":3}');
  });

  it('changes nothing when there is nothing to remove', () => {
    assert.equal(splice('{"a":1}', { z: undefined }), '{"a":1}');
  });

  it('means the same as assigning to the parsed object', () => {
    const keys = fc.constantFrom<string[]>('a', 'b', 'c', 'd', '__proto__', 'é');
    const member = fc.tuple(keys, fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('', ' ', '\n\t'));
    const edit = fc.tuple(keys, fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(member, { maxLength: 6 }), fc.array(edit, { maxLength: 4 }), (members, edits) => {
        const text = `{${members
          .map(
            ([key, value, space]) =>
              `${space}${JSON.stringify(key)}${space}:${space}${JSON.stringify(value)}${space}`,
          )
          .join()}}`;
        const changes = new Map(
          edits.map(([key, value]) => [key, value === undefined ? undefined : JSON.stringify(value)]),
        );
        const result = spliceMembers(bodyOf(text), changes);
        const expected = new Map<string, unknown>(members.map(([key, value]) => [key, value]));
        for (const [key, value] of edits) {
          if (value === undefined) expected.delete(key);
          else expected.set(key, value);
        }
        const after = parseRequestBody(result);
        assert.deepEqual([...after.members.keys()].toSorted(), [...expected.keys()].toSorted());
        for (const entry of after.entries) {
          if (!changes.has(entry.key)) continue;
          assert.deepEqual(valueAt(after, entry.value), JSON.parse(JSON.stringify(expected.get(entry.key))));
        }
        for (const [key, span] of after.members) {
          assert.deepEqual(valueAt(after, span), JSON.parse(JSON.stringify(expected.get(key))));
        }
      }),
      { numRuns: 500 },
    );
  });
});
