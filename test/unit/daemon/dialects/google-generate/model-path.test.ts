import assert from 'node:assert/strict';

import { parseModelPath } from '../../../../../daemon/dialects/google-generate/model-path.ts';
import { refusalOf } from './google-support.ts';

describe('google-generate model path', () => {
  it('reads model and method, also under a prefix and below v1', () => {
    const plain = { model: 'gemini-3.8-flash', isStream: false };
    assert.deepEqual(parseModelPath('/v1beta/models/gemini-3.8-flash:generateContent'), plain);
    assert.deepEqual(parseModelPath('/v1/models/auto:streamGenerateContent'), {
      model: 'auto',
      isStream: true,
    });
  });

  it('takes names with slashes and colons, as they are and percent-encoded', () => {
    const modelOf = (name: string) => parseModelPath(`/v1beta/models/${name}:generateContent`).model;
    assert.equal(modelOf('exact/openai/gpt-x'), 'exact/openai/gpt-x');
    assert.equal(modelOf('exact%2Fopenai%2Fgpt-x'), 'exact/openai/gpt-x');
    assert.equal(modelOf('auto:budget'), 'auto:budget');
    assert.equal(modelOf('auto%3Abudget'), 'auto:budget');
    assert.equal(modelOf('models/gemini'), 'gemini');
    assert.equal(modelOf('50%'), '50%');
  });

  it('says which methods there are when it gets another one', () => {
    const refused = refusalOf(() => parseModelPath('/v1beta/models/m:embedContent'));
    assert.match(
      refused,
      /^request\.not_found -: there is no method embedContent; post to .*:generateContent/,
    );
    assert.match(
      refusalOf(() => parseModelPath('/v1beta/models/m')),
      /^request\.not_found -: the path names no method/,
    );
  });

  it('refuses a text in the place of a name', () => {
    const refused = refusalOf(() => parseModelPath(`/v1beta/models/${'x'.repeat(300)}:generateContent`));
    assert.match(refused, /^request\.malformed model: model is longer than 256 characters/);
  });
});
