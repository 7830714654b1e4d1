import assert from 'node:assert/strict';

import { Losses, noteUncarried } from '../../../../../daemon/dialects/losses.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import { refusalOf, requestOf, requestOfText } from './request-support.ts';

const FUNCTION = { type: 'function', name: 'f', parameters: {} };

describe('decodeRequest (openai-responses)', () => {
  it('reads model, stream, limit and the id of the answer before', () => {
    const request = requestOf({
      model: 'm',
      stream: true,
      max_output_tokens: 9,
      previous_response_id: 'resp_1',
    });
    assert.equal(request.requestModel, 'm');
    assert.equal(request.stream, true);
    assert.equal(request.maxOutputTokens, 9);
    assert.equal(request.previousResponseId, 'resp_1');
    assert.equal(request.wantsUsage, true);
    assert.equal(request.choiceCount, 1);
  });

  it('takes what is missing or null for not said', () => {
    const request = requestOf({
      model: null,
      stream: null,
      max_output_tokens: null,
      previous_response_id: null,
    });
    assert.equal(request.requestModel, 'auto');
    assert.equal(request.stream, false);
    assert.equal(request.maxOutputTokens, undefined);
    assert.equal(request.previousResponseId, undefined);
    assert.deepEqual(request.unmappedFields(), []);
    assert.deepEqual(request.settings(), {});
  });

  it('needs tools, vision and JSON where the request has them', () => {
    const image = { role: 'user', content: [{ type: 'input_image', image_url: 'https://x/y.png' }] };
    const request = requestOf({
      tools: [FUNCTION],
      input: [image],
      text: { format: { type: 'json_schema' } },
    });
    assert.deepEqual(request.needs, ['tools', 'vision', 'json']);
  });

  it('needs reasoning only for great efforts, since agents send the others to every model', () => {
    for (const effort of ['none', 'minimal', 'low', 'medium', null]) {
      assert.deepEqual(requestOf({ reasoning: { effort } }).needs, [], String(effort));
    }
    for (const effort of ['high', 'xhigh', 'max']) {
      assert.deepEqual(requestOf({ reasoning: { effort } }).needs, ['reasoning'], effort);
    }
  });

  it('names the session by prompt_cache_key, else by what Codex says of itself', () => {
    assert.equal(
      requestOf({ prompt_cache_key: 'k', client_metadata: { session_id: 's' } }).bodySessionId,
      'k',
    );
    assert.equal(requestOf({ client_metadata: { session_id: 's', thread_id: 't' } }).bodySessionId, 's');
    assert.equal(requestOf({ client_metadata: { thread_id: 't' } }).bodySessionId, 't');
    assert.equal(requestOf({ user: 'u' }).bodySessionId, undefined);
  });

  it('counts a namespace as one tool and those of additional_tools items too', () => {
    const namespace = { type: 'namespace', name: 'n', tools: [FUNCTION, { ...FUNCTION, name: 'g' }] };
    const item = { type: 'additional_tools', role: 'developer', tools: [namespace, FUNCTION] };
    const request = requestOf({ tools: [FUNCTION], input: [item, { role: 'user', content: 'x' }] });
    assert.equal(request.toolCount, 3);
    assert.deepEqual(
      request.tools().map(({ name }) => name),
      ['f', 'n__f', 'n__g'],
    );
  });

  it('gives equal bytes for equal beginnings, whatever follows', () => {
    const items = [
      { role: 'user', content: 'a' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    ];
    const one = requestOf({ instructions: 'be', tools: [FUNCTION], input: items });
    const two = requestOf({
      tools: [FUNCTION],
      instructions: 'be',
      input: [...items, { role: 'user', content: 'b' }],
    });
    assert.equal(one.preambleBytes().toString(), JSON.stringify([FUNCTION]));
    assert.deepEqual(two.preambleBytes(), one.preambleBytes());
    for (const index of [0, 1, 2]) assert.deepEqual(two.messageBytes(index), one.messageBytes(index));
    assert.equal(one.messageBytes(0).toString(), '"be"');
  });

  it('counts leading additional_tools to the preamble and later ones to the message beside them', () => {
    const tools = { type: 'additional_tools', role: 'developer', tools: [FUNCTION] };
    const message = { role: 'user', content: 'x' };
    const text = JSON.stringify(tools);
    const leading = requestOf({ input: [tools, message] });
    assert.equal(leading.outline.length, 1);
    assert.equal(leading.preambleBytes().toString(), text);
    assert.equal(leading.messageBytes(0).toString(), JSON.stringify(message));
    const between = requestOf({ input: [message, tools, message] });
    assert.equal(between.preambleBytes().length, 0);
    assert.equal(between.messageBytes(1).toString(), `${text},${JSON.stringify(message)}`);
    assert.equal(between.outline[1]?.bytes, between.messageBytes(1).length);
    const last = requestOf({ input: [message, tools] });
    assert.equal(last.messageBytes(0).toString(), `${JSON.stringify(message)},${text}`);
    assert.equal(last.outline[0]?.bytes, last.messageBytes(0).length);
  });

  it('reads a message as late as it is asked for', () => {
    const request = requestOfText(
      '{"input":[{"role":"user","content":"a"},{"type":"function_call","arguments":"x"}]}',
    );
    assert.equal(request.message(0), request.message(0));
    assert.throws(() => request.message(2), RangeError);
  });

  it('refuses documented fields of another type, with their names', () => {
    assert.equal(refusalOf({ model: 1 }), 'model: model must be a string, not a number');
    assert.equal(refusalOf({ input: {} }), 'input: input must be a string or an array, not an object');
    assert.equal(
      refusalOf({ instructions: [] }),
      'instructions: instructions must be a string, not an array',
    );
    assert.equal(refusalOf({ tools: [FUNCTION, 'x'] }), 'tools: tools[1] must be an object');
    assert.equal(refusalOf({ reasoning: 'high' }), 'reasoning: reasoning must be an object, not a string');
    const limit = 'max_output_tokens: max_output_tokens must be a whole number above 0';
    for (const value of [0, -1, 1.5]) assert.equal(refusalOf({ max_output_tokens: value }), limit);
    assert.match(refusalOf({ model: 'm'.repeat(300) }), /^model: model is longer than 256 characters/);
  });

  it('refuses a request without input, unless it goes on from something stored or is a warm-up', () => {
    const missing = 'input: input is missing; send a text or an array of items';
    assert.equal(refusalOf({ input: undefined }), missing);
    assert.equal(refusalOf({ input: null, instructions: 'x' }), missing);
    assert.equal(
      refusalOf({ input: [], instructions: 'x' }),
      'input: input is empty; send at least one item',
    );
    for (const fields of [{ previous_response_id: 'r' }, { prompt: { id: 'p' } }, { generate: false }]) {
      assert.equal(refusalOf({ input: undefined, ...fields }), 'accepted');
      assert.equal(refusalOf({ input: [], ...fields }), 'accepted');
    }
  });

  it('survives names that objects have by nature', () => {
    const request = requestOfText(
      '{"__proto__":{"x":1},"input":[{"role":"user","content":"a","__proto__":{"y":1}}]}',
    );
    assert.deepEqual(request.unmappedFields(), ['__proto__']);
    assert.equal(request.message(0).role, 'user');
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('is refused by other dialects when it needs what only its vendor has stored', () => {
    const reference = [
      { role: 'user', content: 'a' },
      { type: 'item_reference', id: 'msg_1' },
    ];
    const bound: readonly (readonly [object, string])[] = [
      [{ conversation: 'conv_1' }, 'conversation'],
      [{ prompt: { id: 'p' } }, 'prompt'],
      [{ input: reference }, 'input[1]'],
    ];
    for (const [fields, param] of bound) {
      const request = requestOf(fields);
      assert.equal(request.boundBy, param);
      assert.throws(
        () => noteUncarried(new Losses(), request, new Set()),
        (error) =>
          error instanceof RouterError && error.code === 'request.unsupported' && error.param === param,
      );
    }
    assert.equal(requestOf({ conversation: null, prompt: null }).boundBy, undefined);
  });
});
