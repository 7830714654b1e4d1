// Every model that something is known of, every way in which a client can ask for reasoning, every level that the router
// may ask for: what goes up must be what the vendor accepts. The rules stand here once more, not taken from the codecs.

import assert from 'node:assert/strict';

import { MODEL_TRAITS } from '../../../../daemon/catalog/model-traits.ts';
import type { ModelTraits } from '../../../../daemon/conversation/model-traits.ts';
import { REASONING_EFFORTS, type ReasoningEffort } from '../../../../daemon/conversation/settings.ts';
import type { UpstreamDialect } from '../../../../daemon/dialects/dialect.ts';
import { dialectForPath, upstreamDialectOf } from '../../../../daemon/dialects/registry.ts';
import {
  arrayOf,
  type JsonObject,
  numberOf,
  objectOf,
  parseJsonObject,
  stringOf,
} from '../../../../daemon/util/json.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

const HELLO = { role: 'user', content: 'hello' };
const BIG = { max_tokens: 32_000 };

/** Bodies by the path that they are sent to. */
const BODIES: Readonly<Record<string, readonly object[]>> = {
  '/v1/messages': [
    {},
    { output_config: { effort: 'max' } },
    { thinking: { type: 'adaptive' } },
    { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    { thinking: { type: 'disabled' } },
    { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
    { thinking: { type: 'enabled', budget_tokens: 20_000 } },
    { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 1025 },
    { thinking: { type: 'enabled', budget_tokens: 31_999 }, output_config: { effort: 'low' } },
    { temperature: 0.2 },
  ].map((fields) => ({ ...BIG, messages: [HELLO], ...fields })),
  '/v1/chat/completions': [
    {},
    { reasoning_effort: 'high' },
    { reasoning_effort: 'none', temperature: 0 },
    { temperature: 0 },
    { reasoning: { max_tokens: 9000 } },
    { max_tokens: 500, reasoning_effort: 'high' },
  ].map((fields) => ({ messages: [HELLO], ...fields })),
  '/v1/responses': [{}, { reasoning: { effort: 'high', summary: 'auto' } }, { temperature: 0 }].map(
    (fields) => ({
      input: 'hello',
      ...fields,
    }),
  ),
  '/v1beta/models/m:generateContent': [
    {},
    { thinkingConfig: { thinkingLevel: 'HIGH' } },
    { thinkingConfig: { thinkingBudget: 9000, includeThoughts: true } },
    { thinkingConfig: { thinkingBudget: -1 } },
  ].map((generationConfig) => ({
    contents: [{ role: 'user', parts: [{ text: 'hello' }] }],
    generationConfig,
  })),
};

type Rule = (body: JsonObject, traits: ModelTraits) => string | undefined;

const isKnown = (effort: unknown, { efforts }: ModelTraits): boolean =>
  effort === undefined || efforts === undefined || (efforts as readonly unknown[]).includes(effort);

const anthropic: Rule = (body, traits) => {
  const thinking = objectOf(body['thinking']);
  const effort = objectOf(body['output_config'])?.['effort'];
  const type = stringOf(thinking?.['type']);
  const budget = numberOf(thinking?.['budget_tokens']);
  if (traits.thinking === 'none' && thinking !== undefined) return 'thinking is unknown';
  if (traits.thinking === 'adaptive' && type === 'enabled') return 'budgets are refused';
  if (traits.thinking === 'budget' && type === 'adaptive') return 'adaptive is unknown';
  if (type === 'enabled' && (budget === undefined || budget < 1024 || budget >= Number(body['max_tokens'])))
    return `budget ${budget} of ${Number(body['max_tokens'])}`;
  if (type === 'disabled' && traits.efforts?.includes('none') === false && traits.thinking === 'adaptive')
    return 'thinking cannot be switched off';
  if (effort === 'none' || !isKnown(effort, traits)) return `effort ${JSON.stringify(effort)}`;
  if (effort !== undefined && traits.efforts === undefined) return 'effort is unknown';
  if (type === 'disabled' && (effort === 'xhigh' || effort === 'max')) return 'much effort without thinking';
  if (type === 'enabled' && body['temperature'] !== undefined) return 'temperature while it thinks';
  return undefined;
};

const chat: Rule = (body, traits) => {
  const effort = body['reasoning_effort'] ?? objectOf(body['reasoning'])?.['effort'];
  if (!isKnown(effort, traits)) return `effort ${JSON.stringify(effort)}`;
  const isThinking = effort !== undefined && effort !== 'none';
  const refused = isThinking && traits.refusesWhileThinking?.includes('temperature') === true;
  return refused && body['temperature'] !== undefined ? 'temperature while it thinks' : undefined;
};

const google: Rule = (body, traits) => {
  const thinking = objectOf(objectOf(body['generationConfig'])?.['thinkingConfig']);
  const level = stringOf(thinking?.['thinkingLevel'])?.toLowerCase();
  const budget = numberOf(thinking?.['thinkingBudget']);
  if (level !== undefined && budget !== undefined) return 'a level and a budget';
  if (!isKnown(level, traits)) return `level ${level}`;
  return budget !== undefined && budget > 24_576 ? `budget ${budget}` : undefined;
};

const FAMILIES: readonly (readonly [UpstreamDialect['id'], RegExp, Rule])[] = [
  ['anthropic-messages', /^claude/, anthropic],
  ['openai-chat', /^(?:gpt|o\d|kimi|glm|mistral|qwen|grok)/, chat],
  ['openai-responses', /^(?:gpt|o\d)/, chat],
  ['google-generate', /^gemini/, google],
];

function* sent(dialect: UpstreamDialect, model: string, traits: ModelTraits, effort: ReasoningEffort) {
  for (const [path, bodies] of Object.entries(BODIES)) {
    for (const fields of bodies) {
      const bytes = Buffer.from(JSON.stringify(fields));
      const request = dialectForPath(path)?.decodeRequest(parseRequestBody(bytes), path);
      assert.ok(request);
      const target = { dialect: dialect.id, upstreamModel: model, maxOutputTokens: 64_000, traits, effort };
      const { body } = dialect.encodeRequest(request, target);
      yield { path, fields, body: parseJsonObject(body.toString()) ?? {} };
    }
  }
}

describe('effort of the router', () => {
  for (const [id, family, rule] of FAMILIES) {
    it(`[B8] becomes a legal request to every ${id} model that something is known of`, () => {
      const dialect = upstreamDialectOf(id);
      const rows = MODEL_TRAITS.filter(
        ({ match, dialects }) => family.test(match[0] ?? '') && dialects?.includes(id) !== false,
      );
      assert.ok(arrayOf(rows.map(({ match }) => match[0] ?? '')).length > 3);
      for (const { match, traits } of rows) {
        for (const effort of REASONING_EFFORTS) {
          for (const { path, fields, body } of sent(
            dialect,
            match[0]?.replace('*', '') ?? '',
            traits,
            effort,
          )) {
            const problem = rule(body, traits);
            assert.equal(
              problem,
              undefined,
              `${match[0]} ${effort} ${path} ${JSON.stringify(fields)} -> ${JSON.stringify(body)}`,
            );
          }
        }
      }
    });
  }
});
