// A configuration, a classifier that does as the ask says, and everything that runs routing tests on them.

import assert from 'node:assert/strict';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import { createPriceBook } from '../../../../daemon/catalog/price-book.ts';
import type { ResolveKey } from '../../../../daemon/catalog/catalog.ts';
import type { Classifier } from '../../../../daemon/classify/classifier.ts';
import { needsOfGrade } from '../../../../daemon/classify/grade.ts';
import { decodeConfig } from '../../../../daemon/config/decode-config.ts';
import { decodeRoutingTests, type RoutingTest } from '../../../../daemon/config/routing-tests-file.ts';
import type { RouterConfig } from '../../../../daemon/config/schema.ts';
import type { RoutingTestDeps } from '../../../../daemon/pipeline/routing-tests.ts';
import { SnapshotStore } from '../../../../daemon/pipeline/snapshot-store.ts';
import { createCheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { configFor } from '../../../support/run-daemon.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

/** "moderate code: …" is taken for moderate code; anything else is simple and general. */
const obedient: Classifier = {
  name: 'obedient',
  classify({ ask }) {
    const [, complexity, taskType] =
      /^(simple|moderate|complex) (code|reasoning|general|vision)/.exec(ask) ?? [];
    const grade = (complexity ?? 'simple') as 'simple' | 'moderate' | 'complex';
    const classification = {
      taskType: (taskType ?? 'general') as 'general',
      complexity: grade,
      confidence: 0.9,
      ...needsOfGrade(grade, 0.9),
      classifierName: 'obedient',
      signals: [],
    };
    return { classification, costUsd: 0 };
  },
};

export const HERE = 'http://127.0.0.1:9/v1';
export const AWAY = 'https://away.example/v1';

/** One model a tier, the dearer the higher. */
export const THREE_MODELS = configFor([
  { id: 'flash', baseUrl: HERE, tier: 'simple', inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 },
  { id: 'pro', baseUrl: AWAY, tier: 'moderate', inputUsdPerMtok: 1, outputUsdPerMtok: 4 },
  { id: 'opus', baseUrl: AWAY, tier: 'complex', inputUsdPerMtok: 5, outputUsdPerMtok: 25 },
]);

export function configOf(input: unknown): RouterConfig {
  const decoded = decodeConfig(JSON.stringify(input));
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.config;
}

export function testsOf(...tests: readonly unknown[]): readonly RoutingTest[] {
  const decoded = decodeRoutingTests(tests.map((test) => JSON.stringify(test)).join('\n'));
  assert.deepEqual(decoded.problems, []);
  return decoded.tests;
}

export const noKeys: ResolveKey = () => ({ key: null, why: 'no key here' });

export function testDeps(resolveKey: ResolveKey = noKeys): RoutingTestDeps {
  const clock = createVirtualClock();
  const snapshots = new SnapshotStore({
    config: () => assert.fail('the configuration in force has no part in it'),
    resolveKey,
    priceBook: createPriceBook({ rows: [] }),
    clock,
    log: silentLog,
    onChange: () => assert.fail('nothing comes into force'),
  });
  return {
    policy: createCheapestCapablePolicy({ expectedCostUsd }),
    classifierFor: () => obedient,
    preview: (config, keys) => snapshots.preview(config, keys),
    resolveKey,
    clock,
  };
}
