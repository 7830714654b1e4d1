import assert from 'node:assert/strict';
import { createElementCutter, createLineCutter } from '../../../../daemon/audit/pieces.ts';

type Create = typeof createLineCutter;

function cut(create: Create, text: string, chunkBytes: number, maxPieceBytes?: number) {
  const pieces: string[] = [];
  let broken = 0;
  const cutter = create({
    onPiece: (bytes) => void pieces.push(bytes.toString()),
    onBroken: () => void (broken += 1),
    ...(maxPieceBytes === undefined ? {} : { maxPieceBytes }),
  });
  const bytes = Buffer.from(text);
  // One buffer for all chunks, as files are read.
  const chunk = Buffer.alloc(chunkBytes);
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const length = bytes.copy(chunk, 0, start, start + chunkBytes);
    cutter.push(chunk.subarray(0, length));
    chunk.fill(0x58);
  }
  cutter.end();
  return { pieces, broken };
}

describe('pieces of a history', () => {
  for (const chunkBytes of [1, 3, 7, 1000]) {
    it(`are its lines, in chunks of ${chunkBytes} bytes`, () => {
      const { pieces } = cut(createLineCutter, 'ä\n\n{"b":1}\r\n  \nlast', chunkBytes);
      assert.deepEqual(pieces, ['ä', '{"b":1}\r', 'last']);
    });

    it(`are the objects of an array, in chunks of ${chunkBytes} bytes`, () => {
      const text = ' [ {"a":"]},{\\"["}, {"b":[{"c":1}]} , 5, {"d":"\\\\"} ]';
      const { pieces, broken } = cut(createElementCutter, text, chunkBytes);
      assert.deepEqual(pieces, ['{"a":"]},{\\"["}', '{"b":[{"c":1}]}', '{"d":"\\\\"}']);
      assert.equal(broken, 0);
    });

    it(`are the messages of an object that holds them, in chunks of ${chunkBytes} bytes`, () => {
      const text =
        '{"origin":{"messages":[{"no":1}]},"other":[{"no":2}],"messages":[{"yes":1},{"yes":2}],"z":[{}]}';
      assert.deepEqual(cut(createElementCutter, text, chunkBytes).pieces, ['{"yes":1}', '{"yes":2}']);
    });
  }

  it('leave out a line that is too long, and no other', () => {
    const { pieces, broken } = cut(createLineCutter, `one\n${'x'.repeat(100)}\ntwo\n`, 10, 50);
    assert.deepEqual(pieces, ['one', 'two']);
    assert.equal(broken, 1);
  });

  it('say that an array ends in the middle, and hold what came before', () => {
    assert.deepEqual(cut(createElementCutter, '[{"a":1},{"b":', 4), { pieces: ['{"a":1}'], broken: 1 });
  });
});
