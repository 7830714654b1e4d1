// The body of one answer, unpacked and bounded: read by read for streams, whole for plain answers and errors.

import type { Decompression } from './decompression.ts';
import { MAX_BODY_BYTES, decompressionFor } from './decompression.ts';
import type { HttpCall } from './http-call.ts';
import { AttemptError } from './transport-failure.ts';

export interface AnswerBody {
  /** What arrived since the last read; null at the proper end. Never empty. `maxBytes`: see `HttpCall.read`. */
  read(maxBytes?: number): Promise<readonly Buffer[] | null>;
  /** Drops the connection. */
  destroy(reason: Error): void;
}

/** Unpacked. A stream of the longest answer of any model, pictures included, is a tenth of it. */
const MAX_STREAM_BYTES = 256 * 1024 * 1024;

/** Throws AttemptError when the answer is packed in a way that nobody asked for. */
export function answerBody(call: HttpCall, maxBytes = MAX_STREAM_BYTES): AnswerBody {
  const decompression = decompressionFor(call.headers['content-encoding']);
  return bounded(decompression === null ? call : unpacked(call, decompression), maxBytes);
}

/** Reads fail from where the answer is longer than any real one. */
function bounded(body: AnswerBody, maxBytes: number): AnswerBody {
  let length = 0;
  return {
    async read(readBytes) {
      const chunks = await body.read(readBytes);
      for (const chunk of chunks ?? []) length += chunk.length;
      if (length <= maxBytes) return chunks;
      throw new AttemptError('invalid-response', `the answer does not end: it has ${maxBytes} bytes already`);
    },
    destroy: (reason) => body.destroy(reason),
  };
}

function unpacked(call: HttpCall, decompression: Decompression): AnswerBody {
  return {
    async read() {
      for (;;) {
        const packed = await call.read();
        if (packed === null) {
          decompression.close();
          return null;
        }
        const chunks = await decompression.push(packed);
        if (chunks.length > 0) return chunks;
      }
    },
    destroy(reason) {
      decompression.close();
      call.destroy(reason);
    },
  };
}

/** The whole body. Throws AttemptError and drops the connection when it is longer than any real answer. */
export async function readWhole(body: AnswerBody, maxBytes = MAX_BODY_BYTES): Promise<Buffer> {
  const { bytes, isCut } = await readUpTo(body, maxBytes);
  if (isCut) {
    throw new AttemptError(
      'invalid-response',
      `the answer is longer than ${maxBytes} bytes and was given up`,
    );
  }
  return bytes;
}

/** The first `maxBytes` of the body; drops the connection when there is more. */
export async function readUpTo(
  body: AnswerBody,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (let read = await body.read(); read !== null; read = await body.read()) {
    for (const chunk of read) {
      chunks.push(chunk);
      length += chunk.length;
    }
    if (length <= maxBytes) continue;
    body.destroy(new AttemptError('invalid-response', 'longer than needed'));
    return { bytes: Buffer.concat(chunks, maxBytes), isCut: true };
  }
  const [only] = chunks;
  return { bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks), isCut: false };
}
