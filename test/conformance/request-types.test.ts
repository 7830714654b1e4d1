// Requests of real assistants and SDKs, as they go to a provider of each dialect: the vendors' official SDK types accept
// them, and nothing that was said in them is lost without a word in the record.

import assert from 'node:assert/strict';

import { traitsOf } from '../../daemon/catalog/model-traits.ts';
import type { ConversationRequest } from '../../daemon/conversation/request.ts';
import { anthropicMessages } from '../../daemon/dialects/anthropic-messages/dialect.ts';
import type { Dialect, EncodedRequest, EncodeTarget } from '../../daemon/dialects/dialect.ts';
import { googleGenerate } from '../../daemon/dialects/google-generate/dialect.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { openAiResponses } from '../../daemon/dialects/openai-responses/dialect.ts';
import { inputItems, withItems } from '../../daemon/dialects/openai-responses/expand-input.ts';
import { readClientFrame } from '../../daemon/dialects/openai-responses/socket-frames.ts';
import { RouterError } from '../../daemon/errors.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import type { RequestBody } from '../../daemon/util/request-body.ts';
import { typeErrors, type RequestType, type TypedBody } from './type-check.ts';
import { list, object, text } from './wire-answers.ts';
import { loadClientTraffic, loadExchanges, type Json } from './wire-fixtures.ts';
import { requestFacts, type RequestFacts } from './wire-requests.ts';

interface Target {
  readonly dialect: Dialect;
  readonly type: RequestType;
  readonly encode: EncodeTarget;
}

function target(dialect: Dialect, type: RequestType, baseUrl: string, upstreamModel: string): Target {
  const traits = traitsOf({ baseUrl, dialect: dialect.id }, upstreamModel);
  assert.ok(traits, `nothing is known of ${upstreamModel}`);
  return { dialect, type, encode: { dialect: dialect.id, upstreamModel, maxOutputTokens: 64_000, traits } };
}

const OPENAI = 'https://api.openai.com/v1';
const ANTHROPIC = 'https://api.anthropic.com';
const GOOGLE = 'https://generativelanguage.googleapis.com';

/** Thinks by a budget, and takes no system text between the turns. */
const OLDER_CLAUDE = 'claude-haiku-4-5';

const TARGETS: readonly Target[] = [
  target(openAiChat, 'chat', OPENAI, 'gpt-5.6-terra'),
  target(openAiResponses, 'responses', OPENAI, 'gpt-5.6-terra'),
  target(anthropicMessages, 'messages', ANTHROPIC, 'claude-sonnet-5-5'),
  target(anthropicMessages, 'messages', ANTHROPIC, OLDER_CLAUDE),
];

interface Sent {
  readonly name: string;
  readonly dialect: Dialect;
  /** As the dialect's endpoint takes it over HTTP. */
  readonly body: Json;
  readonly request: ConversationRequest;
  /** Asked for in a header or in the address. */
  readonly isBeta: boolean;
}

const traffic = loadClientTraffic();

const PATHS: ReadonlyMap<string, Dialect> = new Map([
  ['/v1/chat/completions', openAiChat],
  ['/v1/responses', openAiResponses],
  ['/v1/messages', anthropicMessages],
]);

/** Frames over a WebSocket go on from those before them; here each is one whole request. */
function expandedFrames(frames: readonly Json[]): readonly RequestBody[] {
  const items: Buffer[] = [];
  return frames.map((frame) => {
    const read = readClientFrame(Buffer.from(JSON.stringify(frame)));
    assert.ok(read.kind === 'create');
    const own = parseRequestBody(read.body);
    for (const item of list(frame['input'])) {
      const isResult = text(item['type']).endsWith('_output');
      const call = { type: 'function_call', call_id: item['call_id'], name: 'exec_command', arguments: '{}' };
      // What the model answered in between, as the daemon remembers it.
      if (isResult) items.push(Buffer.from(JSON.stringify(call)));
    }
    const whole = frame['previous_response_id'] === undefined ? own : parseRequestBody(withItems(own, items));
    items.push(...inputItems(own));
    return whole;
  });
}

