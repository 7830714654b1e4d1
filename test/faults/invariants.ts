// The one checker of the fault matrix: what must hold in every cell, whatever the fault (I1-I8 of the specification).
// Each violation is a sentence that begins with the number of its invariant.

import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { parseJsonObject, stringOf } from '../../daemon/util/json.ts';
import { TEXT_ANSWER } from '../support/chaos-upstream.ts';
import { readError } from '../support/read-error.ts';
import { type FaultRow, forDialect } from './fault-table.ts';
import { tokens } from './invariant-books.ts';
import { namesOf, PROMPT_MARKER } from './cell-setup.ts';
import { type CellRun, type RowRun, SECOND_TEXT, type Secrets } from './run-row.ts';
import { type ReadAnswer, readAnswer, type Received } from './wire-client.ts';

/** How soon our side must hang up; the exact bound (50 ms) only holds on a machine that does nothing else. */
const ABORT_MS = process.env['FAULTS_FULL'] === '1' ? 50 : 1_500;

export function violationsOf(run: CellRun, secrets: Secrets): readonly string[] {
  const found: string[] = [];
  for (const check of [rows, ends, tokens, aborts, oneModel, seals, errors, answersSecrets, remembered]) {
    try {
      found.push(...check(run, secrets));
    } catch (error) {
      found.push(`${check.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return found;
}

/** I8, as far as files go. */
export function leaks({ files, secrets }: RowRun): readonly string[] {
  const canaries = { ...secrets, 'prompt marker': PROMPT_MARKER };
  return [...files].flatMap(([file, text]) =>
    Object.entries(canaries).flatMap(([name, canary]) =>
      text.includes(canary) ? [`I8: the ${name} stands in ${file}`] : [],
    ),
  );
}

// ---- I1: one final row per request, one attempt row per attempt ----

function rows({ cell, received, records, firstBills, secondBills, ...run }: CellRun): string[] {
  const found: string[] = [];
  if (records.length !== received.length) {
    found.push(`I1: ${records.length} rows for ${received.length} requests`);
  }
  const attempts = records.flatMap((record) => record.attempts);
  const [first, second] = namesOf(cell);
  const booked = (model: string): number => attempts.filter((attempt) => attempt.model === model).length;
  if (cell.row.place === undefined && booked(first) !== firstBills.length) {
    found.push(
      `I1: ${booked(first)} attempts at the first model in the books, ${firstBills.length} seen there`,
    );
  }
  if (booked(second) !== secondBills.length) {
    found.push(`I1: ${booked(second)} attempts at the second model in the books, ${secondBills.length} seen`);
  }
  const atFirst = records[0]?.attempts.filter((attempt) => attempt.model === first).length ?? 0;
  const wanted = attemptsWanted({ cell, received, records, firstBills, secondBills, ...run });
  if (atFirst !== wanted) found.push(`the first model was tried ${atFirst} times instead of ${wanted}`);
  for (const [index, record] of records.entries()) {
    const told = received[index]?.headers['x-pointsman-attempts'];
    if (received[index]?.statusCode === 200 && told !== String(record.attempts.length)) {
      found.push(`I1: the answer tells of ${told} attempts, the row of ${record.attempts.length}`);
    }
  }
  return found;
}

function attemptsWanted({ cell }: CellRun): number {
  const { expected } = cell.row;
  if (expected.outcome !== 'failed' || cell.chain === 'followed') return 1;
  return forDialect(expected.alone.attempts ?? 1, cell.first);
}

// ---- I2: what is torn is never told as complete, and what is complete is ----

function ends(run: CellRun): string[] {
  return run.received.flatMap((received, index) => {
    const record = run.records[index];
    if (record === undefined) return [];
    const wanted = wantedEnd(run, index);
    return [...clientEnd(run, received, wanted), ...bookedEnd(run, record, wanted)];
  });
}

type End = 'ok' | 'torn' | 'error';

function wantedEnd({ cell }: CellRun, _index: number): End {
  switch (cell.row.expected.outcome) {
    case 'served':
      return 'ok';
    case 'torn':
      return 'torn';
    case 'failed':
      return cell.chain === 'followed' ? 'ok' : 'error';
    default:
      return 'error';
  }
}

function clientEnd({ cell }: CellRun, received: Received, wanted: End): string[] {
  const { statusCode, isComplete, body } = received;
  if (wanted === 'error') {
    if (statusCode === 200) return ['I2: an answer where there is none'];
    return isComplete ? [] : ['I6: the error is torn'];
  }
  if (statusCode !== 200) return [`I6: ${statusCode} instead of an answer: ${body.slice(0, 200)}`];
  const read = readAnswer(cell.client, cell.shape, body);
  const found: string[] = [];
  if (read.starts !== 1) found.push(`I5: the answer begins ${read.starts} times`);
  if (wanted === 'ok') {
    if (!isComplete) found.push('I2: a complete answer was torn');
    if (!read.isTerminated) found.push('I2: a complete answer does not say so');
    return found;
  }
  if (isComplete) found.push('I2: the torn answer ends like a complete one');
  if (read.isTerminated) found.push('I2: the torn answer says that it is complete');
  if (!body.endsWith('\n')) found.push('I2: half an event was sent');
  return found;
}

function bookedEnd({ cell }: CellRun, record: ExchangeRecord, wanted: End): string[] {
  const { expected } = cell.row;
  const last = record.attempts.at(-1);
  const [first, second] = namesOf(cell);
  const told = `${record.status} (${record.errorType})`;
  if (wanted === 'ok') {
    const answeredBy = expected.outcome === 'served' ? first : second;
    if (record.status !== 'ok' || last?.status !== 'ok')
      return [`I2: a complete answer is booked as ${told}`];
    return record.responseModel === answeredBy ? [] : [`${record.responseModel} answered`];
  }
  if (record.status !== 'error') return [`I2: a failure is booked as ${told}`];
  if (wanted === 'torn') {
    const isRight = record.errorType === 'upstream.stream_interrupted' && last?.status === 'failed';
    return isRight ? [] : [`I2: a torn answer is booked as ${told}, its attempt as ${last?.status}`];
  }
  return [];
}

// ---- I4: what is not wanted any more is stopped at once ----

/** A provider that had not ended by itself was hung up on no later than the client had its answer. */
function aborts({ cell, firstBills, records }: CellRun): string[] {
  const [first] = namesOf(cell);
  const attempts = records.flatMap((record) => record.attempts.filter(({ model }) => model === first));
  return firstBills.flatMap(({ hungUpAtMs, receivedAtMs }, index) => {
    const attempt = attempts[index];
    if (hungUpAtMs === null || attempt === undefined) return [];
    const lateMs = hungUpAtMs - receivedAtMs - attempt.durationMs;
    return lateMs > ABORT_MS ? [`I4: the provider was stopped ${Math.round(lateMs)} ms too late`] : [];
  });
}

// ---- I5: one answer is of one model ----

function oneModel({ cell, received, secondBills }: CellRun): string[] {
  const { expected } = cell.row;
  const found: string[] = [];
  const isFollowed = cell.chain === 'followed' && expected.outcome === 'failed';
  if (!isFollowed && secondBills.length > 0) found.push('I5: the second model was asked for nothing');
  for (const { statusCode, body } of received) {
    if (statusCode !== 200) continue;
    const read = readAnswer(cell.client, cell.shape, body);
    found.push(...(isFollowed ? whole(read, SECOND_TEXT) : ofFirst(read, cell.row)));
  }
  return found;
}

function ofFirst(read: ReadAnswer, { expected, says = TEXT_ANSWER }: FaultRow): string[] {
  const said = says.text ?? '';
  if (expected.outcome === 'torn') {
    const isBeginning = read.text !== '' && said.startsWith(read.text);
    return isBeginning ? [] : [`I5: not the beginning of what was said: ${read.text.slice(0, 80)}`];
  }
  const city = stringOf(says.calls?.[0]?.args['city']) ?? '';
  const lacksCall = !read.callText.includes(city);
  return [...whole(read, said), ...(lacksCall ? [`the call is not whole: ${read.callText}`] : [])];
}

function whole(read: ReadAnswer, said: string): string[] {
  return read.text === said ? [] : [`I5: not what one model said: ${read.text.slice(0, 80)}`];
}

/** F47: what one vendor signed is nothing to another, unless the client itself speaks with both in that format. */
function seals({ cell, secondBills }: CellRun): string[] {
  if (cell.client === cell.second) return [];
  return secondBills.flatMap(({ body }) =>
    SEALS.flatMap((seal) =>
      JSON.stringify(body).includes(seal) ? [`F47: the second model was sent another's seal, ${seal}`] : [],
    ),
  );
}

/** As test/support/wire-answers.ts signs. */
const SEALS = ['EqQBCgIYAhIM', 'gAAA1', 'CpQBAdHtim'];

// ---- I6: errors are the client's own ----

function errors(run: CellRun): string[] {
  return run.received.flatMap((received, index) =>
    received.statusCode === 200 ? [] : [...shapeOf(run, received), ...statusOf(run, received, index)],
  );
}

function shapeOf({ cell }: CellRun, { headers, body }: Received): string[] {
  const found: string[] = [];
  const { message } = readError(cell.client, parseJsonObject(body));
  if (/<html|<!doctype|<body/i.test(body)) found.push(`I6: a page in the error: ${message}`);
  if (/\n\s+at |\.[cjt]s:\d+/.test(message)) found.push(`I6: a stack in the error: ${message}`);
  if (message.trim() === '') found.push('I6: an error without words');
  if (headers['content-type'] !== 'application/json') found.push(`I6: ${headers['content-type']}`);
  if (headers['x-should-retry'] !== 'false') found.push('I6: the client is not told to leave it be');
  if (headers['x-pointsman-exchange-id'] === undefined) found.push('I6: the exchange is not named');
  return found;
}

function statusOf({ cell }: CellRun, { statusCode, headers, body }: Received, index: number): string[] {
  const { expected } = cell.row;
  if (index > 0) return [];
  if (expected.outcome === 'refused') {
    return statusCode === expected.statusCode ? [] : [`I6: ${statusCode} instead of ${expected.statusCode}`];
  }
  if (expected.outcome !== 'failed') return [];
  const { alone } = expected;
  const wanted = forDialect(alone.statusCode, cell.first);
  const found =
    statusCode === wanted ? [] : [`I6: ${statusCode} instead of ${wanted}: ${body.slice(0, 200)}`];
  const told = headers['retry-after'];
  const [atLeast, atMost] = alone.retryAfterS ?? [];
  const isRight =
    atLeast === undefined || atMost === undefined
      ? told === undefined
      : told !== undefined && Number(told) >= atLeast && Number(told) <= atMost;
  return isRight ? found : [...found, `I6: retry-after ${told}`];
}

// ---- I8: nothing that is secret ----

function answersSecrets({ received }: CellRun, secrets: Secrets): string[] {
  return received.flatMap(({ headers, body }) =>
    Object.entries(secrets).flatMap(([name, secret]) =>
      `${JSON.stringify(headers)}${body}`.includes(secret) ? [`I8: the ${name} stands in an answer`] : [],
    ),
  );
}

// ---- what is remembered for the next request ----

function remembered({ cell, received, firstBills, firstBillsAtOnce }: CellRun): string[] {
  const { expected } = cell.row;
  const [, again] = received;
  if (expected.outcome !== 'failed' || again === undefined) return [];
  const later = firstBills.length - firstBillsAtOnce;
  if ((expected.afterwards ?? 'asked') === 'asked') {
    const isAsked = later > 0 || cell.row.place !== undefined;
    return isAsked ? [] : ['the first model is not asked again'];
  }
  const found = later === 0 ? [] : ['B6: the first model is asked again at once'];
  if (cell.chain === 'followed') return found;
  const { statusCode, headers } = again;
  const isForGood = expected.afterwards === 'left-for-good';
  if (statusCode !== (isForGood ? 502 : 503))
    found.push(`a chain that is known to be down is answered with ${statusCode}`);
  if (Number(headers['retry-after']) > 0 === isForGood)
    found.push('a chain that is known to be down tells a wrong time');
  return found;
}
