// Plays a golden case that the router decides itself: `auto`, with lists that ask the small model first.

import assert from 'node:assert/strict';
import type { ExchangeRecord } from '../../../daemon/protocol/exchange-record.ts';
import type { JsonObject } from '../../../daemon/util/json.ts';
import { chatBody, type FakeUpstream, json, type Verb } from '../../support/fake-upstream.ts';
import { runDaemon } from '../../support/run-daemon.ts';
import { PLAIN_BASELINE } from './terms.ts';
import type { RoutedCase } from './routed-cases.ts';
import { modelOf } from './run-case.ts';

const ASK = 'write a TypeScript function that sums numbers';
const STUB =
  'Here it is:\n\n```ts\nexport function sum(values: number[]): number {\n  // TODO: implement\n}\n```';
const WHOLE =
  'Here it is:\n\n```ts\nexport function sum(values: number[]): number {\n  return values.reduce((a, b) => a + b, 0);\n}\n```';

export async function playRouted(golden: RoutedCase, upstream: FakeUpstream): Promise<ExchangeRecord> {
  const { models, usage } = golden;
  const small = modelOf(models.small, 'one', 'simple');
  upstream.alwaysForModel(small.upstreamModel, saying(golden.isWeak ? STUB : WHOLE, usage.small));
  if (usage.large !== undefined) upstream.alwaysForModel('up-two', saying(WHOLE, usage.large));
  if (usage.judge !== undefined) upstream.alwaysForModel('gpt-5.1', saying('simple', usage.judge));
  const daemon = await runDaemon({ config: configOf(golden, small, upstream.baseUrl) });
  try {
    const response = await daemon.post('/v1/chat/completions', {
      model: 'auto',
      messages: [{ role: 'user', content: ASK }],
    });
    assert.equal(response.status, 200, await response.text());
    const [record] = await daemon.waitForExchanges(1);
    assert.ok(record);
    return record;
  } finally {
    await daemon.stop();
  }
}

function configOf({ models, baseline }: RoutedCase, small: ReturnType<typeof modelOf>, baseUrl: string) {
  const list = ['small'];
  const provider = (billing: 'metered' | 'flat-rate' | 'free' = 'metered') => ({
    dialect: 'openai-chat' as const,
    baseUrl,
    billing,
  });
  return {
    baseline: baseline === undefined ? 'large' : 'base',
    retries: { pauseMs: 1 },
    providers: { one: provider(models.small.billing), two: provider(), three: provider(), four: provider() },
    models: {
      small,
      large: modelOf(models.large, 'two', 'moderate'),
      ...(baseline === undefined ? {} : { base: modelOf(PLAIN_BASELINE, 'three', 'complex') }),
      ...(models.judge === undefined
        ? {}
        : { judge: modelOf({ ...models.judge, upstreamModel: 'gpt-5.1' }, 'four', 'simple') }),
    },
    profiles: { balanced: { default: { simple: list, moderate: list, complex: list } } },
    ...(models.judge === undefined ? {} : { classifier: { mode: 'model' as const, model: 'judge' } }),
  };
}

function saying(text: string, usage: JsonObject): Verb {
  return json({ ...chatBody(text), usage });
}
