import assert from 'node:assert/strict';

import {
  decodeTools,
  neutralToolName,
  toolNamed,
} from '../../../../../daemon/dialects/openai-responses/decode-tools.ts';
import { requestOf } from './request-support.ts';

const fn = (name: string, more: object = {}) => ({ type: 'function', name, ...more });
const namespace = (name: string, ...tools: readonly object[]) => ({
  type: 'namespace',
  name,
  tools,
});

function namesOf(...tools: readonly object[]): readonly string[] {
  return requestOf({ tools })
    .tools()
    .map(({ name }) => name);
}

describe('decodeTools (openai-responses)', () => {
  it('reads functions with all that they say', () => {
    const raw = fn('f', {
      description: 'does',
      parameters: { type: 'object' },
      strict: true,
      defer_loading: true,
    });
    assert.deepEqual(requestOf({ tools: [raw] }).tools(), [
      { kind: 'function', name: 'f', description: 'does', parameters: { type: 'object' }, strict: true, raw },
    ]);
  });

  it('tells what is said of a namespace with the first of its tools', () => {
    const about = { ...namespace('agents', { ...fn('spawn'), description: 'Starts one.' }, fn('wait')) };
    const [first, second] = requestOf({ tools: [{ ...about, description: 'For helpers.' }] }).tools();
    assert.equal(first?.description, 'For helpers.\n\nStarts one.');
    assert.equal(second?.description, undefined);
  });

  it('flattens namespaces and keeps which one a tool is from', () => {
    const exec = { type: 'custom', name: 'exec', format: { type: 'text' } };
    assert.deepEqual(requestOf({ tools: [namespace('functions', exec, fn('wait'))] }).tools(), [
      { kind: 'custom', name: 'functions__exec', namespace: 'functions', raw: exec },
      { kind: 'function', name: 'functions__wait', namespace: 'functions', raw: fn('wait') },
    ]);
  });

  it('takes every other type for a tool that the vendor runs', () => {
    const types = [
      'web_search',
      'web_search_preview',
      'file_search',
      'image_generation',
      'code_interpreter',
      'local_shell',
      'shell',
      'apply_patch',
      'tool_search',
      'computer_use_preview',
    ];
    const tools = requestOf({ tools: types.map((type) => ({ type })) }).tools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      types,
    );
    assert.ok(tools.every(({ kind }) => kind === 'server'));
    assert.deepEqual(namesOf({ type: 'mcp', server_label: 'a' }, { type: 'mcp', server_label: 'b' }), [
      'mcp__a',
      'mcp__b',
    ]);
  });

  it('offers tools that a search has loaded, each once', () => {
    const found = {
      type: 'tool_search_output',
      execution: 'client',
      call_id: 'c',
      tools: [fn('a'), fn('b')],
    };
    const input = [{ role: 'user', content: 'x' }, found, { ...found, tools: [fn('b')] }];
    const names = requestOf({ tools: [fn('a', { strict: true })], input }).tools();
    assert.deepEqual(
      names.map(({ name, strict }) => [name, strict]),
      [
        ['a', true],
        ['b', undefined],
      ],
    );
  });

  it('makes names that every vendor takes, and never the same for two tools', () => {
    const long = 'x'.repeat(60);
    const names = namesOf(
      namespace('mcp__server', fn(`${long}1`), fn(`${long}2`), fn('a.b')),
      fn('a__b'),
      namespace('a', fn('b')),
    );
    assert.equal(new Set(names).size, 5);
    for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{1,64}$/);
    assert.ok(names.includes('a__b'));
  });

  it('finds the neutral name of a call and of a chosen tool', () => {
    const tools = decodeTools([
      [fn('top'), namespace('ns', fn('inner'), fn('ns')), namespace('n.s', fn('inner'))],
    ]);
    assert.equal(neutralToolName(tools, undefined, 'top'), 'top');
    assert.equal(neutralToolName(tools, 'ns', 'inner'), 'ns__inner');
    assert.equal(neutralToolName(tools, 'ns', 'ns'), 'ns__ns');
    assert.equal(neutralToolName(tools, 'top', 'top'), 'top');
    assert.equal(neutralToolName(tools, 'gone', 'tool'), 'gone__tool');
    assert.equal(neutralToolName(tools, 'n.s', 'inner'), tools.at(-1)?.name);
    assert.equal(toolNamed(tools, 'top'), 'top');
    assert.equal(toolNamed(tools, 'inner'), 'ns__inner');
    assert.equal(toolNamed(tools, 'nobody'), 'nobody');
  });
});
