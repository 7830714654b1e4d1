import assert from 'node:assert/strict';

import {
  inputItems,
  referencesIn,
  withItems,
  withReferencesFilled,
} from '../../../../../daemon/dialects/openai-responses/expand-input.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';

const body = (text: string) => parseRequestBody(Buffer.from(text));
const earlier = [
  Buffer.from('{"role":"user","content":"a"}'),
  Buffer.from('{"type":"message", "role":"assistant"}'),
];

describe('inputItems (openai-responses)', () => {
  it('gives the items as they were written', () => {
    const items = inputItems(body('{"input":[ {"role" : "user"},{"type":"reasoning","n":1e400} ]}'));
    assert.deepEqual(items.map(String), ['{"role" : "user"}', '{"type":"reasoning","n":1e400}']);
  });

  it('makes a message of a plain text', () => {
    const items = inputItems(body('{"input":"say \\"hi\\""}'));
    assert.deepEqual(items.map(String), ['{"type":"message","role":"user","content":"say \\"hi\\""}']);
  });

  it('gives nothing for a request without input', () => {
    assert.deepEqual(inputItems(body('{"previous_response_id":"r"}')), []);
    assert.deepEqual(inputItems(body('{"input":null}')), []);
  });
});

describe('withItems (openai-responses)', () => {
  it('puts earlier items in front and takes the id of the answer before out, all else as it was', () => {
    const expanded = withItems(
      body('{ "model":"m" , "previous_response_id":"r", "input":[ {"role":"user","n":1e400} ], "x" : 1.50 }'),
      earlier,
    );
    assert.equal(
      expanded.toString(),
      '{ "model":"m", "input":[{"role":"user","content":"a"},{"type":"message", "role":"assistant"},{"role":"user","n":1e400}], "x" : 1.50 }',
    );
  });

  it('puts them in front of a plain text, which becomes a message', () => {
    const expanded = withItems(body('{"input":"b","previous_response_id":"r"}'), earlier.slice(0, 1));
    assert.deepEqual(JSON.parse(expanded.toString()), {
      input: [
        { role: 'user', content: 'a' },
        { type: 'message', role: 'user', content: 'b' },
      ],
    });
  });

  it('makes the input of a request that brings none', () => {
    const expanded = withItems(body('{"previous_response_id":"r"}'), earlier.slice(0, 1));
    assert.equal(expanded.toString(), '{"input":[{"role":"user","content":"a"}]}');
  });

  it('leaves a request alone when there is nothing to do', () => {
    const parsed = body('{"input":"b"}');
    assert.equal(withItems(parsed, []), parsed.bytes);
    assert.equal(withItems(body('{"previous_response_id":"r","input":"b"}'), []).toString(), '{"input":"b"}');
  });
});

describe('referencesIn (openai-responses)', () => {
  it('finds references with and without their type, and nothing else', () => {
    const input = [
      { role: 'user', content: 'a', id: 'msg_0' },
      { type: 'item_reference', id: 'rs_1' },
      { id: 'msg_1' },
      { type: 'function_call', id: 'fc_1' },
    ];
    assert.deepEqual(referencesIn(body(JSON.stringify({ input }))), [
      { index: 1, id: 'rs_1' },
      { index: 2, id: 'msg_1' },
    ]);
  });
});

describe('withReferencesFilled (openai-responses)', () => {
  it('puts items in their places and takes out what nobody can send, all else as it was', () => {
    const filled = withReferencesFilled(
      body('{ "input":[{"role":"user","n":1e400},{"id":"rs_1"},{"id":"msg_1"}], "x" : 1.50 }'),
      new Map([
        [1, null],
        [2, Buffer.from('{"type":"message", "role":"assistant"}')],
      ]),
    );
    assert.equal(
      filled.toString(),
      '{ "input":[{"role":"user","n":1e400},{"type":"message", "role":"assistant"}], "x" : 1.50 }',
    );
  });
});
