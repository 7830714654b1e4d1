// Keys of providers: kept in the editor's secret storage and handed to the daemon over its authenticated connection, at
// each connect and after each change. They go nowhere else: not into a setting, an argument, a file or the log.

import type * as vscode from 'vscode';

import type { ProviderStatus } from '../daemon/protocol/control-api.ts';
import { DaemonCallError, type DaemonConnection, type DaemonSession } from './daemon/daemon-session.ts';

export interface ProviderKeys {
  /** Providers that a key is kept for. */
  names(): Promise<readonly string[]>;
  /**
   * Keeps the key and hands it over. `isStored` false: the editor could not keep it, so it lasts as long as the daemon.
   * Rejects with the daemon's sentence when it does not take the key; then it is not kept either.
   */
  set(
    provider: string,
    key: string,
  ): Promise<{ readonly status: ProviderStatus; readonly isStored: boolean }>;
  /** Also where the daemon is away: it is told when it comes back. */
  remove(provider: string): Promise<void>;
  dispose(): void;
}

export interface SecretsDeps {
  /** Never given a key. */
  readonly log?: { warn(message: string): void };
}

const PREFIX = 'pointsman.key.';

/** What the daemon takes, as a sentence for the input box; null = it is a key. */
export function keyProblem(text: string): string | null {
  const key = text.trim();
  if (key === '') return 'Paste the key that the provider gave you.';
  if (!/^[\x21-\x7e]+$/.test(key)) return 'A key holds no spaces and no line breaks; paste it alone.';
  return key.length > 8192 ? 'This is too long for a key.' : null;
}

export function registerSecrets(
  context: Pick<vscode.ExtensionContext, 'secrets'>,
  session: DaemonSession,
  deps: SecretsDeps = {},
): ProviderKeys {
  const keys = new SecretKeys(context.secrets, session, deps);
  keys.start();
  return keys;
}

class SecretKeys implements ProviderKeys {
  readonly #secrets: vscode.SecretStorage;
  readonly #session: DaemonSession;
  readonly #deps: SecretsDeps;
  readonly #stop: (() => void)[] = [];
  /** The daemon that has all keys. */
  #told: DaemonConnection | null = null;
  /** One after the other, so that the last change is the last that the daemon hears. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(secrets: vscode.SecretStorage, session: DaemonSession, deps: SecretsDeps) {
    this.#secrets = secrets;
    this.#session = session;
    this.#deps = deps;
  }

  start(): void {
    const listening = this.#secrets.onDidChange(({ key }) => {
      if (key.startsWith(PREFIX)) void this.#inTurn(() => this.#handOverKept(key.slice(PREFIX.length)));
    });
    this.#stop.push(
      () => listening.dispose(),
      this.#session.onStateChange(() => this.#follow()),
    );
    this.#follow();
  }

  async names(): Promise<readonly string[]> {
    try {
      const keys = await this.#secrets.keys();
      return keys.flatMap((key) => (key.startsWith(PREFIX) ? [key.slice(PREFIX.length)] : []));
    } catch {
      return []; // a machine without a key store; `set` says so when it matters
    }
  }

  async set(provider: string, text: string): ReturnType<ProviderKeys['set']> {
    const key = text.trim();
    const connection = await this.#session.start();
    return this.#inTurn(async () => {
      const kept = await this.#kept(provider);
      // The same key given again means "try it again": only another key makes the daemon forget that it was refused.
      if (kept === key) await putKey(connection, provider, null).catch(() => {});
      const status = await putKey(connection, provider, key);
      return { status, isStored: await this.#store(provider, key) };
    });
  }

  async remove(provider: string): Promise<void> {
    await this.#secrets.delete(PREFIX + provider);
    await this.#inTurn(() => this.#handOverKept(provider));
  }

  dispose(): void {
    for (const stop of this.#stop) stop();
  }

  #follow(): void {
    const { state } = this.#session;
    if (state.status !== 'ready' || state.connection === this.#told) return;
    this.#told = state.connection;
    void this.#inTurn(async () => {
      for (const provider of await this.names()) await this.#handOver(provider, await this.#kept(provider));
    });
  }

  async #handOverKept(provider: string): Promise<void> {
    await this.#handOver(provider, (await this.#kept(provider)) ?? null);
  }

  /** Not at all where the daemon is away: it gets every key when it comes back. */
  async #handOver(provider: string, key: string | null | undefined): Promise<void> {
    const { state } = this.#session;
    if (key === undefined || state.status !== 'ready') return;
    try {
      await putKey(state.connection, provider, key);
    } catch (error) {
      // A key that was taken from a provider which is gone with it, or one for a provider that is no more.
      if (error instanceof DaemonCallError && error.statusCode === 404) return;
      this.#deps.log?.warn(`the key of ${provider} could not be handed over: ${messageOf(error)}`);
    }
  }

  async #kept(provider: string): Promise<string | undefined> {
    try {
      return await this.#secrets.get(PREFIX + provider);
    } catch {
      return undefined; // as if there were none
    }
  }

  async #store(provider: string, key: string): Promise<boolean> {
    try {
      await this.#secrets.store(PREFIX + provider, key);
      return true;
    } catch (error) {
      this.#deps.log?.warn(`the editor could not keep the key of ${provider}: ${nameOf(error)}`);
      return false;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {}); // told to whoever waits for the result
    return result;
  }
}

async function putKey(
  connection: DaemonConnection,
  provider: string,
  apiKey: string | null,
): Promise<ProviderStatus> {
  const route = `credentials/${encodeURIComponent(provider)}`;
  return (await connection.call('PUT', route, { apiKey })) as ProviderStatus;
}

function messageOf(error: unknown): string {
  return error instanceof DaemonCallError ? error.message : nameOf(error);
}

/** Not its message: a key store could quote what it was given. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}
