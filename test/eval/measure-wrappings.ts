// The same ask, bare and inside the wrappings of many assistants: how often the decision is the same, and where it differs
// by wrapping and cause.

import assert from 'node:assert/strict';

import type { ClassifierResult, RequestFeatures } from '../../daemon/classify/classifier.ts';
import { identifyClient } from '../../daemon/classify/client-identity.ts';
import { extractFeatures } from '../../daemon/classify/features.ts';
import { createLearnedClassifier } from '../../daemon/classify/learned-classifier.ts';
import type { ConversationRequest } from '../../daemon/conversation/request.ts';
import { wirePaths } from '../../daemon/dialects/registry.ts';
import type { Classification } from '../../daemon/protocol/vocabulary.ts';
import { cheapestCapablePolicy } from '../../daemon/route/cheapest-capable-policy.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { OWN_ASKS, developerAsks } from '../conformance/asks.ts';
import type { Json } from '../conformance/wire-fixtures.ts';
import type { Wrapping } from '../conformance/wrappings.ts';
import { FLASH, OPUS, PRO, input, table } from '../unit/daemon/route/route-fixtures.ts';

export const asks = [...OWN_ASKS, ...developerAsks(40)];
const classifier = createLearnedClassifier({ maxTurnsBeforeUpgrade: () => 10 });
const threeTiers = table({
  targets: [FLASH, PRO, OPUS],
  profiles: { budget: {}, balanced: {}, quality: {} },
});

export function decode(path: string, body: Json): ConversationRequest {
  const dialect = wirePaths.get(path);
  assert.ok(dialect, path);
  return dialect.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))), path);
}

interface Outcome {
  readonly features: RequestFeatures;
  readonly classification: Classification;
  readonly chosen: string;
}

function outcome(request: ConversationRequest, client: string): Outcome {
  const features = extractFeatures(request, { client });
  const { classification } = classifier.classify(features, AbortSignal.any([])) as ClassifierResult;
  const plan = cheapestCapablePolicy.plan(input({ classification }), threeTiers);
  return { features, classification, chosen: plan.targets[0]?.id ?? '' };
}

const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };

export function bare(ask: string, hasImage: boolean): Outcome {
  const content = hasImage ? [{ type: 'text', text: ask }, IMAGE] : ask;
  return outcome(
    decode('/v1/chat/completions', { model: 'auto', messages: [{ role: 'user', content }] }),
    'unknown',
  );
}

export interface Difference {
  readonly wrapping: string;
  readonly cause: string;
  readonly ask: string;
}

function causeOf(one: Outcome, other: Outcome): string {
  if (one.features.ask !== other.features.ask) return 'words';
  if (one.features.earlierAsks.length !== other.features.earlierAsks.length) return 'earlier turns';
  return one.features.askHasImage === other.features.askHasImage ? 'other' : 'image';
}

export function compareWithBare(wrappings: readonly Wrapping[]): WrappingAgreement {
  const differences: Difference[] = [];
  let total = 0;
  for (const wrapping of wrappings) {
    const client = identifyClient(new Map(Object.entries(wrapping.headers)));
    for (const ask of asks) {
      const expected = bare(ask, wrapping.hasImage);
      const found = outcome(decode(wrapping.path, wrapping.body(ask)), client);
      total += 1;
      const isSame =
        found.classification.taskType === expected.classification.taskType &&
        found.classification.complexity === expected.classification.complexity &&
        (wrapping.isBackground || found.chosen === expected.chosen);
      if (!isSame) differences.push({ wrapping: wrapping.name, cause: causeOf(expected, found), ask });
    }
  }
  return { total, differences };
}

export interface WrappingAgreement {
  readonly total: number;
  readonly differences: readonly Difference[];
}

/** Lines to print: the share that is decided as bare, and what differs. */
export function agreementReport({ total, differences }: WrappingAgreement): readonly string[] {
  const share = (1 - differences.length / total) * 100;
  const rows = new Map<string, string[]>();
  for (const { wrapping, cause, ask } of differences) {
    const row = `${wrapping} (${cause})`;
    rows.set(row, [...(rows.get(row) ?? []), ask]);
  }
  return [
    `${total} combinations, ${share.toFixed(2)} % decided as bare`,
    ...[...rows].map(
      ([row, found]) => `  ${found.length} x ${row}, such as ${JSON.stringify(found[0]?.slice(0, 60))}`,
    ),
  ];
}
