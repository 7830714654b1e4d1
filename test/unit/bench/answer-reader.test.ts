import assert from 'node:assert/strict';

import { AnswerReader } from '../../bench/answer-reader.ts';
import { plainAnswer, streamAnswer } from '../../bench/wire-answers.ts';

const plain = plainAnswer('openai-chat');
const stream = Buffer.concat(streamAnswer('anthropic-messages'));

function ends(reader: AnswerReader, pieces: readonly Buffer[]): readonly string[] {
  return pieces.map((piece) => reader.push(piece));
}

describe('answers of the bench', () => {
  it('end with their last byte and not before, wherever they are torn', () => {
    for (let cut = 1; cut < plain.length; cut += 7) {
      const reader = new AnswerReader('application/json');
      assert.deepEqual(ends(reader, [plain.subarray(0, cut), plain.subarray(cut)]), ['more', 'ok']);
    }
  });

  it('end with their last chunk and not before, wherever they are torn', () => {
    const cuts = [1, 60, 140, 20_000, ...Array.from({ length: 12 }, (_, index) => stream.length - 1 - index)];
    for (const cut of cuts) {
      const reader = new AnswerReader('text/event-stream');
      assert.deepEqual(
        ends(reader, [stream.subarray(0, cut), stream.subarray(cut)]),
        ['more', 'ok'],
        `at ${cut}`,
      );
    }
  });

  it('are not over at an empty line between chunks', () => {
    const reader = new AnswerReader('text/event-stream');
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
    assert.equal(reader.push(Buffer.from(`${head}7\r\na: 10\r\n\r\n`)), 'more');
    assert.equal(reader.push(Buffer.from('2\r\n\r\n\r\n0\r\n\r\n')), 'ok');
  });

  it('come one after the other on a connection', () => {
    const reader = new AnswerReader('application/json');
    assert.deepEqual(ends(reader, [plain, plain]), ['ok', 'ok']);
  });

  it('of another kind, or with another status, have failed', () => {
    assert.equal(new AnswerReader('text/event-stream').push(plain), 'failed');
    const refusal = Buffer.from(
      'HTTP/1.1 503 No\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
    );
    assert.equal(new AnswerReader('application/json').push(refusal), 'failed');
  });
});
