import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { extractFeatures } from '../../../../daemon/classify/features.ts';
import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { decide, type Decided } from '../../../../daemon/pipeline/decide.ts';
import type { CacheHitValue } from '../../../../daemon/pipeline/exchange-books.ts';
import { Exchange } from '../../../../daemon/pipeline/exchange.ts';
import { NO_CONTROLS, readControls } from '../../../../daemon/pipeline/request-controls.ts';
import { UsageCalibration } from '../../../../daemon/pipeline/usage-calibration.ts';
import type { WireRequest } from '../../../../daemon/pipeline/wire-request.ts';
import type { ControlEvent } from '../../../../daemon/protocol/control-events.ts';
import type { ExchangeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import type { ErrorCode, FailureKind, TokenUsage } from '../../../../daemon/protocol/vocabulary.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { classification } from '../route/route-fixtures.ts';
import {
  ask,
  closeTo,
  LARGE,
  pricing,
  responded,
  rig,
  SMALL,
  usageOf,
  type Rig,
  ESCALATION,
} from './pipeline-rig.ts';

const HEAP = 'what is a heap';
const NO_STREAM = { kind: 'plain', bytes: Buffer.from('{}'), events: [] } as const;

interface Opened {
  readonly exchange: Exchange;
  readonly decided: Decided;
}

function open(r: Rig, wire: WireRequest): Exchange {
  const exchange = new Exchange(r.deps, wire, {
    id: 'x_1',
    clientName: 'tester',
    snapshot: r.deps.snapshot(),
  });
  exchange.controls = readControls(wire);
  return exchange;
}

/** Decoded and routed, as the request path does it. */
function route(r: Rig, wire: WireRequest, classifierCostUsd = 0): Opened {
  const exchange = open(r, wire);
  const request = openAiChat.decodeRequest(parseRequestBody(wire.bytes));
  exchange.decoded(request);
  const features = extractFeatures(request, { client: 'tester' });
  const decided = decide(r.deps, {
    request,
    prompt: exchange.prompt,
    features,
    classification: classification('simple'),
    headers: wire.headers,
    controls: exchange.controls.policy,
    snapshot: {
      table: exchange.snapshot.table,
      decideAt: 'task',
      connections: new Map(),
      escalation: ESCALATION,
    },
    atMs: wire.receivedAtMs,
    consume: true,
  });
  const { decision, plan } = decided;
  exchange.classified(classifierCostUsd);
  exchange.routed({ features, decision, baseline: plan.baseline, isSide: false });
  return { exchange, decided };
}

function answer(exchange: Exchange, target: ModelTarget, usage: TokenUsage | null, costUsd?: number): void {
  exchange.answered(responded(target, NO_STREAM), 5);
  // Text that a provider counts as nothing would be counted here.
  if (usage?.outputTokens !== 0) exchange.observe([textDelta('a heap is a tree')]);
  if (usage !== null) exchange.observe([usageEvent(usage, costUsd)]);
}

function textDelta(delta: string): StreamEvent {
  return { type: 'text-delta', id: 't', choice: 0, delta };
}

function usageEvent(usage: TokenUsage, costUsd?: number): StreamEvent {
  return { type: 'usage', usage, ...(costUsd === undefined ? {} : { costUsd }) };
}

function report(target: ModelTarget, kind: FailureKind, sent = true) {
  return { target, startedAtMs: 1, durationMs: 2, failure: { kind, message: 'no' }, sent };
}

function onlyRecord(r: Rig): ExchangeRecord {
  assert.equal(r.records.length, 1);
  const [record] = r.records;
  assert.ok(record);
  return record;
}

/** One whole request, answered by `target`; the record of it. */
function served(r: Rig, wire: WireRequest, target: ModelTarget, usage: TokenUsage): ExchangeRecord {
  const { exchange } = route(r, wire);
  answer(exchange, target, usage);
  exchange.finish();
  const record = r.records.at(-1);
  assert.ok(record);
  return record;
}

/** A conversation of so many questions, each with an answer but the last. */
const LONG = 'why '.repeat(400);

function turns(count: number, words = 'why '.repeat(50), model = 'auto'): unknown {
  const messages = Array.from({ length: count * 2 - 1 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `${index} ${words}`,
  }));
  return { model, messages };
}

