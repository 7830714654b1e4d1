// The bytes of a JSON request with a map of its top-level members. `parseRequestBody` is in json-scan.ts.

/** Half-open byte range [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface RequestBody {
  /** Exactly what the client sent; never written to. */
  readonly bytes: Buffer;
  /** Span of each top-level member's value. Of duplicate keys the last one counts, as in JSON.parse. */
  readonly members: ReadonlyMap<string, Span>;
}
