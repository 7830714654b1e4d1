import assert from 'node:assert/strict';

import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { Losses, noteUncarried, withoutRefused } from '../../../../daemon/dialects/losses.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

function notedFor(body: object): readonly string[] {
  const losses = new Losses();
  const bytes = Buffer.from(
    JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }),
  );
  noteUncarried(losses, openAiChat.decodeRequest(parseRequestBody(bytes)), new Set());
  return losses.list();
}

describe('dialects/losses', () => {
  it('names a setting that has no place', () => {
    assert.deepEqual(notedFor({ frequency_penalty: 0.5 }), [
      'frequencyPenalty has no counterpart at the chosen model and was left out',
    ]);
  });

  it('does not name a setting that asks for what every model does anyway', () => {
    assert.deepEqual(notedFor({ frequency_penalty: 0, presence_penalty: 0 }), []);
  });

  it('takes refused settings out, and names those that asked for something', () => {
    const losses = new Losses();
    const refused = ['presencePenalty', 'frequencyPenalty'] as const;
    const kept = withoutRefused(losses, { presencePenalty: 0, frequencyPenalty: 1, seed: 7 }, refused);
    assert.deepEqual(kept, { seed: 7 });
    assert.deepEqual(losses.list(), ['frequencyPenalty is refused by the chosen model and was left out']);
  });

  it('cuts a name of any length, so that no text of the user gets into the record', () => {
    const losses = new Losses();
    losses.leftOut(`content of type ${'secret '.repeat(1000)}`);
    const [sentence = ''] = losses.list();
    assert.equal(sentence.length, 251);
    assert.ok(sentence.endsWith('…'));
  });
});
