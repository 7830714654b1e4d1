// Mutated bodies of one client dialect, sent to the daemon over real HTTP; a provider of every dialect stands behind it.
// Each is refused with 4xx in the client's own words or answered; what goes on to the provider is JSON and names a model
// of ours; the scan of the bytes and JSON.parse agree on what they are.

import * as fc from 'fast-check';
import { RouterError } from '../../daemon/errors.ts';
import { parseJsonObject } from '../../daemon/util/json.ts';
import { parseRequestBody, valueAt } from '../../daemon/util/json-scan.ts';
import {
  errorBody,
  plainAnswer,
  streamFrames,
  UPSTREAM_DIALECTS,
  type Answer,
} from '../support/wire-answers.ts';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import type { HttpSocket, SocketAnswer } from '../soak/http-socket.ts';
import type { SeenEnd } from '../soak/soak-books.ts';
import { editedBytes, editedText, edits, type Edits } from './fuzz-edits.ts';
import { faultOfError, faultOfPlain, faultOfStream, readStream, type FuzzDialect } from './fuzz-oracles.ts';
import { fuzzModel, startRig, wireRequest, type Answerer, type FuzzRig } from './fuzz-rig.ts';
import type { Fuzzing } from './fuzz-run.ts';
import { seedsOf, type Seed } from './fuzz-seeds.ts';

export interface RequestCase {
  readonly seed: number;
  readonly edits: Edits;
}

const MODELS: readonly string[] = [...UPSTREAM_DIALECTS, 'coder', 'vectors'];

const TEXT: Answer = { text: 'The answer is that the loop ends one step early.' };
const CALL: Answer = { text: 'I look.', calls: [{ id: 'call_1', name: 'read', args: { path: 'a' } }] };
const COMPLETION = {
  id: 'cmpl-1',
  object: 'text_completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, text: 'return a;', logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
};
const EMBEDDING = {
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: [0.25] }],
  model: 'm',
  usage: { prompt_tokens: 5, total_tokens: 5 },
};

function upstreamDialectOf(path: string): UpstreamDialectId {
  if (path.includes('/messages')) return 'anthropic-messages';
  if (path.includes('/responses')) return 'openai-responses';
  return path.includes('/chat/') ? 'openai-chat' : 'google-generate';
}

/** A provider that answers everything in its dialect, every seventeenth request with a refusal, and keeps what is wrong. */
function echoProvider(faults: string[]): Answerer {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let count = 0;
  return ({ path, body }, response) => {
    let text = '';
    try {
      text = decoder.decode(body);
    } catch {
      faults.push(`${path} got bytes that are not UTF-8`);
    }
    const request = parseJsonObject(text);
    if (request === undefined) faults.push(`${path} got what is no JSON object: ${text.slice(0, 200)}`);
    const model = request?.['model'];
    const isNamed =
      path.includes('/models/') || (typeof model === 'string' && MODELS.some((id) => model === `up-${id}`));
    if (!isNamed) faults.push(`${path} was asked for ${JSON.stringify(model)?.slice(0, 100)}`);
    const send = (status: number, type: string, answer: string): void => {
      response.writeHead(status, { 'content-type': type });
      response.end(answer);
    };
    const json = (status: number, answer: unknown): void =>
      send(status, 'application/json', JSON.stringify(answer));
    if (path.includes('count_tokens')) return json(200, { input_tokens: 5 });
    count += 1;
    if (path.endsWith('/embeddings')) return json(200, EMBEDDING);
    const isStream = request?.['stream'] === true || path.includes(':streamGenerateContent');
    if (path.endsWith('/completions') && !path.includes('/chat/')) {
      if (!isStream) return json(200, COMPLETION);
      return send(200, 'text/event-stream', `data: ${JSON.stringify(COMPLETION)}\n\ndata: [DONE]\n\n`);
    }
    const dialect = upstreamDialectOf(path);
    if (count % 17 === 0) return json(400, errorBody(dialect, 400, 'a field is not as it should be'));
    const answer = count % 3 === 0 ? CALL : TEXT;
    if (isStream) return send(200, 'text/event-stream', streamFrames(dialect, answer).join(''));
    return json(200, plainAnswer(dialect, answer));
  };
}

