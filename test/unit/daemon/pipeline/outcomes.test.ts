import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { openLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import {
  loadOutcomes,
  OutcomeWatch,
  type JudgedModel,
  type RoutedExchange,
} from '../../../../daemon/pipeline/outcomes.ts';
import type { Verdict } from '../../../../daemon/protocol/control-api.ts';
import type { Decision, DecisionInput, OutcomeRecord } from '../../../../daemon/protocol/exchange-record.ts';
import type { Complexity, DecisionPoint, RouteReason } from '../../../../daemon/protocol/vocabulary.ts';
import { SuccessStatistics } from '../../../../daemon/route/success-statistics.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { decision as storedDecision, exchange as storedExchange } from '../ledger/ledger-fixtures.ts';

const MINUTE_MS = 60_000;
const COHORT = 'code/short/code/plain';
const FLASH: JudgedModel = { id: 'flash', tier: 'simple' };
const OPUS: JudgedModel = { id: 'opus', tier: 'complex' };

interface Step {
  readonly conversation?: string;
  readonly ask?: string;
  readonly messages?: number;
  readonly turns?: number;
  readonly isToolResult?: boolean;
  readonly point?: DecisionPoint;
  readonly reason?: RouteReason;
  readonly cohort?: string;
  readonly by?: JudgedModel;
  /** Whether its answer came. */
  readonly isAnswered?: boolean;
  readonly escalatedFrom?: string;
}

class Bench {
  readonly clock = createVirtualClock(Date.UTC(2026, 10, 21));
  readonly ledger = openLedger({ path: ':memory:', clock: this.clock, log: silentLog });
  readonly statistics = new SuccessStatistics();
  readonly watch = new OutcomeWatch({ statistics: this.statistics, ledger: this.ledger });
  #count = 0;
  #last: { readonly id: string; readonly decision: Decision; readonly step: Step } | null = null;

  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** One request, answered at once. */
  send(step: Step = {}): string {
    const id = `x_${(this.#count += 1)}`;
    const decision = decisionOf(step);
    const features: RoutedExchange['features'] = {
      ask: step.ask ?? 'fix the parser',
      messageCount: step.messages ?? 1,
      userTurns: step.turns ?? 1,
      isToolResult: step.isToolResult ?? false,
    };
    this.watch.routed({ exchangeId: id, decision, features, atMs: this.clock.now() });
    this.#last = { id, decision, step };
    if (step.isAnswered !== false) this.answer();
    return id;
  }

  /** Of the last request. */
  answer(): void {
    this.watch.answered(this.#answered());
  }

  weak(by?: JudgedModel): void {
    this.watch.weak({ ...this.#answered(), ...(by === undefined ? {} : { target: by }) });
  }

  override(model: JudgedModel, conversation: string | null = null): void {
    this.watch.overridden({
      model,
      scope: conversation === null ? 'next' : 'conversation',
      conversationId: conversation,
      atMs: this.clock.now(),
    });
  }

  rate(
    exchangeId: string,
    verdict: Verdict,
    given: { step?: Step; tier?: Complexity | null; reason?: string } = {},
  ) {
    const { step = {}, tier = 'simple', reason = null } = given;
    const decision = decisionOf(step);
    const { conversationId } = decision;
    const record = storedExchange(exchangeId, { conversationId, decision, responseModel: 'flash' });
    return this.watch.rated({ record, tier, verdict, reason, atMs: this.clock.now() });
  }

  /** `kind model exchange`, in the order in which they were noted. */
  get outcomes(): readonly string[] {
    return this.records.map(({ kind, model, exchangeId }) => `${kind} ${model} ${exchangeId}`);
  }

  get records(): readonly OutcomeRecord[] {
    return this.ledger.outcomes({ sinceAtMs: 0 }).outcomes.toReversed();
  }

  #answered() {
    assert.ok(this.#last !== null);
    const { id, decision, step } = this.#last;
    const target = step.by ?? FLASH;
    return { exchangeId: id, decision, target, reason: decision.reason, atMs: this.clock.now() };
  }
}

function decisionOf(step: Step): Decision {
  const { conversation = 'c_1', point = 'new-task', reason = 'cheapest-capable', cohort = COHORT } = step;
  const escalation =
    step.escalatedFrom === undefined
      ? null
      : { fromModel: step.escalatedFrom, why: 'made the same call 3 times' };
  const input = { evidence: { cohort, tiers: {}, models: {} }, escalation } as unknown as DecisionInput;
  return { ...storedDecision, conversationId: conversation, decisionPoint: point, reason, input };
}

describe('the watch over what happens to answers', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });
  afterEach(() => bench.ledger.close());

  describe('completed', () => {
    it('is a task that the user follows with another one', () => {
      bench.send();
      bench.send({ messages: 3, turns: 2, ask: 'now the lexer' });
      assert.deepEqual(bench.outcomes, ['completed flash x_1']);
    });

    it('notes cohort, tier and the time of the answer, and counts them', async () => {
      bench.send();
      const answeredAtMs = bench.clock.now();
      await bench.wait(MINUTE_MS);
      bench.send({ messages: 3, turns: 2 });
      assert.deepEqual(bench.records, [
        {
          atMs: answeredAtMs,
          exchangeId: 'x_1',
          cohort: COHORT,
          model: 'flash',
          tier: 'simple',
          kind: 'completed',
        },
      ]);
      assert.deepEqual(Object.keys(bench.statistics.evidence(COHORT, answeredAtMs).models), ['flash']);
    });

    it('is said once for a task of many steps, of the last one', () => {
      bench.send();
      bench.send({ messages: 3, isToolResult: true, point: 'continuation', reason: 'affinity' });
      bench.send({ messages: 5, isToolResult: true, point: 'continuation', reason: 'affinity' });
      bench.send({ messages: 7, turns: 2 });
      assert.deepEqual(bench.outcomes, ['completed flash x_3']);
    });

    it('needs no next task when half an hour has passed, whoever asks then', async () => {
      bench.send();
      await bench.wait(29 * MINUTE_MS);
      bench.send({ conversation: 'c_2' });
      assert.deepEqual(bench.outcomes, []);
      await bench.wait(MINUTE_MS);
      bench.send({ conversation: 'c_3', point: 'background' });
      assert.deepEqual(bench.outcomes, ['completed flash x_1']);
    });

    it('is not said of a task that was not answered', () => {
      bench.send({ isAnswered: false });
      bench.send({ messages: 3, turns: 2 });
      assert.deepEqual(bench.outcomes, []);
    });

    it('judges the answers before a step that got none', () => {
      bench.send();
      bench.send({ messages: 3, isToolResult: true, point: 'continuation', isAnswered: false });
      bench.send({ messages: 5, turns: 2 });
      assert.deepEqual(bench.outcomes, ['completed flash x_1']);
    });

    it('is not said of an answer that was asked for again, much later, in vain', async () => {
      bench.send();
      await bench.wait(11 * MINUTE_MS);
      bench.send({ isAnswered: false });
      bench.send({ messages: 3, turns: 2 });
      assert.deepEqual(bench.outcomes, []);
    });

    it('is not said when the history was edited', () => {
      bench.send({ messages: 3, turns: 2 });
      bench.send({ messages: 3, turns: 2, ask: 'no, the other parser' });
      bench.send({ messages: 1, turns: 1 });
      assert.deepEqual(bench.outcomes, []);
    });

    it('is not said of a model that was rated', () => {
      bench.rate(bench.send(), 'good');
      bench.send({ messages: 3, turns: 2 });
      assert.deepEqual(bench.outcomes, ['rated-good flash x_1']);
    });

    for (const reason of ['override', 'exact', 'cache'] as const) {
      it(`is not said of a model that answered by ${reason}`, () => {
        bench.send({ reason });
        bench.send({ messages: 3, turns: 2 });
        assert.deepEqual(bench.outcomes, []);
      });
    }

    for (const reason of ['cheapest-capable', 'affinity', 'escalated', 'budget', 'fallback'] as const) {
      it(`is said of a model that answered by ${reason}`, () => {
        bench.send({ reason });
        bench.send({ messages: 3, turns: 2 });
        assert.equal(bench.outcomes.length, 1);
      });
    }

    for (const point of ['background', 'subagent'] as const) {
      it(`[B3] ignores a ${point} call in between`, () => {
        bench.send();
        bench.send({ messages: 1, turns: 1, point, ask: 'a title for this' });
        bench.send({ messages: 3, turns: 2 });
        assert.deepEqual(bench.outcomes, ['completed flash x_1']);
      });
    }

    it('ignores an answer that comes after the next request of its conversation', () => {
      bench.send({ isAnswered: false });
      const decision = decisionOf({});
      bench.send({ messages: 3, turns: 2, isAnswered: false });
      const atMs = bench.clock.now();
      bench.watch.answered({ exchangeId: 'x_1', decision, target: OPUS, reason: 'budget', atMs });
      bench.send({ messages: 5, turns: 3 });
      assert.deepEqual(bench.outcomes, []);
    });

    it('is not said of an ask of no known kind', () => {
      bench.send({ cohort: '' });
      bench.send({ messages: 3, turns: 2 });
      assert.deepEqual(bench.outcomes, []);
    });
  });

  describe('asked again', () => {
    it('is the very same turn after its answer', async () => {
      bench.send({ messages: 3, turns: 2 });
      await bench.wait(MINUTE_MS);
      bench.send({ messages: 3, turns: 2 });
      assert.deepEqual(bench.outcomes, ['asked-again flash x_1']);
    });

    it('counts once for a model, however often the turn is sent', () => {
      for (let times = 0; times < 5; times += 1) bench.send();
      assert.deepEqual(bench.outcomes, ['asked-again flash x_1']);
    });

    it('counts for each model that answered the turn', () => {
      bench.send();
      bench.send({ by: OPUS });
      bench.send();
      assert.deepEqual(bench.outcomes, ['asked-again flash x_1', 'asked-again opus x_2']);
    });

    it('leaves the task completed by the model whose answer the user kept', () => {
      bench.send();
      bench.send({ by: OPUS });
      bench.send({ messages: 3, turns: 2 });
      assert.deepEqual(bench.outcomes, ['asked-again flash x_1', 'completed opus x_2']);
    });

    it('is not a second try of a request that failed, or one beside it', () => {
      bench.send({ isAnswered: false });
      bench.send({ isAnswered: false });
      assert.deepEqual(bench.outcomes, []);
    });

    it('is not another ask of the same length', () => {
      bench.send({ ask: 'one' });
      bench.send({ ask: 'two' });
      assert.deepEqual(bench.outcomes, []);
    });

    it('is not a step of a tool loop that is sent again', () => {
      const step: Step = { messages: 3, isToolResult: true, point: 'continuation' };
      bench.send(step);
      bench.send(step);
      assert.deepEqual(bench.outcomes, []);
    });

    it('is not the same turn much later', async () => {
      bench.send();
      await bench.wait(11 * MINUTE_MS);
      bench.send();
      assert.deepEqual(bench.outcomes, []);
    });

    it('tells two long asks apart that differ at the end', () => {
      bench.send({ ask: `${'a'.repeat(100_000)}1` });
      bench.send({ ask: `${'a'.repeat(100_000)}2` });
      assert.deepEqual(bench.outcomes, []);
    });
  });

  describe('weak answer and stall', () => {
    it('[A29] notes a weak answer that the client never saw, and who answered instead completes the task', () => {
      bench.send({ isAnswered: false, reason: 'cheapest-capable', by: OPUS });
      bench.weak(FLASH);
      bench.answer();
      bench.send({ messages: 3, turns: 2 });
      assert.deepEqual(bench.outcomes, ['weak-answer flash x_1', 'completed opus x_1']);
    });

    it('[A29] notes a streamed weak answer once a task, and then no completion', () => {
      bench.send();
      bench.weak();
      bench.send({ messages: 3, isToolResult: true, point: 'continuation' });
      bench.weak();
      bench.send({ messages: 5, turns: 2 });
      assert.deepEqual(bench.outcomes, ['weak-answer flash x_1']);
    });

    it('does not judge a model that the user named', () => {
      bench.send({ reason: 'exact' });
      bench.weak();
      assert.deepEqual(bench.outcomes, []);
    });

    it('notes a weak answer of a call beside the task', () => {
      bench.send({ point: 'subagent' });
      bench.weak();
      assert.deepEqual(bench.outcomes, ['weak-answer flash x_1']);
    });

    it('[B9] notes a stall for the model that the task was taken from', () => {
      bench.send();
      const point = 'continuation';
      bench.send({
        messages: 9,
        isToolResult: true,
        point,
        escalatedFrom: 'flash',
        reason: 'escalated',
        by: OPUS,
      });
      bench.send({ messages: 11, turns: 2 });
      assert.deepEqual(bench.outcomes, ['stalled flash x_1', 'completed opus x_2']);
    });

    it('[B9] does not count a weak answer as a stall as well', () => {
      bench.send();
      bench.weak();
      bench.send({
        messages: 3,
        isToolResult: true,
        point: 'continuation',
        escalatedFrom: 'flash',
        by: OPUS,
      });
      assert.deepEqual(bench.outcomes, ['weak-answer flash x_1']);
    });

    it('judges anew in the next task', () => {
      bench.send();
      bench.weak();
      bench.send({ messages: 3, turns: 2 });
      bench.weak();
      assert.deepEqual(bench.outcomes, ['weak-answer flash x_1', 'weak-answer flash x_2']);
    });
  });

  describe('overridden', () => {
    it('[A23] is a stronger model set for what comes next, soon after an answer', async () => {
      bench.send();
      await bench.wait(5 * MINUTE_MS);
      bench.override(OPUS);
      bench.send({ messages: 3, turns: 2, reason: 'override', by: OPUS });
      assert.deepEqual(bench.outcomes, ['overridden flash x_1']);
    });

    it('is looked for in the conversation that the override is for', () => {
      bench.send({ conversation: 'c_1' });
      bench.send({ conversation: 'c_2' });
      bench.override(OPUS, 'c_1');
      bench.override(OPUS, 'c_unknown');
      assert.deepEqual(bench.outcomes, ['overridden flash x_1']);
    });

    it('is not a model of the same tier or a weaker one', () => {
      bench.send({ by: { id: 'pro', tier: 'moderate' } });
      bench.override({ id: 'other', tier: 'moderate' });
      bench.override(FLASH);
      assert.deepEqual(bench.outcomes, []);
    });

    it('is not what the user sets later, or before anything was asked', async () => {
      bench.override(OPUS);
      bench.send();
      await bench.wait(11 * MINUTE_MS);
      bench.override(OPUS);
      assert.deepEqual(bench.outcomes, []);
    });
  });

  describe('ratings', () => {
    it('[A50] count for the model that answered', () => {
      const { counted, feedback } = bench.rate('x_old', 'bad', { reason: 'wrong file' });
      assert.equal(counted, true);
      assert.deepEqual(feedback, {
        exchangeId: 'x_old',
        verdict: 'bad',
        reason: 'wrong file',
        atMs: bench.clock.now(),
      });
      assert.deepEqual(bench.outcomes, ['rated-bad flash x_old']);
      assert.deepEqual(bench.ledger.feedback('x_old'), feedback);
    });

    it('[A50] also judge a model that the user named', () => {
      bench.rate('x_old', 'good', { step: { reason: 'exact' } });
      assert.deepEqual(bench.outcomes, ['rated-good flash x_old']);
    });

    it('[A50] count once, however often they are said, and keep their reason', async () => {
      bench.rate('x_old', 'good', { reason: 'neat' });
      const [first] = bench.records;
      await bench.wait(MINUTE_MS);
      bench.rate('x_old', 'good');
      assert.deepEqual(bench.records, [first]);
      const { models } = bench.statistics.evidence(COHORT, bench.clock.now());
      assert.equal(Math.round((models['flash']?.successes ?? 0) * 100), 200);
      assert.equal(bench.ledger.feedback('x_old')?.reason, 'neat');
      assert.deepEqual(bench.outcomes, ['rated-good flash x_old']);
    });

    it('[A50] change with the user: only the last verdict counts', async () => {
      bench.rate('x_old', 'good', { reason: 'neat' });
      await bench.wait(MINUTE_MS);
      bench.rate('x_old', 'bad');
      const { models } = bench.statistics.evidence(COHORT, bench.clock.now());
      assert.deepEqual(models['flash'], { successes: 0, failures: 2 });
      assert.equal(bench.ledger.feedback('x_old')?.reason, null);
      assert.deepEqual(bench.outcomes, ['rated-bad flash x_old']);
    });

    it('[A50] are kept without counting when nobody can be judged by them', () => {
      const { counted } = bench.rate('x_old', 'good', { tier: null });
      assert.equal(counted, false);
      assert.equal(bench.rate('x_2', 'good', { step: { cohort: '' } }).counted, false);
      assert.equal(bench.ledger.feedback('x_old')?.verdict, 'good');
      assert.deepEqual(bench.outcomes, []);
    });
  });

  it('keeps a bounded number of conversations and completes those it lets go', () => {
    for (let index = 0; index < 4002; index += 1) bench.send({ conversation: `c_${index}` });
    assert.deepEqual(bench.outcomes, ['completed flash x_1', 'completed flash x_2']);
  });

  it('settles only some of what is due at each request', async () => {
    for (let index = 0; index < 40; index += 1) bench.send({ conversation: `c_${index}` });
    await bench.wait(31 * MINUTE_MS);
    bench.send({ conversation: 'c_next' });
    assert.equal(bench.outcomes.length, 16);
  });
});

describe('outcomes of earlier processes', () => {
  it('are counted a page at a time until there are no more', async () => {
    const bench = new Bench();
    for (let index = 0; index < 4500; index += 1) {
      bench.ledger.noteOutcome({ ...COMPLETED, exchangeId: `x_${index}`, atMs: bench.clock.now() });
    }
    const statistics = new SuccessStatistics();
    const nowMs = bench.clock.now();
    assert.equal(await loadOutcomes({ ledger: bench.ledger, statistics, nowMs }), 4500);
    assert.equal(statistics.evidence(COHORT, nowMs).models['flash']?.successes, 2250);
    await bench.ledger.close();
  });

  it('are not counted twice when they are noted while others are loaded', async () => {
    const bench = new Bench();
    const note = (exchangeId: string): OutcomeRecord => ({
      ...COMPLETED,
      exchangeId,
      atMs: bench.clock.now(),
    });
    for (let index = 0; index < 2500; index += 1) bench.ledger.noteOutcome(note(`x_${index}`));
    const { ledger, statistics } = bench;
    const loading = loadOutcomes({ ledger, statistics, nowMs: bench.clock.now() });
    statistics.record(note('x_new'));
    ledger.noteOutcome(note('x_new'));
    await loading;
    assert.equal(statistics.evidence(COHORT, bench.clock.now()).models['flash']?.successes, 1250.5);
    await ledger.close();
  });

  it('are left out when a wrong clock dated them far ahead, or when they are too old', async () => {
    const bench = new Bench();
    const nowMs = bench.clock.now();
    for (const [exchangeId, atMs] of [
      ['x_ahead', nowMs + 2 * 86_400_000],
      ['x_old', nowMs - 181 * 86_400_000],
      ['x_now', nowMs],
    ] as const) {
      bench.ledger.noteOutcome({ ...COMPLETED, exchangeId, atMs });
    }
    const statistics = new SuccessStatistics();
    await loadOutcomes({ ledger: bench.ledger, statistics, nowMs });
    assert.deepEqual(statistics.evidence(COHORT, nowMs).models, { flash: { successes: 0.5, failures: 0 } });
    await bench.ledger.close();
  });

  it('[A50] give the same evidence as the process that noted them had', async () => {
    const models = [FLASH, OPUS, { id: 'pro', tier: 'moderate' } as const];
    const anyAct = fc.record({
      act: fc.constantFrom(
        'send',
        'again',
        'step',
        'next',
        'weak',
        'override',
        'good',
        'bad',
        'pause' as const,
      ),
      conversation: fc.constantFrom('c_1', 'c_2'),
      by: fc.constantFrom(...models),
      waitMs: fc.integer({ min: 1, max: 12 * MINUTE_MS }),
      pick: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyAct, { minLength: 5, maxLength: 40 }), async (acts) => {
        const bench = new Bench();
        const places = new Map<string, { messages: number; turns: number }>();
        const ids: string[] = ['x_0'];
        for (const { act, conversation, by, waitMs, pick } of acts) {
          const place = places.get(conversation) ?? { messages: 1, turns: 1 };
          if (act === 'next')
            places.set(conversation, { messages: place.messages + 2, turns: place.turns + 1 });
          if (act === 'step') places.set(conversation, { ...place, messages: place.messages + 2 });
          if (act === 'override') bench.override(by);
          else if (act === 'good' || act === 'bad') bench.rate(ids[pick % ids.length] ?? '', act);
          else if (act === 'pause') await bench.wait(40 * MINUTE_MS);
          else
            ids.push(
              bench.send({ conversation, by, isToolResult: act === 'step', ...places.get(conversation) }),
            );
          if (act === 'weak') bench.weak();
          await bench.wait(waitMs);
        }
        const nowMs = bench.clock.now();
        const replayed = new SuccessStatistics();
        await loadOutcomes({ ledger: bench.ledger, statistics: replayed, nowMs });
        const [live, again] = [bench.statistics, replayed].map((one) => one.evidence(COHORT, nowMs));
        await bench.ledger.close();
        assert.deepEqual(roughly(again), roughly(live));
      }),
      { numRuns: 40 },
    );
  });
});

const COMPLETED: OutcomeRecord = {
  atMs: 0,
  exchangeId: '',
  cohort: COHORT,
  model: 'flash',
  tier: 'simple',
  kind: 'completed',
};

/** Sums in another order differ in the last digits, and a count that was taken back may leave a trace of nothing. */
function roughly(evidence: unknown): unknown {
  return JSON.parse(
    JSON.stringify(evidence, (_, value: unknown) =>
      typeof value === 'number' ? Math.round(value * 100) / 100 : value,
    ),
  );
}
