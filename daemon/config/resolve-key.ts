// Where a provider's key comes from. The key travels only in `key`: neither `from` nor `why` ever holds it, so both may
// be shown and logged.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ApiKeyRef } from './schema.ts';

export type ResolvedKey =
  /** `from`: e.g. `environment variable OPENAI_API_KEY`. */
  | { readonly key: string; readonly from: string }
  /** `why`: a sentence that says what to do. */
  | { readonly key: null; readonly why: string };

export interface KeyFile {
  readonly text: string;
  /** Permission bits; null where the system has none (Windows). */
  readonly mode: number | null;
}

export interface ResolveKeyOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The home folder; paths of key files are relative to it. */
  readonly home: string;
  /** Throws with a Node error code. */
  readonly readFile?: (path: string) => KeyFile;
}

/** `undefined` = the provider is configured without a key, which is right for local ones. Never throws. */
export function resolveApiKey(ref: ApiKeyRef | undefined, options: ResolveKeyOptions): ResolvedKey {
  if (ref === undefined) return { key: null, why: 'no apiKey is configured' };
  if ('env' in ref) return fromEnvironment(ref.env, options.environment);
  if ('file' in ref) return fromFile(ref.file, options);
  return {
    key: null,
    why: `the keychain entry "${ref.keychain}" can only be read by the editor; set the key there with "Pointsman: Set Provider Key", or use {"env": …} or {"file": …}`,
  };
}

function fromEnvironment(name: string, environment: ResolveKeyOptions['environment']): ResolvedKey {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (value === undefined || value.trim() === '') {
    return { key: null, why: `environment variable ${name} is not set; set it and start the daemon again` };
  }
  if (OWN_TOKEN.test(value.trim())) {
    const why = `environment variable ${name} holds a token of pointsman, as in terminals that send assistants here; set the provider's own key, in a file if need be`;
    return { key: null, why };
  }
  return checked(value, `environment variable ${name}`);
}

/** What `lifecycle/tokens.ts` makes. The vendor whose variable it stands in has no use for it, and must not see it. */
const OWN_TOKEN = /^pma?_[\w-]{43}$/;

function fromFile(name: string, options: ResolveKeyOptions): ResolvedKey {
  const path = resolve(options.home, name);
  let file: KeyFile;
  try {
    file = (options.readFile ?? readKeyFile)(path);
  } catch (error) {
    return { key: null, why: unreadable(path, error) };
  }
  if (file.mode !== null && (file.mode & 0o077) !== 0) {
    return { key: null, why: `key file ${path} can be read by others; run: chmod 600 '${path}'` };
  }
  if (file.text.trim() === '') return { key: null, why: `key file ${path} is empty; write the key into it` };
  return checked(file.text, `file ${path}`);
}

/** Longer than any key in use, including signed tokens. */
const MAX_KEY_CHARS = 16_384;

/** A key ends up in a header: only visible ASCII may get there. Space around it (a final newline) is dropped. */
function checked(value: string, from: string): ResolvedKey {
  const key = value.trim();
  if (key.length > MAX_KEY_CHARS) return { key: null, why: `${from} is too long for a key` };
  if (!/^[\x21-\x7e]+$/.test(key)) {
    return {
      key: null,
      why: `${from} holds characters that a key cannot have (spaces, line breaks or non-ASCII)`,
    };
  }
  return { key, from };
}

function readKeyFile(path: string): KeyFile {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw Object.assign(new Error('not a file'), { code: 'EISDIR' });
    const bytes = Buffer.alloc(MAX_KEY_CHARS + 1024);
    const length = readSync(descriptor, bytes);
    const mode = process.platform === 'win32' ? null : stats.mode & 0o777;
    return { text: bytes.toString('utf8', 0, length), mode };
  } finally {
    closeSync(descriptor);
  }
}

function unreadable(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT') return `key file ${path} does not exist; create it with mode 600`;
  if (code === 'EISDIR') return `key file ${path} is not a file`;
  if (code === 'EACCES' || code === 'EPERM') return `key file ${path} cannot be read by this user`;
  return `key file ${path} cannot be read (${code})`;
}
