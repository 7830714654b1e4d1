// The two local tokens. Coding assistants get the client token; the admin token (configuration, keys, ledger, stop) is
// for the editor, the command line and the dashboard only.

import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { FileWatcher } from '../config/file-watcher.ts';
import { writeAtomically } from '../config/write-atomically.ts';
import { RouterError } from '../errors.ts';
import { challengeText } from '../protocol/control-api.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { createPrivateFile, readPrivateFile } from './private-file.ts';

export type TokenKind = 'client' | 'admin';

export interface Tokens {
  readonly client: string;
  readonly admin: string;
}

/** Names in the home folder. */
const FILE_NAMES: Readonly<Record<TokenKind, string>> = { client: 'token', admin: 'admin-token' };
/** Tell a person (and the redactor) which token it is. */
const PREFIXES: Readonly<Record<TokenKind, string>> = { client: 'pm_', admin: 'pma_' };

export function tokenPath(home: string, kind: TokenKind): string {
  return join(home, FILE_NAMES[kind]);
}

/** Reads both tokens, making those that are missing. Throws `config.invalid` when a file is not safe to use. */
export function loadTokens(home: string): Tokens {
  const tokens = { client: loadToken(home, 'client'), admin: loadToken(home, 'admin') };
  if (tokens.client === tokens.admin) {
    throw new RouterError(
      'config.invalid',
      `${tokenPath(home, 'admin')} holds the client token; run: pointsman token --rotate`,
    );
  }
  return tokens;
}

/** Replaces one token or both and returns what is valid now. A running daemon takes it over at once. */
export function rotateTokens(home: string, which: TokenKind | 'both'): Tokens {
  const kinds: readonly TokenKind[] = which === 'both' ? ['client', 'admin'] : [which];
  for (const kind of kinds) {
    const path = tokenPath(home, kind);
    try {
      writeAtomically(path, `${newToken(kind)}\n`);
    } catch (error) {
      throw unwritable(path, error);
    }
  }
  return loadTokens(home);
}

/**
 * Tells whose token a request carries, in time that does not depend on how much of it is right. An answer of `admin`
 * is good wherever a client is asked for; callers decide by `verifies(x) !== null` or `=== 'admin'`.
 */
export class TokenVerifier {
  #hashes: { readonly client: Buffer; readonly admin: Buffer };
  #admin: string;
  /**
   * Candidates that were right. Looked up by a seeded hash of the whole text, so a wrong one learns nothing of where it
   * differs; hashing each candidate anew took 2 us of a request.
   */
  readonly #accepted = new Map<string, TokenKind>();

  constructor(tokens: Tokens) {
    this.#hashes = hashesOf(tokens);
    this.#admin = tokens.admin;
  }

  verifies(candidate: string | null | undefined): TokenKind | null {
    if (candidate === undefined || candidate === null || candidate === '') return null;
    const accepted = this.#accepted.get(candidate);
    if (accepted !== undefined) return accepted;
    const kind = this.#kindOf(sha256(candidate));
    if (kind !== null) this.#accepted.set(candidate, kind);
    return kind;
  }

  #kindOf(candidateHash: Buffer): TokenKind | null {
    const isAdmin = timingSafeEqual(candidateHash, this.#hashes.admin);
    const isClient = timingSafeEqual(candidateHash, this.#hashes.client);
    if (isAdmin) return 'admin';
    return isClient ? 'client' : null;
  }

  /** Shows who asks on `port` that we know the admin token, without telling it; see `HealthBody`. */
  prove(challenge: string, port: number): string {
    return proofOf(this.#admin, challenge, port);
  }

  /** The old tokens are void from here on. */
  replace(tokens: Tokens): void {
    this.#accepted.clear();
    this.#hashes = hashesOf(tokens);
    this.#admin = tokens.admin;
  }
}

/** See `HealthBody`. */
export function proofOf(adminToken: string, challenge: string, port: number): string {
  return createHmac('sha256', adminToken).update(challengeText(port, challenge)).digest('hex');
}

export interface WatchTokensOptions {
  readonly home: string;
  /** Called with the new tokens after one has changed. */
  readonly onChange: (tokens: Tokens) => void;
  /** What was loaded before. */
  readonly current: Tokens;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rotation replaces the file in one step, so there is no burst of writes to wait out. */
const TOKEN_DEBOUNCE_MS = 10;

/**
 * Follows the token files, so that `pointsman token --rotate` takes effect while the daemon runs. A deleted file is
 * made again with a new token: that is how a user without the command line gets rid of one. A file that is not safe
 * to use changes nothing.
 */
export function watchTokens(options: WatchTokensOptions): { close(): void } {
  let current = options.current;
  const takeOver = (): void => {
    try {
      const tokens = loadTokens(options.home);
      if (tokens.client === current.client && tokens.admin === current.admin) return;
      current = tokens;
      options.log.info('tokens replaced');
      options.onChange(tokens);
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown error';
      options.log.warn('token file refused, the tokens in force stay', { error: why });
    }
  };
  const watcher = new FileWatcher({
    paths: [tokenPath(options.home, 'client'), tokenPath(options.home, 'admin')],
    clock: options.clock,
    debounceMs: TOKEN_DEBOUNCE_MS,
    onChange: takeOver,
  });
  watcher.start();
  takeOver(); // a rotation between loading and watching
  return { close: () => watcher.close() };
}

function loadToken(home: string, kind: TokenKind): string {
  const path = tokenPath(home, kind);
  const existing = readPrivateFile(path);
  if (existing !== null) return checked(existing, path);
  const token = newToken(kind);
  try {
    if (createPrivateFile(path, `${token}\n`)) return token;
  } catch (error) {
    throw unwritable(path, error);
  }
  return checked(readPrivateFile(path) ?? '', path); // another process was first
}

/** Also takes tokens that an installation brought along (a container's secret), as long as they cannot be guessed. */
function checked(content: string, path: string): string {
  const token = content.trim();
  if (/^[\x21-\x7e]{32,256}$/.test(token)) return token;
  throw new RouterError(
    'config.invalid',
    `${path} does not hold a token (one line of 32 to 256 visible ASCII characters); run: pointsman token --rotate`,
  );
}

/** 256 random bits. */
function newToken(kind: TokenKind): string {
  return PREFIXES[kind] + randomBytes(32).toString('base64url');
}

function unwritable(path: string, error: unknown): RouterError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return new RouterError(
    'config.invalid',
    `${path} cannot be written (${code}); choose a writable folder with --home`,
    { cause: error },
  );
}

function hashesOf(tokens: Tokens): { readonly client: Buffer; readonly admin: Buffer } {
  return { client: sha256(tokens.client), admin: sha256(tokens.admin) };
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