describe('the end of an exchange', () => {
  const error = (code: ErrorCode): RouterError => new RouterError(code, 'no');
  const ACTIONS: Readonly<Record<string, (exchange: Exchange) => void>> = {
    finish: (exchange) => exchange.finish(),
    abort: (exchange) => exchange.finish(error('client.closed')),
    stop: (exchange) => exchange.finish(error('router.shutting_down')),
    fail: (exchange) => exchange.finish(error('upstream.all_failed')),
    bug: (exchange) => exchange.finish(error('router.internal')),
    attemptFailed: (exchange) => exchange.attemptFailed(report(SMALL, 'overloaded')),
    answered: (exchange) => answer(exchange, LARGE, usageOf(10, 5)),
    observe: (exchange) => exchange.observe([textDelta('x')]),
    headers: (exchange) => void exchange.responseHeaders(true),
    metadata: (exchange) => void exchange.bodyMetadata(),
    refused: (exchange) =>
      void exchange.refused({ status: 'refused', target: SMALL, statusCode: 400, message: 'no', body: null }),
  };
  const ENDS = ['finish', 'abort', 'stop', 'fail', 'bug'];
  const STATUS: Readonly<Record<string, string>> = {
    finish: 'ok',
    abort: 'cancelled',
    stop: 'interrupted',
    fail: 'error',
    bug: 'error',
  };

  it('comes exactly once in whatever order things happen, and the first end counts', () => {
    const anySchedule = fc.array(fc.constantFrom(...Object.keys(ACTIONS)), { maxLength: 12 });
    fc.assert(
      fc.property(anySchedule, fc.boolean(), (schedule, isRouted) => {
        const r = rig({ metadata: 'body' });
        const wire = r.wire(ask());
        const exchange = isRouted ? route(r, wire).exchange : open(r, wire);
        for (const action of [...schedule, 'finish']) ACTIONS[action]?.(exchange);
        const record = onlyRecord(r);
        assert.equal(r.events.filter((event) => event.type === 'exchange-end').length, 1);
        const first = schedule.find((action) => ENDS.includes(action)) ?? 'finish';
        assert.equal(record.status, STATUS[first]);
        assert.equal(r.log.length, 0);
      }),
    );
  });

  it('tells listeners the record without the decision', () => {
    const r = rig();
    route(r, r.wire(ask())).exchange.finish(error('upstream.all_failed'));
    const { decision, ...rest } = onlyRecord(r);
    assert.ok(decision);
    assert.deepEqual(r.events.at(-1), { type: 'exchange-end', record: rest });
  });

  it('tells each attempt once, the one that answered too', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.attemptFailed(report(SMALL, 'overloaded'));
    answer(exchange, LARGE, usageOf(10, 5));
    exchange.finish();
    const told = r.events.flatMap((event) => (event.type === 'attempt-end' ? [event.attempt] : []));
    assert.deepEqual(told, onlyRecord(r).attempts);
  });

  it('is told in the order start, routed, attempts, end', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, usageOf(10, 5));
    exchange.finish();
    assert.deepEqual(
      r.events.map((event: ControlEvent) => event.type),
      ['exchange-start', 'exchange-routed', 'attempt-end', 'exchange-end'],
    );
  });

  it('does not throw when ledger and listeners do, and says so in the log', () => {
    const broken = (): never => {
      throw new Error('disk full');
    };
    const ok = rig().deps.ledger;
    const r = rig({ deps: { ledger: { ...ok, append: broken, started: broken }, publish: broken } });
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, usageOf(10, 5));
    exchange.finish();
    assert.ok(r.log.every((line) => line.level === 'error'));
    assert.ok(r.log.some((line) => line.message.includes('ledger')));
    assert.ok(r.log.some((line) => line.message.includes('exchange-end')));
  });
});

