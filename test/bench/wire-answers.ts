// What the mock upstream says, in both dialects, as bytes made once: a plain answer of 2 kB, a stream of 500 tokens, and
// the pieces of a stream that is paced. Pure.

export type WireDialect = 'openai-chat' | 'anthropic-messages';

/** What every answer of the mock says it has used; the books of the daemon must show just that. */
export const ANSWER_USAGE = { inputTokens: 60, outputTokens: 500 };

export const STREAM_TOKENS = 500;
/** Stands in every token of a stream that comes at once, and nowhere before the first one. */
export const TOKEN_MARK = 'word';
/** Stands before the time of sending in every token of a paced stream. */
export const TIME_MARK = '@';
export const TIME_DIGITS = 16;

export interface StreamPieces {
  readonly head: string;
  /** Events before the first token. */
  readonly opening: readonly string[];
  readonly token: (text: string) => string;
  readonly ending: readonly string[];
}

const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n';
export const LAST_CHUNK = '0\r\n\r\n';

/** One event as a chunk of its own, which is how providers send them. */
export function chunkOf(event: string): string {
  return `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`;
}

export function plainAnswer(dialect: WireDialect): Buffer {
  const body = JSON.stringify(PLAIN_BODIES[dialect]);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body);
}

export function streamPieces(dialect: WireDialect): StreamPieces {
  return { head: STREAM_HEAD, ...STREAM_EVENTS[dialect] };
}

/**
 * A whole stream, cut where a provider's TLS records would cut it: the first token by itself, then 16 kB at a time. Each
 * piece is one write.
 */
export function streamAnswer(dialect: WireDialect): readonly Buffer[] {
  const { head, opening, token, ending } = streamPieces(dialect);
  const tokens = Array.from({ length: STREAM_TOKENS }, (_, index) =>
    chunkOf(token(`${TOKEN_MARK}${index} `)),
  );
  const first = Buffer.from(head + opening.map(chunkOf).join('') + tokens[0]);
  const rest = Buffer.from(tokens.slice(1).join('') + ending.map(chunkOf).join('') + LAST_CHUNK);
  const records = Math.ceil(rest.length / TLS_RECORD_BYTES);
  return [
    first,
    ...Array.from({ length: records }, (_, index) =>
      rest.subarray(index * TLS_RECORD_BYTES, (index + 1) * TLS_RECORD_BYTES),
    ),
  ];
}

const TLS_RECORD_BYTES = 16_384;
const TEXT_OF_2_KB = 'word '.repeat(360);

const chatUsage = {
  prompt_tokens: ANSWER_USAGE.inputTokens,
  completion_tokens: ANSWER_USAGE.outputTokens,
  total_tokens: ANSWER_USAGE.inputTokens + ANSWER_USAGE.outputTokens,
};
const messagesUsage = {
  input_tokens: ANSWER_USAGE.inputTokens,
  output_tokens: ANSWER_USAGE.outputTokens,
};

const PLAIN_BODIES: Readonly<Record<WireDialect, object>> = {
  'openai-chat': {
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1,
    model: 'bench-model',
    choices: [{ index: 0, message: { role: 'assistant', content: TEXT_OF_2_KB }, finish_reason: 'stop' }],
    usage: chatUsage,
  },
  'anthropic-messages': {
    id: 'msg_bench',
    type: 'message',
    role: 'assistant',
    model: 'bench-model',
    content: [{ type: 'text', text: TEXT_OF_2_KB }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: messagesUsage,
  },
};

const chatChunk = (choices: readonly object[], extra: object = {}): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'bench-model', choices, ...extra })}\n\n`;

const messagesEvent = (type: string, members: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;

const STREAM_EVENTS: Readonly<Record<WireDialect, Omit<StreamPieces, 'head'>>> = {
  'openai-chat': {
    opening: [chatChunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }])],
    token: (text) => chatChunk([{ index: 0, delta: { content: text }, finish_reason: null }]),
    // Usage comes after the end of the text: who closes the books at `finish_reason` loses it.
    ending: [
      chatChunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
      chatChunk([], { usage: chatUsage }),
      'data: [DONE]\n\n',
    ],
  },
  'anthropic-messages': {
    opening: [
      messagesEvent('message_start', {
        message: {
          id: 'msg_bench',
          type: 'message',
          role: 'assistant',
          model: 'bench-model',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...messagesUsage, output_tokens: 1 },
        },
      }),
      messagesEvent('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    token: (text) => messagesEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    ending: [
      messagesEvent('content_block_stop', { index: 0 }),
      messagesEvent('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: ANSWER_USAGE.outputTokens },
      }),
      messagesEvent('message_stop', {}),
    ],
  },
};
