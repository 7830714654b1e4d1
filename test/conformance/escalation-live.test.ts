// Planted weak answers and good ones through the whole daemon: the first model gives them, and what the client reads, what
// the record says and what the books hold is judged. One table: per kind how many were planted, caught and escalated,
// and how many good answers were taken for it.

import assert from 'node:assert/strict';

import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { loadParsers } from '../../daemon/verify/parsers.ts';
import {
  json,
  type SeenRequest,
  sse,
  startFakeUpstream,
  type FakeUpstream,
} from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { goodAnswers, plantedAnswers, type WrittenAnswer } from './answer-check/corpus.ts';
import {
  askBody,
  canAnswer,
  canAsk,
  INPUT_TOKENS,
  LIVE_DIALECTS,
  OUTPUT_TOKENS,
  plainAnswer,
  readSaid,
  type LiveAsk,
  type LiveDialect,
  type Said,
  saidAsWritten,
  streamFrames,
  WIRE_PATHS,
} from './answer-check/live-answers.ts';

const CONCURRENT = 8;

/** Who answers first is the user's own list, which leaves escalation free; nothing hangs on how an ask is graded. */
const STARTS = [
  { profile: 'budget', model: 'small', dialect: 'openai-chat' },
  { profile: 'balanced', model: 'medium', dialect: 'anthropic-messages' },
] as const;
type Start = (typeof STARTS)[number];

/** US dollars per million tokens, of input and of output. */
const PRICES = { small: [0.1, 0.5], medium: [1, 5], large: [4, 20] } as const;

const costUsdAt = ([input, output]: readonly [number, number]): number =>
  (INPUT_TOKENS * input + OUTPUT_TOKENS * output) / 1e6;
const COSTS_USD: ReadonlyMap<string, number> = new Map(
  Object.entries(PRICES).map(([model, prices]) => [model, costUsdAt(prices)]),
);

interface LiveCase {
  readonly name: string;
  readonly answer: WrittenAnswer;
  readonly client: LiveDialect;
  readonly start: Start;
}

interface Outcome {
  readonly live: LiveCase;
  readonly status: number;
  readonly headers: Headers;
  readonly said: Said | null;
}

interface Row {
  planted: number;
  caught: number;
  good: number;
  falseAlarms: number;
}

const LIST_FILES = {
  kind: 'function',
  name: 'list_files',
  parameters: { type: 'object', properties: {} },
  raw: null,
} as const;

/** What a stronger model says instead: nothing that could be distrusted. */
function goodInstead({ kind, taskType, ask, format, calls, tools }: WrittenAnswer): WrittenAnswer {
  const fixed = { kind: null, taskType, ask, text: '' };
  if (format?.kind === 'json-schema') return { ...fixed, text: '{"name": "Grace", "age": 45}' };
  if (format?.kind === 'json-object' || /\bJSON\b/.test(ask)) return { ...fixed, text: '{"answer": 42}' };
  if (calls !== undefined && tools !== undefined && kind === 'malformed-tool-call') {
    return { ...fixed, calls: [{ name: 'get_weather', input: '{"city": "Lisbon"}' }], tools };
  }
  if (/only the Python code/.test(ask)) return { ...fixed, text: 'answer = 42' };
  return { ...fixed, text: 'It is 42, as the numbers above show.' };
}

/** Each answer for a client of each dialect; both models begin, each as often in either dialect. */
function casesOf(answers: readonly WrittenAnswer[], prefix: string): readonly LiveCase[] {
  return answers.flatMap((answer, index) =>
    LIVE_DIALECTS.flatMap((client, turn): LiveCase[] => {
      if (!canAsk(client, answer)) return [];
      const [chat] = STARTS;
      const next = STARTS[(index + turn) % STARTS.length] ?? chat;
      const start = canAnswer(next.dialect, answer) ? next : chat;
      return [{ name: `live-${prefix}-${index}-${turn}`, answer, client, start }];
    }),
  );
}

interface Rig {
  readonly upstream: FakeUpstream;
  readonly daemon: TestDaemon;
  readonly stop: () => Promise<void>;
}

function priced(model: keyof typeof PRICES) {
  const [inputUsdPerMtok, outputUsdPerMtok] = PRICES[model];
  return { inputUsdPerMtok, outputUsdPerMtok };
}