describe('the record', () => {
  it('[A37] [A38] [A51] of an answered request names who answered, what it cost and why', () => {
    const r = rig();
    const headers = new Map([
      ['x-pointsman-workspace', 'billing'],
      ['x-pointsman-initiator', 'inline chat'],
    ]);
    const wire = r.wire(ask(HEAP, { stream: true }), { headers });
    const { exchange, decided } = route(r, wire, 0.0001);
    exchange.answered(responded(SMALL, NO_STREAM, { warnings: ['top_k was dropped'] }), 5);
    exchange.observe([textDelta('x'), usageEvent(usageOf(1000, 100))]);
    exchange.finish();
    const { attempts, savedBy, baseline, ...record } = onlyRecord(r);
    assert.deepEqual(baseline?.usage, { ...usageOf(1000, 100), cacheCreationInputTokens: 1000 });
    assert.deepEqual(
      { ...record, costUsd: null, baselineCostUsd: null, savedUsd: null },
      {
        exchangeId: 'x_1',
        startedAt: '2026-11-21T00:00:00.000Z',
        durationMs: 0,
        timeToFirstChunkMs: 12,
        client: 'tester',
        clientDialect: 'openai-chat',
        conversationId: decided.conversationId,
        workspaceId: 'billing',
        requestModel: 'auto',
        responseModel: 'small',
        provider: 'p-small',
        stream: true,
        status: 'ok',
        errorType: null,
        usage: usageOf(1000, 100),
        usageSource: 'reported',
        costUsd: null,
        classifierCostUsd: 0.0001,
        failedAttemptsCostUsd: 0,
        baselineModel: 'large',
        baselineCostUsd: null,
        savedUsd: null,
        priced: true,
        cache: 'miss',
        initiator: 'inline chat',
        warnings: ['top_k was dropped'],
        task: 'general',
        complexity: 'simple',
        reason: 'cheapest-capable',
        decision: decided.decision,
      },
    );
    closeTo(record.costUsd, 0.0013);
    closeTo(record.baselineCostUsd, 0.012);
    closeTo(record.savedUsd, 0.0107);
    closeTo(savedBy.routing, 0.0107);
    assert.deepEqual(
      attempts.map(({ status, errorType, statusCode, startedAtMs, possiblyBilled }) => ({
        status,
        errorType,
        statusCode,
        startedAtMs,
        possiblyBilled,
      })),
      [{ status: 'ok', errorType: null, statusCode: 200, startedAtMs: 5, possiblyBilled: false }],
    );
  });

  it('of a request refused before routing has what is known and costs nothing', () => {
    const r = rig();
    open(r, r.wire('{')).finish(new RouterError('request.malformed', 'broken JSON'));
    const record = onlyRecord(r);
    assert.deepEqual(
      [record.status, record.errorType, record.requestModel, record.responseModel, record.decision],
      ['error', 'request.malformed', '', null, null],
    );
    assert.deepEqual(
      [record.costUsd, record.baselineCostUsd, record.savedUsd, record.attempts.length],
      [0, 0, 0, 0],
    );
    assert.deepEqual([record.task, record.complexity, record.reason], [null, null, null]);
    assert.deepEqual([record.usage, record.usageSource], [null, 'none']);
  });

  it('[A40] of a request that nobody answered has a baseline of 0: what it cost is lost', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()), 0.0004);
    exchange.attemptFailed(report(SMALL, 'overloaded'));
    exchange.finish(new RouterError('upstream.all_failed', 'no'));
    const record = onlyRecord(r);
    assert.deepEqual([record.status, record.baselineCostUsd, record.savedUsd], ['error', 0, -0.0004]);
    assert.equal(record.responseModel, null);
    assert.equal(record.reason, 'cheapest-capable');
  });

  it('[A40] of an answer that broke off has a baseline of 0 and its cost among the failed attempts', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, null);
    exchange.finish(new RouterError('upstream.stream_interrupted', 'cut'));
    const record = onlyRecord(r);
    assert.equal(record.status, 'error');
    assert.equal(record.baselineCostUsd, 0);
    assert.ok((record.costUsd ?? 0) > 0);
    closeTo(record.savedUsd, -(record.costUsd ?? 0));
    closeTo(record.failedAttemptsCostUsd, record.costUsd ?? -1);
    assert.deepEqual(
      record.attempts.map(({ status, errorType, possiblyBilled }) => [status, errorType, possiblyBilled]),
      [['failed', 'interrupted', true]],
    );
  });

  it('[A37] of a client that left in mid-stream prices an estimate of what it got, flagged', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.answered(responded(SMALL, NO_STREAM), 5);
    exchange.observe([textDelta('why '.repeat(100))]);
    exchange.finish(new RouterError('client.closed', 'left'));
    const record = onlyRecord(r);
    assert.deepEqual(
      [record.status, record.errorType, record.usageSource],
      ['cancelled', 'client.closed', 'estimated'],
    );
    assert.ok(Math.abs((record.usage?.outputTokens ?? 0) - 100) <= 10, String(record.usage?.outputTokens));
    assert.ok((record.costUsd ?? 0) > 0.00018);
    assert.ok((record.baselineCostUsd ?? 0) > (record.costUsd ?? 0));
    assert.deepEqual(
      record.attempts.map(({ status, errorType, possiblyBilled }) => [status, errorType, possiblyBilled]),
      [['cancelled', 'client-closed', true]],
    );
    assert.equal(record.failedAttemptsCostUsd, 0);
  });

  it('[A37] of a broken answer keeps the input that was reported at its beginning and estimates its output', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.answered(responded(SMALL, NO_STREAM), 5);
    exchange.observe([usageEvent(usageOf(5000, 1, 4000)), textDelta('why '.repeat(100))]);
    exchange.finish(new RouterError('client.closed', 'left'));
    const { usage, usageSource } = onlyRecord(r);
    assert.equal(usageSource, 'estimated');
    assert.deepEqual([usage?.inputTokens, usage?.cacheReadInputTokens], [5000, 4000]);
    assert.ok((usage?.outputTokens ?? 0) >= 90, String(usage?.outputTokens));
  });

  it('[A37] of a client that left before the first word prices an estimate of its prompt, flagged', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask('why '.repeat(1000))));
    exchange.attemptFailed(report(SMALL, 'client-closed'));
    exchange.finish(new RouterError('client.closed', 'left'));
    const record = onlyRecord(r);
    assert.deepEqual(
      [record.status, record.usageSource, record.baselineCostUsd],
      ['cancelled', 'estimated', 0],
    );
    const inputTokens = record.usage?.inputTokens ?? 0;
    assert.ok(Math.abs(inputTokens - 1000) <= 150, String(inputTokens));
    assert.equal(record.usage?.outputTokens, 0);
    closeTo(record.costUsd, inputTokens / 1e6);
    assert.deepEqual(
      record.attempts.map(({ status, usageSource, possiblyBilled }) => [status, usageSource, possiblyBilled]),
      [['cancelled', 'estimated', true]],
    );
  });

  it('of a client that left before its request did costs nothing', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.attemptFailed(report(SMALL, 'client-closed', false));
    exchange.finish(new RouterError('client.closed', 'left'));
    const record = onlyRecord(r);
    assert.deepEqual([record.costUsd, record.usage, record.usageSource], [0, null, 'none']);
    assert.equal(record.attempts[0]?.possiblyBilled, false);
  });

  it('[A37] of a provider that was still at work when it was given up prices an estimate of its prompt, flagged', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask('why '.repeat(1000))));
    exchange.attemptFailed(report(SMALL, 'timeout'));
    exchange.attemptFailed({ ...report(SMALL, 'invalid-response'), begun: { usage: null } });
    exchange.attemptFailed({ ...report(SMALL, 'timeout'), begun: { usage: usageOf(900, 1) } });
    exchange.attemptFailed(report(SMALL, 'invalid-response'));
    exchange.attemptFailed(report(SMALL, 'connect'));
    exchange.finish(new RouterError('upstream.all_failed', 'no'));
    const record = onlyRecord(r);
    assert.deepEqual(
      record.attempts.map(({ usageSource, possiblyBilled }) => [usageSource, possiblyBilled]),
      [
        ['estimated', true],
        ['estimated', true],
        ['reported', true],
        ['none', true],
        ['none', true],
      ],
    );
    const [guessed, , reported] = record.attempts.map(({ usage }) => usage?.inputTokens ?? 0);
    assert.ok(Math.abs((guessed ?? 0) - 1000) <= 150, String(guessed));
    assert.equal(reported, 900);
  });

  it('[A37] of an answer with a usage of nothing but zeros has an estimate, flagged', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.answered(responded(SMALL, NO_STREAM), 5);
    exchange.observe([textDelta('a heap is a tree'), usageEvent(usageOf(0, 0)), { type: 'response-end' }]);
    exchange.finish();
    const { usage, usageSource, costUsd } = onlyRecord(r);
    assert.equal(usageSource, 'estimated');
    assert.ok((usage?.inputTokens ?? 0) > 0 && (usage?.outputTokens ?? 0) > 0 && (costUsd ?? 0) > 0);
  });

  it('estimates better after it has seen what the model reports', () => {
    const estimated = (deps: Partial<Rig['deps']>): number => {
      const r = rig({ deps });
      for (let turn = 0; turn < 5; turn += 1) {
        const { exchange } = route(r, r.wire(ask()));
        answer(exchange, SMALL, usageOf(30, 5));
        exchange.observe([{ type: 'response-end' }]);
        exchange.finish();
      }
      const { exchange } = route(r, r.wire(ask()));
      answer(exchange, SMALL, null);
      exchange.finish();
      return r.records.at(-1)?.usage?.inputTokens ?? 0;
    };
    assert.ok(estimated({}) < 20);
    assert.equal(estimated({ usageCalibration: new UsageCalibration() }), 30);
  });

  it('[A40] of a stop in the middle of an answer is interrupted and saves nothing, also when its money was told', () => {
    const r = rig({ metadata: 'body' });
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, usageOf(1000, 100));
    exchange.responseHeaders(true);
    exchange.finish(new RouterError('router.shutting_down', 'stopping'));
    const record = onlyRecord(r);
    assert.equal(record.status, 'interrupted');
    assert.equal(record.baselineCostUsd, 0);
    closeTo(record.savedUsd, -0.0012);
    closeTo(record.failedAttemptsCostUsd, 0.0012);
  });

  it('says fallback when another model than the chosen one answered', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.attemptFailed(report(SMALL, 'rate-limited'));
    answer(exchange, LARGE, usageOf(1000, 100));
    exchange.finish();
    const record = onlyRecord(r);
    assert.deepEqual([record.reason, record.responseModel], ['fallback', 'large']);
    assert.equal(record.decision?.reason, 'cheapest-capable');
    assert.equal(record.attempts.length, 2);
  });

  it('carries the remarks of the decision before those of the answer', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask(HEAP, { model: 'nobody-knows' })));
    exchange.answered(responded(LARGE, NO_STREAM, { warnings: ['a remark'] }), 5);
    exchange.finish();
    const { warnings } = onlyRecord(r);
    assert.match(warnings[0] ?? '', /nobody-knows/);
    assert.equal(warnings.at(-1), 'a remark');
  });

  it('holds no word of prompt or answer', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask('xylophone secret')));
    answer(exchange, SMALL, usageOf(10, 5));
    exchange.observe([textDelta('glockenspiel')]);
    exchange.finish();
    const text = JSON.stringify([r.records, r.events]);
    assert.doesNotMatch(text, /xylophone|glockenspiel|a tree/);
  });

  it('flags a failed attempt that may have been billed only when the request was sent and not refused', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.attemptFailed(report(SMALL, 'timeout', true));
    exchange.attemptFailed(report(SMALL, 'timeout', false));
    exchange.attemptFailed(report(SMALL, 'rate-limited', true));
    for (const statusCode of [500, 502, 504]) {
      const failure = { kind: 'server-error', statusCode, message: 'no' } as const;
      exchange.attemptFailed({ ...report(SMALL, 'server-error'), failure });
    }
    exchange.finish(new RouterError('upstream.all_failed', 'no'));
    assert.deepEqual(
      onlyRecord(r).attempts.map((attempt) => attempt.possiblyBilled),
      [true, false, false, false, true, true],
    );
  });
});

