// One output item as the steps of a stream: announced, filled part by part, done. Knows what it has written, so that an
// item which had to wait is caught up with in one go.

import type { JsonObject } from '../../util/json.ts';
import {
  type CallItem,
  encodeItem,
  encodePart,
  type ItemStatus,
  type MessageItem,
  type MessagePart,
  type OutputItem,
  type ReasoningItem,
} from './output-items.ts';

/** Fields of one event but for `sequence_number` and `output_index`. */
export type ItemStep = JsonObject & { readonly type: string };

export class ItemWriter {
  readonly item: OutputItem;
  /** Parts that have been announced. */
  private partCount = 0;

  constructor(item: OutputItem) {
    this.item = item;
  }

  /** Announces the item and writes what it holds already. */
  open(): readonly ItemStep[] {
    const { item } = this;
    const added: ItemStep = { type: 'response.output_item.added', item: encodeItem(item, 'in_progress') };
    switch (item.kind) {
      case 'message':
        return [added, ...this.messageSteps(item)];
      case 'reasoning':
        return [added, ...this.reasoningDelta(item, item.text)];
      default:
        return [added, ...callDelta(item, item.input)];
    }
  }

  /** Text that was just added to the item. */
  delta(text: string): readonly ItemStep[] {
    const { item } = this;
    switch (item.kind) {
      case 'message': {
        const last = item.parts.length - 1;
        const part = item.parts[last];
        if (part === undefined || last >= this.partCount) return this.messageSteps(item);
        return [partDelta(item, last, part, text)];
      }
      case 'reasoning':
        return this.reasoningDelta(item, text);
      default:
        return callDelta(item, text);
    }
  }

  /** The item has all it will ever have. */
  close(status: ItemStatus): readonly ItemStep[] {
    const { item } = this;
    const done: ItemStep = { type: 'response.output_item.done', item: encodeItem(item, status) };
    switch (item.kind) {
      case 'message':
        return [...this.messageSteps(item), ...partDone(item, this.partCount - 1), done];
      case 'reasoning':
        return [...this.reasoningDone(item), done];
      default:
        return [...callDone(item), done];
    }
  }

  /** Parts that were not announced yet; each ends the one before it. */
  private messageSteps(item: MessageItem): readonly ItemStep[] {
    const steps: ItemStep[] = [];
    for (const part of item.parts.slice(this.partCount)) {
      const index = this.partCount;
      this.partCount += 1;
      steps.push(
        ...partDone(item, index - 1),
        {
          type: 'response.content_part.added',
          item_id: item.id,
          content_index: index,
          part: encodePart(part.type, ''),
        },
        partDelta(item, index, part, part.text),
      );
    }
    return steps;
  }

  private reasoningDelta(item: ReasoningItem, text: string): readonly ItemStep[] {
    if (text === '') return [];
    const place = { item_id: item.id, summary_index: 0 };
    const delta: ItemStep = { type: 'response.reasoning_summary_text.delta', ...place, delta: text };
    if (this.partCount > 0) return [delta];
    this.partCount = 1;
    const part = { type: 'summary_text', text: '' };
    return [{ type: 'response.reasoning_summary_part.added', ...place, part }, delta];
  }

  private reasoningDone(item: ReasoningItem): readonly ItemStep[] {
    if (this.partCount === 0) return [];
    const { id, text } = item;
    const place = { item_id: id, summary_index: 0 };
    return [
      { type: 'response.reasoning_summary_text.done', ...place, text },
      { type: 'response.reasoning_summary_part.done', ...place, part: { type: 'summary_text', text } },
    ];
  }
}

function partDelta({ id }: MessageItem, index: number, { type }: MessagePart, delta: string): ItemStep {
  const place = { item_id: id, content_index: index };
  if (type === 'refusal') return { type: 'response.refusal.delta', ...place, delta };
  return { type: 'response.output_text.delta', ...place, delta, logprobs: [] };
}

function partDone({ id, parts }: MessageItem, index: number): readonly ItemStep[] {
  const part = parts[index];
  if (part === undefined) return [];
  const { type, text } = part;
  const place = { item_id: id, content_index: index };
  return [
    type === 'refusal'
      ? { type: 'response.refusal.done', ...place, refusal: text }
      : { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: encodePart(type, text) },
  ];
}

/** A wrapped input is not what the client gets; it waits for its end. */
function callDelta(item: CallItem, text: string): readonly ItemStep[] {
  if (text === '' || item.isWrapped) return [];
  const type = item.isCustom
    ? 'response.custom_tool_call_input.delta'
    : 'response.function_call_arguments.delta';
  return [{ type, item_id: item.id, delta: text }];
}

function callDone(item: CallItem): readonly ItemStep[] {
  const { id, input, isCustom, isWrapped, name } = item;
  const deltas = isWrapped && input !== '' ? callDelta({ ...item, isWrapped: false }, input) : [];
  return [
    ...deltas,
    isCustom
      ? { type: 'response.custom_tool_call_input.done', item_id: id, input }
      : { type: 'response.function_call_arguments.done', item_id: id, name, arguments: input },
  ];
}
