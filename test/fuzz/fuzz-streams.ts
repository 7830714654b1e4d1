// Mutated answers of providers, streamed and plain, of every dialect to clients of every dialect. Whatever comes, the
// client gets a success or an error in its own words or a destroyed connection, soon, with at most one beginning, and
// never an ending that the provider did not write.

import type { ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import { parseJsonObject } from '../../daemon/util/json.ts';
import type { HttpSocket, SocketAnswer } from '../soak/http-socket.ts';
import { wireAsk } from '../support/dialect-clients.ts';
import { CLIENT_DIALECTS } from '../support/echo-clients.ts';
import { plainAnswer, streamFrames, UPSTREAM_DIALECTS } from '../support/wire-answers.ts';
import { answerBytes, answerCase, answerSeedsOf, type AnswerCase } from './fuzz-answers.ts';
import { faultOfError, faultOfPlain, faultOfStream, readStream, type FuzzDialect } from './fuzz-oracles.ts';
import { fuzzModel, startRig, wireRequest, type Answerer, type FuzzRig } from './fuzz-rig.ts';
import type { CaseResult, Fuzzing } from './fuzz-run.ts';

const streamCase = fc.record({ client: fc.constantFrom(...CLIENT_DIALECTS), answer: answerCase });
type StreamCase = typeof streamCase extends fc.Arbitrary<infer Case> ? Case : never;

/** What must stand in the bytes of a stream for it to be whole. */
const WHOLE_STREAM: Readonly<Record<UpstreamDialectId, RegExp>> = {
  'openai-chat': /\[DONE\]|finish_reason"\s*:\s*(?!null)/,
  'openai-responses': /response\.(?:completed|incomplete|failed)/,
  'anthropic-messages': /message_stop/,
  'google-generate': /finishReason|blockReason/,
};

/**
 * Connections have models of their own, and some to change to: a model whose provider fails again and again is out for
 * a while, and what is sent to it then says nothing about the case.
 */
const LANES = 8;
const SPARES = 4;
const modelOf = (upstream: string, lane: number, spare: number): string => `${upstream}-${lane}-${spare}`;

interface Prepared {
  readonly bytes: Buffer;
  readonly given: AnswerCase;
  isSeen: boolean;
}

export async function fuzzStreams(): Promise<Fuzzing<StreamCase>> {
  const seeds = new Map(UPSTREAM_DIALECTS.map((dialect) => [dialect, answerSeedsOf(dialect)]));
  const waiting = new Map<string, Prepared>();
  const rig = await startRig(
    (origin) =>
      UPSTREAM_DIALECTS.flatMap((dialect) =>
        Array.from({ length: LANES * SPARES }, (_, index) =>
          fuzzModel(origin, modelOf(dialect, index % LANES, Math.floor(index / LANES)), dialect),
        ),
      ),
    provider(waiting),
  );
  const bytesOf = ({ answer }: StreamCase): Buffer => {
    const own = seeds.get(answer.upstream);
    return own === undefined ? Buffer.alloc(0) : answerBytes(answer, own);
  };
  const lanes = new Map<HttpSocket, Lane>();
  const shared = [...seeds.values()].reduce((sum, { sharedCount }) => sum + sharedCount, 0);
  return {
    name: 'streams',
    about: `every client dialect at every provider dialect, ${shared} recorded answers among the seeds`,
    cases: streamCase,
    run: async (given, socket) => {
      let lane = lanes.get(socket);
      if (lane === undefined) lanes.set(socket, (lane = new Lane(rig, waiting, lanes.size)));
      return await lane.run(given, bytesOf(given), socket);
    },
    describe: (given) => ({
      path: `an answer of ${given.answer.upstream} to ${given.client}`,
      body: bytesOf(given),
    }),
    rig,
  };
}

let lastCase = 0;

/** One connection with its models. */
class Lane {
  readonly #rig: FuzzRig;
  readonly #waiting: Map<string, Prepared>;
  readonly #number: number;
  readonly #spares = new Map<UpstreamDialectId, number>();

  constructor(rig: FuzzRig, waiting: Map<string, Prepared>, number: number) {
    this.#rig = rig;
    this.#waiting = waiting;
    this.#number = number % LANES;
  }

  async run(given: StreamCase, bytes: Buffer, socket: HttpSocket): Promise<CaseResult> {
    const { upstream } = given.answer;
    for (let attempt = 0; ; attempt += 1) {
      const id = `case-${++lastCase}`;
      const prepared: Prepared = { bytes, given: given.answer, isSeen: false };
      this.#waiting.set(id, prepared);
      const answer = await this.#send(given, id, socket);
      this.#waiting.delete(id);
      if (!prepared.isSeen && attempt < SPARES) {
        this.#rig.books.saw(answer.exchangeId, 'error', answer.body);
        this.#spares.set(upstream, ((this.#spares.get(upstream) ?? 0) + 1) % SPARES);
        continue;
      }
      const result = this.#judge(given, prepared, answer);
      // A success in between, so that no three failures come in a row.
      if (result.kind !== 'complete') await this.#send(given, 'good', socket);
      return result;
    }
  }

  async #send({ client, answer }: StreamCase, id: string, socket: HttpSocket): Promise<SocketAnswer> {
    const model = `exact/${modelOf(answer.upstream, this.#number, this.#spares.get(answer.upstream) ?? 0)}`;
    const ask = { text: `Say it. [[${id}]]`, hasTools: true };
    const { path, body } = wireAsk(
      client,
      client === 'google-generate' ? encodeURIComponent(model) : model,
      ask,
      answer.isStream,
    );
    const sent = await socket.send(
      wireRequest({
        port: this.#rig.port,
        token: this.#rig.daemon.token,
        path,
        body: Buffer.from(JSON.stringify(body)),
      }),
      { patienceMs: 10_000 },
    );
    if (id === 'good')
      this.#rig.books.saw(sent.exchangeId, sent.status === 200 ? 'complete' : 'error', sent.body);
    return sent;
  }

  #judge(given: StreamCase, { bytes, isSeen }: Prepared, answer: SocketAnswer): CaseResult {
    const { tookMs } = answer;
    const text = answer.body.toString();
    const { client } = given;
    const seen = readStream(client, text);
    const end = answer.isComplete ? (answer.status === 200 ? 'complete' : 'error') : 'torn';
    // A failure that the provider told in its stream is passed on as it is, and no success in the books.
    const isUnclear = answer.status === 0 || (end === 'complete' && seen.hasError);
    this.#rig.books.saw(answer.exchangeId, isUnclear ? 'aborted' : end, answer.body);
    const kind = isSeen ? end : 'not tried';
    return { tookMs, kind, fault: isSeen ? faultOf(given, bytes, answer, text) : undefined };
  }
}

