// Server-sent events -> text, the counterpart of sse-parser.ts.

/** One event as it goes on the wire. `event` is left out when empty; newlines in `data` become further data lines. */
export function writeSseEvent(data: string, event = ''): string {
  const name = event === '' ? '' : `event: ${event}\n`;
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n|\r|\n/).join('\ndata: ') : data;
  return `${name}data: ${lines}\n\n`;
}
