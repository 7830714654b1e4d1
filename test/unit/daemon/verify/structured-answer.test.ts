import assert from 'node:assert/strict';

import type { JsonObject } from '../../../../daemon/util/json.ts';
import { schemaFault } from '../../../../daemon/verify/json-schema.ts';
import { functionTool, judge, words } from './judged.ts';

const TOOL = functionTool('find', { query: { type: 'string' }, limit: { type: 'integer' } }, ['query']);
const call = (input: string, name = 'find') => judge({ calls: [[name, input]], tools: [TOOL] });

describe('calls of tools', () => {
  it('finds broken JSON, missing and wrong parameters, and tools that were not offered [C9]', () => {
    for (const input of [
      '{"query": "a"',
      '{"limit": 1}',
      '{"query": 1}',
      '{"query": "a", "limit": "1"}',
      '[]',
    ]) {
      assert.equal(call(input), 'malformed-tool-call', input);
    }
    assert.equal(call('{"query": "a"}', 'seek'), 'malformed-tool-call');
  });

  it('takes a call that fits, with members that are unknown or left out as null', () => {
    assert.equal(call('{"query": "a", "limit": null, "more": true}'), null);
  });

  it('takes free text for custom tools', () => {
    const tools = [{ kind: 'custom', name: 'patch', raw: null }] as const;
    assert.equal(judge({ calls: [['patch', 'not { json']], tools }), null);
  });

  it('does not know the tools that a provider runs', () => {
    const tools = [{ kind: 'server', name: 'web_search', raw: null }] as const;
    assert.equal(judge({ calls: [['open_page', '{}']], tools }), null);
  });

  it('does not judge the call that an output limit of the client cut', () => {
    const cut = { calls: [['find', '{"query": "a']], tools: [TOOL], finish: 'length', limit: 64 } as const;
    assert.equal(judge(cut), null);
  });
});

describe('calls that are written as text', () => {
  const CALL = '{"name": "find", "arguments": {"query": "a"}}';
  const written = (text: string, ask = 'Look for a.') => judge({ ask, text, tools: [TOOL] });

  it('are found where they are the whole answer, in each form that models are trained on [C9]', () => {
    for (const text of [
      `<tool_call>${CALL}</tool_call>`,
      `<tool_call>\n${CALL}\n</tool_call>\n<tool_call>\n${CALL}\n</tool_call>`,
      `I will search.\n<tool_call>${CALL}`,
      CALL,
      `[${CALL}]`,
      `\`\`\`json\n${CALL}\n\`\`\``,
      '{"function": "find", "parameters": {}}',
      `{"tool_calls": [${CALL}]}`,
      '{"type": "function", "function": {"name": "find", "arguments": "{}"}}',
      '<function=find>{"query": "a"}</function>',
      '<function_calls>\n<invoke name="find"></invoke>\n</function_calls>',
      `[TOOL_CALLS][${CALL}]`,
      '[TOOL_CALLS]find[ARGS]{"query": "a"}',
    ]) {
      assert.equal(written(text), 'malformed-tool-call', text);
    }
  });

  it('are none where the answer says more, or names no tool that was offered', () => {
    assert.equal(written(`The tag <tool_call>${CALL}</tool_call> is how a model asks for a tool.`), null);
    assert.equal(written(CALL.replace('find', 'seek')), null);
    assert.equal(written('{"name": "find", "version": "1.0.0"}'), null);
    assert.equal(judge({ ask: 'Look for a.', text: CALL }), null);
  });

  it('are what was wished for where the ask or the system text speaks of them', () => {
    assert.equal(written(CALL, 'Show the JSON of such a call.'), null);
    assert.equal(written(CALL, 'Write the tool call, do not make it.'), null);
    const messages = [words('system', 'Write <tool_call> to call a tool.'), words('user', 'Look for a.')];
    assert.equal(judge({ messages, ask: 'Look.', text: `<tool_call>${CALL}`, tools: [TOOL] }), null);
  });
});

describe('JSON that was asked for', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: { name: { type: 'string' }, next: { $ref: '#' }, kind: { enum: ['a', 'b'] } },
    required: ['name'],
    additionalProperties: false,
  };
  const answer = (text: string) => judge({ text, format: { kind: 'json-schema', schema } });

  it('has to parse and to fit the schema [C9]', () => {
    assert.equal(answer('{"name": "x", "next": {"name": "y", "kind": "a"}}'), null);
    for (const text of [
      '{"name": "x"',
      'x',
      '{"name": 1}',
      '{}',
      '{"name": "x", "next": {}}',
      '{"name": "x", "kind": "c"}',
    ]) {
      assert.equal(answer(text), 'wrong-json', text);
    }
  });

  it('is not asked of an answer that calls a tool', () => {
    assert.equal(
      judge({ calls: [['find', '{"query": "a"}']], tools: [TOOL], format: { kind: 'json-object' } }),
      null,
    );
  });
});

describe('schemas', () => {
  const cases: readonly (readonly [JsonObject, number | string | null | readonly number[], boolean])[] = [
    [{ type: ['string', 'null'] }, null, true],
    [{ type: 'STRING' }, 'a', true],
    [{ type: 'string', nullable: true }, null, true],
    [{ type: 'integer' }, 1.5, false],
    [{ const: 3 }, 4, false],
    [{ anyOf: [{ type: 'number' }, { type: 'string' }] }, null, false],
    [{ allOf: [{ minimum: 1 }, { maximum: 3 }] }, 4, false],
    [{ items: { type: 'integer' }, minItems: 1 }, [1, 2], true],
    [{ items: { type: 'integer' } }, [1.5], false],
    [{ maxItems: 1 }, [1, 2], false],
    [{ exclusiveMinimum: 1 }, 1, false],
    [{ minLength: 2 }, 'a', false],
    [{ unknown: true, pattern: '(a+)+$' }, 'b', true],
    [{ $ref: '#/$defs/missing' }, 'a', true],
  ];
  for (const [schema, value, fits] of cases) {
    it(`${fits ? 'takes' : 'refuses'} ${JSON.stringify(value)} for ${JSON.stringify(schema)}`, () => {
      assert.equal(schemaFault(value, schema) === null, fits);
    });
  }

  it('ends where a schema refers to itself without an end', () => {
    assert.equal(schemaFault(1, { anyOf: [{ $ref: '#' }, { $ref: '#' }] }), null);
  });
});
