import assert from 'node:assert/strict';

import type { ModelTraits } from '../../../../../daemon/conversation/model-traits.ts';
import type { ReasoningEffort } from '../../../../../daemon/conversation/settings.ts';
import { encodeRequest } from '../../../../../daemon/dialects/openai-chat/encode-request.ts';
import { foreign, requestOfText } from './chat-support.ts';

const MESSAGES = '"messages" : [ {"role":"user","content":"\\u00e9"} ]';
const LEVELS: ModelTraits = { efforts: ['none', 'low', 'high'] };

/** What goes up of a chat client's body with these members, messages and model left away. */
function passed(members: string, effort: ReasoningEffort, traits: ModelTraits | null = LEVELS): string {
  const request = requestOfText(`{"model":"up",${MESSAGES}${members}}`);
  const target = { dialect: 'openai-chat', upstreamModel: 'up', maxOutputTokens: 100, effort } as const;
  const { body } = encodeRequest(request, traits === null ? target : { ...target, traits });
  const text = body.toString();
  assert.ok(text.startsWith(`{"model":"up",${MESSAGES}`), text);
  return text.slice(`{"model":"up",${MESSAGES}`.length, -1);
}

describe('effort of the router in a chat request that passes', () => {
  it('[B8] takes the place of reasoning_effort and changes no other byte', () => {
    assert.equal(
      passed(', "x":1e400 , "reasoning_effort" : "high" ,"y":[ ]', 'low'),
      ', "x":1e400 , "reasoning_effort" : "low" ,"y":[ ]',
    );
  });

  it('[B8] gives back the very bytes when the client asks for the same', () => {
    const request = requestOfText(`{"model":"up","reasoning_effort":"low",${MESSAGES}}`);
    const target = { dialect: 'openai-chat', upstreamModel: 'up', maxOutputTokens: 9 } as const;
    const { body, warnings } = encodeRequest(request, { ...target, traits: LEVELS, effort: 'low' });
    assert.equal(body, request.body.bytes);
    assert.deepEqual(warnings, []);
  });

  it('[B8] goes to the nearest level of the model', () => {
    assert.equal(passed(',"reasoning_effort":"high"', 'minimal'), ',"reasoning_effort":"low"');
  });

  it('[B8] is added only where the model is known to take one', () => {
    assert.equal(passed('', 'low'), ',"reasoning_effort":"low"');
    assert.equal(passed('', 'low', null), '');
    assert.equal(passed('', 'low', { efforts: [] }), '');
  });

  it('[B8] replaces what a client wrote for a model of which nothing is known', () => {
    assert.equal(passed(',"reasoning_effort":"high"', 'low', null), ',"reasoning_effort":"low"');
  });

  it('[B8] leaves a word alone that only the provider knows', () => {
    assert.equal(passed(',"reasoning_effort":"turbo"', 'low'), ',"reasoning_effort":"turbo"');
  });

  it('[B8] is written where the client wrote it: reasoning.effort', () => {
    assert.equal(
      passed(',"reasoning":{ "exclude":true, "effort" : "high" }', 'low'),
      ',"reasoning":{ "exclude":true, "effort" : "low" }',
    );
    assert.equal(
      passed(',"reasoning":{"enabled":true}', 'none'),
      ',"reasoning":{"enabled":false,"effort":"none"}',
    );
  });

  it('[B8] scales a number of tokens with the level', () => {
    assert.equal(passed(',"reasoning":{"max_tokens":20000}', 'low'), ',"reasoning":{"max_tokens":4000}');
    assert.equal(passed(',"thinking_budget":20000', 'low', null), ',"thinking_budget":4000');
    assert.equal(
      passed(',"thinking":{"type":"enabled","budget_tokens":20000}', 'low'),
      ',"thinking":{"type":"enabled","budget_tokens":4000}',
    );
  });

  it('[B8] turns the switch of a model that has one', () => {
    const traits: ModelTraits = { efforts: ['none', 'high'], thinkingSwitch: 'thinking' };
    assert.equal(
      passed(',"thinking":{"type":"enabled","clear_thinking":false}', 'none', traits),
      ',"thinking":{"type":"disabled","clear_thinking":false}',
    );
    assert.equal(passed('', 'none', traits), ',"thinking":{"type":"disabled"}');
    assert.equal(passed(',"enable_thinking":true', 'none', null), ',"enable_thinking":false');
  });

  it('[B8] names the level beside a switch that says nothing of it', () => {
    const traits: ModelTraits = { efforts: ['none', 'low', 'high', 'max'], thinkingSwitch: 'thinking' };
    assert.equal(
      passed(',"thinking":{"type":"enabled"}', 'low', traits),
      ',"thinking":{"type":"enabled"},"reasoning_effort":"low"',
    );
  });

  it('[B8] takes out what the model refuses while it thinks', () => {
    const traits: ModelTraits = { efforts: ['none', 'high'], refusesWhileThinking: ['temperature'] };
    assert.equal(passed(',"temperature":0', 'none', traits), ',"temperature":0,"reasoning_effort":"none"');
    assert.equal(passed(',"temperature":0', 'high', traits), ',"reasoning_effort":"high"');
  });
});

describe('effort of the router in a chat request that is built anew', () => {
  const effortOf = (settings: object, effort?: ReasoningEffort, traits: ModelTraits = LEVELS): unknown => {
    const target = { dialect: 'openai-chat', upstreamModel: 'up', maxOutputTokens: 100, traits } as const;
    const request = foreign({ settings: () => settings });
    const { body } = encodeRequest(request, effort === undefined ? target : { ...target, effort });
    return (JSON.parse(body.toString()) as Record<string, unknown>)['reasoning_effort'];
  };

  it('[B8] takes the place of the client’s effort or budget', () => {
    assert.equal(effortOf({ reasoning: { effort: 'high' } }), 'high');
    assert.equal(effortOf({ reasoning: { effort: 'high' } }, 'low'), 'low');
    assert.equal(effortOf({ reasoning: { budgetTokens: 31_999 } }, 'low'), 'low');
  });

  it('[B8] is added only where the model takes one', () => {
    assert.equal(effortOf({}, 'low'), 'low');
    assert.equal(effortOf({}, 'low', {}), undefined);
  });
});