async function startRig(cases: readonly LiveCase[]): Promise<Rig> {
  const upstream = await startFakeUpstream();
  const byName = new Map(cases.map((live) => [live.name, live]));
  upstream.always((context) => {
    const { request } = context;
    const live = byName.get(/live-\w+-\d+-\d+/.exec(request.body.toString())?.[0] ?? '');
    assert.ok(live !== undefined, 'the system prompt names the case');
    const isFirst = request.model === `up-${live.start.model}`;
    const answer = isFirst ? live.answer : goodInstead(live.answer);
    const dialect = dialectOf(request);
    const isStreamed = request.json?.['stream'] === true;
    const verb = isStreamed ? sse(streamFrames(dialect, answer)) : json(plainAnswer(dialect, answer));
    return verb(context);
  });
  const { baseUrl } = upstream;
  const list = (model: string) => ({ default: { simple: [model], moderate: [model], complex: [model] } });
  const daemon = await runDaemon({
    config: configFor(
      [
        { id: 'small', baseUrl, tier: 'simple', ...priced('small') },
        { id: 'medium', baseUrl, tier: 'moderate', dialect: 'anthropic-messages', ...priced('medium') },
        { id: 'large', baseUrl, tier: 'complex', ...priced('large') },
      ],
      { profiles: { budget: list('small'), balanced: list('medium') } },
    ),
  });
  return {
    upstream,
    daemon,
    stop: async () => {
      await daemon.stop();
      await upstream.close();
    },
  };
}

const dialectOf = ({ path }: SeenRequest): LiveDialect =>
  path.endsWith('/messages') ? 'anthropic-messages' : 'openai-chat';

function send({ daemon }: Rig, live: LiveCase, more: Partial<LiveAsk> = {}): Promise<Response> {
  const { client, answer, name, start } = live;
  const body = askBody({
    dialect: client,
    answer,
    system: `You are a helpful assistant (${name}).`,
    ...more,
  });
  return daemon.post(WIRE_PATHS[client], body, {
    'x-pointsman-profile': start.profile,
    'x-session-id': name,
    ...(client === 'openai-chat' ? {} : { 'anthropic-version': '2023-06-01' }),
  });
}

async function outcomeOf(rig: Rig, live: LiveCase): Promise<Outcome> {
  const response = await send(rig, live);
  const body = await response.text();
  const said = response.ok ? readSaid(live.client, body) : null;
  return { live, status: response.status, headers: response.headers, said };
}