describe('the money of a record', () => {
  const flatRate = { ...SMALL, billing: 'flat-rate' as const };
  const free = { ...SMALL, billing: 'free' as const };
  const unpriced = { ...SMALL, price: null };
  const money = ({ costUsd, baselineCostUsd, savedUsd, priced }: ExchangeRecord): unknown[] => [
    costUsd,
    baselineCostUsd === null ? null : Math.round(baselineCostUsd * 1e6) / 1e6,
    savedUsd === null ? null : Math.round(savedUsd * 1e6) / 1e6,
    priced,
  ];
  const rows: readonly [string, ModelTarget, ModelTarget, unknown[]][] = [
    ['is all unknown when the model that answered has no price', unpriced, LARGE, [null, null, null, false]],
    [
      'has a cost and no saving when the baseline has no price',
      SMALL,
      { ...LARGE, price: null },
      [0.0012, null, null, true],
    ],
    ['of a flat-rate model is 0 and left out of savings', flatRate, LARGE, [0, null, null, true]],
    [
      'is left out of savings when the baseline is billed at a flat rate',
      SMALL,
      { ...LARGE, billing: 'flat-rate' },
      [0.0012, null, null, true],
    ],
    ['of a free model is 0, and all of the baseline is saved', free, LARGE, [0, 0.012, 0.012, true]],
    ['is all lost against a free baseline', SMALL, { ...LARGE, billing: 'free' }, [0.0012, 0, -0.0012, true]],
  ];
  for (const [title, small, large, expected] of rows) {
    it(`[A39] ${title}`, () => {
      const r = rig({ targets: [small, large] });
      assert.deepEqual(money(served(r, r.wire(ask()), small, usageOf(1000, 100))), expected);
    });
  }

  it('has no saving when there is no baseline', () => {
    const r = rig({ table: { baseline: null } });
    assert.deepEqual(money(served(r, r.wire(ask()), SMALL, usageOf(1000, 100))), [0.0012, null, null, true]);
  });

  it('[A37] is what the provider says it charged', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, usageOf(1000, 100), 0.005);
    exchange.finish();
    assert.equal(onlyRecord(r).costUsd, 0.005);
    closeTo(onlyRecord(r).savedUsd, 0.007);
  });

  it('counts the last usage only, never the sum', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, usageOf(1000, 1));
    exchange.observe([usageEvent(usageOf(1000, 100))]);
    exchange.finish();
    assert.deepEqual(onlyRecord(r).usage, usageOf(1000, 100));
  });
});

