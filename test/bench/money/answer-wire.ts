// What a simulated provider writes back, in the three wire formats, streamed and plain: text, at most one tool call, and
// its own count of tokens.

import type { SimulatedModel } from './model-sets.ts';
import type { Bill } from './prompt-cache.ts';

export interface SimulatedAnswer {
  readonly id: string;
  readonly text: string;
  readonly call: { readonly name: string; readonly input: string } | null;
  readonly bill: Bill;
}

type Write = (model: SimulatedModel, answer: SimulatedAnswer) => string;

const STREAMED: Readonly<Record<SimulatedModel['dialect'], Write>> = {
  'anthropic-messages': messagesStream,
  'openai-chat': chatStream,
  'openai-responses': responsesStream,
};

const PLAIN: Readonly<Record<SimulatedModel['dialect'], Write>> = {
  'anthropic-messages': (model, answer) => JSON.stringify(messagesAnswer(model, answer)),
  'openai-chat': (model, answer) => JSON.stringify(chatAnswer(model, answer)),
  'openai-responses': (model, answer) => JSON.stringify(response(model, answer)),
};

export function writeAnswer(model: SimulatedModel, answer: SimulatedAnswer, isStreaming: boolean): string {
  return (isStreaming ? STREAMED : PLAIN)[model.dialect](model, answer);
}

function frame(data: Readonly<Record<string, unknown>>): string {
  const type = data['type'];
  return `${typeof type === 'string' ? `event: ${type}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
}

// ---- Anthropic messages ----

function messagesUsage({ bill }: SimulatedAnswer): object {
  return {
    input_tokens: bill.inputTokens - bill.cachedTokens - bill.writtenTokens,
    cache_read_input_tokens: bill.cachedTokens,
    cache_creation_input_tokens: bill.writtenTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: bill.writtenTokens - bill.written1hTokens,
      ephemeral_1h_input_tokens: bill.written1hTokens,
    },
    output_tokens: bill.outputTokens,
  };
}

function messagesHead({ name }: SimulatedModel, { id }: SimulatedAnswer): object {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model: name, stop_sequence: null };
}

function messagesAnswer(model: SimulatedModel, answer: SimulatedAnswer): object {
  const { id, text, call } = answer;
  return {
    ...messagesHead(model, answer),
    content: [
      { type: 'text', text },
      ...(call === null
        ? []
        : [
            {
              type: 'tool_use',
              id: `toolu_${id}`,
              name: call.name,
              input: JSON.parse(call.input) as unknown,
            },
          ]),
    ],
    stop_reason: call === null ? 'end_turn' : 'tool_use',
    usage: messagesUsage(answer),
  };
}

function messagesStream(model: SimulatedModel, answer: SimulatedAnswer): string {
  const { id, text, call } = answer;
  const usage = messagesUsage(answer);
  const start = {
    ...messagesHead(model, answer),
    content: [],
    stop_reason: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const frames: { readonly type: string; readonly [name: string]: unknown }[] = [
    { type: 'message_start', message: start },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...halves(text).map((part) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: part },
    })),
    { type: 'content_block_stop', index: 0 },
  ];
  if (call !== null) {
    const use = { type: 'tool_use', id: `toolu_${id}`, name: call.name, input: {} };
    const delta = { type: 'input_json_delta', partial_json: call.input };
    frames.push(
      { type: 'content_block_start', index: 1, content_block: use },
      { type: 'content_block_delta', index: 1, delta },
      { type: 'content_block_stop', index: 1 },
    );
  }
  const delta = { stop_reason: call === null ? 'end_turn' : 'tool_use', stop_sequence: null };
  frames.push({ type: 'message_delta', delta, usage }, { type: 'message_stop' });
  return frames.map(frame).join('');
}

// ---- chat completions ----

function chatUsage(model: SimulatedModel, { bill }: SimulatedAnswer): object {
  const { inputTokens, cachedTokens, writtenTokens, outputTokens, thoughtTokens } = bill;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(model.isDeepSeekLike === true
      ? { prompt_cache_hit_tokens: cachedTokens, prompt_cache_miss_tokens: inputTokens - cachedTokens }
      : {
          prompt_tokens_details: {
            cached_tokens: cachedTokens,
            ...(writtenTokens === 0 ? {} : { cache_write_tokens: writtenTokens }),
          },
        }),
    completion_tokens_details: { reasoning_tokens: thoughtTokens },
  };
}

