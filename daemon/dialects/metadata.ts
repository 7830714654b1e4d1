// Puts `_pointsman` into an answer that otherwise passes byte for byte. The same for every dialect: one more member
// of a JSON object.

import type { JsonObject } from '../util/json.ts';
import { parseRequestBody, spliceMembers } from '../util/json-scan.ts';
import type { SseFrame } from './sse-parser.ts';
import { writeSseEvent } from './sse-writer.ts';

/**
 * The answer with the member added, or set anew where the upstream sent one. An answer that is nested deeper than a
 * scan goes stays as it is: it is the user's, our remark on it is not worth losing it.
 */
export function addMetadata(bytes: Buffer, metadata: JsonObject): Buffer {
  try {
    return spliceMembers(parseRequestBody(bytes), new Map([['_pointsman', JSON.stringify(metadata)]]));
  } catch {
    return bytes; // not ours to refuse, see above
  }
}

/** The same for the data of one event; comments and other fields of the frame stay. */
export function addFrameMetadata(frame: SseFrame, metadata: JsonObject): Buffer {
  const data = Buffer.from(frame.data);
  const edited = addMetadata(data, metadata);
  const at = frame.raw.indexOf(data);
  // Data that came in several lines is not in the raw bytes in one piece.
  if (at === -1) return Buffer.from(writeSseEvent(edited.toString(), frame.event));
  return Buffer.concat([frame.raw.subarray(0, at), edited, frame.raw.subarray(at + data.length)]);
}
