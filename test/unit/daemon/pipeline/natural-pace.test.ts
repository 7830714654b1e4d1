import assert from 'node:assert/strict';
import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { BURST_MS, inBursts } from '../../../../daemon/pipeline/natural-pace.ts';

const delta = (text: string): StreamEvent => ({ type: 'text-delta', id: 't', choice: 0, delta: text });
const wordsIn = (events: readonly StreamEvent[]): readonly string[] =>
  events.flatMap((event) => ('delta' in event ? [event.delta] : []));

describe('the pace of a replay', () => {
  it('[A31] loses and changes nothing, and never cuts a character in two', () => {
    const text = '👩‍💻🚀'.repeat(40);
    const pieces = wordsIn([...inBursts([delta(text)])].flat());
    assert.equal(pieces.join(''), text);
    for (const piece of pieces) assert.equal(Buffer.from(piece).toString(), piece);
  });

  it('[A31] tells also a long answer within half a second', () => {
    const bursts = [...inBursts([delta('a word '.repeat(20_000))])];
    assert.ok(bursts.length > 10 && bursts.length * BURST_MS <= 500, String(bursts.length));
  });
});
