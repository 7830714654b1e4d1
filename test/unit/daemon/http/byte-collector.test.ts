import assert from 'node:assert/strict';

import { ByteCollector } from '../../../../daemon/http/byte-collector.ts';

describe('byte collector', () => {
  it('gives back a single piece without copying it', () => {
    const collector = new ByteCollector();
    const piece = Buffer.from('whole');
    collector.push(piece);
    assert.equal(collector.length, 5);
    assert.equal(collector.take(), piece);
    assert.equal(collector.length, 0);
  });

  it('keeps the order of pieces of all sizes', () => {
    const collector = new ByteCollector();
    const sizes = [3, 1, 1, 5_000, 2, 16_384, 4_095, 4_095, 4_095, 4_095, 4_095, 1, 40_000, 7];
    const pieces = sizes.map((size, at) => Buffer.alloc(size, at + 65));
    for (const piece of pieces) collector.push(piece);
    assert.deepEqual(collector.take(), Buffer.concat(pieces));
  });

  it('copies small pieces together, so that a body in single bytes takes little more than its bytes', () => {
    const collector = new ByteCollector();
    const held = new Set<ArrayBufferLike>();
    let pieces = 0;
    const concat = Buffer.concat.bind(Buffer);
    try {
      Buffer.concat = (list, length) => {
        for (const piece of list) held.add(piece.buffer);
        pieces = list.length;
        return concat(list, length);
      };
      for (let at = 0; at < 100_000; at++) collector.push(Buffer.allocUnsafeSlow(1).fill(at % 256));
      assert.equal(collector.take().length, 100_000);
    } finally {
      Buffer.concat = concat;
    }
    const heldBytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert.ok(heldBytes < 120_000 && pieces < 20, `${heldBytes} bytes in ${pieces} pieces`);
  });
});