describe('the baseline', () => {
  const marked = { ...LARGE, promptCache: { kind: 'explicit', minTokens: 0, ttlS: 300 } } as const;

  it('[A39] is cheaper from the second turn on: it reads its own prompt cache', () => {
    const r = rig();
    served(r, r.wire(turns(1)), SMALL, usageOf(1000, 0));
    const second = served(r, r.wire(turns(2)), SMALL, usageOf(3000, 0));
    assert.ok((second.baselineCostUsd ?? 1) < 0.03 * 0.85, `${second.baselineCostUsd} is cold`);
    assert.ok((second.baselineCostUsd ?? 0) > 0.03 * 0.1);
  });

  it('[A39] of a model that was asked for by name is what it cost: routing saved and lost nothing', () => {
    const r = rig();
    served(r, r.wire(turns(1, LONG, 'exact/large')), LARGE, usageOf(1000, 0));
    // Its provider had nothing cached, whatever the replay expects.
    const second = served(r, r.wire(turns(2, LONG, 'exact/large')), LARGE, usageOf(3000, 10, 0));
    assert.equal(second.savedUsd, 0);
    assert.ok((second.costUsd ?? 0) > 0);
  });

  it('[A39] and a cost that is estimated both know what is warm by the second turn', () => {
    const r = rig({ targets: [SMALL, LARGE] });
    served(r, r.wire(turns(1, LONG)), LARGE, usageOf(1000, 0));
    const { exchange } = route(r, r.wire(turns(2, LONG)));
    answer(exchange, LARGE, null);
    exchange.finish(new RouterError('client.closed', 'the client left'));
    const record = r.records.at(-1);
    assert.equal(record?.usageSource, 'estimated');
    assert.ok((record?.usage?.cacheReadInputTokens ?? 0) > 0);
    closeTo(record?.savedUsd ?? 1, 0);
  });

  it('[A39] replays its cache also where it served itself', () => {
    const r = rig();
    served(r, r.wire(turns(1)), LARGE, usageOf(1000, 0));
    const second = served(r, r.wire(turns(2)), LARGE, usageOf(3000, 0, 1000));
    assert.ok((second.baselineCostUsd ?? 1) < 0.03 * 0.85);
    assert.ok(Math.abs(second.savedUsd ?? 1) < 0.001, 'nothing is saved by asking the baseline itself');
  });

  it('[A39] is cold again when its cache has expired', () => {
    const r = rig();
    served(r, r.wire(turns(1)), SMALL, usageOf(1000, 0));
    const late = r.wire(turns(1), { receivedAtMs: r.clock.now() + 601_000 });
    closeTo(served(r, late, SMALL, usageOf(1000, 0)).baselineCostUsd, 0.01);
  });

  it('[A39] shares a prefix between two conversations', () => {
    const r = rig();
    served(r, r.wire(turns(1)), SMALL, usageOf(1000, 0));
    const headers = new Map([['x-pointsman-conversation', 'another']]);
    closeTo(served(r, r.wire(turns(1), { headers }), SMALL, usageOf(1000, 0)).baselineCostUsd, 0.001);
  });

  it('[A39] is not warmed by its own request when the money is asked for more than once', () => {
    const r = rig({ metadata: 'body' });
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, usageOf(1000, 100));
    exchange.responseHeaders(true);
    exchange.bodyMetadata();
    exchange.finish();
    closeTo(onlyRecord(r).baselineCostUsd, 0.012);
  });

  it('[A39] with an explicit cache costs the cheaper of a marked and an unmarked prompt', () => {
    const dearWrites = { ...marked, price: pricing(10, 20, { cacheWriteUsdPerMtok: 12.5 }) };
    const r = rig({ targets: [SMALL, dearWrites] });
    closeTo(served(r, r.wire(turns(1)), SMALL, usageOf(1000, 0)).baselineCostUsd, 0.01);
    const second = served(r, r.wire(turns(1)), SMALL, usageOf(1000, 0));
    closeTo(second.baselineCostUsd, 0.001);
  });

  it('[A39] is counted in the tokens of its own tokenizer', () => {
    const r = rig({ targets: [SMALL, { ...LARGE, tokenizerFactor: 1.5 }] });
    closeTo(served(r, r.wire(ask()), SMALL, usageOf(1000, 100)).baselineCostUsd, 0.018);
  });

  it('[A39] finds a prompt long enough for its cache by its own tokenizer', () => {
    const large = { ...LARGE, tokenizerFactor: 1.5, promptCache: { ...LARGE.promptCache, minTokens: 1024 } };
    const r = rig({ targets: [SMALL, large] });
    const body = turns(1);
    served(r, r.wire(body), SMALL, usageOf(1000, 0));
    closeTo(served(r, r.wire(body), SMALL, usageOf(1000, 0)).baselineCostUsd, 0.0015);
  });

  it('[A39] of exact/ is the named model itself, so that nothing is saved', () => {
    const r = rig();
    const record = served(r, r.wire(ask(HEAP, { model: 'exact/small' })), SMALL, usageOf(1000, 100));
    assert.equal(record.baselineModel, 'small');
    closeTo(record.savedUsd, 0);
  });

  it('[A39] of x-pointsman-model stays the configured one', () => {
    const r = rig();
    const headers = new Map([['x-pointsman-model', 'small']]);
    assert.equal(served(r, r.wire(ask(), { headers }), SMALL, usageOf(1000, 100)).baselineModel, 'large');
  });
});

