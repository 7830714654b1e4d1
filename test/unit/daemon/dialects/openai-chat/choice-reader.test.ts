import assert from 'node:assert/strict';

import { TOOL_NAMES } from '../../../../../daemon/dialects/openai-chat/tool-names.ts';
import { brief, chunk, decoded } from './chat-support.ts';

/** Events of one choice without the frame around it. */
function read(...deltas: readonly object[]): readonly string[] {
  const events = decoded(...deltas.map((delta) => chunk(delta)), chunk({}, 'stop'));
  return brief(events).slice(1, -2);
}

const call = (fields: object) => ({ tool_calls: [fields] });

describe('openai-chat choice-reader', () => {
  it('reads text of a content array', () => {
    assert.deepEqual(read({ content: [{ type: 'text', text: 'a' }, { type: 'text' }, 5] }), [
      'text-start 0-text-0',
      'text-delta 0-text-0 a',
      'text-end 0-text-0',
    ]);
  });

  for (const field of ['reasoning_content', 'reasoning', 'thinking']) {
    it(`reads reasoning from ${field} and ends it when text begins`, () => {
      assert.deepEqual(read({ [field]: 'a' }, { [field]: 'b', content: '' }, { content: 'c' }), [
        'reasoning-start 0-reasoning-0',
        'reasoning-delta 0-reasoning-0 a',
        'reasoning-delta 0-reasoning-0 b',
        'reasoning-end 0-reasoning-0',
        'text-start 0-text-1',
        'text-delta 0-text-1 c',
        'text-end 0-text-1',
      ]);
    });
  }

  it('reads reasoning from thinking parts of a content array, as parts or as text', () => {
    const thinking = (value: unknown) => ({ content: [{ type: 'thinking', thinking: value }] });
    assert.deepEqual(read(thinking([{ type: 'text', text: 'a' }, {}]), thinking('b'), thinking(undefined)), [
      'reasoning-start 0-reasoning-0',
      'reasoning-delta 0-reasoning-0 a',
      'reasoning-delta 0-reasoning-0 b',
      'reasoning-end 0-reasoning-0',
    ]);
  });

  it('reads reasoning_details only where the same words do not stand in reasoning', () => {
    const detail = (text: string) => ({ reasoning_details: [{ type: 'reasoning.text', text }] });
    assert.deepEqual(
      read({ reasoning: 'a', ...detail('a') }, detail('b'), { reasoning_details: [{ summary: 'c' }, 5] }),
      [
        'reasoning-start 0-reasoning-0',
        'reasoning-delta 0-reasoning-0 a',
        'reasoning-delta 0-reasoning-0 b',
        'reasoning-delta 0-reasoning-0 c',
        'reasoning-end 0-reasoning-0',
      ],
    );
  });

  it('seals the reasoning with the details that prove it, pieces put together', () => {
    const piece = (fields: object) => ({
      reasoning_details: [{ type: 'reasoning.text', index: 0, ...fields }],
    });
    assert.deepEqual(
      read(
        { reasoning: 'a', ...piece({ text: 'a' }) },
        { reasoning: 'b', ...piece({ text: 'b', format: null }) },
        piece({ signature: 'sig' }),
        { content: 'c' },
        { reasoning: 'd', ...piece({ text: 'd' }) },
      ).filter((line) => line.startsWith('reasoning-end')),
      [
        'reasoning-end 0-reasoning-0 [{"type":"reasoning.text","index":0,"text":"ab","signature":"sig"}]',
        'reasoning-end 0-reasoning-2',
      ],
    );
  });

  it('gives out a thought without words for a proof that comes alone, in front of calls or at the end', () => {
    const encrypted = { type: 'reasoning.encrypted', data: 'AAAA' };
    const proof = JSON.stringify([encrypted]);
    assert.deepEqual(
      read({ reasoning_details: [encrypted] }, call({ index: 0, id: 'a', function: { name: 'f' } })),
      [
        'reasoning-start 0-reasoning-0',
        `reasoning-end 0-reasoning-0 ${proof}`,
        'tool-input-start 0-tool-0 a f',
        'tool-input-end 0-tool-0',
      ],
    );
    assert.deepEqual(read({ content: 'b' }, { reasoning_details: [encrypted] }).slice(2), [
      'text-end 0-text-0',
      'reasoning-start 0-reasoning-1',
      `reasoning-end 0-reasoning-1 ${proof}`,
    ]);
  });

  it('gives out a thought signature of Google in front of its call', () => {
    const signed = { extra_content: { google: { thought_signature: 'sig' } } };
    assert.deepEqual(read(call({ index: 0, id: 'a', function: { name: 'f' }, ...signed })), [
      'reasoning-start 0-reasoning-0',
      'reasoning-end 0-reasoning-0 sig',
      'tool-input-start 0-tool-0 a f',
      'tool-input-end 0-tool-0',
    ]);
  });

  it('marks the free text of custom calls', () => {
    const events = decoded(
      chunk(call({ index: 0, id: 'c', type: 'custom', custom: { name: 'h', input: 'x' } })),
    );
    assert.equal(events.find((event) => event.type === 'tool-input-start')?.isText, true);
  });

  it('gives a tool the name back that had to be rewritten for the provider', () => {
    const name = TOOL_NAMES.fit('a.b:c');
    assert.deepEqual(read(call({ index: 0, id: 'a', function: { name } })), [
      'tool-input-start 0-tool-0 a a.b:c',
      'tool-input-end 0-tool-0',
    ]);
  });

  it('reads a tool call and its arguments as they come', () => {
    const lines = read(
      call({ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      call({ index: 0, function: { arguments: '{"n":' } }),
      call({ index: 0, function: { arguments: '1e400}' } }),
    );
    assert.deepEqual(lines, [
      'tool-input-start 0-tool-0 a f',
      'tool-input-delta 0-tool-0 {"n":',
      'tool-input-delta 0-tool-0 1e400}',
      'tool-input-end 0-tool-0',
    ]);
  });

  it('keeps parallel tool calls apart, also when their deltas interleave', () => {
    const lines = read(
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '1' } }),
      call({ index: 1, id: 'b', function: { name: 'g', arguments: '2' } }),
      call({ index: 0, function: { arguments: '3' } }),
    );
    assert.deepEqual(lines, [
      'tool-input-start 0-tool-0 a f',
      'tool-input-delta 0-tool-0 1',
      'tool-input-start 0-tool-1 b g',
      'tool-input-delta 0-tool-1 2',
      'tool-input-delta 0-tool-0 3',
      'tool-input-end 0-tool-0',
      'tool-input-end 0-tool-1',
    ]);
  });

  it('takes a second name under the same index as a second call', () => {
    const lines = read(
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '1' } }),
      call({ index: 0, id: 'b', function: { name: 'f', arguments: '2' } }),
    );
    assert.deepEqual(
      lines.filter((line) => line.startsWith('tool-input-start')),
      ['tool-input-start 0-tool-0 a f', 'tool-input-start 0-tool-1 b f'],
    );
  });

  it('takes a repeated name as the same call when the id or the index says so', () => {
    const lines = read(
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '1' } }),
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '2' } }),
      call({ index: 0, function: { name: 'f', arguments: '3' } }),
    );
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['tool-input-start', 'tool-input-delta', 'tool-input-delta', 'tool-input-delta', 'tool-input-end'],
    );
  });

  it('reads calls without index, type and id, and makes ids that stay the same', () => {
    const bare = {
      tool_calls: [
        { function: { name: 'f', arguments: '1' } },
        { id: 'x', function: { name: 'g', arguments: '2' } },
        5,
      ],
    };
    const lines = read(
      bare,
      call({ function: { name: 'h', arguments: '3' } }),
      call({ id: 'x', function: { arguments: '4' } }),
    );
    assert.deepEqual(lines.slice(0, 7), [
      'tool-input-start 0-tool-0 call_0_0 f',
      'tool-input-delta 0-tool-0 1',
      'tool-input-start 0-tool-1 x g',
      'tool-input-delta 0-tool-1 2',
      'tool-input-start 0-tool-2 call_0_2 h',
      'tool-input-delta 0-tool-2 3',
      'tool-input-delta 0-tool-1 4',
    ]);
    assert.deepEqual(read(bare), read(bare));
  });

  it('lets arguments wait for the name, and starts a call that never gets one', () => {
    const lines = read(
      call({ index: 0, id: 'a', function: { arguments: '1' } }),
      call({ index: 0, function: { name: 'f', arguments: '2' } }),
    );
    assert.deepEqual(lines.slice(0, 2), ['tool-input-start 0-tool-0 a f', 'tool-input-delta 0-tool-0 12']);
    assert.deepEqual(read(call({ index: 0, id: 'a', function: { arguments: '1' } })), [
      'tool-input-start 0-tool-0 a ',
      'tool-input-delta 0-tool-0 1',
      'tool-input-end 0-tool-0',
    ]);
  });

  it('reads arguments that are null or an object, custom calls, and calls without a body', () => {
    const lines = read(
      call({ index: 0, id: 'a', function: { name: 'f', arguments: null } }),
      call({ index: 1, id: 'b', function: { name: 'g', arguments: { x: 1 } } }),
      call({ index: 2, id: 'c', type: 'custom', custom: { name: 'h', input: 'free' } }),
      call({ index: 3, id: 'd' }),
    );
    assert.deepEqual(lines.slice(0, 5), [
      'tool-input-start 0-tool-0 a f',
      'tool-input-start 0-tool-1 b g',
      'tool-input-delta 0-tool-1 {"x":1}',
      'tool-input-start 0-tool-2 c h',
      'tool-input-delta 0-tool-2 free',
    ]);
  });

  it('reads function_call of the time before tools as one call', () => {
    const legacy = (fields: object) => ({ function_call: fields });
    assert.deepEqual(read(legacy({ name: 'f', arguments: '{' }), legacy({ arguments: '}' })), [
      'tool-input-start 0-tool-0 call_0_0 f',
      'tool-input-delta 0-tool-0 {',
      'tool-input-delta 0-tool-0 }',
      'tool-input-end 0-tool-0',
    ]);
  });

  it('reads a refusal after the text that came before it', () => {
    assert.deepEqual(read({ content: 'a' }, { refusal: 'no' }, { refusal: '' }), [
      'text-start 0-text-0',
      'text-delta 0-text-0 a',
      'text-end 0-text-0',
      'refusal-delta 0-refusal no',
    ]);
  });

  it('counts what it has no word for, and passes over what is empty', () => {
    const logprobs = { content: [{ token: 'a' }] };
    const events = decoded({
      id: 'c1',
      choices: [
        {
          delta: {
            audio: { data: 'é' },
            annotations: [],
            channel: 'final',
            x: null,
            content: [{ type: 'image_url' }, { x: 1 }],
          },
          logprobs,
          finish_reason: 'stop',
        },
      ],
    });
    assert.deepEqual(brief(events).slice(1, -2), [
      'other-content image_url 20',
      'other-content content 7',
      `other-content audio ${Buffer.byteLength('{"data":"é"}')}`,
      `other-content logprobs ${JSON.stringify(logprobs).length}`,
    ]);
  });

  it('counts only the first of two finish reasons', () => {
    const events = brief(decoded(chunk({ content: 'a' }, 'length'), chunk({ content: '' }, 'stop')));
    assert.deepEqual(events.slice(-2), ['choice-end 0 length "length"', 'end']);
  });

  it('still gives out what comes after the finish reason', () => {
    const events = brief(decoded(chunk({ content: 'a' }, 'stop'), chunk({ content: 'b' })));
    assert.deepEqual(events.slice(-4), [
      'text-start 0-text-1',
      'text-delta 0-text-1 b',
      'text-end 0-text-1',
      'end',
    ]);
  });
});
