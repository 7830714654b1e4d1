import assert from 'node:assert/strict';

import { createSseParser } from '../../../../daemon/dialects/sse-parser.ts';
import { repeatedEvent, writeSseEvent } from '../../../../daemon/dialects/sse-writer.ts';

describe('sse-writer', () => {
  it('writes data alone when the event has no name', () => {
    assert.equal(writeSseEvent('{"a":1}'), 'data: {"a":1}\n\n');
  });

  it('writes the name of an event before its data', () => {
    assert.equal(writeSseEvent('{}', 'message_start'), 'event: message_start\ndata: {}\n\n');
  });

  it('writes line ends inside data so that a parser gives them back', () => {
    const [frame] = createSseParser().push(Buffer.from(writeSseEvent('a\r\nb\rc\nd')));
    assert.equal(frame?.data, 'a\nb\nc\nd');
  });

  it('writes an event that repeats as if it were written whole', () => {
    const whole = (words: string): string => writeSseEvent(JSON.stringify({ id: 'x', words, last: 1 }), 'e');
    const repeated = repeatedEvent(whole);
    for (const words of ['', 'a', '"\\\n', '\u0001words\u0001', '日本 \ud83d'])
      assert.equal(repeated(words), whole(words));
    const twice = (words: string): string => `${JSON.stringify(words)}${JSON.stringify(words)}`;
    assert.equal(repeatedEvent(twice)('a'), '"a""a"');
  });
});
