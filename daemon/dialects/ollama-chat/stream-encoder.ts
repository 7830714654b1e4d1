// Events -> lines of JSON, one object each (`application/x-ndjson`). Calls go out whole; the last line is the only one
// with `done: true`.

import type { FinishReason, StreamEvent } from '../../conversation/stream-event.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import type { JsonObject } from '../../util/json.ts';
import type { AnswerIdentity, StreamEncoder } from '../dialect.ts';
import { lineEnd, lineHead, toolCallOf } from './answer-lines.ts';

export function createStreamEncoder(identity: AnswerIdentity): StreamEncoder {
  return new LineEncoder(identity);
}

class LineEncoder implements StreamEncoder {
  private readonly identity: AnswerIdentity;
  private readonly calls = new Map<
    string,
    { readonly callId: string; readonly name: string; input: string }
  >();
  private callCount = 0;
  private usage: TokenUsage | undefined;
  private finishReason: FinishReason = 'stop';

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
  }

  push(event: StreamEvent): string {
    if (event.type === 'usage') this.usage = event.usage;
    if (!('choice' in event) || event.choice > 0) return '';
    switch (event.type) {
      case 'text-delta':
      case 'refusal-delta':
        return event.delta === '' ? '' : this.line({ content: event.delta });
      case 'reasoning-delta':
        return event.delta === '' ? '' : this.line({ content: '', thinking: event.delta });
      case 'tool-input-start':
        this.calls.set(event.id, { callId: event.callId, name: event.name, input: '' });
        return '';
      case 'tool-input-delta': {
        const call = this.calls.get(event.id);
        if (call !== undefined) call.input += event.delta;
        return '';
      }
      case 'tool-input-end':
        return this.call(event.id);
      case 'choice-end':
        this.finishReason = event.finishReason;
        return [...this.calls.keys()].map((id) => this.call(id)).join('');
      default:
        return '';
    }
  }

  end(metadata: JsonObject | undefined): string {
    const last = {
      ...lineHead(this.identity),
      message: { role: 'assistant', content: '' },
      ...lineEnd(this.finishReason, this.usage),
      ...(metadata === undefined ? {} : { _pointsman: metadata }),
    };
    return `${JSON.stringify(last)}\n`;
  }

  private call(id: string): string {
    const call = this.calls.get(id);
    if (call === undefined) return '';
    this.calls.delete(id);
    const toolCall = toolCallOf(call.callId, call.name, call.input, this.callCount);
    this.callCount += 1;
    return this.line({ content: '', tool_calls: [toolCall] });
  }

  private line(message: JsonObject): string {
    const line = { ...lineHead(this.identity), message: { role: 'assistant', ...message }, done: false };
    return `${JSON.stringify(line)}\n`;
  }
}