function sentRequests(): readonly Sent[] {
  const files = traffic ?? [];
  const frames = files.filter(({ file }) => file['method'] === 'WS');
  const expanded = expandedFrames(frames.map(({ file }) => object(file['body'])));
  return files.flatMap(({ name, file }) => {
    const dialect = PATHS.get(text(file['path']).replace(/\?.*$/, ''));
    if (dialect === undefined) return [];
    const frame = expanded[frames.findIndex((one) => one.name === name)];
    const whole = frame ?? parseRequestBody(Buffer.from(JSON.stringify(file['body'])));
    const isBeta = text(file['path']).includes('beta') || 'anthropic-beta' in object(file['headers']);
    const body = JSON.parse(whole.bytes.toString()) as Json;
    return [{ name, dialect, body, isBeta, request: dialect.decodeRequest(whole) }];
  });
}

/** Bodies of requests that ask for no answer. */
const COUNT_TOKENS = '/v1/messages/count_tokens';

describe('requests of assistants for a provider of each dialect', function () {
  this.timeout(60_000);
  if (traffic === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds client-traffic)');
    return;
  }
  const sent = sentRequests();
  const counts = traffic.filter(({ file }) => text(file['path']).startsWith(COUNT_TOKENS));

  it('are all there: 52 exchanges and 2 that only ask for a count', () => {
    assert.deepEqual([traffic.length, sent.length, counts.length], [54, 52, 2]);
  });

  it('[A3] are what the official types of each vendor accept', async () => {
    const bodies: TypedBody[] = [];
    const same = new Set<string>();
    for (const { name, dialect, body, request, isBeta } of sent) {
      for (const to of TARGETS) {
        const route = `${name} -> ${to.type} ${to.encode.upstreamModel}`;
        const { body: bytes } = to.dialect.encodeRequest(request, to.encode);
        const encoded = JSON.parse(bytes.toString()) as Json;
        if (to.dialect !== dialect) {
          bodies.push(typedBody(route, to, encoded));
          continue;
        }
        // What a client asks of its own dialect's beta is passed on as such.
        const type = isBeta && to.type === 'messages' ? 'betaMessages' : to.type;
        same.add(route);
        bodies.push({ name: route, type, body: encoded }, { name: ownNameOf(route), type, body });
      }
    }
    const errors = await typeErrors(bodies);
    const wrong = [...errors].flatMap(([route, messages]) => {
      if (route.startsWith(OWN)) return [];
      if (!same.has(route)) return [`${route}: ${messages.join(' ')}`];
      // Passed on as it came: wrong only where the client was not.
      const own = errors.get(ownNameOf(route)) ?? [];
      return messages.filter((message) => !own.includes(message)).map((message) => `${route}: ${message}`);
    });
    assert.deepEqual(wrong, []);
    const own = [...errors].filter(([route]) => route.startsWith(OWN)).flatMap(([, messages]) => messages);
    assert.deepEqual([...new Set(own.flatMap(memberOf))].toSorted(), BEYOND_THE_TYPES);
  });

  it('[A3] ask for a count in a form that the official types accept', async () => {
    const bodies = counts.flatMap(({ name, file }) =>
      TARGETS.flatMap(({ dialect, encode }): TypedBody[] => {
        const request = anthropicMessages.decodeRequest(
          parseRequestBody(Buffer.from(JSON.stringify(file['body']))),
        );
        const counted = dialect.tokenCount?.encodeRequest(request, encode);
        if (counted === undefined) return []; // those vendors have no such question
        const body = JSON.parse(counted.body.toString()) as Json;
        return [{ name: `${name} -> ${encode.upstreamModel}`, type: 'betaCountTokens', body }];
      }),
    );
    assert.equal(bodies.length, 4);
    assert.deepEqual([...(await typeErrors(bodies))], []);
  });

  for (const { dialect: to, encode } of TARGETS) {
    it(`[A3] keep all that was said on the way to ${encode.upstreamModel} by ${to.id}`, () => {
      for (const { name, dialect, body, request } of sent) {
        const { body: bytes, warnings } = to.encodeRequest(request, encode);
        const before = requestFacts(dialect.id, body);
        const after = requestFacts(to.id, JSON.parse(bytes.toString()) as Json);
        assertTextsKept(name, before, after);
        assertToolsKept(name, before, after, warnings);
        assertCallsKept(name, before, after);
        assert.equal(after.images, before.images, `${name}: images`);
        assertFormatKept(name, before, after, warnings);
      }
    });
  }

  it('[A3] have no member that is dropped without a word', () => {
    const silent = new Set<string>();
    for (const { dialect: to, encode } of TARGETS) {
      for (const { dialect, body } of sent) {
        if (dialect === to) continue;
        for (const member of membersWithoutEffect(dialect, body, to, encode)) {
          silent.add(`${dialect.id} ${member}`);
        }
      }
    }
    assert.deepEqual([...silent].toSorted(), GOES_WITHOUT_SAYING.toSorted());
  });
});