/** Some at a time, results in the order of the cases. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
  return results;
}

const isSame = (said: Said | null, answer: WrittenAnswer): boolean => {
  try {
    assert.deepEqual(said, saidAsWritten(answer));
    return true;
  } catch {
    return false;
  }
};

describe('weak answers in the running daemon', function () {
  this.timeout(60_000);
  const cases = [...casesOf(plantedAnswers(), 'planted'), ...casesOf(goodAnswers(), 'good')];
  const planted: Outcome[] = [];
  const good: Outcome[] = [];
  let records = new Map<string, ExchangeRecord>();

  before(async () => {
    await loadParsers();
    const rig = await startRig(cases);
    try {
      const outcomes = await inTurns(cases, (live) => outcomeOf(rig, live));
      planted.push(...outcomes.filter(({ live }) => live.answer.kind !== null));
      good.push(...outcomes.filter(({ live }) => live.answer.kind === null));
      const all = await rig.daemon.waitForExchanges(cases.length);
      records = new Map(all.map((record) => [record.exchangeId, record]));
    } finally {
      await rig.stop();
    }
  });

  const recordOf = ({ headers }: Outcome): ExchangeRecord => {
    const record = records.get(headers.get('x-pointsman-exchange-id') ?? '');
    assert.ok(record !== undefined, 'every exchange has a record');
    return record;
  };
  const attemptsOf = (outcome: Outcome) =>
    recordOf(outcome).attempts.map(({ model, status, errorType }) => [model, status, errorType] as const);

  /** The client reads the stronger model's answer, and both the labels and the record say so. */
  function isCaught(outcome: Outcome): boolean {
    const { live, headers, said } = outcome;
    const [weak, strong, ...more] = attemptsOf(outcome);
    return (
      isSame(said, goodInstead(live.answer)) &&
      headers.get('x-pointsman-reason') === 'escalated' &&
      headers.get('x-pointsman-attempts') === '2' &&
      headers.get('x-pointsman-model') === strong?.[0] &&
      recordOf(outcome).reason === 'escalated' &&
      weak?.join() === [live.start.model, 'failed', 'weak-answer'].join() &&
      strong?.[1] === 'ok' &&
      more.length === 0
    );
  }

  const isAlarm = (outcome: Outcome): boolean =>
    attemptsOf(outcome).length > 1 || recordOf(outcome).reason === 'escalated';

  function table(): readonly (readonly [string, Row])[] {
    const rows = new Map<string, Row>();
    const rowOf = (kind: string): Row => {
      const row = rows.get(kind) ?? { planted: 0, caught: 0, good: 0, falseAlarms: 0 };
      rows.set(kind, row);
      return row;
    };
    for (const outcome of planted) {
      const row = rowOf(outcome.live.answer.kind ?? '');
      row.planted += 1;
      if (isCaught(outcome)) row.caught += 1;
    }
    for (const outcome of good) {
      const row = rowOf(`(good ${outcome.live.answer.taskType})`);
      row.good += 1;
      if (isAlarm(outcome)) row.falseAlarms += 1;
    }
    return [...rows];
  }

  after(() => {
    const rows = table();
    const sum = (field: keyof Row): number => rows.reduce((total, [, row]) => total + row[field], 0);
    const share = (part: number, whole: number): string => `${((part / whole) * 100).toFixed(1)} %`;
    const line = (name: string, cells: readonly (string | number)[]): string =>
      [name.padEnd(22), ...cells].join('\t');
    console.log(line('live: kind', ['planted', 'caught', 'good', 'false alarms']));
    for (const [kind, row] of rows)
      console.log(line(kind, [row.planted, row.caught, row.good, row.falseAlarms]));
    const caughtShare = share(sum('caught'), sum('planted'));
    const alarmShare = share(sum('falseAlarms'), sum('good'));
    console.log(line('total', [sum('planted'), sum('caught'), sum('good'), sum('falseAlarms')]));
    console.log(`caught ${caughtShare}, false alarms ${alarmShare}`);
    for (const outcome of planted) if (!isCaught(outcome)) console.log(lineOf('missed', outcome));
    for (const outcome of good) if (isAlarm(outcome)) console.log(lineOf('false alarm', outcome));
  });

  function lineOf(what: string, outcome: Outcome): string {
    const { live, status, said } = outcome;
    const { answer, client, start } = live;
    const held = recordOf(outcome);
    return [
      `${what} ${answer.kind ?? ''} (${client}, ${start.model}, ${status}, ${held.task})`,
      answer.ask.slice(0, 60),
      JSON.stringify(said).slice(0, 80),
      JSON.stringify(attemptsOf(outcome)),
    ].join(' | ');
  }

  it('answers at least 95 % of the planted weak answers with a stronger model [A29] [C9]', () => {
    const caught = planted.filter(isCaught).length;
    assert.ok(planted.length >= 300, `${planted.length} planted`);
    assert.ok(caught / planted.length >= 0.95, `${caught} of ${planted.length}`);
  });

  it('asks a stronger model for at most 2 % of the good answers [C9]', () => {
    const alarms = good.filter(isAlarm).length;
    assert.ok(good.length >= 250, `${good.length} good`);
    assert.ok(alarms / good.length <= 0.02, `${alarms} of ${good.length}`);
  });

  it('hands out every other good answer as the first model wrote it', () => {
    const changed = good.filter(
      (outcome) =>
        !isAlarm(outcome) &&
        !(
          isSame(outcome.said, outcome.live.answer) &&
          recordOf(outcome).responseModel === outcome.live.start.model
        ),
    );
    assert.deepEqual(
      changed.map((outcome) => lineOf('changed', outcome)),
      [],
    );
  });

  it('books the answers that nobody saw: the attempts add up to what the exchange cost', () => {
    for (const outcome of [...planted, ...good]) {
      const record = recordOf(outcome);
      const costs = record.attempts.map(({ costUsd }) => costUsd ?? 0);
      const sumUsd = costs.reduce((total, costUsd) => total + costUsd, record.classifierCostUsd);
      assert.ok(Math.abs((record.costUsd ?? -1) - sumUsd) < 1e-12, lineOf('cost', outcome));
      for (const { model, costUsd } of record.attempts) {
        assert.ok(
          Math.abs((costUsd ?? 0) - (COSTS_USD.get(model) ?? -1)) < 1e-12,
          lineOf('attempt', outcome),
        );
      }
      const failedUsd = costs.slice(0, -1).reduce((total, costUsd) => total + costUsd, 0);
      assert.ok(Math.abs(record.failedAttemptsCostUsd - failedUsd) < 1e-12, lineOf('failed cost', outcome));
    }
  });

  it('has cases of both dialects at both models, on either side', () => {
    const pairs = new Set(cases.map(({ client, start }) => `${client} ${start.dialect}`));
    assert.equal(pairs.size, 4);
  });
});

