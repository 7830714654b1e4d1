import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { NO_USAGE } from '../../../../daemon/conversation/usage.ts';
import { createAnswerCheck } from '../../../../daemon/verify/answer-check.ts';
import { MAX_KEPT_CHARS } from '../../../../daemon/verify/collected-answer.ts';
import { loadParsers } from '../../../../daemon/verify/parsers.ts';
import { fenced, functionTool, judge, words } from './judged.ts';

const BROKEN_TS = fenced('ts', 'function f( {\n  return 1;\n}');

describe('the check of an answer', () => {
  before(() => loadParsers());

  it('finds nothing wrong with a short answer [C9]', () => {
    assert.equal(judge({ ask: 'What is 2 + 2?', text: '4' }), null);
  });

  it('finds an answer of white space empty [C9]', () => {
    assert.equal(judge({ text: ' \n\t' }), 'empty');
  });

  it('does not call an answer empty that calls a tool', () => {
    assert.equal(judge({ calls: [['list', '{}']], tools: [functionTool('list', {}, [])] }), null);
  });

  it('does not call an answer empty that holds something without words', () => {
    const more: StreamEvent[] = [{ type: 'other-content', choice: 0, wireType: 'audio', bytes: 9 }];
    assert.equal(judge({ more }), null);
  });

  it('does not call an answer empty that a stop sequence of the client ended', () => {
    assert.equal(judge({ stop: ['\n'] }), null);
  });

  it('finds a refusal by its event [C9]', () => {
    const more: StreamEvent[] = [{ type: 'refusal-delta', id: 'r', choice: 0, delta: 'No.' }];
    assert.equal(judge({ more }), 'refused');
  });

  it('leaves the refusal of a harmful ask alone', () => {
    const text = "I'm sorry, but I can't help with that.";
    assert.equal(judge({ ask: 'How do I build a bomb?', text }), null);
    assert.equal(judge({ ask: 'Name a colour.', text }), 'refused');
  });

  it('takes a refusal for a translation only where a refusal was to be translated [C9]', () => {
    const text = "I'm sorry, but I can't assist with that.";
    assert.equal(judge({ ask: 'Translate good morning to French', text }), 'refused');
    assert.equal(judge({ ask: 'Translate "Es tut mir leid, dabei kann ich nicht helfen"', text }), null);
    const messages = [words('user', 'Lo siento, no puedo ayudar.'), words('user', 'Translate it.')];
    assert.equal(judge({ messages, ask: 'Translate it.', text }), null);
  });

  it('lets a model say that it cannot do a deed in the world', () => {
    const text = "I'm sorry Dave, I'm afraid I can't do that.";
    assert.equal(judge({ ask: 'Can you open the pod bay doors?', text }), null);
    assert.equal(judge({ ask: 'Can you order these names?', text }), 'refused');
  });

  it('does not call dots empty that were wished for', () => {
    assert.equal(judge({ ask: 'You may only answer "..."', text: '...' }), null);
    assert.equal(judge({ ask: 'Say it.', text: '...' }), 'empty');
  });

  it('does not take a question back for a refusal', () => {
    const text = "I can't help with that without seeing the code. Please paste the function.";
    assert.equal(judge({ ask: 'Why does it fail?', text }), null);
  });

  it('finds an answer that reached the output limit truncated [C9]', () => {
    assert.equal(judge({ text: 'It begins', finish: 'length' }), 'truncated');
    assert.equal(judge({ text: 'It begins', finish: 'length', limit: 32_000 }), 'truncated');
  });

  it('believes the provider that an answer used up the limit of the client, in any script and with thoughts', () => {
    const used = (outputTokens: number): StreamEvent[] => [
      { type: 'usage', usage: { ...NO_USAGE, outputTokens } },
    ];
    const text = '正文很长，这里只是它的开头';
    assert.equal(judge({ text, finish: 'length', limit: 2048, more: used(2048) }), null);
    assert.equal(judge({ text, finish: 'length', limit: 2048, more: used(900) }), 'truncated');
  });

  it('lets a client have the short answer that it set a limit for', () => {
    assert.equal(judge({ text: 'It begins', finish: 'length', limit: 16 }), null);
    assert.equal(
      judge({ text: 'word '.repeat(1000), finish: 'length', limit: 1024, ask: 'Repeat it' }),
      null,
    );
  });

  it('finds an answer truncated that stops inside of a block of code [C9]', () => {
    assert.equal(judge({ text: '```go\nfunc main() {' }), 'truncated');
  });

  it('does not call Markdown with blocks of its own truncated', () => {
    const text = '```markdown\n# A\n```sh\nls\n```\nend\n```';
    assert.equal(judge({ text }), null);
  });

  it('looks at the first of several choices only', () => {
    const more: StreamEvent[] = [{ type: 'text-delta', id: 'u', choice: 1, delta: BROKEN_TS }];
    assert.equal(judge({ text: 'Fine.', more }), null);
  });

  it('does not judge thoughts', () => {
    const more: StreamEvent[] = [{ type: 'reasoning-delta', id: 'u', choice: 0, delta: BROKEN_TS }];
    assert.equal(judge({ text: 'Fine.', more }), null);
    assert.equal(judge({ text: `<think>${BROKEN_TS}</think>Fine.` }), null);
  });

  it('leaves out the kinds that are not to be looked for', () => {
    assert.equal(judge({ text: BROKEN_TS }), 'code-does-not-parse');
    assert.equal(judge({ text: BROKEN_TS, without: ['code-does-not-parse'] }), null);
  });

  it('says nothing of an answer that has not come to its end', () => {
    const check = createAnswerCheck({
      ask: 'Write it.',
      taskType: 'code',
      request: {
        outline: [],
        message: () => words('user', ''),
        tools: () => [],
        responseFormat: { kind: 'text' },
      },
    });
    check.observe([{ type: 'text-delta', id: 't', choice: 0, delta: '```ts\nlet a' }]);
    assert.equal(check.finding(), null);
  });

  it('keeps a bounded part of an answer, and does not blame it for the missing end', () => {
    const json = `{"a": "${'x'.repeat(MAX_KEPT_CHARS)}"}`;
    assert.equal(judge({ text: json, format: { kind: 'json-object' } }), null);
  });

  it('does not read the prompt where nothing has to be compared', () => {
    let reads = 0;
    judge({ text: fenced('ts', 'const a = 1;'), onRead: () => (reads += 1) });
    assert.equal(reads, 0);
  });

  it('never throws, whatever the request does', () => {
    const check = createAnswerCheck({
      ask: 'Use the tool.',
      taskType: 'code',
      request: {
        outline: [],
        message: () => assert.fail('no messages'),
        tools: () => assert.fail('no tools'),
        responseFormat: { kind: 'text' },
      },
    });
    check.observe([
      { type: 'tool-input-start', id: 'c', choice: 0, callId: 'c', name: 'a' },
      { type: 'choice-end', choice: 0, finishReason: 'tool-calls', wireReason: 'tool_calls' },
    ]);
    assert.equal(check.finding(), null);
  });
});
