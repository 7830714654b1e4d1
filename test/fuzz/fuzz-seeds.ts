// Good requests of every client dialect to begin with: small and rich ones that are ours, and recorded ones where the
// shared folder is there. Each is made to name every kind of model, so that mutations meet every pair of dialects.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isJsonObject, parseJsonObject, stringOf, type JsonObject } from '../../daemon/util/json.ts';
import { ROOT } from '../support/daemon-process.ts';
import { wireAsk } from '../support/dialect-clients.ts';
import { REQUESTS } from '../support/hostile-seeds.ts';
import { UPSTREAM_DIALECTS } from '../support/wire-answers.ts';
import type { FuzzDialect } from './fuzz-oracles.ts';

export interface Seed {
  readonly path: string;
  readonly text: string;
  readonly isStream: boolean;
}

/** Model names that requests ask for: one of each upstream dialect, and the router's choice. */
export const MODEL_NAMES = [...UPSTREAM_DIALECTS.map((dialect) => `exact/${dialect}`), 'auto'];

const PATHS: Readonly<Record<FuzzDialect, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  'google-generate': '/v1beta/models/*',
  'ollama-chat': '/api/chat',
  'openai-completions': '/v1/completions',
  'openai-embeddings': '/v1/embeddings',
  'count-tokens': '/v1/messages/count_tokens',
};
export const FUZZ_DIALECTS = Object.keys(PATHS) as FuzzDialect[];

/** Larger ones make the fuzzing slow and no better. */
const MAX_SEED_BYTES = 40_000;
const SHARED = path.join(ROOT, '..', 'shared');

const PASSED_ON: Partial<Record<FuzzDialect, readonly JsonObject[]>> = {
  'openai-completions': [
    {
      model: 'coder',
      prompt: 'function add(a, b) {',
      suffix: '}',
      max_tokens: 50,
      stop: ['\n\n'],
      logit_bias: { '5': 1 },
    },
    { model: 'coder', prompt: ['one', 'two'], stream: true, stream_options: { include_usage: false }, n: 1 },
    { model: 'coder', prompt: [1, 2, 3], echo: true, best_of: 1, user: 'u' },
  ],
  'openai-embeddings': [
    { model: 'vectors', input: 'a text', encoding_format: 'float', dimensions: 2 },
    { model: 'vectors', input: ['one', 'two', 'three'], user: 'u' },
    { model: 'vectors', input: [[1, 2], [3]] },
  ],
};

function ownBodies(dialect: FuzzDialect): readonly JsonObject[] {
  const passedOn = PASSED_ON[dialect];
  if (passedOn !== undefined) return passedOn;
  const spoken = dialect === 'count-tokens' ? 'anthropic-messages' : dialect;
  const rich = REQUESTS.get(spoken) as unknown as JsonObject;
  const asks = [
    { text: 'Why does the loop stop early?', system: 'Be brief.' },
    { text: 'What is the weather?', hasTools: true, thinks: true, maxTokens: 300 },
    {
      text: 'Look.',
      image: 'iVBORw0KGgo=',
      schema: { type: 'object', properties: { a: { type: 'string' } } },
      temperature: 0.3,
    },
  ];
  const small = asks.map((ask) => wireAsk(spoken as 'openai-chat', 'auto', ask, false).body);
  return [rich, ...small];
}

/** Recorded requests of the dialect, and how many files there were to read. */
function sharedBodies(dialect: FuzzDialect): readonly JsonObject[] {
  const traffic = path.join(SHARED, 'client-traffic');
  const bodies: JsonObject[] = [];
  const take = (file: string, isFitting: (record: JsonObject) => JsonObject | undefined): void => {
    const record = parseJsonObject(readFileSync(file, 'utf8'));
    const body = record && isFitting(record);
    if (body !== undefined && JSON.stringify(body).length <= MAX_SEED_BYTES) bodies.push(body);
  };
  if (existsSync(traffic)) {
    for (const name of readdirSync(traffic).filter((file) => file.endsWith('.json'))) {
      take(path.join(traffic, name), (record) => {
        const [wirePath] = (stringOf(record['path']) ?? '').split('?');
        return wirePath === PATHS[dialect] && isJsonObject(record['body']) ? record['body'] : undefined;
      });
    }
  }
  const fixtures = path.join(
    SHARED,
    'wire-fixtures',
    dialect === 'count-tokens' ? 'anthropic-count-tokens' : dialect,
  );
  if (existsSync(fixtures)) {
    const files = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.json'),
    );
    for (const name of files.toSorted().filter((_, index) => index % 4 === 0)) {
      take(path.join(fixtures, name), ({ request }) =>
        isJsonObject(request) && isJsonObject(request['body']) ? request['body'] : undefined,
      );
    }
  }
  return bodies;
}

export interface Seeds {
  readonly all: readonly Seed[];
  readonly sharedCount: number;
}

export function seedsOf(dialect: FuzzDialect): Seeds {
  const shared = sharedBodies(dialect);
  // Ours come again, so that recorded ones, of which there are many, do not crowd them out.
  const own = ownBodies(dialect);
  const bodies = [
    ...Array.from({ length: 1 + Math.ceil(shared.length / own.length / 2) }, () => own).flat(),
    ...shared,
  ];
  const all = bodies.flatMap((body) =>
    MODEL_NAMES.flatMap((model) => [false, true].map((isStream) => seedOf(dialect, body, model, isStream))),
  );
  return { all, sharedCount: shared.length };
}

function seedOf(dialect: FuzzDialect, body: JsonObject, model: string, isStream: boolean): Seed {
  if (dialect in PASSED_ON) {
    return {
      path: PATHS[dialect],
      text: JSON.stringify({ ...body, model: dialect === 'openai-embeddings' ? 'vectors' : 'coder' }),
      isStream: body['stream'] === true,
    };
  }
  if (dialect === 'google-generate') {
    const method = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent';
    const name = model.replace('exact/', 'exact%2F');
    return { path: `/v1beta/models/${name}:${method}`, text: JSON.stringify(body), isStream };
  }
  const { previous_response_id: _, ...rest } = body;
  const streamed = dialect === 'count-tokens' ? {} : { stream: isStream };
  return { path: PATHS[dialect], text: JSON.stringify({ ...rest, model, ...streamed }), isStream };
}