/** Of each kind one that both dialects can hold, with a tool that lets the task go on. */
function streamedCases(): readonly LiveCase[] {
  const byKind = new Map<string, WrittenAnswer>();
  for (const answer of plantedAnswers()) {
    const fits = LIVE_DIALECTS.every((dialect) => canAsk(dialect, answer) && canAnswer(dialect, answer));
    if (fits && answer.kind !== null && !byKind.has(answer.kind)) byKind.set(answer.kind, answer);
  }
  return [...byKind.values()].flatMap((answer, index) =>
    LIVE_DIALECTS.flatMap((client, turn) =>
      STARTS.map((start, place) => ({
        name: `live-streamed-${index}-${turn * STARTS.length + place}`,
        answer: { ...answer, tools: answer.tools ?? [LIST_FILES] },
        client,
        start,
      })),
    ),
  );
}

describe('weak answers in streams of the running daemon', function () {
  this.timeout(60_000);
  const cases = streamedCases();
  let rig: Rig;

  before(async () => {
    await loadParsers();
    rig = await startRig(cases);
  });
  after(() => rig.stop());

  async function streamed(live: LiveCase, more: Partial<LiveAsk> = {}) {
    const response = await send(rig, live, { isStreamed: true, ...more });
    const said = readSaid(live.client, await response.text());
    const exchangeId = response.headers.get('x-pointsman-exchange-id') ?? '';
    return { said, record: await finished(exchangeId) };
  }

  /** The record is written when the stream is through, a moment after the client has read its end. */
  async function finished(exchangeId: string): Promise<ExchangeRecord> {
    for (;;) {
      const record = await rig.daemon.exchange(exchangeId);
      if (record.exchangeId === exchangeId) return record;
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
    }
  }

  it('has a case of every kind', () => {
    const kinds = new Set(plantedAnswers().map(({ kind }) => kind));
    assert.deepEqual(new Set(cases.map(({ answer }) => answer.kind)), kinds);
  });

  for (const live of cases) {
    const { answer, client, start } = live;
    const title = `${answer.kind}, ${client} client, ${start.model} first`;
    it(`hands out what the first model writes, and lifts the rest of the task: ${title} [A29]`, async () => {
      const first = await streamed(live);
      assert.deepEqual(wordsOf(first.said), wordsOf(saidAsWritten(answer)));
      assert.deepEqual(
        first.record.attempts.map(({ model, status }) => [model, status]),
        [[start.model, 'ok']],
      );
      assert.ok(first.record.warnings.some((warning) => warning.startsWith(`${start.model} `)));

      const goesOn = start.model === 'small' ? { goesOnAfter: 'list_files' } : {}; // else the same turn again
      const next = await streamed(live, goesOn);
      assert.equal(next.record.reason, 'escalated');
      assert.notEqual(next.record.responseModel, start.model);
      assert.deepEqual(wordsOf(next.said), wordsOf(saidAsWritten(goodInstead(answer))));
    });
  }

  it('does not wait for the end of a stream to judge it: the client reads while the model still writes', async () => {
    const live = cases.find(({ answer }) => answer.kind === 'looping');
    assert.ok(live !== undefined);
    const other = { ...live, name: 'live-streamed-999-0' };
    const frames = streamFrames(live.start.dialect, live.answer);
    let goOn = (): void => {};
    const clientHasRead = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    rig.upstream.forModel(`up-${live.start.model}`, async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frames.slice(0, 5).join(''));
      await clientHasRead;
      response.end(frames.slice(5).join(''));
    });
    const response = await send(rig, other, { isStreamed: true });
    const decoder = new TextDecoder();
    let read = '';
    assert.ok(response.body !== null);
    for await (const bytes of response.body) {
      read += decoder.decode(bytes, { stream: true });
      if (readSaid(live.client, read).text !== '') goOn();
    }
    assert.deepEqual(wordsOf(readSaid(live.client, read)), wordsOf(saidAsWritten(live.answer)));
  });
});

/** A refusal is text in one dialect and a member of its own in the other. */
function wordsOf({ text, refusal, calls }: Said): { readonly text: string; readonly calls: Said['calls'] } {
  return { text: text === '' ? refusal : text, calls };
}
