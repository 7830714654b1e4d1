// What clients that only know Ollama ask before they chat (https://docs.ollama.com/api, checked 2026-11-21): is it there
// and new enough, which models are there, what can one of them do. VS Code reads `model` of the list, then
// `general.architecture`, `<architecture>.context_length`, `general.basename` and `capabilities` of each model.

import { RouterError } from '../errors.ts';
import type { Capability } from '../protocol/vocabulary.ts';
import { type Clock, systemClock } from '../util/clock.ts';
import { type JsonObject, parseJsonObject, stringOf } from '../util/json.ts';
import { sendJson } from './json-answer.ts';
import { modelEntries, modelEntry, type ModelEntry, type ModelNames } from './models.ts';
import { readBody } from './read-body.ts';
import type { Route } from './request-context.ts';

/**
 * The version of Ollama whose endpoints are served here, and nothing about this daemon. VS Code wants 0.6.4 at least,
 * tools that use Ollama's Responses and Messages endpoints (which are here too) 0.13 and 0.14.
 */
const OLLAMA_VERSION = '0.14.2';

/** A request for one model holds its name. */
const MAX_BODY_BYTES = 64 * 1024;
const BODY_IDLE_MS = 10_000;

const ARCHITECTURE = 'pointsman';

/** What a client is told where the configuration says nothing. */
const DEFAULT_CONTEXT_TOKENS = 128_000;

const CAPABILITY_WORDS: Readonly<Partial<Record<Capability, string>>> = {
  tools: 'tools',
  vision: 'vision',
  reasoning: 'thinking',
};

/** `names` is asked on each request, so that a changed configuration shows at once. */
export function ollamaRoutes(names: () => ModelNames, clock: Clock = systemClock): readonly Route[] {
  return [
    {
      methods: ['GET'],
      pattern: '/api/version',
      kind: 'quick',
      handle: ({ response }) => sendJson(response, 200, { version: OLLAMA_VERSION }),
    },
    {
      methods: ['GET'],
      pattern: '/api/tags',
      kind: 'quick',
      handle: ({ response }) => sendJson(response, 200, listOllamaModels(names())),
    },
    {
      methods: ['POST'],
      pattern: '/api/show',
      kind: 'quick',
      async handle({ request, response, bodies }) {
        const limits = { maxBytes: MAX_BODY_BYTES, idleMs: BODY_IDLE_MS, clock, budget: bodies };
        const body = await readBody(request, limits);
        body.release();
        sendJson(response, 200, showOllamaModel(names(), body.bytes.toString()));
      },
    },
  ];
}

/** `GET /api/tags`. */
export function listOllamaModels(names: ModelNames): JsonObject {
  return {
    models: modelEntries(names).map((entry) => ({
      name: entry.id,
      model: entry.id,
      modified_at: modifiedAt(names),
      size: 0,
      digest: '',
      details: DETAILS,
    })),
  };
}

/** `POST /api/show`. As everywhere, any name is welcome but `exact/` with an unknown model. */
export function showOllamaModel(names: ModelNames, bodyText: string): JsonObject {
  const body = parseJsonObject(bodyText);
  const name = stringOf(body?.['model']) ?? stringOf(body?.['name']) ?? '';
  if (name === '') {
    throw new RouterError('request.malformed', 'send the name of a model as {"model": …}', {
      param: 'model',
    });
  }
  const entry = modelEntry(names, name.replace(/:latest$/, ''));
  return {
    modelfile: '',
    parameters: '',
    template: '',
    license: '',
    details: DETAILS,
    model_info: {
      'general.architecture': ARCHITECTURE,
      'general.basename': entry.displayName,
      [`${ARCHITECTURE}.context_length`]: contextTokensOf(names, entry),
    },
    capabilities: ['completion', ...capabilitiesOf(names, entry)],
    modified_at: modifiedAt(names),
  };
}

const DETAILS: JsonObject = {
  parent_model: '',
  format: '',
  family: ARCHITECTURE,
  families: [ARCHITECTURE],
  parameter_size: '',
  quantization_level: '',
};

function modifiedAt({ createdAtS }: ModelNames): string {
  return new Date(createdAtS * 1000).toISOString();
}

/** Routed requests go where they fit, so the largest window counts. */
function contextTokensOf(names: ModelNames, { model }: ModelEntry): number {
  const models = model === undefined ? names.configured : [model];
  const known = models.map(({ contextTokens = 0 }) => contextTokens);
  return Math.max(0, ...known) || DEFAULT_CONTEXT_TOKENS;
}

/** Routed requests can have what any model can do. A model of which nothing is said is believed to do all. */
function capabilitiesOf(names: ModelNames, { model }: ModelEntry): readonly string[] {
  const models = model === undefined ? names.configured : [model];
  const all = Object.keys(CAPABILITY_WORDS) as Capability[];
  const supported = all.filter(
    (capability) => models.length === 0 || models.some(({ supports = all }) => supports.includes(capability)),
  );
  return supported.flatMap((capability) => CAPABILITY_WORDS[capability] ?? []);
}
