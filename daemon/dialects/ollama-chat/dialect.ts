// Ollama's chat for clients, assembled; no provider is spoken to in it (Ollama itself speaks chat completions). What each
// part does stands at the head of its file.

import type { ClientDialect } from '../dialect.ts';
import { addMetadata } from '../metadata.ts';
import { lossOf } from './answer-lines.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { encodeError } from './errors.ts';
import { createStreamEncoder } from './stream-encoder.ts';

export const ollamaChat: ClientDialect = {
  id: 'ollama-chat',
  streamContentType: 'application/x-ndjson',
  lossOf,
  decodeRequest,
  encodeResponse,
  createStreamEncoder,
  createFrameFilter() {
    throw new Error('no provider speaks ollama-chat, so there is no stream of it to pass on');
  },
  addMetadata,
  encodeError,
};
