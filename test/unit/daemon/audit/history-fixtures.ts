// What a reader reported, and lines as assistants write them.

import type {
  HistoryAsk,
  HistoryCall,
  HistoryReader,
  HistorySink,
} from '../../../../daemon/audit/history-record.ts';

export interface Heard extends HistorySink {
  readonly asks: HistoryAsk[];
  readonly calls: HistoryCall[];
  readonly compactions: string[];
  readonly plans: string[];
}

export function listen(): Heard {
  const heard = {
    asks: [] as HistoryAsk[],
    calls: [] as HistoryCall[],
    compactions: [] as string[],
    plans: [] as string[],
  };
  return {
    ...heard,
    ask: (ask) => void heard.asks.push(ask),
    call: (call) => void heard.calls.push(call),
    compacted: (conversation) => void heard.compactions.push(conversation),
    subscription: (plan) => void heard.plans.push(plan),
  };
}

/** Hands each value over as JSON; answers what the reader said of each. */
export function feed(reader: HistoryReader, pieces: readonly unknown[]): readonly boolean[] {
  const answers = pieces.map((piece) =>
    reader.read(Buffer.from(typeof piece === 'string' ? piece : JSON.stringify(piece))),
  );
  reader.end();
  return answers;
}

export function user(content: unknown, more: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    parentUuid: null,
    isSidechain: false,
    type: 'user',
    message: { role: 'user', content },
    uuid: 'u-1',
    timestamp: '2026-11-01T10:00:00.000Z',
    sessionId: 's-1',
    ...more,
  };
}

export interface AnswerParts {
  readonly id: string;
  readonly requestId?: string;
  readonly model?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

export function answer({ id, requestId, model = 'claude-opus-5-5', usage, more }: AnswerParts): unknown {
  return {
    parentUuid: 'u-1',
    isSidechain: false,
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: 'done' }],
      stop_reason: 'end_turn',
      usage: usage ?? {
        input_tokens: 10,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 5,
      },
    },
    ...(requestId === undefined ? {} : { requestId }),
    type: 'assistant',
    uuid: `a-${id}`,
    timestamp: '2026-11-01T10:00:05.000Z',
    sessionId: 's-1',
    ...more,
  };
}
