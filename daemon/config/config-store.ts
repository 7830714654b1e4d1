// The configuration in force: one frozen snapshot, replaced whole when the file is edited to another good one. A bad
// edit changes nothing but `state`, which says what is wrong with it. Whoever holds a snapshot keeps it, so a running
// exchange never sees half of two configurations.

import { basename } from 'node:path';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import type { KnownNames } from './cross-checks.ts';
import { decodeConfig, defaultConfig, formatProblems } from './decode-config.ts';
import { FileWatcher } from './file-watcher.ts';
import { fingerprintOf, loadConfig } from './load-config.ts';
import type { LoadedConfig } from './load-config.ts';
import type { RouterConfig } from './schema.ts';
import { writeAtomically } from './write-atomically.ts';

/** About the file, not about the snapshot: `valid: false` means that an older configuration is in force. */
export interface ConfigState {
  readonly path: string;
  readonly valid: boolean;
  /** What is wrong with the file, one line per problem; null when valid. */
  readonly error: string | null;
}

/** `config` is the same object as before when only `state` changed (a rejected edit, or a mended one). */
export type ConfigListener = (config: RouterConfig, state: ConfigState) => void;

export type PutResult = { readonly ok: true } | { readonly ok: false; readonly error: string };

export interface ConfigStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly known?: KnownNames;
  /** Quiet time after an edit before it is read, ms. */
  readonly debounceMs?: number;
  readonly readFile?: (path: string) => Promise<Uint8Array>;
}

const DEBOUNCE_MS = 100;

export class ConfigStore {
  readonly #options: ConfigStoreOptions;
  readonly #watcher: FileWatcher;
  readonly #listeners = new Set<ConfigListener>();
  #current: RouterConfig = defaultConfig();
  #state: ConfigState;
  /** Of the file as last read or written; null before that. */
  #fingerprint: string | null = null;
  /** Whether #current came from a file, which a vanished file does not undo. */
  #isFromFile = false;
  /** Reads and writes run one after the other. Never rejects. */
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: ConfigStoreOptions) {
    this.#options = options;
    this.#state = { path: options.path, valid: true, error: null };
    this.#watcher = new FileWatcher({
      paths: [options.path],
      onChange: () => void this.reload(),
      clock: options.clock,
      debounceMs: options.debounceMs ?? DEBOUNCE_MS,
    });
  }

  /** The defaults until `start` or `reload` has resolved. */
  get current(): RouterConfig {
    return this.#current;
  }

  get state(): ConfigState {
    return this.#state;
  }

  /** Reads the file and follows its edits from then on. Never rejects: with a bad file the defaults are in force. */
  async start(): Promise<void> {
    this.#watcher.start(); // before reading, so that no edit falls between the two
    await this.reload();
  }

  /** Reads the file now. Never rejects; `state` tells how it went. */
  async reload(): Promise<void> {
    await this.#enqueue(async () => this.#take(await loadConfig(this.#options)));
  }

  /** Replaces the file (0600) and applies it; a bad text, or one that cannot be written, changes nothing. */
  async put(text: string): Promise<PutResult> {
    return await this.#enqueue(() => this.#put(text));
  }

  /** Called after every change of `current` or `state`. The returned function ends that. */
  onChange(listener: ConfigListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** No listener is called after this. */
  close(): void {
    this.#closed = true;
    this.#watcher.close();
    this.#listeners.clear();
  }

  #put(text: string): PutResult {
    const fileName = basename(this.#options.path);
    const decoded = decodeConfig(text, this.#options.known);
    if (!decoded.ok) return { ok: false, error: formatProblems(fileName, decoded.problems) };
    try {
      writeAtomically(this.#options.path, text);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      return {
        ok: false,
        error: `${fileName} cannot be written (${code}); check the disk and its permissions`,
      };
    }
    this.#take({ status: 'loaded', config: decoded.config, fingerprint: fingerprintOf(text) });
    return { ok: true };
  }

  #take(loaded: LoadedConfig): void {
    if (this.#closed || loaded.fingerprint === this.#fingerprint) return;
    this.#fingerprint = loaded.fingerprint;
    const error = this.#errorOf(loaded);
    this.#state = { path: this.#options.path, valid: error === null, error };
    if (error !== null) {
      this.#options.log.warn('configuration file rejected, what was in force stays', { error });
    } else if (loaded.status === 'loaded') {
      this.#current = loaded.config;
      this.#isFromFile = true;
      this.#options.log.info('configuration applied', { path: this.#options.path });
    }
    this.#notify();
  }

  #errorOf(loaded: LoadedConfig): string | null {
    if (loaded.status === 'invalid') return loaded.error;
    if (loaded.status === 'loaded' || !this.#isFromFile) return null;
    // Some editors delete before they write; falling back to the defaults meanwhile would drop every provider.
    return `${basename(this.#options.path)} is gone; the last good configuration stays in force until the file is back or the daemon restarts`;
  }

  #notify(): void {
    for (const listener of this.#listeners) {
      try {
        listener(this.#current, this.#state);
      } catch (error) {
        this.#options.log.error('a listener of the configuration failed', { error: String(error) });
      }
    }
  }

  #enqueue<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined); // the caller of this work hears of it, the next one does not
    return result;
  }
}
