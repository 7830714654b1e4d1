// How long to wait before the daemon is started again after it died, and when to give up: a daemon that dies at once
// every time would only take the machine's breath away.

export interface BackOff {
  /** Pause before the next start; null = give up. The first death costs no time. */
  died(uptimeMs: number): number | null;
  /** Somebody asked for it: counts from nothing. */
  reset(): void;
}

export interface BackOffOptions {
  readonly firstMs?: number;
  readonly longestMs?: number;
  /** A life of at least so long forgives the deaths before it. */
  readonly goodLifeMs?: number;
  /** So many quick deaths in a row are given a chance. */
  readonly patience?: number;
}

export function createBackOff(options: BackOffOptions = {}): BackOff {
  const { firstMs = 250, longestMs = 30_000, goodLifeMs = 60_000, patience = 4 } = options;
  let quickDeaths = 0;
  return {
    died(uptimeMs) {
      quickDeaths = uptimeMs >= goodLifeMs ? 1 : quickDeaths + 1;
      if (quickDeaths > patience) return null;
      return quickDeaths === 1 ? 0 : Math.min(longestMs, firstMs * 2 ** (quickDeaths - 2));
    },
    reset() {
      quickDeaths = 0;
    },
  };
}
