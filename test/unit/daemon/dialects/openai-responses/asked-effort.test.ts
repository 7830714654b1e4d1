import assert from 'node:assert/strict';

import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { encodeRequest } from '../../../../../daemon/dialects/openai-responses/encode-request.ts';
import { bodyOf, foreign, requestOfText, TARGET } from './request-support.ts';

const traits = { efforts: ['none', 'low', 'high'] } as const;

function passed(text: string, target: Partial<EncodeTarget>): string {
  return encodeRequest(requestOfText(text), { ...TARGET, ...target }).body.toString();
}

describe('effort of the router in a Responses request that passes', () => {
  it('[B8] takes the place of reasoning.effort and changes no other byte', () => {
    assert.equal(
      passed('{ "model":"up-1", "reasoning" : { "summary":"auto" , "effort":"high" }, "input":"\\u00e9"}', {
        traits,
        effort: 'low',
      }),
      '{ "model":"up-1", "reasoning" : { "summary":"auto" , "effort":"low" }, "input":"\\u00e9"}',
    );
  });

  it('[B8] gives back the very bytes when the client asks for the same', () => {
    const request = requestOfText('{"model":"up-1","input":"x","reasoning":{"effort":"low"}}');
    assert.equal(encodeRequest(request, { ...TARGET, traits, effort: 'low' }).body, request.body.bytes);
  });

  it('[B8] is added only where the model is known to take one', () => {
    const bare = '{"model":"up-1","input":"x"}';
    const added = '{"model":"up-1","input":"x","reasoning":{"effort":"low"}}';
    assert.equal(passed(bare, { traits, effort: 'low' }), added);
    assert.equal(passed('{"model":"up-1","input":"x","reasoning":null}', { traits, effort: 'low' }), added);
    assert.equal(passed(bare, { effort: 'low' }), bare);
    assert.equal(passed(bare, { traits: { efforts: [] }, effort: 'low' }), bare);
  });

  it('[B8] replaces what a client wrote for a model of which nothing is known', () => {
    assert.equal(
      passed('{"model":"up-1","input":"x","reasoning":{"effort":"high"}}', { effort: 'low' }),
      '{"model":"up-1","input":"x","reasoning":{"effort":"low"}}',
    );
  });

  it('[B8] goes to the nearest level of the model', () => {
    assert.equal(
      passed('{"model":"up-1","input":"x"}', { traits, effort: 'max' }),
      '{"model":"up-1","input":"x","reasoning":{"effort":"high"}}',
    );
  });

  it('[B8] decides whether settings are refused that a thinking model does not take', () => {
    const thinking = { efforts: ['none', 'high'], refusesWhileThinking: ['temperature'] } as const;
    const text = '{"model":"up-1","input":"x","temperature":0,"reasoning":{"effort":"high"}}';
    assert.match(passed(text, { traits: thinking, effort: 'none' }), /"temperature":0/);
    assert.doesNotMatch(passed(text, { traits: thinking, effort: 'high' }), /temperature/);
  });
});

describe('effort of the router in a Responses request that is built anew', () => {
  const reasoningOf = (settings: object, target: Partial<EncodeTarget>): unknown => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] as const;
    return bodyOf(encodeRequest(foreign(messages, { settings: () => settings }), { ...TARGET, ...target }))[
      'reasoning'
    ];
  };

  it('[B8] takes the place of the client’s', () => {
    const wish = { reasoning: { effort: 'high', showsThoughts: true } };
    assert.deepEqual(reasoningOf(wish, { traits, effort: 'low' }), { effort: 'low', summary: 'auto' });
  });

  it('[B8] is added only where the model is known to take one', () => {
    assert.deepEqual(reasoningOf({}, { traits, effort: 'low' }), { effort: 'low' });
    assert.equal(reasoningOf({}, { effort: 'low' }), undefined);
  });
});
