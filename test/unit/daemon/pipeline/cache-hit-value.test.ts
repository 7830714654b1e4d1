import assert from 'node:assert/strict';
import type { CachedAnswer } from '../../../../daemon/cache/response-cache.ts';
import { extractFeatures } from '../../../../daemon/classify/features.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { valueCacheHit } from '../../../../daemon/pipeline/cache-hit-value.ts';
import { Exchange } from '../../../../daemon/pipeline/exchange.ts';
import { PromptBooks } from '../../../../daemon/pipeline/prompt-books.ts';
import { readControls } from '../../../../daemon/pipeline/request-controls.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { ask, closeTo, LARGE, rig, SMALL, usageOf, type Rig, type RigOptions } from './pipeline-rig.ts';

/** 1,000 tokens in and 100 out: 0.0012 USD on the small model, 0.012 on the large one. */
const USAGE = { type: 'usage', usage: usageOf(1000, 100) } as const;
const HIT: CachedAnswer = {
  status: 'exact',
  exchangeId: 'ex_1',
  model: 'large',
  provider: 'p-large',
  events: [{ type: 'text-delta', id: 't', choice: 0, delta: 'a tree' }, USAGE],
};

interface Answered {
  readonly r: Rig;
  readonly record: ExchangeRecord;
}

async function answered(
  cached: CachedAnswer = HIT,
  { body = ask(), before, ...options }: RigOptions & { body?: unknown; before?: (r: Rig) => void } = {},
): Promise<Answered> {
  const r = rig(options);
  before?.(r);
  const wire = r.wire(body);
  const exchange = new Exchange(r.deps, wire, {
    id: 'x_1',
    clientName: 'tester',
    snapshot: r.deps.snapshot(),
  });
  exchange.controls = readControls(wire);
  const request = openAiChat.decodeRequest(parseRequestBody(wire.bytes));
  exchange.decoded(request);
  const { value, decision } = await valueCacheHit(r.deps, wire, { exchange, request, cached });
  exchange.servedFromCache(cached, value, decision);
  exchange.finish();
  const [record] = r.records;
  assert.ok(record !== undefined);
  return { r, record };
}

describe('what a stored answer is worth', () => {
  it('[A34] [A39] to the cache what routing would have paid, and to routing the rest', async () => {
    const { record } = await answered();
    assert.equal(record.costUsd, 0);
    closeTo(record.baselineCostUsd, 0.012);
    closeTo(record.savedUsd, 0.012);
    // The small model would have been asked, whoever made the answer.
    closeTo(record.savedBy.exactCache, 0.0012);
    closeTo(record.savedBy.routing, 0.0108);
    assert.deepEqual([record.savedBy.semanticCache, record.savedBy.promptCacheInjection], [0, 0]);
  });

  it('[A34] is booked to the cache that had it', async () => {
    const { record } = await answered({ ...HIT, status: 'semantic' });
    closeTo(record.savedBy.semanticCache, 0.0012);
    assert.equal(record.savedBy.exactCache, 0);
  });

  it('[A34] [B7] is less where the model that would have been asked has the prompt in its cache', async () => {
    const body = ask('why '.repeat(1000));
    const request = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
    const { inputTokens } = extractFeatures(request, { client: 'tester' });
    const before = (r: Rig) => new PromptBooks(r.deps, request, r.clock.now()).remember(SMALL, inputTokens);
    const { record } = await answered(HIT, { body, before });
    // 1,000 read at 0.1, 100 written at 2
    closeTo(record.savedBy.exactCache, 0.0003);
    closeTo(record.savedBy.routing, 0.012 - 0.0003);
  });

  it('[A39] is counted in the tokens of the model that would have been asked', async () => {
    const { record } = await answered(HIT, { targets: [{ ...SMALL, tokenizerFactor: 2 }, LARGE] });
    closeTo(record.savedBy.exactCache, 0.0024);
    closeTo(record.baselineCostUsd, 0.012);
  });

  it('[A34] says with whom it would have been decided, and uses nothing up', async () => {
    const { r, record } = await answered(HIT, {
      before: ({ deps }) => deps.overrides.set({ model: 'large', scope: 'next' }),
    });
    assert.deepEqual(
      [record.reason, record.decision?.chosen, record.baselineModel],
      ['cache', 'large', 'large'],
    );
    // The override for the next request is still there.
    assert.equal(r.deps.overrides.peek('c', r.clock.now(), 'new-task')?.model, 'large');
    assert.equal(r.deps.conversations.size, 0);
  });

  it('[A34] asks nobody what kind of work it is', async () => {
    const asked: string[] = [];
    const classifier = rig().deps.classifier;
    const watched = {
      ...classifier,
      classify: (...given: Parameters<typeof classifier.classify>) => (
        asked.push('asked'),
        classifier.classify(...given)
      ),
      preview: (...given: Parameters<typeof classifier.classify>) => (
        asked.push('looked'),
        classifier.classify(...given)
      ),
    };
    const { record } = await answered(HIT, { deps: { classifier: watched } });
    assert.deepEqual(asked, ['looked']);
    assert.equal(record.classifierCostUsd, 0);
  });

  it('[A39] is not claimed where the model that made it is not configured any more', async () => {
    const { record } = await answered({ ...HIT, model: 'gone' });
    assert.deepEqual([record.costUsd, record.baselineCostUsd, record.savedUsd], [0, null, null]);
    assert.deepEqual(Object.values(record.savedBy), [0, 0, 0, 0]);
  });

  it('[A39] is not claimed where the answer has no usage', async () => {
    const { record } = await answered({ ...HIT, events: HIT.events.slice(0, 1) });
    assert.deepEqual([record.baselineCostUsd, record.savedUsd], [null, null]);
  });

  it('[A39] is all routing’s where the model that would have been asked has no price', async () => {
    const { record } = await answered(HIT, {
      targets: [{ ...SMALL, price: null }, LARGE],
      table: { maxAttempts: 3 },
    });
    const { routing, exactCache } = record.savedBy;
    closeTo(routing + exactCache, record.savedUsd ?? NaN);
  });

  it('[B4] adds nothing to the bill of its conversation', async () => {
    const { r, record } = await answered();
    r.deps.economics.billed(record, 'chat');
    const wire = r.wire(ask());
    const request = openAiChat.decodeRequest(parseRequestBody(wire.bytes));
    const known = r.deps.economics.inputFor({
      point: 'new-task',
      features: extractFeatures(request, { client: 'tester' }),
      state: null,
      isSide: false,
      conversationId: record.conversationId,
      prompt: new PromptBooks(r.deps, request, 0),
      table: r.deps.snapshot().table,
    });
    assert.equal(known.switchBooks, null);
  });
});
