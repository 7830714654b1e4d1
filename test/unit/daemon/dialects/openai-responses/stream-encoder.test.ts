import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../../daemon/conversation/stream-event.ts';
import { openEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import { createStreamEncoder } from '../../../../../daemon/dialects/openai-responses/stream-encoder.ts';
import { answering, briefWire, callOf, encoded, END, IDENTITY, textOf, type Wire } from './answer-support.ts';

const thoughtOf = (delta: string, seal?: { kind: 'encrypted-reasoning'; value: string; itemId?: string }) => {
  const events: StreamEvent[] = [
    { type: 'reasoning-start', id: 'r', choice: 0 },
    { type: 'reasoning-delta', id: 'r', choice: 0, delta },
    { type: 'reasoning-end', id: 'r', choice: 0, ...(seal === undefined ? {} : { seal }) },
  ];
  return delta === '' ? events.filter(({ type }) => type !== 'reasoning-delta') : events;
};
const start = (id: string, name = 'f'): StreamEvent => ({
  type: 'tool-input-start',
  id,
  choice: 0,
  callId: `call_${id}`,
  name,
});
const input = (id: string, delta: string): StreamEvent => ({
  type: 'tool-input-delta',
  id,
  choice: 0,
  delta,
});
const stop = (id: string): StreamEvent => ({ type: 'tool-input-end', id, choice: 0 });
const outputOf = (events: readonly Wire[]) => events.at(-1)?.response?.output ?? [];
const CUT: StreamEvent = { type: 'choice-end', choice: 0, finishReason: 'length', wireReason: 'length' };

describe('openai-responses stream encoder', () => {
  it('[A3] writes text as the sequence of events that clients know', () => {
    const events = encoded([...textOf('Hi'), END]);
    assert.deepEqual(
      events.map(({ type }) => type),
      [
        'response.created',
        'response.in_progress',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
        'response.completed',
      ],
    );
    assert.deepEqual(
      events.map((event) => event.sequence_number),
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    );
    const part = { type: 'output_text', annotations: [], logprobs: [], text: 'Hi' };
    const message = {
      id: 'msg_1_0',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [part],
    };
    assert.deepEqual(events[2]?.item, { ...message, status: 'in_progress', content: [] });
    assert.deepEqual(events[4], {
      type: 'response.output_text.delta',
      sequence_number: 4,
      item_id: 'msg_1_0',
      content_index: 0,
      delta: 'Hi',
      logprobs: [],
      output_index: 0,
    });
    assert.deepEqual(events[7]?.item, message);
    assert.deepEqual(outputOf(events), [message]);
  });

  it('names each event in the frame too', () => {
    const encoder = createStreamEncoder(IDENTITY);
    assert.match(
      encoder.push({ type: 'text-start', id: 't', choice: 0 }),
      /^event: response\.created\ndata: \{/,
    );
  });

  it('writes text at once, delta by delta', () => {
    const encoder = createStreamEncoder(IDENTITY);
    const [first, second] = ['a', 'b'].map((delta) =>
      encoder.push({ type: 'text-delta', id: 't', choice: 0, delta }),
    );
    assert.match(first ?? '', /"delta":"a"/);
    assert.match(second ?? '', /^event: response\.output_text\.delta\n[^\n]*"delta":"b"[^\n]*\n\n$/);
  });

  it('puts neighbouring texts and refusals into one message', () => {
    const refusal: StreamEvent = { type: 'refusal-delta', id: 'n', choice: 0, delta: 'no' };
    const events = encoded([...textOf('a'), ...textOf('b', 'u'), refusal, { ...refusal, delta: '!' }, END]);
    assert.deepEqual(briefWire(events), [
      '0 output_item.added',
      '0 content_part.added',
      '0 output_text.delta a',
      '0 output_text.done',
      '0 content_part.done',
      '0 content_part.added',
      '0 output_text.delta b',
      '0 output_text.done',
      '0 content_part.done',
      '0 content_part.added',
      '0 refusal.delta no',
      '0 refusal.delta !',
      '0 refusal.done',
      '0 content_part.done',
      '0 output_item.done',
    ]);
    const [message] = outputOf(events);
    const content = message?.['content'] as readonly unknown[] | undefined;
    assert.deepEqual(content?.[2], { type: 'refusal', refusal: 'no!' });
  });

  it('writes thoughts as the summary of a reasoning item', () => {
    const events = encoded([...thoughtOf('hm'), ...textOf('a'), END]);
    assert.deepEqual(briefWire(events).slice(0, 6), [
      '0 output_item.added',
      '0 reasoning_summary_part.added',
      '0 reasoning_summary_text.delta hm',
      '0 reasoning_summary_text.done',
      '0 reasoning_summary_part.done',
      '0 output_item.done',
    ]);
    const summary = [{ type: 'summary_text', text: 'hm' }];
    assert.deepEqual(outputOf(events)[0], { id: 'rs_1_0', type: 'reasoning', summary });
  });

  it('[B5] hands seals to the client in envelopes, with the name of their maker', () => {
    const identity = { ...IDENTITY, maker: 'anthropic/opus' };
    const envelopeOf = (events: readonly StreamEvent[]) =>
      openEnvelope(String(outputOf(encoded([...events, END], identity))[0]?.['encrypted_content']));
    assert.deepEqual(envelopeOf(thoughtOf('', { kind: 'encrypted-reasoning', value: 'E', itemId: 'rs_9' })), {
      kind: 'encrypted-reasoning',
      value: 'E',
      itemId: 'rs_9',
      maker: 'anthropic/opus',
    });
    assert.deepEqual(envelopeOf(thoughtOf('hm')), { kind: 'unsealed', value: '', maker: 'anthropic/opus' });
  });

  it("[B5] writes a stored answer's own seal as it was, under the name it is bound to", () => {
    const seal = { kind: 'encrypted-reasoning', value: 'E', itemId: 'rs_9' } as const;
    const events = encoded([...thoughtOf('hm', seal), END]);
    assert.equal(events[2]?.item?.id, 'rs_9');
    const summary = [{ type: 'summary_text', text: 'hm' }];
    assert.deepEqual(outputOf(events), [{ id: 'rs_9', type: 'reasoning', summary, encrypted_content: 'E' }]);
  });

  it('writes no thought that nobody can read', () => {
    for (const identity of [IDENTITY, { ...IDENTITY, maker: 'p/m' }]) {
      const events = encoded([...thoughtOf(''), ...textOf('a'), END], identity);
      assert.deepEqual(
        outputOf(events).map(({ type }) => type),
        ['message'],
      );
      assert.equal(events.find(({ item }) => item !== undefined)?.output_index, 0);
    }
  });

  it('writes a call of a function with its arguments as they came', () => {
    const events = encoded([start('a'), input('a', '{"n":'), input('a', '1e400}'), stop('a'), END]);
    assert.deepEqual(briefWire(events), [
      '0 output_item.added',
      '0 function_call_arguments.delta {"n":',
      '0 function_call_arguments.delta 1e400}',
      '0 function_call_arguments.done',
      '0 output_item.done',
    ]);
    assert.deepEqual(outputOf(events), [
      {
        id: 'fc_1_0',
        type: 'function_call',
        status: 'completed',
        arguments: '{"n":1e400}',
        call_id: 'call_a',
        name: 'f',
      },
    ]);
  });

  it('gives a call without arguments the empty object', () => {
    assert.equal(outputOf(encoded([start('a'), stop('a'), END]))[0]?.['arguments'], '{}');
  });

  it('writes items one after the other, also when calls interleave', () => {
    const events = encoded([
      start('a'),
      start('b'),
      input('b', '2'),
      input('a', '1'),
      stop('a'),
      stop('b'),
      END,
    ]);
    assert.deepEqual(briefWire(events), [
      '0 output_item.added',
      '0 function_call_arguments.delta 1',
      '0 function_call_arguments.done',
      '0 output_item.done',
      '1 output_item.added',
      '1 function_call_arguments.delta 2',
      '1 function_call_arguments.done',
      '1 output_item.done',
    ]);
  });

  it('does not keep the first of several calls back', () => {
    const encoder = createStreamEncoder(IDENTITY);
    encoder.push(start('a'));
    assert.match(encoder.push(input('a', '1')), /arguments\.delta/);
    encoder.push(start('b'));
    assert.match(encoder.push(input('a', '2')), /arguments\.delta/);
    assert.equal(encoder.push(input('b', '3')), '');
  });

  it('gives a custom tool its text back out of the wrapping', () => {
    const identity = answering({ tools: [{ type: 'custom', name: 'exec' }] });
    const events = encoded(
      [start('a', 'exec'), input('a', '{"inp'), input('a', 'ut":"ls"}'), stop('a'), END],
      identity,
    );
    assert.deepEqual(briefWire(events), [
      '0 output_item.added',
      '0 custom_tool_call_input.delta ls',
      '0 custom_tool_call_input.done',
      '0 output_item.done',
    ]);
    assert.deepEqual(outputOf(events), [
      {
        id: 'ctc_1_0',
        type: 'custom_tool_call',
        status: 'completed',
        input: 'ls',
        call_id: 'call_a',
        name: 'exec',
      },
    ]);
  });

  it('passes the text of a custom call on when it was never wrapped', () => {
    const identity = answering({ tools: [{ type: 'custom', name: 'exec' }] });
    for (const one of [identity, IDENTITY]) {
      const events = encoded([...callOf('exec', 'ls', { isText: true }), END], one);
      assert.equal(briefWire(events)[1], '0 custom_tool_call_input.delta ls');
    }
  });

  it('gives a tool of a namespace its two names back', () => {
    const tools = [{ type: 'namespace', name: 'crm', tools: [{ type: 'function', name: 'find' }] }];
    const [call] = outputOf(encoded([...callOf('crm__find', '{}'), END], answering({ tools })));
    assert.deepEqual([call?.['namespace'], call?.['name']], ['crm', 'find']);
  });

  it('tells that an answer was cut, and which item with it', () => {
    const events = encoded([...textOf('a'), ...callOf('f', '{"a'), CUT]);
    const last = events.at(-1);
    assert.equal(last?.type, 'response.incomplete');
    assert.equal(last?.response?.['status'], 'incomplete');
    assert.deepEqual(last?.response?.['incomplete_details'], { reason: 'max_output_tokens' });
    assert.deepEqual(
      outputOf(events).map(({ status }) => status),
      ['completed', 'incomplete'],
    );
    const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
    assert.deepEqual(outputOf(events), done);
  });

  it('writes the last usage, and zeros where there was none', () => {
    const usage = (outputTokens: number): StreamEvent => ({
      type: 'usage',
      usage: {
        inputTokens: 5,
        cacheReadInputTokens: 2,
        cacheCreationInputTokens: 1,
        outputTokens,
        reasoningOutputTokens: 1,
      },
    });
    const usageOf = (...events: readonly StreamEvent[]) => encoded([...events]).at(-1)?.response?.['usage'];
    assert.deepEqual(usageOf(usage(1), END, usage(3)), {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 2, cache_write_tokens: 1 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 1 },
      total_tokens: 8,
    });
    assert.deepEqual((usageOf(END) as { total_tokens?: unknown }).total_tokens, 0);
  });

  it('puts metadata into the last event alone', () => {
    const metadata = { exchange_id: 'x_1' };
    const events = encoded([...textOf('a'), END], IDENTITY, metadata);
    assert.deepEqual(
      events.map((event) => event._pointsman).filter((one) => one !== undefined),
      [metadata],
    );
    assert.deepEqual(events.at(-1)?._pointsman, metadata);
  });

  it('leaves out what other answers say, and what it has no word for', () => {
    const other: StreamEvent = { type: 'other-content', choice: 0, wireType: 'audio', bytes: 1 };
    const second: readonly StreamEvent[] = [
      { type: 'text-delta', id: 'z', choice: 1, delta: 'b' },
      { type: 'choice-end', choice: 1, finishReason: 'length', wireReason: 'length' },
    ];
    assert.deepEqual(encoded([...textOf('a'), other, ...second, END]), encoded([...textOf('a'), END]));
  });

  it('ends an answer that held nothing', () => {
    assert.deepEqual(
      encoded([]).map(({ type }) => type),
      ['response.created', 'response.in_progress', 'response.completed'],
    );
  });

  it('writes nothing for a failure: the connection tells it', () => {
    const failed: StreamEvent = { type: 'response-failed', failure: { kind: 'timeout', message: 'm' } };
    assert.equal(createStreamEncoder(IDENTITY).push(failed), '');
  });

  it('[A3] gives the same bytes for the same events', () => {
    assert.deepEqual(encoded([...textOf('a'), END]), encoded([...textOf('a'), END]));
  });
});
