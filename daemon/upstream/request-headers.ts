// The headers of a request to a provider: its key in the form of its dialect, what the configuration adds, and the few
// client headers that a provider of the same dialect understands. Nothing else of the client's headers ever passes.

import type { ProviderConnection } from '../catalog/catalog.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import { AttemptError } from './transport-failure.ts';

/** How to reach one provider and how to identify there. `baseUrl` is absolute; configured headers win over ours. */
export type Connection = Pick<
  ProviderConnection,
  'name' | 'dialect' | 'alsoSpeaks' | 'baseUrl' | 'headers' | 'apiKey' | 'usageInStream'
>;

/** Version that Anthropic's API requires; a client's own wins. https://docs.claude.com/en/api/versioning, 2026-11. */
const ANTHROPIC_VERSION = '2023-06-01';

/** Client headers that change what a provider of that dialect answers and say nothing about who asks. */
const PASSED_ON: Readonly<Record<DialectId, readonly string[]>> = {
  'openai-chat': ['openai-beta'],
  'openai-responses': ['openai-beta'],
  'anthropic-messages': ['anthropic-beta', 'anthropic-version'],
  'google-generate': [],
  'ollama-chat': [],
  'openai-completions': [],
  'openai-embeddings': [],
};

/** Client headers that ask a provider of the dialect for something; lost where another dialect is spoken. */
const WISHES: Readonly<Partial<Record<DialectId, string>>> = {
  'openai-chat': 'openai-beta',
  'openai-responses': 'openai-beta',
  'anthropic-messages': 'anthropic-beta',
};

/** What of the client's headers cannot be carried to a provider of another dialect, one sentence each. */
export function headerLosses(
  spoken: DialectId,
  clientDialect: DialectId,
  clientHeaders: ReadonlyMap<string, string> | undefined,
): readonly string[] {
  const wish = WISHES[clientDialect];
  if (spoken === clientDialect || wish === undefined || clientHeaders?.has(wish) !== true) return [];
  return [`the header ${wish} has no counterpart at the chosen model and was left out`];
}

/** Set by us or by the connection; neither the configuration nor a client may. */
const OURS = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Where a request of the dialect goes. Base URLs are written with and without the version that a dialect's path begins
 * with; it must stand there once.
 */
export function urlOf(
  { baseUrl }: Pick<Connection, 'baseUrl'>,
  path: string,
): { readonly origin: string; readonly path: string } {
  const { origin, base } = partsOf(baseUrl);
  const version = /^\/v\d+[a-z]*(?=\/)/.exec(path)?.[0];
  const rest = version !== undefined && base.endsWith(version) ? path.slice(version.length) : path;
  return { origin, path: base + rest };
}

/** As many as a configuration has providers, and a few that it had before. */
const MAX_KNOWN_URLS = 64;
const knownUrls = new Map<string, { readonly origin: string; readonly base: string }>();

/** Taking an address apart takes 2 us, and there are few of them. */
function partsOf(baseUrl: string): { readonly origin: string; readonly base: string } {
  const known = knownUrls.get(baseUrl);
  if (known !== undefined) return known;
  const { origin, pathname } = new URL(baseUrl);
  const parts = { origin, base: pathname.replace(/\/+$/, '') };
  if (knownUrls.size >= MAX_KNOWN_URLS) knownUrls.clear();
  knownUrls.set(baseUrl, parts);
  return parts;
}

/** Names and values in turn. Throws AttemptError `auth` when the key cannot be a header value. */
export function requestHeaders(
  connection: Connection,
  request: Pick<ConversationRequest, 'dialect' | 'stream'>,
  clientHeaders: ReadonlyMap<string, string> | undefined,
): string[] {
  const headers = new Map<string, string>([
    ['content-type', 'application/json'],
    ['accept', request.stream ? 'text/event-stream' : 'application/json'],
    // Streams that are compressed arrive in lumps, and a bomb cannot be sent to who does not unpack.
    ['accept-encoding', 'identity'],
    ['user-agent', 'pointsman'],
  ]);
  if (connection.dialect === 'anthropic-messages') headers.set('anthropic-version', ANTHROPIC_VERSION);
  if (clientHeaders !== undefined && request.dialect === connection.dialect) {
    for (const name of PASSED_ON[connection.dialect]) {
      const value = clientHeaders.get(name);
      if (value !== undefined && isHeaderValue(value)) headers.set(name, value);
    }
  }
  for (const [name, value] of Object.entries(connection.headers)) {
    const lower = name.toLowerCase();
    if (!OURS.has(lower) && isHeaderName(lower) && isHeaderValue(value)) headers.set(lower, value);
  }
  const key = keyHeader(connection);
  if (key !== null) headers.set(...key);
  return [...headers].flat();
}

function keyHeader(connection: Connection): [string, string] | null {
  const key = connection.apiKey?.reveal();
  if (key === undefined || key === '') return null;
  if (!isHeaderValue(key)) {
    throw new AttemptError(
      'auth',
      `the key of ${connection.name} holds characters that no key can hold; set it again`,
    );
  }
  switch (connection.dialect) {
    case 'anthropic-messages':
      return ['x-api-key', key];
    case 'google-generate':
      return ['x-goog-api-key', key];
    default:
      return ['authorization', `Bearer ${key}`];
  }
}

/** Visible ASCII, space and tab: no line break can start a second header. */
function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(value);
}

function isHeaderName(name: string): boolean {
  return /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}
