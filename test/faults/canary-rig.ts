// A daemon process with twelve providers of every dialect, each with a key of its own, in front of a provider that does
// everything that can go wrong and tells keys and prompts to whoever listens; and the traffic that makes it do so.

import { writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import { wireAsk } from '../support/dialect-clients.ts';
import { errorBody } from '../support/wire-answers.ts';
import {
  about,
  answers,
  breakAfterWords,
  breakBeforeHeaders,
  breakInCharacter,
  breakInEvent,
  type ChaosCall,
  contentType,
  contextTooLong,
  duplicatedStart,
  emptyBody,
  endAfterWords,
  errorAfterWords,
  errorInPlaceOfAnswer,
  type Fault,
  htmlPage,
  malformedAfterWords,
  packed,
  quotaExceeded,
  redirect,
  stallAfterWords,
  stallBeforeHeaders,
  status,
  unknownPacking,
  withoutTerminator,
  withoutUsage,
} from '../support/chaos-upstream.ts';
import type { DaemonProcess } from '../support/daemon-process.ts';
import { configFor } from '../support/run-daemon.ts';
import type { CanaryKey } from './canary-keys.ts';

export const CLIENTS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate',
  'ollama-chat',
] as const;
const DIALECTS = ['openai-chat', 'anthropic-messages', 'google-generate', 'openai-responses'] as const;

/** The key that a request carries, as the provider sees it. */
function keyOf({ request: { headers } }: ChaosCall): string {
  const bearer = headers.get('authorization')?.replace('Bearer ', '');
  return bearer ?? headers.get('x-api-key') ?? headers.get('x-goog-api-key') ?? '';
}

/** What a careless provider writes into its errors. */
function gossip(call: ChaosCall): string {
  const prompt = /canary-[0-9a-f]+-\d+-in/.exec(call.request.bytes.toString())?.[0] ?? '';
  const key = keyOf(call);
  return `Incorrect API key provided: ${key} (api_key="${key}", header Bearer ${key}). The prompt was: ${prompt} at /srv/app.js:1`;
}

const telling =
  (make: (words: string) => Fault): Fault =>
  (call) =>
    make(gossip(call))(call);
const echo = (statusCode: number): Fault => telling((message) => status(statusCode, { message }));

export const FAULTS: Readonly<Record<string, Fault>> = {
  answers: answers(),
  'refused before headers': breakBeforeHeaders('reset'),
  'closed before headers': breakBeforeHeaders('cut'),
  'cut after words': breakAfterWords(3, 'cut'),
  'reset after words': breakAfterWords(3, 'reset'),
  'cut in a character': about({ text: 'wörds with ümlauts äre cut ön the way' }, breakInCharacter(1, 'cut')),
  'cut in an event': breakInEvent(2, 'cut'),
  silence: stallBeforeHeaders,
  'silence after words': stallAfterWords(3),
  'an end too early': endAfterWords(5),
  'no terminator': withoutTerminator,
  'no usage': withoutUsage,
  'two starts': duplicatedStart,
  'malformed after words': malformedAfterWords(3),
  'error after words': errorAfterWords(3),
  'gossip after words': telling((words) =>
    errorAfterWords(3, () => `event: error\ndata: ${JSON.stringify({ error: { message: words } })}\n\n`),
  ),
  'gossip as 400': echo(400),
  'gossip as 401': echo(401),
  'gossip as 403': echo(403),
  'gossip as 404': echo(404),
  'gossip as 429': echo(429),
  'gossip as 500': echo(500),
  'gossip as 503': echo(503),
  'gossip as 529': echo(529),
  'gossip in place of an answer': (call) =>
    textBody(200, JSON.stringify(errorBody(call.dialect, 500, gossip(call))))(call),
  'gossip as plain text': telling((words) => textBody(500, words, 'text/plain')),
  'gossip as a page': telling((words) => textBody(502, `<html><body>${words}</body></html>`, 'text/html')),
  'gossip that is no JSON': telling((words) => textBody(200, `{"error": "${words}`)),
  'gossip in headers': (call) =>
    status(500, {
      headers: { 'x-request-id': keyOf(call), 'retry-after': keyOf(call), 'x-debug': gossip(call) },
    })(call),
  'gossip in a redirect': (call) => redirect(`https://evil.invalid/?key=${keyOf(call)}`)(call),
  'an error in place of an answer': errorInPlaceOfAnswer(),
  'quota exceeded': quotaExceeded(),
  'context too long': contextTooLong,
  'a page': htmlPage(502),
  'another type': contentType('text/html'),
  nothing: emptyBody,
  packed: packed('gzip'),
  'packed wrongly': packed('gzip', (bytes) => bytes.subarray(0, 20)),
  'packed strangely': unknownPacking,
};

function textBody(statusCode: number, text: string, type = 'application/json'): Fault {
  return async (call) => {
    const bytes = Buffer.from(text);
    await call.head(statusCode, { 'content-type': type }, { length: bytes.length });
    await call.body(bytes);
    await call.end(false);
  };
}

