// The configuration in force: one frozen snapshot, replaced whole when the file is edited to another good one. A bad
// edit changes nothing but `state`, which says what is wrong with it. Whoever holds a snapshot keeps it, so a running
// exchange never sees half of two configurations.

import { basename } from 'node:path';
import type { Clock } from '../util/clock.ts';
import { loadPatternEngine } from '../util/linear-patterns.ts';
import type { Log } from '../util/log.ts';
import type { KnownNames } from './cross-checks.ts';
import { cautiousConfig, decodeConfig, defaultConfig, formatProblems } from './decode-config.ts';
import { withMember } from './edit-member.ts';
import { FileWatcher } from './file-watcher.ts';
import type { JsonPath } from './jsonc-document.ts';
import { loadConfig } from './load-config.ts';
import type { LoadedConfig } from './load-config.ts';
import { fingerprintOf, readTextFile } from './read-text-file.ts';
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

/** Why a configuration that is well formed must not come into force, as a sentence; null when it may. */
export type CheckConfig = (config: RouterConfig) => Promise<string | null>;

export type PutResult = { readonly ok: true } | { readonly ok: false; readonly error: string };

export interface ConfigStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly known?: KnownNames;
  /**
   * Asked before an edit or a PUT comes into force. Not at the start: there the choice would be between the user's
   * configuration and the defaults, which know none of the user's models, and a warning is the lesser evil.
   */
  readonly check?: CheckConfig;
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
  /** Of the text that #current came from; taking an edit back needs no check. */
  #currentFingerprint: string | null = null;
  /** Whether a file was looked at before. */
  #isStarted = false;
  /** The file is well formed and was turned down by the check alone. */
  #isVetoed = false;
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
    await this.#enqueue(() => this.#load());
  }

  /** What the check goes by has changed: a file that it turned down is looked at again. Never rejects. */
  async recheck(): Promise<void> {
    await this.#enqueue(async () => {
      if (!this.#isVetoed) return;
      this.#fingerprint = null;
      await this.#load();
    });
  }

  /** Replaces the file (0600) and applies it; a bad text, or one that cannot be written, changes nothing. */
  async put(text: string): Promise<PutResult> {
    return await this.#enqueue(() => this.#put(text));
  }

  /** Replaces one member of the file and nothing else in it, comments included; as `put` in all other ways. */
  async putMember(path: JsonPath, value: unknown): Promise<PutResult> {
    return await this.#enqueue(async () => {
      const fileName = basename(this.#options.path);
      const file = await readTextFile(this.#options.path, this.#options.readFile);
      if (file.status === 'unreadable') return { ok: false, error: `${fileName} ${file.why}` };
      const text = withMember(file.status === 'absent' ? '' : file.text, path, value);
      if (text !== null) return await this.#put(text);
      const error = `${fileName} has mistakes of its own, so it cannot be changed; mend it first (see pointsman doctor)`;
      return { ok: false, error };
    });
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

  async #put(text: string): Promise<PutResult> {
    const fileName = basename(this.#options.path);
    if (text.includes('privacy')) await loadPatternEngine();
    const decoded = decodeConfig(text, this.#options.known);
    if (!decoded.ok) return { ok: false, error: formatProblems(fileName, decoded.problems) };
    const fingerprint = fingerprintOf(text);
    if (fingerprint !== this.#currentFingerprint) {
      const veto = await this.#vetoOf(decoded.config);
      if (veto !== null) return { ok: false, error: veto };
    }
    try {
      writeAtomically(this.#options.path, text);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      return {
        ok: false,
        error: `${fileName} cannot be written (${code}); check the disk and its permissions`,
      };
    }
    if (this.#isVetoed) this.#fingerprint = null; // the very text that was turned down may pass by now
    this.#take({ status: 'loaded', config: decoded.config, fingerprint }, null);
    return { ok: true };
  }

  async #load(): Promise<void> {
    const loaded = await loadConfig(this.#options);
    if (this.#closed || loaded.fingerprint === this.#fingerprint) return;
    // After a bad first file the defaults stand in for the user's own; mended, it is taken as at a start.
    const isEdit = this.#isStarted && (this.#isFromFile || this.#state.valid);
    const isChange = isEdit && loaded.fingerprint !== this.#currentFingerprint;
    const veto = isChange && loaded.status === 'loaded' ? await this.#vetoOf(loaded.config) : null;
    this.#isStarted = true;
    this.#take(loaded, veto);
  }

  /** A check that fails says nothing about the configuration, and must not keep anybody from mending it. */
  async #vetoOf(config: RouterConfig): Promise<string | null> {
    try {
      return (await this.#options.check?.(config)) ?? null;
    } catch (error) {
      this.#options.log.error('the configuration could not be checked', { error: String(error) });
      return null;
    }
  }

  #take(loaded: LoadedConfig, veto: string | null): void {
    if (this.#closed || loaded.fingerprint === this.#fingerprint) return;
    this.#fingerprint = loaded.fingerprint;
    this.#isVetoed = veto !== null;
    const error = veto ?? this.#errorOf(loaded);
    this.#state = { path: this.#options.path, valid: error === null, error };
    if (error !== null) {
      // A veto may quote what the user's own test asks, and no log holds such words; `state` does.
      const told = veto === null ? error : 'it fails routing tests; see pointsman doctor';
      this.#options.log.warn('configuration file rejected, what was in force stays', { error: told });
      // Rules that cannot be read must not be broken meanwhile.
      if (!this.#isFromFile && loaded.status === 'invalid' && loaded.mayHoldRules) {
        this.#current = cautiousConfig();
      }
    } else if (loaded.status === 'loaded') {
      this.#current = loaded.config;
      this.#currentFingerprint = loaded.fingerprint;
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
