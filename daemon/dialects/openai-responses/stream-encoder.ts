// Events -> Responses events (https://platform.openai.com/docs/api-reference/responses-streaming, checked 2026-11-21; held
// against recorded streams through the official SDK). Items go out strictly one after the other, since clients exist
// that keep only one at a time: while one is open, those that begin behind it are collected and follow it.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import type { JsonObject } from '../../util/json.ts';
import type { AnswerIdentity, StreamEncoder } from '../dialect.ts';
import { writeSseEvent } from '../sse-writer.ts';
import { type AnswerEnd, encodeFinish } from './finish-reason.ts';
import { type ItemStep, ItemWriter } from './item-writer.ts';
import { encodeItem, isAnnounceable, type OutputItem, OutputItems } from './output-items.ts';
import { ResponseObject } from './response-object.ts';

export function createStreamEncoder(identity: AnswerIdentity): StreamEncoder {
  return new ResponseEncoder(identity);
}

class ResponseEncoder implements StreamEncoder {
  private readonly identity: AnswerIdentity;
  private readonly items: OutputItems;
  private readonly response: ResponseObject;
  private sequenceNumber = 0;
  private isOpened = false;
  /** Set when the answer has ended: why, and that no item waits any more. */
  private ending: AnswerEnd | undefined;
  private usage: TokenUsage | undefined;
  /** Writes the item that is on the wire; those before it are done, those behind it wait. */
  private writer: ItemWriter | undefined;
  private doneCount = 0;

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
    this.items = new OutputItems(identity);
    this.response = new ResponseObject(identity);
  }

  push(event: StreamEvent): string {
    switch (event.type) {
      case 'response-failed':
        return '';
      case 'usage':
        this.usage = event.usage;
        return this.open();
      case 'choice-end':
        if (event.choice !== 0) return '';
        this.items.end();
        this.ending = encodeFinish(event.finishReason, this.items.hasRefusal);
        return this.open() + this.advance();
      default: {
        const opening = this.open();
        const item = this.items.push(event);
        if (item === undefined) return opening;
        const isLive = item === this.writer?.item && 'delta' in event;
        if (isLive) return opening + this.write(this.writer?.delta(event.delta) ?? []);
        return opening + this.advance();
      }
    }
  }

  end(metadata: JsonObject | undefined): string {
    this.items.end();
    const before = this.ending === undefined ? this.open() : '';
    this.ending ??= encodeFinish('stop', this.items.hasRefusal);
    const rest = before + this.advance();
    const last = this.items.list.length - 1;
    const end = this.ending;
    const output = this.items.list.map((item, index) => encodeItem(item, statusOf(index === last, end)));
    const response = this.response.finished(end, output, this.usage);
    const remark = metadata === undefined ? {} : { _pointsman: metadata };
    return rest + this.event({ type: `response.${end.status}`, response, ...remark });
  }

  private open(): string {
    if (this.isOpened) return '';
    this.isOpened = true;
    const response = this.response.running();
    return (
      this.event({ type: 'response.created', response }) +
      this.event({ type: 'response.in_progress', response })
    );
  }

  /** Writes as many items as are ready. */
  private advance(): string {
    let out = '';
    for (;;) {
      const item = this.items.list[this.doneCount];
      if (item === undefined) return out;
      if (this.writer === undefined) {
        if (!isAnnounceable(item, this.identity)) return out;
        this.writer = new ItemWriter(item);
        out += this.write(this.writer.open());
      }
      const isLast = this.doneCount + 1 === this.items.list.length;
      if (!isWhole(item) || (isLast && this.ending === undefined)) return out;
      out += this.write(this.writer.close(statusOf(isLast, this.ending)));
      this.writer = undefined;
      this.doneCount += 1;
    }
  }

  private write(steps: readonly ItemStep[]): string {
    return steps.map((step) => this.event({ ...step, output_index: this.doneCount })).join('');
  }

  private event(fields: ItemStep): string {
    const { type, ...rest } = fields;
    const data = { type, sequence_number: this.sequenceNumber, ...rest };
    this.sequenceNumber += 1;
    return writeSseEvent(JSON.stringify(data), type);
  }
}

/** A message may go on until something else begins or the answer ends; the others say themselves when they end. */
function isWhole(item: OutputItem): boolean {
  return item.kind === 'message' || item.isEnded;
}

/** An answer that was cut was cut in its last item. */
function statusOf(isLast: boolean, end: AnswerEnd | undefined): AnswerEnd['status'] {
  return isLast && end !== undefined ? end.status : 'completed';
}
