import assert from 'node:assert/strict';

import type { ModelTraits } from '../../../../../daemon/conversation/model-traits.ts';
import type { ConversationRequest, ToolDefinition } from '../../../../../daemon/conversation/request.ts';
import type { RequestSettings } from '../../../../../daemon/conversation/settings.ts';
import { encodeSettings } from '../../../../../daemon/dialects/openai-responses/encode-settings.ts';
import { Losses } from '../../../../../daemon/dialects/losses.ts';
import { stringOf, type JsonObject } from '../../../../../daemon/util/json.ts';
import { foreign, TARGET, user } from './request-support.ts';

interface Encoded {
  readonly fields: JsonObject;
  readonly warnings: readonly string[];
}

function encoded(
  settings: RequestSettings,
  traits: ModelTraits = {},
  more: Partial<ConversationRequest> = {},
): Encoded {
  const losses = new Losses();
  const request = foreign([user('x')], { settings: () => settings, ...more });
  const { include, ...fields } = encodeSettings(request, { ...TARGET, traits }, losses);
  void include;
  return { fields, warnings: losses.list() };
}

const includeOf = (settings: RequestSettings, traits: ModelTraits): unknown =>
  encodeSettings(foreign([user('x')], { settings: () => settings }), { ...TARGET, traits }, new Losses())[
    'include'
  ];

const tool = (name: string, more: Partial<ToolDefinition> = {}): ToolDefinition => {
  return { kind: 'function', name, raw: {}, ...more };
};

const withTools = (settings: RequestSettings, ...tools: readonly ToolDefinition[]): Encoded =>
  encoded(settings, {}, { tools: () => tools });

