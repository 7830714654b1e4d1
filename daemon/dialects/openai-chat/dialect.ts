// Chat completions, assembled. What each part does stands at the head of its file.

import type { Dialect } from '../dialect.ts';
import { addMetadata } from '../metadata.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { decodeFailure, encodeError } from './errors.ts';
import { lossOf } from './losses.ts';
import { createFrameFilter } from './passthrough.ts';
import { createStreamDecoder } from './stream-decoder.ts';
import { createStreamEncoder } from './stream-encoder.ts';
import { TOOL_NAMES } from './tool-names.ts';

export const openAiChat: Dialect = {
  id: 'openai-chat',
  streamContentType: 'text/event-stream; charset=utf-8',
  lossOf,
  decodeRequest,
  encodeResponse,
  createStreamEncoder,
  createFrameFilter,
  addMetadata,
  encodeError,
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  decodeFailure,
  fitToolName: (name) => TOOL_NAMES.fit(name),
};
