import assert from 'node:assert/strict';

import type { ToolDefinition } from '../../../../../daemon/conversation/request.ts';
import type { RequestSettings } from '../../../../../daemon/conversation/settings.ts';
import { encodeTools } from '../../../../../daemon/dialects/anthropic-messages/encode-tools.ts';
import type { WireMessage } from '../../../../../daemon/dialects/anthropic-messages/wire-message.ts';
import { TEXT_INPUT_SCHEMA } from '../../../../../daemon/dialects/custom-tools.ts';
import { Losses } from '../../../../../daemon/dialects/losses.ts';

const OBJECT = { type: 'object', properties: {} };
const tool = (name: string, more: Partial<ToolDefinition> = {}): ToolDefinition => ({
  kind: 'function',
  name,
  parameters: OBJECT,
  raw: {},
  ...more,
});

function tools(
  definitions: readonly ToolDefinition[],
  settings: RequestSettings = {},
  messages: readonly WireMessage[] = [],
) {
  const losses = new Losses();
  return { ...encodeTools(definitions, settings, messages, losses), warnings: losses.list() };
}

describe('anthropic-messages encoding of tools', () => {
  it('[A3] writes free-text tools as functions of one text, and leaves tools of other providers out', () => {
    const { tools: sent, warnings } = tools([
      tool('exec', { kind: 'custom', description: 'runs' }),
      tool('web_search', { kind: 'server' }),
    ]);
    assert.deepEqual(
      sent.map(({ name }) => name),
      ['exec'],
    );
    assert.deepEqual(sent[0]?.['input_schema'], TEXT_INPUT_SCHEMA);
    assert.deepEqual(warnings, ['the tool web_search is run by its provider and was left out']);
  });

  it('makes every schema an object without alternatives at its top', () => {
    const schemaOf = (parameters: ToolDefinition['parameters']) =>
      tools([parameters === undefined ? { kind: 'function', name: 't', raw: {} } : tool('t', { parameters })])
        .tools[0]?.['input_schema'];
    assert.deepEqual(schemaOf(undefined), { type: 'object', properties: {} });
    assert.deepEqual(schemaOf({ properties: {} }), { properties: {}, type: 'object' });
    const variants = [{ properties: { a: { type: 'string' } } }, { properties: { b: {} } }];
    assert.deepEqual(schemaOf({ anyOf: variants, required: [] }), {
      required: [],
      type: 'object',
      properties: { a: { type: 'string' }, b: {} },
    });
  });

  it('passes strict with a schema that may be strict, on as many tools as may have it', () => {
    const strict = tool('t', {
      strict: true,
      parameters: { ...OBJECT, properties: { n: { minLength: 2 } } },
    });
    assert.deepEqual(tools([strict]).tools[0], {
      name: 't',
      input_schema: {
        type: 'object',
        properties: { n: { description: '{minLength: 2}' } },
        additionalProperties: false,
      },
      strict: true,
    });
    const many = Array.from({ length: 21 }, (_, index) => tool(`t${index}`, { strict: true }));
    assert.ok(tools(many).tools.every((sent) => !('strict' in sent)));
    assert.equal(tools(many).warnings.length, 1);
  });

  it('says the choice of tools in Anthropic’s words', () => {
    const choice = (settings: RequestSettings) => tools([tool('t')], settings).toolChoice;
    assert.equal(choice({}), undefined);
    assert.equal(choice({ parallelToolCalls: true }), undefined);
    assert.deepEqual(choice({ parallelToolCalls: false }), { type: 'auto', disable_parallel_tool_use: true });
    assert.deepEqual(choice({ toolChoice: { kind: 'none' }, parallelToolCalls: false }), { type: 'none' });
    assert.deepEqual(choice({ toolChoice: { kind: 'tool', name: 't' } }), { type: 'tool', name: 't' });
    assert.deepEqual(choice({ toolChoice: { kind: 'tool', name: 'gone' } }), { type: 'auto' });
  });

  it('chooses nothing where there are no tools', () => {
    assert.equal(tools([], { toolChoice: { kind: 'required' } }).toolChoice, undefined);
  });

  it('declares tools of earlier calls where the client declares none any more', () => {
    const called: WireMessage = {
      role: 'assistant',
      content: [{ type: 'tool_use', name: 't', id: 'c', input: {} }],
    };
    const { tools: sent, toolChoice } = tools([], {}, [called]);
    assert.deepEqual(sent, [{ name: 't', input_schema: OBJECT }]);
    assert.deepEqual(toolChoice, { type: 'none' });
  });

  it('sends one tool of each name', () => {
    assert.equal(tools([tool('t'), tool('t')]).tools.length, 1);
  });
});
