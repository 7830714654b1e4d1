// A file as chunks of one buffer that is used again and again, so that a gigabyte passes through one megabyte.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createZstdDecompress } from 'node:zlib';

const CHUNK_BYTES = 1024 * 1024;

/** Each chunk is valid until the next one is asked for. Rejects with the Node error of a file that cannot be read. */
export async function* readChunks(file: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  if (file.endsWith('.zst')) {
    yield* unpacked(file, signal);
    return;
  }
  const handle = await open(file, 'r');
  try {
    // Some people have a hundred thousand small files.
    const { size } = await handle.stat();
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size + 1));
    while (!signal.aborted) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function* unpacked(file: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const packed = createReadStream(file);
  const stream = createZstdDecompress();
  packed.on('error', (error) => stream.destroy(error));
  packed.pipe(stream);
  try {
    for await (const chunk of stream) {
      if (signal.aborted) return;
      yield chunk as Buffer;
    }
  } finally {
    packed.destroy();
    stream.destroy();
  }
}