function faultOf(
  { client, answer: { upstream, isStream } }: StreamCase,
  bytes: Buffer,
  answer: SocketAnswer,
  text: string,
): string | undefined {
  const { status } = answer;
  // The first bytes and the end of an answer that breaks at once may share a turn; the client sees the end only.
  if (status === 0) return undefined;
  if (status !== 200)
    return answer.isComplete ? faultOfError(client, answer) : `an error of status ${status} that is cut off`;
  const upstreamText = bytes.toString();
  const whole = WHOLE_STREAM[upstream];
  const isPlainAnswer = parseJsonObject(upstreamText) !== undefined; // whole as a document, whatever it says
  if (answer.isComplete && !isPlainAnswer && !whole.test(upstreamText))
    return 'a torn answer is told to be complete';
  if (!isStream) return answer.isComplete ? faultOfPlain(text) : undefined;
  if (client === upstream) return faultOfPassed(client, bytes, answer.body);
  if (answer.isComplete) return faultOfStream(client, text);
  const seen = readStream(client, text);
  if (seen.starts > 1) return `${seen.starts} beginnings in a torn stream`;
  const isEnded = seen.ends > 0 || seen.isDone;
  return isEnded && !whole.test(upstreamText) ? 'an ending of our own on a torn stream' : undefined;
}

const BEGINNINGS: Partial<Record<FuzzDialect, readonly [begins: RegExp, ends: RegExp]>> = {
  'anthropic-messages': [/^event: message_start$/m, /^event: message_stop$/m],
  'openai-responses': [/^event: response\.created$/m, /^event: response\.(?:completed|incomplete|failed)$/m],
};

/**
 * Between equal dialects what the provider wrote passes unchanged, its oddities included: nothing is added, and nothing
 * is taken out but a beginning that it told twice, and in a chat stream the usage that we asked for.
 */
function faultOfPassed(client: FuzzDialect, bytes: Buffer, passed: Buffer): string | undefined {
  const text = passed.toString('latin1');
  const seen = readStream(client, text);
  const sent = readStream(client, bytes.toString('latin1'));
  if (seen.ends > sent.ends) return 'an ending of our own in a passed stream';
  if (client === 'openai-chat') return undefined;
  const events = bytes.toString('latin1').split(EVENT_END);
  let at = -1;
  for (const event of text.split(EVENT_END)) {
    if (event === '') continue;
    at = events.indexOf(event, at + 1);
    if (at < 0) return `a passed stream was changed: ${event.slice(0, 200)}`;
  }
  const [begins = /$^/, ends = /$^/] = BEGINNINGS[client] ?? [];
  const untilEnd = text.split(ends)[0] ?? '';
  const beginnings = untilEnd.split(EVENT_END).filter((event) => begins.test(event)).length;
  return beginnings > 1 ? 'two beginnings in a passed stream' : undefined;
}

const EVENT_END = /\r\n\r\n|\n\n|\r\r/;

function provider(waiting: ReadonlyMap<string, Prepared>): Answerer {
  return ({ path, body }, response) => {
    const id = /\[\[(case-\d+|good)\]\]/.exec(body.toString('latin1'))?.[1] ?? 'good';
    const isStream = body.includes('"stream":true') || path.includes(':streamGenerateContent');
    const prepared = waiting.get(id);
    if (prepared === undefined) {
      const upstream = upstreamAt(path);
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
      const good = { text: 'All is well.' };
      response.end(
        isStream ? streamFrames(upstream, good).join('') : JSON.stringify(plainAnswer(upstream, good)),
      );
      return;
    }
    prepared.isSeen = true;
    void handOver(response, prepared).catch(() => response.destroy());
  };
}

function upstreamAt(path: string): UpstreamDialectId {
  if (path.includes('/messages')) return 'anthropic-messages';
  if (path.includes('/responses')) return 'openai-responses';
  return path.includes('/chat/') ? 'openai-chat' : 'google-generate';
}

/** In the pieces and to the end that the case says. */
async function handOver(response: ServerResponse, { bytes, given }: Prepared): Promise<void> {
  const isStream = given.isStream !== given.isOther;
  const usual = isStream ? 'text/event-stream' : 'application/json';
  response.writeHead(200, { 'content-type': given.contentType === '' ? usual : given.contentType });
  const cuts = given.cuts.map((cut) => Math.floor(cut * bytes.length)).toSorted((a, b) => a - b);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    if (to > from) response.write(bytes.subarray(from, to));
    from = to;
    if (cuts.length > 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (given.end === 'end') response.end();
  else if (given.end === 'fin') response.socket?.end();
  else setTimeout(() => response.socket?.resetAndDestroy(), 3); // what was written should arrive
}
