// The last gate for answer headers: whatever an upstream or a model name puts into them, they stay one line each and
// cannot set cookies, open the port to web pages or change the framing of our connection.

const NAME_PATTERN = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

const NEVER_SENT: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'location',
  'proxy-authenticate',
  'proxy-authorization',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Lower-case copies of the headers that may go out; characters a header cannot carry become "?". */
export function safeHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const safe: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lowerName = name.toLowerCase();
    if (!NAME_PATTERN.test(lowerName) || NEVER_SENT.has(lowerName)) continue;
    if (lowerName.startsWith('access-control-')) continue;
    safe[lowerName] = safeHeaderValue(value);
  }
  return safe;
}

const UNSAFE = /[^\t\x20-\x7e\xa0-\xff]/;

/** A value without line breaks, NUL and anything else outside printable Latin-1. */
export function safeHeaderValue(value: string): string {
  return UNSAFE.test(value) ? value.replaceAll(/[^\t\x20-\x7e\xa0-\xff]/g, '?') : value;
}