describe('what an exchange teaches of prompt caches', () => {
  /** 10 $ in, 12.5 $ written, 1 $ read; only what is marked is kept. */
  const MARKED: ModelTarget = {
    ...LARGE,
    promptCache: { kind: 'explicit', minTokens: 0, ttlS: 300 },
    price: pricing(10, 20, {
      cacheReadUsdPerMtok: 1,
      cacheWriteUsdPerMtok: 12.5,
      cacheWrite1hUsdPerMtok: 20,
    }),
  };
  const written = (tokens: number): TokenUsage => ({ ...usageOf(1000, 0), cacheCreationInputTokens: tokens });
  const warmOf = (r: Rig, receivedAtMs = r.clock.now()) =>
    route(r, r.wire(turns(1), { receivedAtMs })).decided.decision.input?.economics?.warmTokens;

  it('[B4] [C2] the next request of the conversation finds it warm on the model that served', () => {
    const r = rig({ targets: [SMALL, MARKED] });
    assert.deepEqual(warmOf(r), {});
    served(r, r.wire(turns(1)), MARKED, written(1000));
    const warm = warmOf(r) ?? {};
    assert.deepEqual(Object.keys(warm), ['large']);
    assert.ok((warm['large'] ?? 0) > 0);
  });

  it('[B4] an explicit cache that reports nothing has kept nothing', () => {
    const r = rig({ targets: [SMALL, MARKED] });
    served(r, r.wire(turns(1)), MARKED, usageOf(1000, 0));
    assert.deepEqual(warmOf(r), {});
  });

  it('[B4] an automatic cache that reports nothing has kept it all the same', () => {
    const r = rig();
    served(r, r.wire(turns(1)), SMALL, usageOf(1000, 0));
    assert.deepEqual(Object.keys(warmOf(r) ?? {}), ['small']);
  });

  it('[B4] a request that nobody answered warms nothing', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(turns(1)));
    exchange.attemptFailed(report(SMALL, 'overloaded'));
    exchange.finish(new RouterError('upstream.all_failed', 'no'));
    assert.deepEqual(warmOf(r), {});
  });

  it('[A37] [B4] what is written for an hour costs more, and is warm for an hour', () => {
    const r = rig({ targets: [SMALL, MARKED] });
    const { exchange } = route(r, r.wire(turns(1)));
    exchange.answered(responded(MARKED, NO_STREAM), 5);
    exchange.observe([
      { type: 'usage', usage: written(1000), cacheWrite1hTokens: 400 },
      { type: 'response-end' },
    ]);
    exchange.finish();
    // 600 x 12.5 + 400 x 20
    closeTo(onlyRecord(r).costUsd, 0.0155);
    assert.deepEqual(Object.keys(warmOf(r, r.clock.now() + 3_599_000) ?? {}), ['large']);
    assert.deepEqual(warmOf(r, r.clock.now() + 3_600_000), {});
  });

  it('[A39] [B7] the part of the saving that marks of the router’s own made is told apart', () => {
    const r = rig({ targets: [SMALL, MARKED] });
    const record = served(r, r.wire(turns(2)), MARKED, usageOf(1000, 0, 900));
    // 900 x (10 - 1)
    closeTo(record.savedBy.promptCacheInjection, 0.0081);
    closeTo(record.savedBy.routing + 0.0081, record.savedUsd ?? NaN);
  });

  it('[B7] no part is the router’s where the client set its own marks, or where the cache is automatic', () => {
    const part = (target: ModelTarget, body: unknown, costUsd?: number): number => {
      const r = rig({ targets: [SMALL, target] });
      const { exchange } = route(r, r.wire(body));
      answer(exchange, target, usageOf(1000, 0, 900), costUsd);
      exchange.finish();
      return onlyRecord(r).savedBy.promptCacheInjection;
    };
    const marks = { ...(turns(2) as object), cache_control: { type: 'ephemeral' } };
    assert.equal(part(MARKED, marks), 0);
    assert.equal(part(LARGE, turns(2)), 0);
    // Nobody knows what the provider would have charged without them.
    assert.equal(part(MARKED, turns(2), 0.005), 0);
  });

  it('[A37] [A39] [C3] the record says where its cost comes from and what its baseline is made of', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.attemptFailed(report(SMALL, 'client-closed'));
    answer(exchange, SMALL, usageOf(1000, 100), 0.005);
    exchange.finish();
    const { attempts, baseline, baselineCostUsd } = onlyRecord(r);
    assert.deepEqual(
      attempts.map(({ costSource }) => costSource),
      ['prices', 'provider'],
    );
    const { usage, prices } = baseline ?? {};
    assert.ok(usage !== undefined && prices !== undefined);
    const sum =
      usage.cacheCreationInputTokens * prices.cacheWriteUsdPerMtok +
      usage.outputTokens * prices.outputUsdPerMtok;
    closeTo(baselineCostUsd, sum / 1e6);
  });

  it('[B4] [C2] the bill of the conversation begins with the first answer of the baseline', () => {
    const r = rig();
    const wire = (count: number) =>
      r.wire(turns(count), { headers: new Map([['x-pointsman-conversation', 'one']]) });
    const bill = () => route(r, wire(3)).decided.decision.input?.economics?.switchBooks ?? null;
    served(r, wire(1), SMALL, usageOf(1000, 100));
    assert.equal(bill(), null);
    served(r, wire(2), LARGE, usageOf(1000, 100));
    const begun = bill();
    assert.deepEqual([begun?.baselineModel, begun?.actualUsd, begun?.stayUsd], ['large', 0.012, 0.012]);
  });
});