export async function fuzzRequests(dialect: FuzzDialect): Promise<Fuzzing<RequestCase>> {
  const upstreamFaults: string[] = [];
  const { all, sharedCount } = seedsOf(dialect);
  const rig = await startRig(
    (origin) => [
      ...UPSTREAM_DIALECTS.map((id) => fuzzModel(origin, id, id)),
      fuzzModel(origin, 'coder', 'openai-chat'),
      fuzzModel(origin, 'vectors', 'openai-chat'),
    ],
    echoProvider(upstreamFaults),
  );
  const bytesOf = ({ seed, edits: { tree, bytes } }: RequestCase): Buffer =>
    editedBytes(
      Buffer.from(editedText(seedAt(all, seed).text, tree)),
      bytes,
      Buffer.from(seedAt(all, seed + 7).text),
    );
  return {
    name: dialect,
    about: `${all.length} seeds, ${sharedCount} of them recorded bodies`,
    cases: fc.record({ seed: fc.nat({ max: all.length - 1 }), edits }),
    run: async (given, socket) =>
      await sendCase(
        { rig, dialect, seed: seedAt(all, given.seed), body: bytesOf(given), upstreamFaults },
        socket,
      ),
    describe: (given) => ({ path: seedAt(all, given.seed).path, body: bytesOf(given) }),
    rig,
  };
}

function seedAt(all: readonly Seed[], index: number): Seed {
  const seed = all[index % all.length];
  if (seed === undefined) throw new Error('there are no seeds');
  return seed;
}

interface Sent {
  readonly rig: FuzzRig;
  readonly dialect: FuzzDialect;
  readonly seed: Seed;
  readonly body: Buffer;
  readonly upstreamFaults: string[];
}

async function sendCase(
  sent: Sent,
  socket: HttpSocket,
): Promise<{ fault: string | undefined; tookMs: number; kind: string }> {
  const { rig, seed, body, upstreamFaults } = sent;
  const disagreement = scanDisagreement(body);
  const answer = await socket.send(
    wireRequest({ port: rig.port, token: rig.daemon.token, path: seed.path, body }),
  );
  const upstreamFault = upstreamFaults.splice(0)[0];
  const answerFault = faultOfAnswer(sent, answer);
  return {
    fault: disagreement ?? upstreamFault ?? answerFault,
    tookMs: answer.tookMs,
    kind: String(answer.status),
  };
}

function faultOfAnswer({ rig, dialect, seed, body }: Sent, answer: SocketAnswer): string | undefined {
  const { status } = answer;
  if (answer.exchangeId !== null) {
    rig.books.saw(answer.exchangeId, endOf(answer), answer.body);
  }
  if (!answer.isComplete) return `the connection ended at status ${status}`;
  if (status >= 500 || status < 200) return `status ${status}: ${answer.body.toString('utf8', 0, 300)}`;
  if (status >= 400) return faultOfError(dialect, answer);
  if (!isGoodJson(body)) return 'broken JSON was answered';
  const text = answer.body.toString();
  if (/^\s*\{/.test(text) && dialect !== 'ollama-chat') return faultOfPlain(text);
  if (dialect === 'ollama-chat')
    return readStream(dialect, text).ends === 1 ? undefined : 'not exactly one end';
  return seed.isStream || text.includes('data:') ? faultOfStream(dialect, text) : faultOfPlain(text);
}

function endOf({ isComplete, status }: SocketAnswer): SeenEnd {
  if (!isComplete) return 'torn';
  return status === 200 ? 'complete' : 'error';
}

function isGoodJson(body: Buffer): boolean {
  try {
    return (
      parseJsonObject(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)) !== undefined
    );
  } catch {
    return false;
  }
}

/** What the scan of the bytes and JSON.parse say of a body must be the same, but where the scan has limits of its own. */
function scanDisagreement(body: Buffer): string | undefined {
  let scanned: ReturnType<typeof parseRequestBody> | undefined;
  let refusal = '';
  try {
    scanned = parseRequestBody(body);
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    refusal = error.message;
  }
  const parsed = isGoodJson(body) ? parseJsonObject(body.toString()) : undefined;
  if (scanned === undefined) {
    const isLimit = /deep|nested|members|keys|levels/i.test(refusal);
    return parsed === undefined || isLimit ? undefined : `the scan refuses good JSON: ${refusal}`;
  }
  if (parsed === undefined) return 'the scan takes what JSON.parse refuses';
  const names = [...scanned.members.keys()].toSorted();
  if (names.join('\n') !== Object.keys(parsed).toSorted().join('\n'))
    return 'scan and JSON.parse see other members';
  for (const [name, span] of scanned.members) {
    if (JSON.stringify(valueAt(scanned, span)) !== JSON.stringify(parsed[name]))
      return `scan and JSON.parse see another ${name}`;
  }
  return undefined;
}
