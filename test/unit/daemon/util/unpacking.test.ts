import assert from 'node:assert/strict';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { createUnpacking, UnpackingError, type Encoding } from '../../../../daemon/util/unpacking.ts';

const MIB = 1024 * 1024;
const TEXT = JSON.stringify({ text: 'hello '.repeat(500) });

const PACKERS: readonly (readonly [Encoding, (bytes: Buffer) => Buffer])[] = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
];

const isKind =
  (kind: UnpackingError['kind']) =>
  (error: unknown): boolean =>
    error instanceof UnpackingError && error.kind === kind;

describe('unpacking', () => {
  for (const [encoding, pack] of PACKERS) {
    it(`unpacks ${encoding} in pieces of any size`, async () => {
      const packed = pack(Buffer.from(TEXT));
      const unpacking = createUnpacking(encoding, { mayBeTorn: false });
      const out: Buffer[] = [];
      for (let at = 0; at < packed.length; at += 7) {
        out.push(...(await unpacking.push(packed.subarray(at, at + 7))));
      }
      out.push(...(await unpacking.end()));
      assert.equal(Buffer.concat(out).toString(), TEXT);
      unpacking.close();
    });

    it(`refuses a torn ${encoding} body where the end matters`, async () => {
      const packed = pack(Buffer.from(TEXT));
      const unpacking = createUnpacking(encoding, { mayBeTorn: false });
      await unpacking.push(packed.subarray(0, packed.length - 5));
      await assert.rejects(unpacking.end(), isKind('broken'));
    });

    it(`stops a ${encoding} bomb after a megabyte or two, and says so again`, async () => {
      const packed = pack(Buffer.alloc(16 * MIB));
      const unpacking = createUnpacking(encoding, { mayBeTorn: false });
      const unpackAll = async (): Promise<void> => {
        for (let at = 0; at < packed.length; at += 4096) {
          await unpacking.push(packed.subarray(at, at + 4096));
        }
      };
      await assert.rejects(unpackAll(), isKind('ratio'));
      await assert.rejects(unpacking.push(packed), isKind('ratio'));
    });
  }

  it('tells whoever waits when it is closed', async () => {
    const unpacking = createUnpacking('gzip', { mayBeTorn: false });
    const waiting = unpacking.push(gzipSync(Buffer.alloc(8 * MIB, 'text with some variety in it ')));
    unpacking.close();
    await assert.rejects(waiting, isKind('broken'));
  });
});
