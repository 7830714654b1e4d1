import assert from 'node:assert/strict';
import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { AnswerText, MAX_TEXT_CHARS } from '../../../../daemon/pipeline/answer-text.ts';

const START: StreamEvent = { type: 'response-start', responseId: 'r', responseModel: 'm' };

function words(delta: string, id = 't', choice = 0): StreamEvent {
  return { type: 'text-delta', id, choice, delta };
}

function callOf(id: string, name: string): StreamEvent {
  return { type: 'tool-input-start', id, choice: 0, callId: `call_${id}`, name };
}

function input(id: string, delta: string): StreamEvent {
  return { type: 'tool-input-delta', id, choice: 0, delta };
}

function textOf(...events: readonly StreamEvent[]): string | null {
  const text = new AnswerText();
  for (const event of events) text.observe([event]);
  return text.text();
}

describe('the text of an answer', () => {
  it('is what was said, in its order', () => {
    assert.equal(textOf(START, words('Hello '), words('there', 'u')), 'Hello there');
  });

  it('[A51] names calls of tools in brackets, also when they are written side by side', () => {
    const text = textOf(
      START,
      words('I look.'),
      callOf('a', 'read'),
      callOf('b', 'list'),
      input('a', '{"path":'),
      input('b', '{}'),
      input('a', '"x"}'),
      words('Done.', 'u'),
    );
    assert.equal(text, 'I look.\n\n[tool call read({"path":"x"})]\n\n[tool call list({})]\n\nDone.');
  });

  it('holds refusals and no thoughts, and the first of several choices', () => {
    const thought: StreamEvent = { type: 'reasoning-delta', id: 'r', choice: 0, delta: 'hm' };
    const refusal: StreamEvent = { type: 'refusal-delta', id: 'f', choice: 0, delta: 'I cannot' };
    assert.equal(textOf(START, thought, refusal, words('other', 'o', 1)), 'I cannot');
  });

  it('is empty for an empty answer, and nothing where nobody answered', () => {
    assert.equal(textOf(START), '');
    assert.equal(textOf(), null);
  });

  it('ends at 256 kB and says so', () => {
    const text = textOf(START, words('x'.repeat(MAX_TEXT_CHARS)), words('never seen'), callOf('a', 'never'));
    assert.ok((text ?? '').length < MAX_TEXT_CHARS + 100);
    assert.match(text ?? '', /x\n\n\[the rest is not kept\]$/);
  });

  it('tells by how many bytes it has grown', () => {
    const text = new AnswerText();
    text.observe([START, words('a')]);
    assert.equal(text.observe([words('four')]), 8);
    assert.equal(text.observe([START]), 0);
    text.join();
    assert.equal(text.text(), 'afour');
  });

  it('is the same however small its pieces are', () => {
    const text = new AnswerText();
    for (let index = 0; index < 2000; index += 1) text.observe([words(String(index % 10))]);
    assert.equal(text.text(), '0123456789'.repeat(200));
  });
});