/** Marker of one prompt; `canary-<seed>` finds all of them. */
export const markerOf = (seed: number, index: number, place: 'in' | 'out'): string =>
  `canary-${seed.toString(16)}-${index}-${place}`;

/** Faults in turn, so that a second attempt of the same request meets another one; counted in `met`. */
export function faultsInTurn(seed: number, met: Map<string, number>, keysSeen: Set<string>): Fault {
  const names = Object.keys(FAULTS);
  let turn = 0;
  return (call) => {
    keysSeen.add(keyOf(call));
    const name = names[turn++ % names.length] ?? 'answers';
    met.set(name, (met.get(name) ?? 0) + 1);
    const text = `these are the words of ${markerOf(seed, turn, 'out')} and of nobody else, as many as are needed`;
    const fault = FAULTS[name] ?? answers();
    return about({ text }, fault)(call);
  };
}

/** Keys come from the environment, from files and over the control API, four of each. */
export function canaryConfig(keys: readonly CanaryKey[], origin: string, home: string): RouterConfigInput {
  const config = configFor(
    keys.map(({ vendor }, index) => ({
      id: `m-${vendor}`,
      provider: `p-${vendor}`,
      baseUrl: `${origin}/v1`,
      dialect: DIALECTS[index % DIALECTS.length] ?? 'openai-chat',
      fallback: keys
        .filter((other) => other.vendor !== vendor)
        .map((other) => `m-${other.vendor}`)
        .slice(0, 3),
    })),
    {
      logLevel: 'debug',
      timeouts: { firstEventMs: 150, firstEventReasoningMs: 150, idleMs: 150 },
      baseline: 'm-openai',
    },
  );
  mkdirSync(path.join(home, 'keys'), { mode: 0o700, recursive: true });
  const providers = keys.map(({ vendor, key }, index) => {
    const name = `p-${vendor}`;
    const provider = config.providers?.[name];
    if (index % 3 === 1) writeFileSync(path.join(home, 'keys', vendor), `${key}\n`, { mode: 0o600 });
    const ref = [{ env: variableOf(vendor) }, { file: `keys/${vendor}` }, { keychain: vendor }][index % 3];
    return [name, { ...provider, apiKey: ref }];
  });
  return { ...config, providers: Object.fromEntries(providers) as RouterConfigInput['providers'] };
}

export const variableOf = (vendor: string): string => `CANARY_${vendor.toUpperCase().replace('-', '_')}`;

export function environmentOf(keys: readonly CanaryKey[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    keys.filter((_, index) => index % 3 === 0).map(({ vendor, key }) => [variableOf(vendor), key]),
  );
}

export async function handOverKeys(daemon: DaemonProcess, keys: readonly CanaryKey[]): Promise<void> {
  for (const [index, { vendor, key }] of keys.entries()) {
    if (index % 3 !== 2) continue;
    const { status: code } = await daemon.control('PUT', `credentials/p-${vendor}`, { apiKey: key });
    if (code !== 200) throw new Error(`the key of ${vendor} was not taken: ${code}`);
  }
}

export interface CanaryAsk {
  readonly path: string;
  readonly body: unknown;
}

/** The marker stands wherever a client can put words: in messages, tools, histories, metadata. */
export function canaryAsk(marker: string, index: number, vendor: string): CanaryAsk {
  const client = CLIENTS[index % CLIENTS.length] ?? 'openai-chat';
  const model = index % 4 === 0 ? 'auto' : `exact/m-${vendor}`;
  const isStream = index % 2 === 0;
  if (index % 10 === 5) return { path: '/v1/chat/completions', body: historyOf(marker, model, isStream) };
  const text = `Please look at ${marker} and fix the function in src/${marker}.ts:\n\`\`\`ts\nconst secret = '${marker}';\n\`\`\``;
  const ask = wireAsk(
    client,
    model,
    { text, system: `You help with ${marker}.`, hasTools: index % 3 === 0 },
    isStream,
  );
  const more =
    client === 'openai-chat' ? { user: marker, metadata: { note: marker }, prompt_cache_key: marker } : {};
  return { path: ask.path, body: { ...ask.body, ...more } };
}

function historyOf(marker: string, model: string, stream: boolean): unknown {
  const args = JSON.stringify({ command: `echo ${marker}` });
  const call = { id: 'call_1', type: 'function', function: { name: 'run', arguments: args } };
  return {
    model,
    stream,
    messages: [
      { role: 'system', content: `The project is called ${marker}.` },
      { role: 'user', content: `run ${marker}` },
      { role: 'assistant', content: `I run ${marker}`, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: `Error: ${marker} not found` },
      { role: 'user', content: `why is ${marker} not found?` },
    ],
    tools: [
      {
        type: 'function',
        function: { name: 'run', description: `Runs ${marker}`, parameters: { type: 'object' } },
      },
    ],
  };
}
