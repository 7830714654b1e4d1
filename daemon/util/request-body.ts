// The bytes of a JSON request with a map of its top-level members. `parseRequestBody` is in json-scan.ts.

/** Half-open byte range [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One top-level member as it stands in the bytes. */
export interface BodyMember {
  /** Name with its escapes resolved. */
  readonly key: string;
  /** Offset of the opening quote of the name. */
  readonly keyStart: number;
  readonly value: Span;
  /** Where the value is an array: its elements, unless there are very many. */
  readonly elements?: readonly Span[];
}

export interface RequestBody {
  /** Exactly what the client sent; never written to. */
  readonly bytes: Buffer;
  /** Span of each top-level member's value. Of duplicate keys the last one counts, as in JSON.parse. */
  readonly members: ReadonlyMap<string, Span>;
  /** Every top-level member in wire order, duplicates included, so that an edit can reach all of them. */
  readonly entries: readonly BodyMember[];
}
