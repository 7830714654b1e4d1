import assert from 'node:assert/strict';

import { jsonEditor } from '../../../../daemon/connect/json-edits.ts';
import { set, type Edit } from '../../../../daemon/connect/assistant.ts';

const EDITS: readonly Edit[] = [set(['env', 'URL'], 'here')];
const isOurs = (value: unknown): boolean => value === 'here';

/** Text and what it becomes; the second column goes back to the first. */
const TEXTS: readonly (readonly [before: string, after: string])[] = [
  ['{}', '{\n  "env": {\n    "URL": "here"\n  }\n}'],
  ['{"a":1}', '{"a":1,"env":{"URL":"here"}}'],
  ['{ "a": 1 }', '{ "a": 1, "env": {"URL":"here"} }'],
  [
    '{\n  "env": { "A": "1" }, // mine\n  "b": [1, 2]\n}',
    '{\n  "env": { "A": "1", "URL": "here" }, // mine\n  "b": [1, 2]\n}',
  ],
  [
    '{\n  "env": {\n    "A": "1", // last\n  },\n}',
    '{\n  "env": {\n    "A": "1", // last\n    "URL": "here",\n  },\n}',
  ],
  [
    '{\n  "env": {\n    "A": "1" /* no comma */ // here\n  }\n}',
    '{\n  "env": {\n    "A": "1", /* no comma */ // here\n    "URL": "here"\n  }\n}',
  ],
  [
    '{\r\n\t"env": {\r\n\t\t"A": "1"\r\n\t}\r\n}',
    '{\r\n\t"env": {\r\n\t\t"A": "1",\r\n\t\t"URL": "here"\r\n\t}\r\n}',
  ],
  [
    '{\n  "env": {\n    // nothing yet\n  }\n}',
    '{\n  "env": {\n    // nothing yet\n    "URL": "here"\n  }\n}',
  ],
];

describe('edits in a JSON text', () => {
  for (const [before, after] of TEXTS) {
    it(`add a value beside what stands there: ${JSON.stringify(before)}`, () => {
      assert.equal(jsonEditor.apply(before, EDITS).text, after);
    });

    it(`take it out again: ${JSON.stringify(before)}`, () => {
      const { former } = jsonEditor.apply(before, EDITS);
      assert.equal(jsonEditor.remove(after, EDITS, former, isOurs), before);
    });
  }

  it('change nothing where the value is there, whatever its form', () => {
    const text = '{ "env" : {"URL":"here",}, }';
    assert.deepEqual(jsonEditor.apply(text, EDITS), { text, former: {} });
  });

  it('put back what stood there as it was written', () => {
    const before = '{ "env": { "URL": /* old */ "th\\u0065re" } }';
    const { text, former } = jsonEditor.apply(before, EDITS);
    assert.equal(text, '{ "env": { "URL": /* old */ "here" } }');
    assert.equal(jsonEditor.remove(text, EDITS, former, isOurs), before);
  });

  it('put an item in front of a list and take it out, on one line and on many', () => {
    const item: Edit = { kind: 'item', list: ['models'], item: { name: 'Pointsman' } };
    for (const before of [
      '{"models":[{"name":"A"}]}',
      '{\n  "models": [\n    // first\n    { "name": "A" }\n  ]\n}',
      '{"models":[]}',
    ]) {
      const { text, former } = jsonEditor.apply(before, [item]);
      assert.ok(
        text.indexOf('Pointsman') > 0 &&
          !(text.indexOf('"A"') < text.indexOf('Pointsman') && text.includes('"A"')),
      );
      assert.deepEqual(jsonEditor.apply(text, [item]).text, text);
      assert.equal(jsonEditor.remove(text, [item], former, isOurs), before);
    }
  });
});
