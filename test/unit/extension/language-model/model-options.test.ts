import assert from 'node:assert/strict';

import { conversationOf, settingsOf } from '../../../../extension/language-model/model-options.ts';

describe('model options', () => {
  it('set what the caller asks for, under whatever name it knows', () => {
    const expected = { max_tokens: 500, temperature: 0.2, top_k: 40, stop_sequences: ['END'] };
    assert.deepEqual(
      settingsOf({ max_tokens: 500, temperature: 0.2, top_k: 40, stop_sequences: ['END'] }, 9),
      expected,
    );
    assert.deepEqual(
      settingsOf({ maxOutputTokens: 500, temperature: 0.2, topK: 40, stop: 'END' }, 9),
      expected,
    );
  });

  it('leave the length to us where they say nothing of use', () => {
    for (const options of [{}, { max_tokens: 0 }, { max_tokens: '5' }, { max_tokens: Number.NaN }]) {
      assert.deepEqual(settingsOf(options, 9), { max_tokens: 9 });
    }
  });

  it('bring temperatures of other vendors into the range of the dialect', () => {
    assert.equal(settingsOf({ temperature: 1.7 }, 9)['temperature'], 1);
  });

  it('send one of temperature and top_p, since newer models refuse both', () => {
    assert.deepEqual(settingsOf({ temperature: 0.5, top_p: 0.9 }, 9), { max_tokens: 9, temperature: 0.5 });
    assert.deepEqual(settingsOf({ top_p: 0.9 }, 9), { max_tokens: 9, top_p: 0.9 });
  });

  it('ask for an effort that the daemon knows', () => {
    assert.deepEqual(settingsOf({ reasoning_effort: 'low' }, 9)['output_config'], { effort: 'low' });
    assert.equal(settingsOf({ reasoning_effort: 'herculean' }, 9)['output_config'], undefined);
  });

  it('send nothing of what no provider knows', () => {
    assert.deepEqual(settingsOf({ _telemetryTurn: 3, __proto__: null, n: 4, user: 'me' }, 9), {
      max_tokens: 9,
    });
  });

  it('say which conversation it is where an extension does', () => {
    assert.equal(conversationOf({ _conversationId: 'abc' }), 'abc');
    for (const options of [undefined, {}, { _conversationId: ' ' }, { _conversationId: 7 }]) {
      assert.equal(conversationOf(options), null);
    }
  });
});
