import assert from 'node:assert/strict';

import { OutputReader } from '../../../../../daemon/dialects/openai-responses/output-reader.ts';
import { brief, briefContent, completed, CREATED, decoded } from './answer-support.ts';

const added = (index: number, item: object) => ({
  type: 'response.output_item.added',
  output_index: index,
  item,
});
const done = (index: number, item: object) => ({
  type: 'response.output_item.done',
  output_index: index,
  item,
});
const on = (type: string, index: number, fields: object) => ({
  type: `response.${type}`,
  output_index: index,
  ...fields,
});
const message = (...texts: readonly string[]) => ({
  type: 'message',
  id: 'msg_1',
  content: texts.map((text) => ({ type: 'output_text', text })),
});
const call = (fields: object = {}) => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'f',
  arguments: '',
  ...fields,
});
const thought = (fields: object = {}) => ({ type: 'reasoning', id: 'rs_1', summary: [], ...fields });

describe('openai-responses output reader', () => {
  it('gives out text that only a done event or a done item brings', () => {
    const text = ['text-start text-0', 'text-delta text-0 abc', 'text-end text-0'];
    assert.deepEqual(briefContent(on('output_text.done', 0, { content_index: 0, text: 'abc' })), text);
    assert.deepEqual(briefContent(done(0, message('abc'))), text);
  });

  it('gives out only what is missing of a text, and stays with what it gave out', () => {
    const a = on('output_text.delta', 0, { content_index: 0, delta: 'ab' });
    const deltas = (...parts: readonly object[]) =>
      briefContent(a, ...parts).filter((event) => event.startsWith('text-delta'));
    assert.deepEqual(
      deltas(on('output_text.done', 0, { content_index: 0, text: 'abc' }), done(0, message('abc'))),
      ['text-delta text-0 ab', 'text-delta text-0 c'],
    );
    assert.deepEqual(deltas(on('output_text.done', 0, { content_index: 0, text: 'xyz' })), [
      'text-delta text-0 ab',
    ]);
    assert.deepEqual(deltas(done(0, message('xyz'))), ['text-delta text-0 ab']);
    assert.deepEqual(deltas(done(0, message('a'))), ['text-delta text-0 ab']);
  });

  it('compares an item as a whole, since parts are numbered in different ways', () => {
    const a = on('output_text.delta', 0, { content_index: 1, delta: 'abc' });
    assert.deepEqual(briefContent(a, done(0, message('abc'))), [
      'text-start text-0',
      'text-delta text-0 abc',
      'text-end text-0',
    ]);
  });

  it('makes a part of each part of a message', () => {
    assert.deepEqual(briefContent(done(0, message('a', 'b'))), [
      'text-start text-0',
      'text-delta text-0 a',
      'text-end text-0',
      'text-start text-1',
      'text-delta text-1 b',
      'text-end text-1',
    ]);
  });

  it('reads a refusal, and takes the answer for refused when there is nothing else', () => {
    const refused = [
      on('refusal.delta', 0, { content_index: 0, delta: 'n' }),
      on('refusal.done', 0, { content_index: 0, refusal: 'no' }),
      done(0, { type: 'message', content: [{ type: 'refusal', refusal: 'no' }] }),
    ];
    assert.deepEqual(brief(decoded(CREATED, ...refused, completed())).slice(1), [
      'refusal-delta refusal-0 n',
      'refusal-delta refusal-0 o',
      'end refusal completed',
      'response-end',
    ]);
    assert.equal(
      brief(
        decoded(
          CREATED,
          done(0, message('a')),
          ...refused.slice(2).map((one) => ({ ...one, output_index: 1 })),
          completed(),
        ),
      ).at(-2),
      'end stop completed',
    );
  });

  it('joins the parts of a summary with blank lines into one thought', () => {
    const summary = (index: number, delta: string) =>
      on('reasoning_summary_text.delta', 0, { summary_index: index, delta });
    const whole = thought({ summary: [{ text: 'ab' }, { text: 'c' }, { text: 'd' }] });
    const deltas = ['a', 'b', '\n\n', 'c', '\n\n', 'd'].map((text) => `reasoning-delta reasoning-0 ${text}`);
    assert.deepEqual(briefContent(summary(0, 'a'), summary(0, 'b'), summary(1, 'c'), done(0, whole)), [
      'reasoning-start reasoning-0',
      ...deltas,
      'reasoning-end reasoning-0',
    ]);
  });

  it('reads thoughts that are told as they are, with or without deltas', () => {
    const text = [
      'reasoning-start reasoning-0',
      'reasoning-delta reasoning-0 hm',
      'reasoning-end reasoning-0',
    ];
    const whole = thought({ content: [{ type: 'reasoning_text', text: 'hm' }] });
    assert.deepEqual(briefContent(done(0, whole)), text);
    const delta = on('reasoning_text.delta', 0, { content_index: 0, delta: 'hm' });
    assert.deepEqual(briefContent(delta, done(0, whole)), text);
  });

  it('[B5] seals a thought with its encrypted content, also where there is nothing to read', () => {
    assert.deepEqual(briefContent(done(0, thought({ encrypted_content: 'E', summary: [{ text: 'a' }] }))), [
      'reasoning-start reasoning-0',
      'reasoning-delta reasoning-0 a',
      'reasoning-end reasoning-0 encrypted-reasoning E rs_1',
    ]);
    assert.deepEqual(briefContent(done(0, thought({ encrypted_content: 'E' }))), [
      'reasoning-start reasoning-0',
      'reasoning-end reasoning-0 encrypted-reasoning E rs_1',
    ]);
  });

  it('[B5] takes the seal from where it is: the done item before the announced one', () => {
    const first = added(0, thought({ id: 'rs_0', encrypted_content: 'first' }));
    const sealOf = (item: object) => briefContent(first, done(0, item)).at(-1);
    assert.equal(
      sealOf(thought({ encrypted_content: 'last' })),
      'reasoning-end reasoning-0 encrypted-reasoning last rs_1',
    );
    assert.equal(
      sealOf(thought({ encrypted_content: null })),
      'reasoning-end reasoning-0 encrypted-reasoning first rs_0',
    );
  });

  it('[B5] takes a seal that only the last response has, unless its thought is too far back', () => {
    const open = [CREATED, done(0, thought())];
    const sealed = thought({ encrypted_content: 'E' });
    assert.deepEqual(brief(decoded(...open, completed({ output: [sealed] }))).slice(1, 3), [
      'reasoning-start reasoning-0',
      'reasoning-end reasoning-0 encrypted-reasoning E rs_1',
    ]);
    const late = decoded(...open, done(1, message('a')), completed({ output: [sealed, message('a')] }));
    assert.ok(brief(late).includes('other reasoning.encrypted_content'));
    assert.ok(!brief(late).some((event) => event.includes('encrypted-reasoning')));
  });

  it('[B5] seals a thought once', () => {
    const first = done(0, thought({ encrypted_content: 'A' }));
    const events = brief(
      decoded(CREATED, first, completed({ output: [thought({ encrypted_content: 'B' })] })),
    );
    assert.deepEqual(
      events.filter((event) => event.startsWith('reasoning-end')),
      ['reasoning-end reasoning-0 encrypted-reasoning A rs_1'],
    );
  });

  it('says nothing of a thought that nobody can read', () => {
    assert.deepEqual(briefContent(added(0, thought()), done(0, thought())), []);
  });

  it('reads the arguments of a call as they are written', () => {
    const args = (delta: string) => on('function_call_arguments.delta', 0, { delta });
    const parts = [
      added(0, call()),
      args('{"n":'),
      args('1e400}'),
      done(0, call({ arguments: '{"n":1e400}' })),
    ];
    assert.deepEqual(brief(decoded(CREATED, ...parts, completed())).slice(1), [
      'tool call-0 call_1 f',
      'tool-input-delta call-0 {"n":',
      'tool-input-delta call-0 1e400}',
      'tool-input-end call-0',
      'end tool-calls completed',
      'response-end',
    ]);
  });

  it('takes the arguments from wherever they are: done event, done item, or the announced item', () => {
    const calls = ['tool call-0 call_1 f', 'tool-input-delta call-0 {}', 'tool-input-end call-0'];
    assert.deepEqual(
      briefContent(added(0, call()), on('function_call_arguments.done', 0, { arguments: '{}' })),
      calls,
    );
    assert.deepEqual(briefContent(added(0, call()), done(0, call({ arguments: '{}' }))), calls);
    assert.deepEqual(briefContent(added(0, call({ arguments: '{}' })), done(0, call())), calls);
    assert.deepEqual(briefContent(done(0, call({ arguments: {} }))), calls);
  });

  it('names a program of the provider that calls a tool', () => {
    const others = (caller: object): readonly string[] =>
      briefContent(added(0, call({ caller })), done(0, call({ caller }))).filter((event) =>
        event.startsWith('other'),
      );
    assert.deepEqual(others({ type: 'direct' }), []);
    assert.deepEqual(others({ type: 'program', caller_id: 'call_2' }), ['other caller']);
  });

  it('waits for the name of a call', () => {
    const early = on('function_call_arguments.delta', 0, { delta: '{}' });
    assert.deepEqual(briefContent(early, done(0, call({ arguments: '{}' }))), [
      'tool call-0 call_1 f',
      'tool-input-delta call-0 {}',
      'tool-input-end call-0',
    ]);
  });

  it('gives a call without an id one of its own', () => {
    const { call_id: _, id: __, ...bare } = call({ item_id: 'fc_9' });
    assert.equal(briefContent(done(3, bare))[0], 'tool call-3 call_3 f');
    assert.equal(briefContent(done(0, { ...bare, id: 'fc_1' }))[0], 'tool call-0 fc_1 f');
  });

  it('reads calls of custom tools as text', () => {
    const custom = (input: string) => ({ type: 'custom_tool_call', call_id: 'call_1', name: 'exec', input });
    const delta = on('custom_tool_call_input.delta', 0, { delta: 'ls' });
    const whole = on('custom_tool_call_input.done', 0, { input: 'ls -l' });
    assert.deepEqual(briefContent(added(0, custom('')), delta, whole, done(0, custom('ls -l'))), [
      'tool call-0 call_1 exec text',
      'tool-input-delta call-0 ls',
      'tool-input-delta call-0  -l',
      'tool-input-end call-0',
    ]);
  });

  it('flattens the name of a tool in a namespace', () => {
    assert.equal(briefContent(done(0, call({ namespace: 'crm' })))[0], 'tool call-0 call_1 crm__f');
  });

  it('names items and parts that it has no word for, once', () => {
    const search = { type: 'web_search_call', id: 'ws_1', action: { query: 'q' } };
    const parts = [
      { type: 'output_text', text: '', annotations: [{ url: 'u' }], logprobs: [{ token: 't' }] },
      { type: 'output_audio', data: 'x' },
    ];
    assert.deepEqual(
      briefContent(
        added(0, search),
        done(0, search),
        done(1, { type: 'message', phase: 'commentary', content: parts }),
      ),
      ['other web_search_call', 'other annotations', 'other logprobs', 'other output_audio', 'other phase'],
    );
    assert.deepEqual(briefContent(added(0, search)), ['other web_search_call']);
  });

  it('closes text where something else begins, and never has two parts open', () => {
    const text = (index: number, delta: string) =>
      on('output_text.delta', index, { content_index: 0, delta });
    assert.deepEqual(briefContent(text(0, 'a'), text(1, 'b'), added(2, call()), text(0, 'c')), [
      'text-start text-0',
      'text-delta text-0 a',
      'text-end text-0',
      'text-start text-1',
      'text-delta text-1 b',
      'text-end text-1',
      'tool call-2 call_1 f',
      'text-start text-2',
      'text-delta text-2 c',
      'text-end text-2',
      'tool-input-end call-2',
    ]);
  });

  it('reads items that only the last response has', () => {
    const output = [thought({ summary: [{ text: 'hm' }] }), message('a'), call({ arguments: '{}' })];
    assert.deepEqual(brief(decoded(CREATED, completed({ output }))).slice(1, -2), [
      'reasoning-start reasoning-0',
      'reasoning-delta reasoning-0 hm',
      'reasoning-end reasoning-0',
      'text-start text-1',
      'text-delta text-1 a',
      'text-end text-1',
      'tool call-2 call_1 f',
      'tool-input-delta call-2 {}',
      'tool-input-end call-2',
    ]);
  });

  it('finds unfinished items in a last response that leaves others out', () => {
    const delta = on('output_text.delta', 1, { content_index: 0, delta: 'a' });
    const events = decoded(
      CREATED,
      done(0, thought({ summary: [{ text: 'hm' }] })),
      delta,
      completed({ output: [message('ab')] }),
    );
    assert.deepEqual(
      brief(events).filter((event) => event.startsWith('text-delta')),
      ['text-delta text-1 a', 'text-delta text-1 b'],
    );
  });

  it('says nothing twice when items are not counted from zero', () => {
    const events = decoded(CREATED, done(1, message('a')), completed({ output: [message('a')] }));
    assert.equal(brief(events).filter((event) => event.startsWith('text-delta')).length, 1);
  });

  it('hands events out once', () => {
    const reader = new OutputReader();
    reader.finish(0, message('a'));
    assert.equal(reader.take().length, 3);
    assert.deepEqual(reader.take(), []);
  });
});
