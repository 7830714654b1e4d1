// The tables inside of a ZIP archive (DeepSeek's export is one), with bounds on what they may grow to.

import { inflateRawSync } from 'node:zlib';
import { InvoiceError } from './invoice-error.ts';

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const MAX_ENTRIES = 100;
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const STORED = 0;
const DEFLATED = 8;

export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** Entries named *.csv, *.json, *.jsonl, *.txt. `maxBytes` bounds what all of them unpack to. */
export function tablesOfZip(bytes: Uint8Array, maxBytes: number): readonly ZipEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return readEntries(buffer, maxBytes);
  } catch (error) {
    if (error instanceof InvoiceError) throw error;
    // Offsets that lead out of the file, data that does not unpack.
    throw new InvoiceError('it is a damaged ZIP archive; download the export again');
  }
}

function readEntries(buffer: Buffer, maxBytes: number): readonly ZipEntry[] {
  const end = findEnd(buffer);
  const count = buffer.readUInt16LE(end + 10);
  if (count > MAX_ENTRIES) throw new InvoiceError(`the archive holds ${count} files, no export has so many`);
  const entries: ZipEntry[] = [];
  let at = buffer.readUInt32LE(end + 16);
  let left = maxBytes;
  for (let index = 0; index < count; index += 1) {
    if (buffer.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new RangeError('no directory entry');
    const nameBytes = buffer.readUInt16LE(at + 28);
    const name = buffer.toString('utf8', at + 46, at + 46 + nameBytes);
    if (/\.(csv|jsonl?|txt)$/iu.test(name)) {
      const unpacked = unpack(buffer, at, left);
      left -= unpacked.length;
      entries.push({ name, bytes: unpacked });
    }
    at += 46 + nameBytes + buffer.readUInt16LE(at + 30) + buffer.readUInt16LE(at + 32);
  }
  return entries;
}

function findEnd(buffer: Buffer): number {
  const earliest = Math.max(0, buffer.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = buffer.length - END_BYTES; at >= earliest; at -= 1) {
    if (buffer.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  }
  throw new RangeError('no end of directory');
}

function unpack(buffer: Buffer, at: number, maxBytes: number): Uint8Array {
  if ((buffer.readUInt16LE(at + 8) & 1) === 1) {
    throw new InvoiceError('the archive is encrypted; unpack it and give the files in it');
  }
  const method = buffer.readUInt16LE(at + 10);
  const packedBytes = buffer.readUInt32LE(at + 20);
  const local = buffer.readUInt32LE(at + 42);
  if (buffer.readUInt32LE(local) !== LOCAL_ENTRY) throw new RangeError('no local entry');
  const start = local + 30 + buffer.readUInt16LE(local + 26) + buffer.readUInt16LE(local + 28);
  if (start + packedBytes > buffer.length) throw new RangeError('beyond the end');
  const packed = buffer.subarray(start, start + packedBytes);
  if (method === STORED && packed.length <= maxBytes) return packed;
  if (method === DEFLATED) return inflateBounded(packed, maxBytes);
  throw new RangeError('a method that nobody uses');
}

function inflateBounded(packed: Buffer, maxBytes: number): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new InvoiceError('the archive unpacks to more than any export holds; export a shorter time');
    }
    throw error;
  }
}