describe('the memory of a conversation', () => {
  const stateOf = (r: Rig, body: unknown, headers = new Map<string, string>()) => {
    const { exchange, decided } = route(r, r.wire(body, { headers }));
    return { exchange, get: () => r.deps.conversations.get(decided.conversationId) };
  };

  it('moves to the model that answered, with the size of the request', () => {
    const r = rig();
    const { exchange, get } = stateOf(r, turns(2));
    answer(exchange, SMALL, usageOf(10, 5));
    exchange.finish();
    const state = get();
    assert.deepEqual(
      [state?.model, state?.messageCount, state?.userTurns, state?.ttlS, state?.lastSeenAtMs],
      ['small', 3, 2, 300, r.clock.now()],
    );
  });

  it('moves when the answer is complete, before its last bytes leave', () => {
    const r = rig();
    const { exchange, get } = stateOf(r, ask());
    answer(exchange, SMALL, usageOf(10, 5));
    assert.equal(get(), null);
    exchange.observe([{ type: 'response-end' }]);
    assert.equal(get()?.model, 'small');
  });

  it('moves with a fallback', () => {
    const r = rig();
    const { exchange, get } = stateOf(r, ask());
    exchange.attemptFailed(report(SMALL, 'overloaded'));
    answer(exchange, LARGE, usageOf(10, 5));
    exchange.finish();
    assert.equal(get()?.model, 'large');
  });

  it('is not touched by a request that nobody answered', () => {
    const r = rig();
    const { exchange, get } = stateOf(r, ask());
    exchange.finish(new RouterError('upstream.all_failed', 'no'));
    assert.equal(get(), null);
  });

  for (const [name, value] of [
    ['background', 'auxiliary'],
    ['sub-agent', 'subagent'],
  ] as const) {
    it(`is not touched by a ${name} call`, () => {
      const r = rig();
      const { exchange, get } = stateOf(r, ask(), new Map([['x-claude-code-request-class', value]]));
      answer(exchange, LARGE, usageOf(10, 5));
      exchange.finish();
      assert.equal(get(), null);
    });
  }

  it('keeps its model through an override for one request, and that model’s clock runs on', () => {
    const r = rig();
    const first = stateOf(r, turns(1));
    answer(first.exchange, SMALL, usageOf(10, 5));
    first.exchange.finish();
    const headers = new Map([['x-pointsman-model', 'large']]);
    const { exchange, decided } = route(
      r,
      r.wire(turns(2), { headers, receivedAtMs: r.clock.now() + 60_000 }),
    );
    answer(exchange, LARGE, usageOf(10, 5));
    exchange.finish();
    const state = r.deps.conversations.get(decided.conversationId);
    assert.deepEqual(
      [state?.model, state?.messageCount, state?.ttlS, state?.lastSeenAtMs],
      ['small', 3, 300, r.clock.now()],
    );
  });

  it('has no model while only wishes were followed', () => {
    const r = rig();
    const { exchange, get } = stateOf(r, ask(HEAP, { model: 'exact/large' }));
    answer(exchange, LARGE, usageOf(10, 5));
    exchange.finish();
    assert.equal(get()?.model, null);
    assert.equal(get()?.messageCount, 1);
  });
});