const OWN = 'as the client wrote it: ';
const ownNameOf = (route: string): string => OWN + route;

/** The SDK's types have these no more, since the current models refuse them; the older one takes them. */
const SAMPLING = ['temperature', 'top_p', 'top_k'];

function typedBody(name: string, { type, encode }: Target, body: Json): TypedBody {
  if (encode.upstreamModel !== OLDER_CLAUDE) return { name, type, body };
  const kept = Object.entries(body).filter(([key, value]) => {
    const isSampling = SAMPLING.includes(key);
    assert.ok(!isSampling || typeof value === 'number', `${name}: ${key}`);
    return !isSampling;
  });
  return { name, type, body: Object.fromEntries(kept) };
}

/** What clients write to vendors of their own dialect although the types do not have it, or leave out that they want. */
const BEYOND_THE_TYPES: readonly string[] = [
  'annotations',
  'detail',
  'id',
  'safeguards',
  'status',
  'strict',
  'temperature',
];

/** The member that an error of the compiler is about. */
function memberOf(message: string): readonly string[] {
  const unknown = /'"(\w+)"' does not exist in type/.exec(message)?.[1];
  const missing = /^Property '(\w+)' is missing|missing the following properties from type '\w+': (.*)$/.exec(
    message,
  );
  return [unknown, missing?.[1] ?? missing?.[2]].filter((name) => name !== undefined);
}

/** What is not sent on and not named either, since the answer is the same without it. */
const GOES_WITHOUT_SAYING: readonly string[] = [
  // What holds anyway, or is the effort that the others have for it.
  'anthropic-messages output_config {"effort":"medium"}',
  'anthropic-messages thinking {"type":"adaptive","display":"omitted"}',
  'anthropic-messages thinking {"type":"adaptive","display":"updates"}',
  'anthropic-messages thinking.display "summarized"',
  'anthropic-messages thinking.display "updates"',
  'anthropic-messages thinking.type "adaptive"',
  'openai-chat frequency_penalty 0',
  'openai-chat presence_penalty 0',
  'openai-responses parallel_tool_calls true',
  'openai-responses reasoning {"summary":"auto"}',
  'openai-responses reasoning.effort "medium"',
  'openai-responses reasoning.summary "auto"',
  'openai-responses tool_choice "auto"',
  // Heeded when the answer is written.
  'openai-chat stream_options {"include_usage":true}',
  'openai-responses include ["reasoning.encrypted_content"]',
  // Goes with a tool of the vendor's own, which is named.
  'openai-responses include ["web_search_call.action.sources"]',
  // For the vendor's own books.
  'openai-responses client_metadata {…}',
  'openai-responses store false',
];

