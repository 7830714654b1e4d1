// Parsed messages for the next request of a conversation, which brings most of them again. One of these for each dialect.

import type { Message, MessageOutline } from '../conversation/request.ts';

/** A parsed message can take ten times the memory of its bytes; larger ones go with their request. */
const MAX_BYTES = 64 * 1024;

export class SharedMessages {
  readonly #known = new WeakMap<MessageOutline, Message>();

  get(shape: MessageOutline | undefined): Message | undefined {
    return shape && this.#known.get(shape);
  }

  keep(shape: MessageOutline | undefined, message: Message): void {
    if (shape !== undefined && shape.bytes <= MAX_BYTES) this.#known.set(shape, message);
  }
}
