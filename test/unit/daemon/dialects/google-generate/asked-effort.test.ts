import assert from 'node:assert/strict';

import type { ReasoningEffort } from '../../../../../daemon/conversation/settings.ts';
import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { encodeRequest } from '../../../../../daemon/dialects/google-generate/encode-request.ts';
import { chatRequest, requestOfText, TARGET } from './google-support.ts';

const HEAD = '{"contents" : [ {"parts":[{"text":"\\u00e9"}]} ]';
const LEVELS: EncodeTarget = { ...TARGET, traits: { efforts: ['minimal', 'low', 'medium', 'high'] } };
const BUDGETS: EncodeTarget = {
  ...TARGET,
  upstreamModel: 'gemini-2.5-flash',
  traits: { efforts: ['none', 'low', 'medium', 'high'] },
};

/** What goes up of a client's body with these members, its beginning left away. */
function passed(members: string, effort: ReasoningEffort, target: EncodeTarget): string {
  const text = encodeRequest(requestOfText(`${HEAD}${members}}`), { ...target, effort }).body.toString();
  assert.ok(text.startsWith(HEAD), text);
  return text.slice(HEAD.length, -1);
}

describe('effort of the router in a Gemini request that passes', () => {
  it('[B8] takes the place of the level and changes no other byte', () => {
    assert.equal(
      passed(
        ',"generationConfig":{ "topK":1.0,"thinkingConfig" : { "includeThoughts":true, "thinkingLevel" : "HIGH" }}',
        'low',
        LEVELS,
      ),
      ',"generationConfig":{ "topK":1.0,"thinkingConfig" : { "includeThoughts":true, "thinkingLevel" : "LOW" }}',
    );
  });

  it('[B8] keeps the spelling of the client', () => {
    assert.equal(
      passed(',"generation_config":{"thinking_config":{"thinking_level":"high"}}', 'low', LEVELS),
      ',"generation_config":{"thinking_config":{"thinking_level":"LOW"}}',
    );
  });

  it('[B8] scales the tokens of a model that is asked by their number', () => {
    assert.equal(
      passed(',"generationConfig":{"thinkingConfig":{"thinkingBudget":20000}}', 'low', BUDGETS),
      ',"generationConfig":{"thinkingConfig":{"thinkingBudget":4000}}',
    );
    assert.equal(
      passed(',"generationConfig":{"thinkingConfig":{"thinkingBudget":-1}}', 'none', BUDGETS),
      ',"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}',
    );
  });

  it('[B8] never leaves a level and a number of tokens side by side', () => {
    assert.equal(
      passed(',"generationConfig":{"thinkingConfig":{"thinkingBudget":20000}}', 'low', LEVELS),
      ',"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}',
    );
  });

  it('[B8] is added only where the model is known to take one', () => {
    const added = (config: string) =>
      `,"generationConfig":{${config}"thinkingConfig":{"thinkingLevel":"LOW"}}`;
    assert.equal(passed('', 'low', LEVELS), added(''));
    assert.equal(passed(',"generationConfig":{"topK":1}', 'low', LEVELS), added('"topK":1,'));
    assert.equal(passed('', 'low', TARGET), '');
    assert.equal(passed('', 'low', { ...TARGET, traits: { efforts: [] } }), '');
  });

  it('[B8] gives back the very bytes when the router asks for nothing', () => {
    const request = requestOfText(`${HEAD},"generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH"}}}`);
    assert.equal(encodeRequest(request, LEVELS).body, request.body.bytes);
  });
});

describe('effort of the router in a Gemini request that is built anew', () => {
  const thinkingOf = (fields: object, target: EncodeTarget): unknown => {
    const body = JSON.parse(encodeRequest(chatRequest(fields), target).body.toString()) as {
      generationConfig?: { thinkingConfig?: unknown };
    };
    return body.generationConfig?.thinkingConfig;
  };

  it('[B8] takes the place of the client’s', () => {
    assert.deepEqual(thinkingOf({ reasoning_effort: 'high' }, { ...LEVELS, effort: 'low' }), {
      thinkingLevel: 'LOW',
    });
    assert.deepEqual(thinkingOf({ reasoning_effort: 'high' }, { ...BUDGETS, effort: 'none' }), {
      thinkingBudget: 0,
    });
  });

  it('[B8] is added only where the model is known to take one', () => {
    assert.deepEqual(thinkingOf({}, { ...LEVELS, effort: 'low' }), { thinkingLevel: 'LOW' });
    assert.equal(thinkingOf({}, { ...TARGET, effort: 'low' }), undefined);
  });
});
