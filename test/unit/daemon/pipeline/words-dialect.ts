// A second client format, so that answers have something to be translated into: a stream is one `<word>` per delta and
// `<end>`, a plain answer is `{"said": …}`. Requests are read as openai-chat.

import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import type { Dialect } from '../../../../daemon/dialects/dialect.ts';
import { addMetadata } from '../../../../daemon/dialects/metadata.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';

export const wordsDialect: Dialect = {
  ...openAiChat,
  id: 'anthropic-messages',
  addMetadata,
  encodeResponse: (events, identity) => ({
    id: identity.responseId,
    model: identity.responseModel,
    created: identity.createdAtS,
    said: events.map(wordOf).join(''),
  }),
  createStreamEncoder: (identity) => ({
    push: (event) => {
      const word = wordOf(event);
      return word === '' ? '' : `<${word}>`;
    },
    end: (metadata) =>
      `<end ${identity.responseModel}${metadata === undefined ? '' : ` ${JSON.stringify(metadata)}`}>`,
  }),
  createFrameFilter() {
    throw new Error('frames of another dialect must not pass');
  },
};

function wordOf(event: StreamEvent): string {
  return event.type === 'text-delta' ? event.delta.trim() : '';
}
