// Provider keys while the daemon runs: found where the configuration says, or handed over through the control API.
// Handed-over keys live in memory only. Every key that was ever found is taken out of the log by value.

import { resolveApiKey, type ResolvedKey } from '../config/resolve-key.ts';
import type { ApiKeyRef } from '../config/schema.ts';
import type { Redactor } from '../util/redact.ts';

export interface Keyring {
  /** Key of a provider; a handed-over one beats the configured place. */
  resolve(provider: string, ref: ApiKeyRef | undefined): ResolvedKey;
  /** null takes the handed-over key away again. False = it is the one that was handed over before. */
  put(provider: string, apiKey: string | null): boolean;
}

export function createKeyring(options: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly redactor: Redactor;
}): Keyring {
  const { environment, home, redactor } = options;
  const handedOver = new Map<string, string>();
  return {
    resolve(provider, ref) {
      const given = handedOver.get(provider);
      const resolved: ResolvedKey =
        given === undefined
          ? resolveApiKey(ref, { environment, home })
          : { key: given, from: 'the control API, kept in memory only' };
      if (resolved.key !== null) redactor.addSecret(resolved.key);
      return resolved;
    },
    put(provider, apiKey) {
      if (apiKey === null) return handedOver.delete(provider);
      const isNew = handedOver.get(provider) !== apiKey;
      handedOver.set(provider, apiKey);
      return isNew;
    },
  };
}