function chatHead({ name }: SimulatedModel, { id }: SimulatedAnswer, object: string): object {
  return { id: `chatcmpl-${id}`, object, created: 1_763_000_000, model: name };
}

function chatCall({ id }: SimulatedAnswer, name: string, input: string): object {
  return { id: `call_${id}`, type: 'function', function: { name, arguments: input } };
}

function chatAnswer(model: SimulatedModel, answer: SimulatedAnswer): object {
  const { text, call } = answer;
  const toolCalls = call === null ? {} : { tool_calls: [chatCall(answer, call.name, call.input)] };
  const message = { role: 'assistant', content: text, ...toolCalls };
  const finish = call === null ? 'stop' : 'tool_calls';
  return {
    ...chatHead(model, answer, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: finish }],
    usage: chatUsage(model, answer),
  };
}

function chatStream(model: SimulatedModel, answer: SimulatedAnswer): string {
  const { text, call } = answer;
  const head = chatHead(model, answer, 'chat.completion.chunk');
  const chunk = (delta: object, finish: string | null): string =>
    frame({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] });
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...halves(text).map((content) => chunk({ content }, null)),
    ...(call === null
      ? []
      : [chunk({ tool_calls: [{ index: 0, ...chatCall(answer, call.name, call.input) }] }, null)]),
    chunk({}, call === null ? 'stop' : 'tool_calls'),
    frame({ ...head, choices: [], usage: chatUsage(model, answer) }),
    'data: [DONE]\n\n',
  ].join('');
}

// ---- Responses ----

function responsesUsage({ bill }: SimulatedAnswer): object {
  const { inputTokens, cachedTokens, writtenTokens, outputTokens, thoughtTokens } = bill;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens, cache_write_tokens: writtenTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: thoughtTokens },
    total_tokens: inputTokens + outputTokens,
  };
}

function outputItems({ id, text, call }: SimulatedAnswer): object[] {
  const content = [{ type: 'output_text', text, annotations: [] }];
  return [
    { type: 'message', id: `msg_${id}`, status: 'completed', role: 'assistant', content },
    ...(call === null
      ? []
      : [
          {
            type: 'function_call',
            id: `fc_${id}`,
            call_id: `call_${id}`,
            status: 'completed',
            name: call.name,
            arguments: call.input,
          },
        ]),
  ];
}

function response(model: SimulatedModel, answer: SimulatedAnswer): object {
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: 1_763_000_000,
    status: 'completed',
    model: model.name,
    output: outputItems(answer),
    usage: responsesUsage(answer),
  };
}

function responsesStream(model: SimulatedModel, answer: SimulatedAnswer): string {
  const { id, text, call } = answer;
  const [message, functionCall] = outputItems(answer);
  const empty = { ...response(model, answer), status: 'in_progress', output: [], usage: null };
  const at = { item_id: `msg_${id}`, output_index: 0, content_index: 0 };
  const part = { type: 'output_text', text: '', annotations: [] };
  const events: { readonly type: string; readonly [name: string]: unknown }[] = [
    { type: 'response.created', response: empty },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...message, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...at, part },
    ...halves(text).map((delta) => ({ type: 'response.output_text.delta', ...at, delta })),
    { type: 'response.output_text.done', ...at, text },
    { type: 'response.content_part.done', ...at, part: { ...part, text } },
    { type: 'response.output_item.done', output_index: 0, item: message },
  ];
  if (call !== null) {
    const called = { item_id: `fc_${id}`, output_index: 1 };
    events.push(
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: { ...functionCall, status: 'in_progress', arguments: '' },
      },
      { type: 'response.function_call_arguments.delta', ...called, delta: call.input },
      { type: 'response.function_call_arguments.done', ...called, arguments: call.input },
      { type: 'response.output_item.done', output_index: 1, item: functionCall },
    );
  }
  events.push({ type: 'response.completed', response: response(model, answer) });
  return events.map((event, index) => frame({ ...event, sequence_number: index })).join('');
}

/** Streams come in pieces; two are enough. */
function halves(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((part) => part !== '');
}
