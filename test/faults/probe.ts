// What one security probe is made of: the exact bytes of a request that must be refused, and what the refusal must look
// like. The tables are in probe-table*.ts, probes.test.ts sends them.

/** The daemon that is probed. */
export interface Door {
  readonly port: number;
  readonly client: string;
  readonly admin: string;
  /** A client token that was rotated away. */
  readonly old: string;
}

/** In whose words the refusal must come. */
export type Shape = 'openai' | 'anthropic' | 'google' | 'ollama' | 'control';

export interface Probe {
  readonly name: string;
  readonly bytes: (door: Door) => string | Buffer;
  /** 0 = the connection is closed without an answer. */
  readonly status: number;
  readonly shape: Shape;
  /** The framing of the request cannot be trusted, so the connection must not serve another one. */
  readonly mustClose?: boolean;
  /** What the sentence must name. */
  readonly says?: RegExp;
}

export interface ProbeGroup {
  readonly about: string;
  readonly probes: readonly Probe[];
}

/** A request with one thing wrong with it. What is left out is as an honest client of the daemon sends it. */
export interface Wrong {
  readonly line?: string;
  /** null = left out. */
  readonly host?: string | null;
  readonly token?: string | null;
  readonly type?: string | null;
  /** Whole header lines, behind the others. */
  readonly more?: readonly string[];
  readonly body?: string;
}

export const CHAT = '/v1/chat/completions';
export const CHAT_BODY = '{"model":"auto","messages":[{"role":"user","content":"probe"}]}';

export const WIRE_PATHS: readonly (readonly [path: string, shape: Shape])[] = [
  [CHAT, 'openai'],
  ['/v1/responses', 'openai'],
  ['/v1/messages', 'anthropic'],
  ['/v1beta/models/auto:generateContent', 'google'],
  ['/api/chat', 'ollama'],
  ['/v1/embeddings', 'openai'],
];

export function requestBytes(door: Door, wrong: Wrong = {}): string {
  const { line = `POST ${CHAT}`, body = line.startsWith('GET') ? '' : CHAT_BODY, more = [] } = wrong;
  const token = wrong.token === undefined ? door.client : wrong.token;
  const host = wrong.host === undefined ? `127.0.0.1:${door.port}` : wrong.host;
  const type = wrong.type === undefined ? 'application/json' : wrong.type;
  const lines = [
    `${line} HTTP/1.1`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...(token === null ? [] : [`Authorization: Bearer ${token}`]),
    ...(type === null || body === '' ? [] : [`Content-Type: ${type}`]),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...more,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** A probe whose mistake may need the door's port or tokens. */
export function probe(
  name: string,
  status: number,
  wrong: Wrong | ((door: Door) => Wrong),
  expected: { readonly shape?: Shape; readonly says?: RegExp; readonly mustClose?: boolean } = {},
): Probe {
  const bytes = (door: Door): string => requestBytes(door, typeof wrong === 'function' ? wrong(door) : wrong);
  return { name, status, bytes, ...expected, shape: expected.shape ?? 'openai' };
}

/** Bytes as they are, behind which nothing can be trusted. */
export function rawProbe(
  name: string,
  status: number,
  bytes: (door: Door) => string | Buffer,
  expected: { readonly shape?: Shape; readonly says?: RegExp } = {},
): Probe {
  return { name, status, bytes, mustClose: true, ...expected, shape: expected.shape ?? 'control' };
}