describe('encodeSettings (openai-responses)', () => {
  it('carries every setting that the dialect has [A5]', () => {
    const settings = {
      temperature: 0.5,
      topP: 0.9,
      topLogprobs: 2,
      verbosity: 'high',
      serviceTier: 'flex',
      userId: 'u',
      promptCacheKey: 'k',
      reasoning: { effort: 'low', showsThoughts: true },
    } as const;
    assert.deepEqual(encoded(settings), {
      fields: {
        temperature: 0.5,
        top_p: 0.9,
        top_logprobs: 2,
        reasoning: { effort: 'low', summary: 'auto' },
        text: { verbosity: 'high' },
        service_tier: 'flex',
        safety_identifier: 'u',
        prompt_cache_key: 'k',
      },
      warnings: [],
    });
  });

  it('clamps the output limit to the model and to the least that the API takes [B2]', () => {
    const limit = (maxOutputTokens: number) => encoded({}, {}, { maxOutputTokens });
    assert.equal(limit(128_000).fields['max_output_tokens'], 1000);
    assert.equal(limit(1000).fields['max_output_tokens'], 1000);
    assert.equal(limit(16).fields['max_output_tokens'], 16);
    assert.deepEqual(limit(16).warnings, []);
    assert.equal(limit(1).fields['max_output_tokens'], 16);
    assert.deepEqual(limit(1).warnings, ['an output limit of 1 tokens was raised to 16, the least there is']);
    assert.deepEqual(encoded({}).fields, {});
  });

  it('leaves out what the model refuses, always or while it thinks, and says so [A5]', () => {
    const traits = { refuses: ['topP'], refusesWhileThinking: ['temperature'] } as const;
    const thinking = encoded({ temperature: 1, topP: 1, reasoning: { effort: 'low' } }, traits);
    assert.deepEqual(thinking.fields, { reasoning: { effort: 'low' } });
    assert.deepEqual(thinking.warnings, [
      'topP is refused by the chosen model and was left out',
      'temperature is refused by the chosen model and was left out',
    ]);
    const calm = encoded({ temperature: 1, reasoning: { effort: 'none' } }, traits);
    assert.equal(calm.fields['temperature'], 1);
  });

  it('asks for the nearest effort that the model takes [A5]', () => {
    const traits = { efforts: ['low', 'medium', 'high'] } as const;
    const { fields, warnings } = encoded({ reasoning: { effort: 'max' } }, traits);
    assert.deepEqual(fields['reasoning'], { effort: 'high' });
    assert.deepEqual(warnings, ['the reasoning effort max became high']);
    assert.deepEqual(encoded({ reasoning: { effort: 'low' } }, traits).warnings, []);
    assert.deepEqual(encoded({ reasoning: { effort: 'max' } }).fields['reasoning'], { effort: 'max' });
  });

  it('makes an effort of a budget in tokens', () => {
    const effortOf = (budgetTokens: number) => encoded({ reasoning: { budgetTokens } }).fields['reasoning'];
    assert.deepEqual(effortOf(4000), { effort: 'low' });
    assert.deepEqual(effortOf(10_000), { effort: 'medium' });
    assert.deepEqual(effortOf(31_999), { effort: 'high' });
    assert.deepEqual(encoded({ reasoning: { budgetTokens: 4000 } }).warnings, [
      'the reasoning budget of 4000 tokens became the effort low',
    ]);
  });

  it('asks nothing about reasoning of a model that has none [A5]', () => {
    const none = { efforts: [] };
    const { fields, warnings } = encoded({ reasoning: { effort: 'high', showsThoughts: true } }, none);
    assert.deepEqual(fields, {});
    assert.deepEqual(warnings, [
      'the wish for reasoning has no counterpart at the chosen model and was left out',
    ]);
    assert.deepEqual(encoded({ reasoning: { effort: 'none' } }, none).warnings, []);
    assert.equal(includeOf({}, none), undefined);
    assert.deepEqual(includeOf({}, {}), ['reasoning.encrypted_content']);
  });

  it('asks for logprobs where the client wants them', () => {
    assert.deepEqual(includeOf({ topLogprobs: 0 }, { efforts: [] }), ['message.output_text.logprobs']);
    assert.deepEqual(encoded({ topLogprobs: 0 }).fields, {});
  });

  it('leaves out tiers that OpenAI does not know', () => {
    const { fields, warnings } = encoded({ serviceTier: 'standard_only' });
    assert.deepEqual(fields, {});
    assert.equal(warnings.length, 1);
  });

  it('makes short names of long user ids and cache keys', () => {
    const { fields } = encoded({ userId: 'u'.repeat(100), promptCacheKey: 'k'.repeat(100) });
    assert.match(stringOf(fields['safety_identifier']) ?? '', /^user_[A-Za-z0-9_-]{43}$/);
    assert.match(stringOf(fields['prompt_cache_key']) ?? '', /^key_[A-Za-z0-9_-]{43}$/);
  });

  it('asks for JSON with a name that the API takes', () => {
    const format = (name?: string) => {
      const responseFormat = {
        kind: 'json-schema',
        schema: {},
        ...(name === undefined ? {} : { name }),
      } as const;
      return encoded({}, {}, { responseFormat }).fields['text'];
    };
    assert.deepEqual(format('a b'), { format: { type: 'json_schema', name: 'a_b', schema: {} } });
    assert.deepEqual(format(), { format: { type: 'json_schema', name: 'answer', schema: {} } });
    const object = encoded({ verbosity: 'low' }, {}, { responseFormat: { kind: 'json-object' } });
    assert.deepEqual(object.fields['text'], { format: { type: 'json_object' }, verbosity: 'low' });
  });

  it('sends functions loose unless their author asked for strictness', () => {
    const parameters = { type: 'object', properties: { a: { type: 'string' } } };
    const { fields } = withTools(
      {},
      tool('f', { description: 'd', parameters }),
      tool('g', { strict: true }),
    );
    assert.deepEqual(fields['tools'], [
      { type: 'function', name: 'f', description: 'd', parameters, strict: false },
      { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: true },
    ]);
  });

  it('sends custom tools as what they are, with their grammar in either form', () => {
    const grammar = { syntax: 'lark', definition: 'start: "a"' };
    const ours = { format: { type: 'grammar', ...grammar } };
    const chat = { custom: { name: 'b', format: { type: 'grammar', grammar } } };
    const { fields } = withTools(
      {},
      tool('a', { kind: 'custom', raw: ours }),
      tool('b', { kind: 'custom', raw: chat }),
    );
    assert.deepEqual(fields['tools'], [
      { type: 'custom', name: 'a', format: { type: 'grammar', ...grammar } },
      { type: 'custom', name: 'b', format: { type: 'grammar', ...grammar } },
    ]);
  });

  it('leaves out tools that another vendor runs, and a choice of one', () => {
    const server = tool('web_search', { kind: 'server' });
    const left = 'the tool web_search is run by its provider and was left out';
    const choice = { toolChoice: { kind: 'tool', name: 'web_search' }, parallelToolCalls: true } as const;
    assert.deepEqual(withTools(choice, server), { fields: {}, warnings: [left] });
    const { fields, warnings } = withTools(choice, server, tool('f'));
    assert.equal(fields['tool_choice'], undefined);
    assert.equal(fields['parallel_tool_calls'], true);
    assert.deepEqual(warnings, [
      left,
      'the choice of the tool web_search has no counterpart at the chosen model and was left out',
    ]);
  });

  it('writes every choice of tools', () => {
    const tools = [tool('f'), tool('c', { kind: 'custom' })];
    for (const kind of ['auto', 'none', 'required'] as const) {
      assert.equal(withTools({ toolChoice: { kind } }, ...tools).fields['tool_choice'], kind);
    }
    const chosen = (name: string) =>
      withTools({ toolChoice: { kind: 'tool', name } }, ...tools).fields['tool_choice'];
    assert.deepEqual(chosen('f'), { type: 'function', name: 'f' });
    assert.deepEqual(chosen('c'), { type: 'custom', name: 'c' });
  });
});
