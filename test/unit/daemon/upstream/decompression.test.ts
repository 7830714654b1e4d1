import assert from 'node:assert/strict';
import { brotliCompressSync, createGzip, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { decompressionFor, type Decompression } from '../../../../daemon/upstream/decompression.ts';

const TEXT = 'data: {"text":"hello"}\n\n'.repeat(50);

function unpacker(encoding: string): Decompression {
  const decompression = decompressionFor(encoding);
  assert.ok(decompression !== null);
  return decompression;
}

const joined = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();

describe('decompressionFor', () => {
  it('has nothing to do for what is not packed', () => {
    for (const encoding of [undefined, '', 'identity', ' Identity ']) {
      assert.equal(decompressionFor(encoding), null);
    }
  });

  const packed: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['zstd', zstdCompressSync(TEXT)],
  ];
  for (const [encoding, bytes] of packed) {
    it(`unpacks ${encoding}`, async () => {
      const decompression = unpacker(encoding);
      assert.equal(joined(await decompression.push([bytes])), TEXT);
      decompression.close();
    });

    it(`unpacks ${encoding} that comes in two parts`, async () => {
      const decompression = unpacker(encoding);
      const first = await decompression.push([bytes.subarray(0, 20)]);
      const second = await decompression.push([bytes.subarray(20)]);
      assert.equal(joined([...first, ...second]), TEXT);
      decompression.close();
    });
  }

  it('holds nothing back that was flushed', async () => {
    const gzip = createGzip();
    const parts: Buffer[] = [];
    gzip.on('data', (chunk: Buffer) => parts.push(chunk));
    gzip.write('data: first\n\n');
    await new Promise<void>((resolve) => gzip.flush(() => resolve()));
    const decompression = unpacker('gzip');
    assert.equal(joined(await decompression.push(parts)), 'data: first\n\n');
    decompression.close();
    gzip.destroy();
  });

  for (const encoding of ['compress', 'toString', '__proto__']) {
    it(`refuses the encoding ${encoding}`, () => {
      assert.throws(() => decompressionFor(encoding), /was not asked for/);
    });
  }

  it('gives up on an answer that grows beyond any real one', async () => {
    const decompression = unpacker('gzip');
    await assert.rejects(
      decompression.push([gzipSync(Buffer.alloc(8 * 1024 * 1024))]),
      /far more than any answer/,
    );
    await assert.rejects(decompression.push([Buffer.from('more')]), /far more/);
  });

  it('gives up on broken packing', async () => {
    const decompression = unpacker('gzip');
    await assert.rejects(decompression.push([Buffer.from('this is not gzip')]), /packing is broken/);
    decompression.close();
  });
});
