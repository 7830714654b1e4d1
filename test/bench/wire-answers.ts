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
// As a model would write it: an answer that repeats itself is taken for a weak one, and another model is asked.
const TEXT_OF_2_KB = `A connection pool keeps a small number of open connections and lends them out. When a request needs one, the pool looks for an idle connection first, opens another only while it is below its limit, and otherwise lets the request wait in a queue.

Three numbers decide how it behaves. The limit bounds what the other side has to bear: ten connections that each run one query at a time are usually faster than a hundred that fight for the same locks. The idle time says when an unused connection is closed, which should be a little shorter than the time after which the server or a firewall drops it, or the next borrower gets a dead socket. The waiting time is how long a request may queue before it fails with a clear error instead of piling up.

Most trouble comes from connections that are never given back. A function that returns early, or throws between borrowing and returning, leaks one each time; after a day the pool is empty and everything waits. Return the connection in a finally block, and log a warning with the place of borrowing when one is out for longer than a minute.

Watch two figures in production. If the queue is never empty, either queries are slow or the limit is too low, and the database's own view of active sessions tells which. If connections are opened and closed all the time, the idle time is too short for the traffic, and every request pays for a handshake of several round trips.

Before changing anything, measure: take the 99th percentile of the waiting time over an hour of normal load, change one number, and look at the same hour of the next day. Guessing at pool sizes has made more services slow than it has ever made fast, because the effect shows only under load.`;

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
