// The providers that are found without configuration: hosted ones by the environment variable of their key, model
// servers on this machine by their default port.

import type { Billing, DialectId } from '../protocol/vocabulary.ts';
import data from './known-providers.json' with { type: 'json' };

export interface KnownProvider {
  readonly name: string;
  readonly envVar: string;
  readonly baseUrl: string;
  readonly dialect: DialectId;
  readonly billing: Billing;
  /** Id of the provider in the price library; null when that library does not have it. */
  readonly priceLibraryId: string | null;
  /** `always`: usage comes in every stream and asking for it is refused. Absent = it comes when asked for. */
  readonly usageInStream?: 'always';
  /** Further dialects at the same base URL. */
  readonly alsoSpeaks?: readonly DialectId[];
  readonly source: string;
  readonly asOf: string;
  readonly note?: string;
}

export interface KnownLocalServer {
  readonly name: string;
  /** The name as people write it. */
  readonly label: string;
  readonly baseUrl: string;
  readonly dialect: DialectId;
  readonly billing: Billing;
  readonly source: string;
  readonly asOf: string;
}

export const KNOWN_PROVIDERS = data.providers as readonly KnownProvider[];

/** To be asked for `GET /models` at start; see `LocalModel`. */
export const KNOWN_LOCAL_SERVERS = data.localServers as readonly KnownLocalServer[];