/** The same of what SDKs and their users write. */
const GOES_TOO: readonly string[] = [
  // What holds anyway.
  'anthropic-messages stream false',
  'anthropic-messages thinking {"display":"summarized","type":"adaptive"}',
  'anthropic-messages thinking {"type":"adaptive"}',
  'anthropic-messages tool_choice {"type":"auto"}',
  'openai-chat n 1',
  'openai-chat stream false',
  'openai-responses reasoning {"context":"auto"}',
  'openai-responses stream false',
  'openai-responses text {"format":{"type":"text"}}',
  // An older Claude does not think unless it is asked, and asked without a word on how much it does so at `high`.
  'openai-chat enable_thinking false',
  'openai-chat reasoning {"effort":"none"}',
  'openai-chat reasoning.effort "high"',
  'openai-chat reasoning_effort "high"',
  'openai-chat reasoning_effort "none"',
  'openai-chat thinking {"type":"disabled"}',
  'openai-responses reasoning.effort "high"',
  // Said by the effort beside it, or by the rest of the same member.
  'openai-chat reasoning.enabled true',
  'openai-chat thinking {"type":"enabled"}',
  'openai-chat thinking.type "enabled"',
  'openai-chat tool_choice.type "function"',
  // Chat completions cannot be asked for thoughts to read; what they show is given to the client.
  'openai-responses reasoning.summary "detailed"',
  // Go with tools of the vendor's own, which are named.
  'openai-responses include ["reasoning.encrypted_content","code_interpreter_call.outputs"]',
  'openai-responses include ["reasoning.encrypted_content","web_search_call.action.sources"]',
];

/** Word for word, and said by the same; only white space without words may go. */
function assertTextsKept(name: string, before: RequestFacts, after: RequestFacts): void {
  for (const speaker of ['system', 'user', 'assistant'] as const) {
    // System text between the turns follows as marked text of the user where a model takes none there.
    const all = speaker === 'system' ? [...after.system, ...after.user] : after[speaker];
    const said = all.join('\n');
    for (const one of before[speaker]) {
      assert.ok(one.trim() === '' || said.includes(one), `${name}: ${speaker}: ${one.slice(0, 80)}`);
    }
  }
}

function assertToolsKept(
  name: string,
  before: RequestFacts,
  after: RequestFacts,
  warnings: readonly string[],
): void {
  const declared = [...new Set(before.tools)];
  // A history with calls needs their tools, for vendors that want each one declared.
  const called = new Set(before.calls.map((call) => call.name));
  const known = after.tools.filter((tool) => declared.includes(tool) || !called.has(tool));
  assert.deepEqual(known, declared, `${name}: tools`);
  for (const tool of before.serverTools) {
    const isKept = after.serverTools.includes(tool);
    assert.ok(isKept || warnings.some((warning) => warning.includes(tool)), `${name}: ${tool}`);
  }
}

/** Every call with its result, in the same order; ids may be other ones where a vendor has a form for them. */
function assertCallsKept(name: string, before: RequestFacts, after: RequestFacts): void {
  const said = ({ calls }: RequestFacts): unknown => calls.map((call) => [call.name, call.input]);
  assert.deepEqual(said(after), said(before), `${name}: calls`);
  assert.deepEqual(pairs(after), pairs(before), `${name}: pairs of calls and results`);
  assert.equal(new Set(after.calls.map(({ id }) => id)).size, before.calls.length, `${name}: ids`);
  for (const [index, { texts }] of before.results.entries()) {
    const kept = after.results[index]?.texts.join('\n') ?? '';
    for (const one of texts) assert.ok(kept.includes(one), `${name}: result ${index}: ${one.slice(0, 80)}`);
  }
}

/** Index of the call that each result answers; a client may use one id twice. */
function pairs({ calls, results }: RequestFacts): readonly number[] {
  const answered = new Set<number>();
  return results.map(({ id }) => {
    const index = calls.findIndex((call, position) => call.id === id && !answered.has(position));
    answered.add(index);
    return index;
  });
}

