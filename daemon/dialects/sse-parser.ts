// Bytes -> server-sent events, incrementally. (Body filled in by its owner; the frame type is the seam.)

/** One complete event of a stream. */
export interface SseFrame {
  /** The bytes as they arrived, with the blank line that ends the event. */
  readonly raw: Buffer;
  /** Value of the `event:` field; '' when there was none. */
  readonly event: string;
  /** `data:` lines joined with newlines; '' for comments and pings. */
  readonly data: string;
}
