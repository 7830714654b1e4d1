// Server-sent events -> text, the counterpart of sse-parser.ts.

/** One event as it goes on the wire. `event` is left out when empty; newlines in `data` become further data lines. */
export function writeSseEvent(data: string, event = ''): string {
  const name = event === '' ? '' : `event: ${event}\n`;
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data;
  return `${name}data: ${lines}\n\n`;
}

/** Stands in the place of the words while the rest is written; no event holds it. */
const WORDS = '\u0001words\u0001';

/**
 * A writer of events of which only one string changes, made of one that writes them whole. What stands around the words
 * is written once: .15 us an event instead of 1.5.
 */
export function repeatedEvent(write: (words: string) => string): (words: string) => string {
  const [before, after, ...others] = write(WORDS).split(JSON.stringify(WORDS));
  if (before === undefined || after === undefined || others.length > 0) return write;
  return (words) => before + JSON.stringify(words) + after;
}