function assertFormatKept(
  name: string,
  before: RequestFacts,
  after: RequestFacts,
  warnings: readonly string[],
): void {
  if (before.format === undefined) assert.equal(after.format, undefined, name);
  else if (after.format === undefined) assert.match(warnings.join('\n'), /format/, name);
  else if (before.format !== 'json-object') {
    assert.deepEqual(
      Object.keys(object(object(after.format)['properties'])),
      propertiesOf(before.format),
      name,
    );
  }
}

const propertiesOf = (schema: unknown): readonly string[] =>
  Object.keys(object(object(schema)['properties']));

/** Without these a body is no request. */
const REQUIRED: ReadonlySet<string> = new Set(['model', 'messages', 'input']);

/**
 * Members whose absence would change neither what is sent nor what the record says of it: they are lost in silence, or
 * say what goes without saying.
 */
function membersWithoutEffect(
  dialect: Dialect,
  body: Json,
  to: Dialect,
  encode: EncodeTarget,
): readonly string[] {
  const encodedOf = (json: Json): EncodedRequest =>
    to.encodeRequest(dialect.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(json)))), encode);
  const warningsOf = (json: Json): readonly string[] => encodedOf(json).warnings;
  const outcome = (json: Json): string => {
    const encoded = encodedOf(json);
    return `${encoded.body.toString()} ${encoded.warnings.join('\n')}`;
  };
  const whole = outcome(body);
  const names = Object.keys(body).filter((name) => !REQUIRED.has(name) && !saysNothing(body[name]));
  return names.flatMap((name) => {
    const { [name]: value, ...rest } = body;
    if (outcome(rest) === whole) return [`${name} ${brief(value)}`];
    const inner = Object.entries(object(value)).filter(([, one]) => one !== null);
    const without = inner.map(([key, one]) => {
      const kept = Object.fromEntries(inner.filter(([other]) => other !== key));
      return [`${name}.${key} ${brief(one)}`, { ...body, [name]: kept }] as const;
    });
    // A member that is named as a whole stands for what is in it.
    const isNamed = warningsOf(body).some((warning) => warning.startsWith(`${name} `));
    return isNamed ? [] : without.filter(([, json]) => outcome(json) === whole).map(([path]) => path);
  });
}

const saysNothing = (value: unknown): boolean =>
  value === null || value === '' || (Array.isArray(value) && value.length === 0);

function brief(value: unknown): string {
  const whole = JSON.stringify(value);
  return whole.length > 90 ? '{…}' : whole;
}

interface Recorded {
  readonly name: string;
  readonly dialect: Dialect;
  readonly request: ConversationRequest;
}

/** Requests behind the recorded answers; those that cannot be read are ones that their provider refused too. */
function recordedRequests(dialect: Dialect): readonly Recorded[] {
  return (loadExchanges(dialect.id) ?? []).flatMap(({ id, requestBody, stream, statusCode }) => {
    if (requestBody === undefined) return [];
    const method = stream === undefined ? 'generateContent' : 'streamGenerateContent';
    const bytes = Buffer.from(JSON.stringify(requestBody));
    try {
      const request = dialect.decodeRequest(parseRequestBody(bytes), `/v1beta/models/recorded:${method}`);
      return [{ name: id, dialect, request }];
    } catch (error) {
      assert.ok(error instanceof RouterError && statusCode >= 400, `${id}: ${String(error)}`);
      return [];
    }
  });
}

/** Undefined for a request that only its own vendor can serve, which is said in one sentence. */
function encodedFor(to: Dialect, encode: EncodeTarget, { name, request }: Recorded): Json | undefined {
  try {
    return JSON.parse(to.encodeRequest(request, encode).body.toString()) as Json;
  } catch (error) {
    assert.ok(error instanceof RouterError, `${name}: ${String(error)}`);
    assert.equal(error.code, 'request.unsupported', `${name}: ${error.message}`);
    assert.match(error.message, /^\S.{20,200}$/, name);
    return undefined;
  }
}

