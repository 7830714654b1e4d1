// Finds where an HTTP answer ends, and whether it is the kind that was asked for. Knows content-length and chunked.

const END_OF_CHUNKS = Buffer.from('\r\n0\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/** One for a connection; answers come one after the other. Keeps no data that it is given beyond a few bytes. */
export class AnswerReader {
  readonly #contentType: string;
  /** Of the answer that came last or is coming. */
  head = '';
  #bytes = NOTHING;
  #isExpected = false;
  /** Bytes of the body still to come; -1 = chunked; null = the head is not complete. */
  #left: number | null = null;
  #tail = NOTHING;

  /** `contentType` is how the one that is expected begins. */
  constructor(contentType: string) {
    this.#contentType = contentType;
  }

  push(data: Buffer): 'more' | 'ok' | 'failed' {
    let body = data;
    if (this.#left === null) {
      const bytes = this.#bytes.length === 0 ? data : Buffer.concat([this.#bytes, data]);
      const headEnd = bytes.indexOf('\r\n\r\n');
      if (headEnd < 0) {
        this.#bytes = Buffer.from(bytes);
        return 'more';
      }
      this.#readHead(bytes.toString('latin1', 0, headEnd));
      body = bytes.subarray(headEnd + 4);
    }
    const left = this.#left ?? 0;
    if (left >= 0) {
      this.#left = left - body.length;
      return this.#left > 0 ? 'more' : this.#end();
    }
    return this.#endsChunks(body) ? this.#end() : 'more';
  }

  #readHead(head: string): void {
    this.head = head;
    const type = /content-type: ([^\r]+)/i.exec(head)?.[1] ?? '';
    this.#isExpected = head.startsWith('HTTP/1.1 200') && type.startsWith(this.#contentType);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    this.#left = length === undefined ? -1 : Number(length);
  }

  #endsChunks(body: Buffer): boolean {
    if (body.length >= END_OF_CHUNKS.length) {
      this.#tail = Buffer.from(body.subarray(-END_OF_CHUNKS.length));
    } else {
      this.#tail = Buffer.concat([this.#tail, body]).subarray(-END_OF_CHUNKS.length);
    }
    return this.#tail.equals(END_OF_CHUNKS);
  }

  #end(): 'ok' | 'failed' {
    this.#bytes = NOTHING;
    this.#tail = NOTHING;
    this.#left = null;
    return this.#isExpected ? 'ok' : 'failed';
  }
}
