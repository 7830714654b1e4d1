// Recorded traffic for the conformance tests. The recordings lie outside the project (see the README there); where they
// are absent the tests skip and say so.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const shared = process.env['POINTSMAN_SHARED'] ?? path.join(import.meta.dirname, '..', '..', '..', 'shared');
const root = path.join(shared, 'wire-fixtures');

export type Json = Record<string, unknown>;

export interface Exchange {
  /** `<dialect>/<provider>/<feature>/<name>` */
  readonly id: string;
  readonly provider: string;
  readonly feature: string;
  readonly tags: readonly string[];
  /** As the provider calls it; '' where nobody wrote it down. */
  readonly model: string;
  /** Of the request, without host and query; '' when only the response was recorded. */
  readonly path: string;
  readonly requestBody: Json | undefined;
  readonly statusCode: number;
  /** Of a plain answer; a string where it is not JSON. */
  readonly responseBody: Json | string | undefined;
  /** Bytes of a streamed answer. */
  readonly stream: Buffer | undefined;
}

/** undefined when the recordings are not on this machine. */
export function loadExchanges(dialect: string): readonly Exchange[] | undefined {
  const folder = path.join(root, dialect);
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => readExchange(path.join(folder, name)));
}

/** Request bodies of real assistants; undefined when they are not on this machine. */
export function loadClientTraffic(): readonly { readonly name: string; readonly file: Json }[] | undefined {
  const folder = path.join(shared, 'client-traffic');
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => ({ name, file: JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Json }));
}

function readExchange(file: string): Exchange {
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as {
    id: string;
    provider: string;
    feature: string;
    tags: string[];
    model: string | null;
    request: { url: string; body?: Json } | null;
    response: { status: number; body?: Json; text?: string; sse_file?: string };
  };
  const { response } = recorded;
  const requestPath = recorded.request?.url.replace(/^https?:\/\/[^/]*/, '').replace(/\?.*$/, '') ?? '';
  const hasStream = typeof response.sse_file === 'string';
  return {
    id: recorded.id,
    provider: recorded.provider,
    feature: recorded.feature,
    tags: recorded.tags,
    model: recorded.model ?? /models\/([^:]+)/.exec(requestPath)?.[1] ?? '',
    path: requestPath,
    requestBody: recorded.request?.body ?? undefined,
    statusCode: response.status,
    responseBody: response.body ?? response.text ?? undefined,
    stream: hasStream ? readFileSync(file.replace(/\.json$/, '.sse')) : undefined,
  };
}

/** Without a message that is announced before the last one has ended: of that clients shall not know. */
export function announcedOnce(stream: Buffer): Buffer {
  const frames = stream.toString('latin1').split(/(?<=\n\n)/);
  const end = frames.findIndex((frame) => frame.startsWith('event: message_stop'));
  const first = frames.findIndex((frame) => frame.startsWith('event: message_start'));
  const kept = frames.filter(
    (frame, index) =>
      index <= first || (end >= 0 && index > end) || !frame.startsWith('event: message_start'),
  );
  return Buffer.from(kept.join(''), 'latin1');
}