/** Calls of tools that only one vendor has, run by the client. */
const VENDOR_CALLS = /"type":"(?:tool_search|shell|local_shell|apply_patch|computer)_call"/;

/** They go on from an answer that only OpenAI has; the daemon expands those that it knows before this. */
const ONLY_AT_THEIR_VENDOR: readonly string[] = [
  'openai-responses/openai/text/pyd-openai-previous-response-id-01',
  'openai-responses/openai/text/pyd-openai-previous-response-id-auto-mode-00',
];

const DIALECTS: readonly Dialect[] = [openAiChat, openAiResponses, anthropicMessages, googleGenerate];

describe('recorded requests for a provider of another dialect', function () {
  this.timeout(60_000);
  if (traffic === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }
  const recorded = DIALECTS.flatMap(recordedRequests);
  const google = target(googleGenerate, 'chat', GOOGLE, 'gemini-3.8-flash');

  it('[A3] are what the official types accept, or refused in one sentence', async () => {
    const bodies: TypedBody[] = [];
    const refused = new Set<string>();
    for (const to of TARGETS) {
      for (const one of recorded.filter(({ dialect }) => dialect !== to.dialect)) {
        const body = encodedFor(to.dialect, to.encode, one);
        const route = `${one.name} -> ${to.type} ${to.encode.upstreamModel}`;
        if (body === undefined) refused.add(one.name);
        else bodies.push(typedBody(route, to, body));
      }
    }
    assert.deepEqual([...(await typeErrors(bodies))], []);
    assert.ok(bodies.length > 2250, `only ${bodies.length} bodies`);
    assert.deepEqual([...refused], ONLY_AT_THEIR_VENDOR);
  });

  for (const { dialect: to, encode } of TARGETS) {
    it(`[A3] keep all that was said on the way to ${encode.upstreamModel} by ${to.id}`, () => {
      let kept = 0;
      for (const { name, dialect, request } of recorded) {
        const bytes = request.body.bytes.toString();
        if (dialect === to || dialect === googleGenerate || ONLY_AT_THEIR_VENDOR.includes(name)) continue;
        if (VENDOR_CALLS.test(bytes)) continue;
        const encoded = to.encodeRequest(request, encode);
        const before = requestFacts(dialect.id, JSON.parse(bytes) as Json);
        const after = requestFacts(to.id, JSON.parse(encoded.body.toString()) as Json);
        assertTextsKept(name, before, after);
        assertToolsKept(name, before, after, encoded.warnings);
        assertCallsKept(name, before, after);
        assert.equal(after.images, before.images, `${name}: images`);
        assertFormatKept(name, before, after, encoded.warnings);
        kept += 1;
      }
      assert.ok(kept > 250, `only ${kept} requests`);
    });
  }

  it('[A3] have no member that is dropped without a word', () => {
    const silent = new Set<string>();
    for (const { dialect: to, encode } of TARGETS) {
      for (const { name, dialect, request } of recorded) {
        if (dialect === to || dialect === googleGenerate || ONLY_AT_THEIR_VENDOR.includes(name)) continue;
        const body = JSON.parse(request.body.bytes.toString()) as Json;
        for (const member of membersWithoutEffect(dialect, body, to, encode)) {
          silent.add(`${dialect.id} ${member}`);
        }
      }
    }
    const others = [...silent].filter((member) => !GOES_WITHOUT_SAYING.includes(member));
    assert.deepEqual(others.toSorted(), GOES_TOO.toSorted());
  });

  it('[A3] reach Google, which has no types here, without a failure', () => {
    let carried = 0;
    for (const one of recorded.filter(({ dialect }) => dialect !== googleGenerate)) {
      const body = encodedFor(googleGenerate, google.encode, one);
      carried += body === undefined ? 0 : 1;
    }
    assert.ok(carried > 700, `only ${carried} were carried`);
  });
});
