// How many tokens a request has: by the provider's own count where it can be asked, else by an estimate that errs high,
// since assistants compact too late on a count that is too low. Nothing is billed, so nothing is recorded.

import { estimateRequestTokens } from '../classify/token-estimate.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import { whyHeldBack } from '../privacy/privacy-hold.ts';
import { findTarget, resolveModelName } from '../route/model-name.ts';
import type { TokenCounter } from '../upstream/token-counter.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import type { DecideDeps } from './decide.ts';
import { privacyHold } from './privacy-gate.ts';
import type { RouterSnapshot } from './snapshot.ts';
import type { WireRequest } from './wire-request.ts';

export interface TokenCount {
  readonly inputTokens: number;
  readonly source: 'provider' | 'estimate';
}

export interface CountTokensDeps extends Pick<DecideDeps, 'conversationIndex' | 'conversations'> {
  readonly snapshot: () => RouterSnapshot;
  readonly counter: TokenCounter;
}

/** Covers what the estimate of request bodies counts too low most: base64, scripts of India and Burma, dense JSON. */
const MARGIN = 1.3;
/** Rare Chinese characters are two or three tokens; the estimate counts one of the common ones. */
const TOKENS_MORE_PER_HAN = 1.3;

/**
 * What Anthropic puts in front of the tools of a request, tokens: 290 to 804 by model and tool choice
 * (https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview, checked 2026-11-21).
 */
const TOOL_PREAMBLE_TOKENS = 804;
/** What a tool of Anthropic's own adds, whose definition is not in the request: the most a recording shows (memory). */
const SERVER_TOOL_TOKENS = 1250;
/** Around each message and each request. */
const FRAME_TOKENS = 16;

/** Throws what the request path would answer to a malformed body. */
export async function countTokens(deps: CountTokensDeps, wire: WireRequest): Promise<TokenCount> {
  const request = wire.dialect.decodeRequest(parseRequestBody(wire.bytes), wire.path);
  const snapshot = deps.snapshot();
  const target = targetOf(request, snapshot);
  const estimate = estimateHigh(request, target);
  const connection = target === undefined ? undefined : snapshot.connections.get(target.provider);
  if (target === undefined || !target.usable || connection === undefined) return estimate;
  const { signal, headers: clientHeaders, bytes } = wire;
  const hold = privacyHold(deps, { request, bytes, headers: clientHeaders, snapshot });
  if (whyHeldBack(target, hold) !== null) return estimate;
  const counted = await deps.counter.countTokens(target, { request, connection, signal, clientHeaders });
  return counted === null ? estimate : { inputTokens: counted, source: 'provider' };
}

/** The model that the client has in mind: the one it names, else the baseline. */
function targetOf(request: ConversationRequest, { table }: RouterSnapshot): ModelTarget | undefined {
  const named = resolveModelName(request.requestModel, table);
  if (named.kind === 'exact' || named.kind === 'ceiling') return named.target;
  return table.baseline === null ? undefined : findTarget(table.baseline, table);
}

/** What the request has at most, as far as it can be told without asking. */
export function estimateHigh(
  request: ConversationRequest,
  target: Pick<ModelTarget, 'tokenizerFactor'> | undefined,
): TokenCount {
  const factor = target?.tokenizerFactor ?? 1;
  const serverTools = request.tools().filter((tool) => tool.kind === 'server').length;
  const tools = request.toolCount > 0 ? TOOL_PREAMBLE_TOKENS + SERVER_TOOL_TOKENS * serverTools : 0;
  const text = estimateRequestTokens(request) * MARGIN + TOKENS_MORE_PER_HAN * hanCharacters(request);
  const inputTokens = Math.ceil(text * factor) + tools + FRAME_TOKENS;
  return { inputTokens, source: 'estimate' };
}

/** By the first of their three bytes in UTF-8. */
function hanCharacters({ body }: ConversationRequest): number {
  let count = 0;
  for (const byte of body.bytes) if (byte >= 0xe3 && byte <= 0xe9) count += 1;
  return count;
}