describe('the headers of an answer', () => {
  it('[A38] [A51] tell model, provider, task, complexity, reason, attempts, cache and money', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    exchange.attemptFailed(report(LARGE, 'overloaded'));
    answer(exchange, SMALL, usageOf(1000, 100));
    assert.deepEqual(exchange.responseHeaders(true), {
      'x-pointsman-exchange-id': 'x_1',
      'x-pointsman-model': 'small',
      'x-pointsman-provider': 'p-small',
      'x-pointsman-task': 'general',
      'x-pointsman-complexity': 'simple',
      'x-pointsman-reason': 'cheapest-capable',
      'x-pointsman-attempts': '2',
      'x-pointsman-cache': 'miss',
      'x-pointsman-cost-usd': '0.0012',
      'x-pointsman-baseline-usd': '0.012',
      'x-pointsman-saved-usd': '0.0108',
    });
  });

  it('leave the money out where it is not known yet', () => {
    const r = rig();
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, null);
    assert.equal(
      Object.keys(exchange.responseHeaders(false)).filter((name) => name.endsWith('-usd')).length,
      0,
    );
  });

  it('leave the money out where it cannot be known', () => {
    const unpriced = { ...SMALL, price: null };
    const r = rig({ targets: [unpriced, LARGE] });
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, unpriced, usageOf(10, 5));
    assert.equal(
      Object.keys(exchange.responseHeaders(true)).filter((name) => name.endsWith('-usd')).length,
      0,
    );
  });

  it('of a request refused before routing have the id, no attempt and no model', () => {
    const r = rig();
    const headers = open(r, r.wire('{')).responseHeaders(false);
    assert.deepEqual(headers, {
      'x-pointsman-exchange-id': 'x_1',
      'x-pointsman-attempts': '0',
      'x-pointsman-cache': 'miss',
    });
  });

  it('say bypass when the client wants no stored answer', () => {
    const r = rig();
    const wire = r.wire(ask(), { headers: new Map([['x-pointsman-cache', 'off']]) });
    assert.equal(open(r, wire).responseHeaders(false)['x-pointsman-cache'], 'bypass');
  });

  it('write money as plain decimals: no exponent, signed, never -0', () => {
    const cheap = { ...SMALL, price: pricing(0.00001, 0.00001) };
    const headers = (small: ModelTarget, large: ModelTarget, tokens: number) => {
      const r = rig({ targets: [small, large] });
      const { exchange } = route(r, r.wire(ask()));
      answer(exchange, small, usageOf(tokens, 0));
      return exchange.responseHeaders(true);
    };
    assert.equal(headers(SMALL, LARGE, 7_000_000)['x-pointsman-cost-usd'], '7');
    assert.equal(headers(SMALL, { ...LARGE, billing: 'free' }, 1000)['x-pointsman-saved-usd'], '-0.001');
    assert.equal(headers(cheap, LARGE, 100)['x-pointsman-cost-usd'], '0.000000001');
    assert.equal(headers(cheap, { ...LARGE, billing: 'free' }, 10)['x-pointsman-saved-usd'], '0');
  });
});

describe('the metadata in an answer body', () => {
  it('[A38] has the same facts in the words of the wire', () => {
    const r = rig({ metadata: 'body' });
    const { exchange } = route(r, r.wire(ask()));
    answer(exchange, SMALL, usageOf(1000, 100));
    const metadata = exchange.bodyMetadata() ?? {};
    assert.deepEqual(
      { ...metadata, saved_usd: null },
      {
        exchange_id: 'x_1',
        task: 'general',
        complexity: 'simple',
        model: 'small',
        provider: 'p-small',
        reason: 'cheapest-capable',
        attempts: 1,
        cache: 'miss',
        cost_usd: 0.0012,
        baseline_usd: 0.012,
        saved_usd: null,
      },
    );
    closeTo(Number(metadata['saved_usd']), 0.0108);
  });

  it('is there when the request asks for it and not when it refuses it, whatever is configured', () => {
    const asked = (value: string, metadata: 'body' | 'headers'): boolean => {
      const r = rig({ metadata });
      const headers = new Map([['x-pointsman-metadata', value]]);
      return route(r, r.wire(ask(), { headers })).exchange.bodyMetadata() !== undefined;
    };
    assert.deepEqual([asked('body', 'headers'), asked('headers', 'body')], [true, false]);
  });

  it('is not there by default', () => {
    const r = rig();
    assert.equal(NO_CONTROLS.metadata, undefined);
    assert.equal(route(r, r.wire(ask())).exchange.bodyMetadata(), undefined);
  });
});

describe('a stored answer', () => {
  const cached = {
    status: 'exact',
    exchangeId: 'ex_1',
    model: 'small',
    provider: 'p-small',
    events: [textDelta('hi')],
  } as const;
  const UNKNOWN_VALUE: CacheHitValue = {
    features: extractFeatures(openAiChat.decodeRequest(parseRequestBody(rig().wire(ask()).bytes)), {
      client: 'tester',
    }),
    madeBy: null,
    chosen: null,
    baseline: null,
  };

  it('is recorded as such: who gave it once, reason cache, no cost and no claim', () => {
    const r = rig();
    const exchange = open(r, r.wire(ask()));
    exchange.decoded(openAiChat.decodeRequest(parseRequestBody(r.wire(ask()).bytes)));
    exchange.servedFromCache(cached, UNKNOWN_VALUE);
    exchange.finish();
    const record = onlyRecord(r);
    assert.deepEqual(
      [record.status, record.cache, record.responseModel, record.provider, record.reason],
      ['ok', 'exact', 'small', 'p-small', 'cache'],
    );
    assert.deepEqual(
      [record.costUsd, record.baselineCostUsd, record.savedUsd, record.usageSource, record.attempts.length],
      [0, null, null, 'none', 0],
    );
  });

  it('is named in headers and metadata', () => {
    const r = rig({ metadata: 'body' });
    const exchange = open(r, r.wire(ask()));
    exchange.servedFromCache(cached, UNKNOWN_VALUE);
    assert.deepEqual(exchange.responseHeaders(true), {
      'x-pointsman-exchange-id': 'x_1',
      'x-pointsman-model': 'small',
      'x-pointsman-provider': 'p-small',
      'x-pointsman-reason': 'cache',
      'x-pointsman-attempts': '0',
      'x-pointsman-cache': 'exact',
      'x-pointsman-cost-usd': '0',
    });
    const { model, provider, reason, cache, attempts } = exchange.bodyMetadata() ?? {};
    assert.deepEqual([model, provider, reason, cache, attempts], ['small', 'p-small', 'cache', 'exact', 0]);
  });
});
