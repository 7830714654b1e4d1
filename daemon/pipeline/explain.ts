// The request path as far as the plan, for `explain`: nothing is called, nothing is used up, nothing is recorded.

import { identifyClient } from '../classify/client-identity.ts';
import { extractFeatures } from '../classify/features.ts';
import type { ClientDialect } from '../dialects/dialect.ts';
import type { Decision } from '../protocol/exchange-record.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import { decide } from './decide.ts';
import { isKeptFromGrading, privacyHold } from './privacy-gate.ts';
import { PromptBooks } from './prompt-books.ts';
import { readControls } from './request-controls.ts';
import type { PipelineDeps } from './serve-exchange.ts';

export interface ExplainedRequest {
  readonly dialect: ClientDialect;
  readonly bytes: Buffer;
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * Throws what the request path would answer to a malformed body or header. That no model can serve the request is a
 * decision like any other: it comes back with its candidates, why each lost, and the sentence in `notes`.
 */
export async function explainRequest(deps: PipelineDeps, given: ExplainedRequest): Promise<Decision> {
  const { headers } = given;
  const controls = readControls({ headers, query: new URLSearchParams() });
  const request = given.dialect.decodeRequest(parseRequestBody(given.bytes));
  const snapshot = deps.snapshot();
  const privacy = privacyHold(deps, { request, bytes: given.bytes, headers, snapshot });
  const isHeldBack = isKeptFromGrading(snapshot, privacy);
  const features = extractFeatures(request, { client: identifyClient(headers), isHeldBack });
  const signal = new AbortController().signal;
  const { classification } = await (deps.classifier.preview?.(features, signal) ??
    deps.classifier.classify(features, signal));
  const atMs = deps.clock.now();
  const { decision, plan } = decide(deps, {
    request,
    prompt: new PromptBooks(deps, request, atMs),
    features,
    classification,
    headers,
    controls: controls.policy,
    snapshot,
    workspaceId: controls.workspaceId,
    allowsDearer: controls.allowsDearer,
    privacy,
    atMs,
    consume: false,
  });
  return {
    ...decision,
    ask: { ...decision.ask, text: features.ask },
    notes: plan.error === null ? decision.notes : [...decision.notes, plan.error.message],
    wouldFlip: decision.input === null ? [] : deps.policy.wouldFlip(decision.input, snapshot.table),
  };
}
