// Asking Anthropic how large a request is (https://platform.claude.com/docs/en/api/messages-count-tokens, checked
// 2026-11-21). The body is a request's own without what only an answer needs.

import { numberOf } from '../../util/json.ts';
import { parseRequestBody, spliceMembers } from '../../util/json-scan.ts';
import type { TokenCountCodec } from '../dialect.ts';
import { passRequest } from './passthrough.ts';

/** Members of a request that the endpoint refuses; assistants leave them out, SDK users may not. */
const ONLY_FOR_ANSWERS = [
  'max_tokens',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
];

export const tokenCount: TokenCountCodec = {
  encodeRequest(request, target) {
    const { body, warnings } = passRequest(request, target);
    const parsed = parseRequestBody(body);
    const edits = ONLY_FOR_ANSWERS.filter((name) => parsed.members.has(name)).map(
      (name) => [name, undefined] as const,
    );
    const kept = edits.length === 0 ? body : spliceMembers(parsed, new Map(edits));
    return { path: '/v1/messages/count_tokens', body: kept, warnings };
  },
  decodeResponse: (body) => numberOf(body['input_tokens']),
};
