// Plays a stored answer at the pace of a quick model: in pieces of a few words, so that whoever reads along sees it
// grow, and whoever draws it anew with each piece has time to. A long answer is told in bigger pieces, not for longer.

import type { StreamEvent } from '../conversation/stream-event.ts';

/** About six tokens. */
const PIECE_CHARS = 24;
/** Between two bursts, ms. */
export const BURST_MS = 10;
const LONGEST_MS = 400;
const MAX_BURSTS = LONGEST_MS / BURST_MS;

/** The same events, in bursts that are to be `BURST_MS` apart. */
export function* inBursts(events: readonly StreamEvent[]): Generator<readonly StreamEvent[]> {
  let chars = 0;
  for (const event of events) if ('delta' in event) chars += event.delta.length;
  const burstChars = Math.max(2 * PIECE_CHARS, Math.ceil(chars / MAX_BURSTS));
  let burst: StreamEvent[] = [];
  let burstLength = 0;
  for (const event of events) {
    if (!('delta' in event)) {
      burst.push(event);
      continue;
    }
    for (const delta of piecesOf(event.delta)) {
      burst.push({ ...event, delta });
      burstLength += delta.length;
      if (burstLength < burstChars) continue;
      yield burst;
      burst = [];
      burstLength = 0;
    }
  }
  if (burst.length > 0) yield burst;
}

/** Ends a piece behind a space where there is one, and never inside of a character. */
function* piecesOf(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > PIECE_CHARS) {
    const space = text.lastIndexOf(' ', start + PIECE_CHARS - 1);
    let end = space > start ? space + 1 : start + PIECE_CHARS;
    if (isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    yield text.slice(start, end);
    start = end;
  }
  yield text.slice(start);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
