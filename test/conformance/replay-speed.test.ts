// What a replay of 100,000 stored requests takes beside plain reading of them (1.7 s and .85 s on two slow cores), from a
// ledger file as the daemon writes it, twelve models to choose
// from; and how long running streams have to wait meanwhile.

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { attemptCostUsd } from '../../daemon/catalog/cost.ts';
import { createExpectedCost } from '../../daemon/catalog/expected-cost-memo.ts';
import { DEFAULT_MODELS } from '../../daemon/catalog/default-models.ts';
import type { ModelTarget } from '../../daemon/catalog/model-target.ts';
import { createPriceBook } from '../../daemon/catalog/price-book.ts';
import { createTimeMachine } from '../../daemon/control/time-machine.ts';
import { openLedger, type SqliteLedger } from '../../daemon/ledger/sqlite-ledger.ts';
import type { CurrentSnapshot } from '../../daemon/pipeline/snapshot-store.ts';
import type { ReplayBody } from '../../daemon/protocol/control-api.ts';
import type { DecisionInput, ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import type { DecisionPoint } from '../../daemon/protocol/vocabulary.ts';
import { createCheapestCapablePolicy } from '../../daemon/route/cheapest-capable-policy.ts';
import type { RoutingTable } from '../../daemon/route/policy.ts';
import { thresholdsFrom } from '../../daemon/route/thresholds.ts';
import { systemClock } from '../../daemon/util/clock.ts';
import { silentLog } from '../../daemon/util/log.ts';
import { machineSlowness } from '../support/machine-speed.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { decision, exchange } from '../unit/daemon/ledger/ledger-fixtures.ts';
import { createDice, type Dice } from './replay-simulation.ts';

const REQUESTS = 100_000;
const MODELS = 12;
const CALLS_PER_CONVERSATION = 125;
const START_MS = Date.UTC(2026, 9, 1);
const POLICY = createCheapestCapablePolicy({ expectedCostUsd: createExpectedCost() });

async function tableOfDefaults(): Promise<RoutingTable> {
  const book = createPriceBook();
  const targets = await Promise.all(
    DEFAULT_MODELS.filter(({ provider }) => !['openrouter', 'groq'].includes(provider))
      .slice(0, MODELS)
      .map(async (shipped): Promise<ModelTarget> => {
        const { upstreamModel, provider } = shipped;
        const asked = { upstreamModel, provider, baseUrl: '', billing: 'metered' } as const;
        const known = await book.lookup(asked, START_MS);
        return {
          ...shipped,
          dialect: 'openai-chat',
          price: known.price,
          billing: 'metered',
          promptCache: known.promptCache ?? { kind: 'automatic', minTokens: 1024, ttlS: 300 },
          tokenizerFactor: known.tokenizerFactor ?? 1,
          fallback: [],
          usable: true,
          unusableWhy: null,
        };
      }),
  );
  return {
    hash: 'of-the-test',
    targets,
    profiles: { budget: {}, balanced: {}, quality: {} },
    thresholds: thresholdsFrom(0.75),
    profile: 'balanced',
    baseline: 'claude-opus-5-5',
    bareModelNames: 'ceiling',
    maxAttempts: 3,
    exactFallback: false,
    maxTurnsBeforeUpgrade: 10,
    adjustsEffort: true,
    maxSwitchSpendRatio: 0.05,
  };
}

/** A coding agent in one conversation: tasks of some fourteen calls, prompts that grow until they are compacted. */
class Agent {
  readonly #id: string;
  readonly #dice: Dice;
  readonly #table: RoutingTable;
  #tokens = 0;
  #model: string | null = null;
  #difficulty = 0;

  constructor(id: string, dice: Dice, table: RoutingTable) {
    this.#id = id;
    this.#dice = dice;
    this.#table = table;
  }

  call(index: number): ExchangeRecord {
    const atMs = START_MS + index * 30_000;
    const point = this.#nextPoint();
    const input = this.#inputOf(point, atMs);
    const plan = POLICY.plan(input, this.#table);
    const target = plan.targets[0] ?? assert.fail('nobody can answer');
    this.#model = target.id;
    const inputTokens = Math.round(this.#tokens * target.tokenizerFactor);
    const isCold = point === 'new-conversation' || point === 'compaction';
    const readTokens = isCold ? 0 : Math.round(inputTokens * 0.96);
    const usage = {
      inputTokens,
      cacheReadInputTokens: readTokens,
      cacheCreationInputTokens: inputTokens - readTokens,
      outputTokens: 300 + Math.floor(400 * this.#dice.uniform()),
      reasoningOutputTokens: 50,
    };
    const costUsd = attemptCostUsd(usage, target, atMs) ?? assert.fail('a model without a price');
    return exchange(`x_${index}`, {
      startedAt: new Date(atMs).toISOString(),
      conversationId: this.#id,
      responseModel: target.id,
      provider: target.provider,
      usage,
      costUsd,
      classifierCostUsd: 0,
      baselineModel: 'claude-opus-5-5',
      baselineCostUsd: costUsd * 2,
      savedUsd: costUsd,
      decision: {
        ...decision,
        conversationId: this.#id,
        classification: input.classification,
        decisionPoint: point,
        candidates: plan.candidates,
        chosen: target.id,
        fallbacks: plan.targets.slice(1).map(({ id }) => id),
        input,
        tableHash: this.#table.hash,
      },
    });
  }

  #nextPoint(): DecisionPoint {
    const isNew = this.#tokens === 0;
    const isTooLong = this.#tokens > 150_000;
    const isTask = isNew || isTooLong || this.#dice.uniform() < 1 / 14;
    this.#tokens = isNew
      ? 18_000
      : isTooLong
        ? 30_000
        : this.#tokens + 1500 + Math.floor(800 * this.#dice.uniform());
    if (!isTask) return 'continuation';
    this.#difficulty = this.#dice.uniform();
    return isNew ? 'new-conversation' : isTooLong ? 'compaction' : 'new-task';
  }

  #inputOf(point: DecisionPoint, atMs: number): DecisionInput {
    const warm = Math.max(0, this.#tokens - 1800);
    const counts = { successes: 12.5, failures: 3.25 };
    return {
      requestModel: 'claude-opus-5-5',
      classification: {
        ...decision.classification,
        needsStronger: this.#difficulty,
        needsStrongest: this.#difficulty ** 2 * 0.8,
      },
      decisionPoint: point,
      needs: ['tools'],
      inputTokens: this.#tokens,
      maxOutputTokens: 32_000,
      expectedOutputTokens: 500,
      controls: { headerModel: null, queryModel: null, profile: null, maxCostUsd: null },
      standingOverride: null,
      affinityModel: this.#model,
      affinityEffort: null,
      requestedEffort: 'medium',
      evidence: { cohort: 'code', tiers: { simple: counts }, models: { 'deepseek-flash': counts } },
      escalation: null,
      unavailable: [],
      economics: {
        expectedSteps: 12.25,
        stepInputTokens: 1800.5,
        stepOutputTokens: 400.25,
        warmTokens: this.#model === null ? {} : { [this.#model]: warm },
        cacheHitRatios: { 'deepseek-flash': 0.91234 },
        switchBooks: null,
      },
      budgetPressure: null,
      atMs,
    };
  }
}

describe('[C4] a replay of 100,000 stored requests', function () {
  this.timeout(300_000);
  const folder = temporaryFolder();
  let ledger: SqliteLedger;
  let table: RoutingTable;
  let storedUsd = 0;

  beforeEach(async () => {
    table = await tableOfDefaults();
    ledger = openLedger({ path: folder.file('ledger.db'), clock: systemClock, log: silentLog });
    ledger.rememberTable(table);
    const dice = createDice(7);
    const agents = Array.from(
      { length: REQUESTS / CALLS_PER_CONVERSATION },
      (_, index) => new Agent(`c_${index}`, dice, table),
    );
    for (let index = 0; index < REQUESTS; index++) {
      // Four conversations at a time.
      const agent = agents[Math.floor(index / (4 * CALLS_PER_CONVERSATION)) * 4 + (index % 4)];
      const record = agent?.call(index) ?? assert.fail('too few conversations');
      storedUsd += record.costUsd ?? 0;
      ledger.append(record);
      if (index % 5000 === 4999) await ledger.flush();
    }
  });
  afterEach(() => ledger.close());

  /** What no replay can do without: reading the rows and parsing what was decided, as plainly as it can be done. */
  const readingCpuMs = (): number => {
    const database = new DatabaseSync(folder.file('ledger.db'), { readOnly: true });
    const cpu = process.cpuUsage();
    const rows = database.prepare(
      'SELECT e.*, d.decision_input AS input FROM exchanges e JOIN exchange_details d ON d.id = e.id',
    );
    let parsed = 0;
    for (const row of rows.iterate()) if (JSON.parse(String(row['input'])) !== null) parsed += 1;
    const { user, system } = process.cpuUsage(cpu);
    database.close();
    assert.equal(parsed, REQUESTS);
    return (user + system) / 1000;
  };

  it('takes little more computing than the reading, in slices that no stream notices, and reproduces what was billed', async () => {
    const current = { table, decideAt: 'task' } as CurrentSnapshot;
    let slicesMs: number[] = [];
    let sliceBeganMs = 0;
    const replay = createTimeMachine({
      policy: POLICY,
      snapshots: { current, preview: () => Promise.reject(new Error('not asked for here')) },
      config: () => assert.fail('not asked for here'),
      resolveKey: () => assert.fail('not asked for here'),
      now: () => START_MS,
      readHistory: (query) => ledger.history(query),
      storedTable: (hash) => ledger.table(hash),
      monotonicMs: () => performance.now(),
      pause: async () => {
        slicesMs.push(performance.now() - sliceBeganMs);
        await setImmediate();
        sliceBeganMs = performance.now();
      },
    });
    const timed = async (profile: 'budget' | null) => {
      slicesMs = [];
      sliceBeganMs = performance.now();
      const [startMs, cpu] = [performance.now(), process.cpuUsage()];
      const body: ReplayBody = await replay({ policy: null, profile, sinceAtMs: null });
      const { user, system } = process.cpuUsage(cpu);
      slicesMs.push(performance.now() - sliceBeganMs); // the figures at the end
      const sliceMs = slicesMs.toSorted((a, b) => a - b);
      const usualMs = sliceMs[Math.floor(0.99 * sliceMs.length)] ?? Infinity;
      return {
        body,
        cpuMs: (user + system) / 1000,
        wallMs: performance.now() - startMs,
        usualMs,
        longestMs: sliceMs.at(-1) ?? 0,
      };
    };
    const same = (await timed(null)).body;
    assert.equal(same.requests, REQUESTS);
    assert.ok(Math.abs(same.costUsd - storedUsd) < 1e-6, `${same.costUsd} for ${storedUsd}`);
    assert.equal(same.moved, 0);

    const runs = [];
    const readingMs: number[] = [];
    for (let run = 0; run < 3; run++) {
      readingMs.push(readingCpuMs());
      runs.push(await timed('budget'));
    }
    const told = runs.map((run) =>
      [run.cpuMs, run.wallMs, run.usualMs, run.longestMs].map(Math.round).join('/'),
    );
    console.log(`    computing/elapsed/99 of 100 slices/longest slice, ms: ${told.join(', ')}`);
    assert.ok((runs[0]?.body.moved ?? 0) > 10_000);
    const effort = Math.min(...runs.map(({ cpuMs }) => cpuMs)) / Math.min(...readingMs);
    console.log(
      `    plain reading: ${readingMs.map(Math.round).join(', ')} ms of computing, so ${effort.toFixed(2)}-fold`,
    );
    assert.ok(effort < 2.75, `${effort}-fold`);
    const slowness = machineSlowness();
    const detail = `${told.join(', ')} on a machine ${slowness.toFixed(1)} times slower than the limit is for`;
    assert.ok(Math.min(...runs.map(({ usualMs }) => usualMs)) < 20 * slowness, detail);
  });
});
