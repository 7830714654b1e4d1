// Where a stored answer would be found before any model is asked. The exact and semantic caches plug in here; until
// one is switched on, every request is a miss.

import type { ConversationRequest } from '../conversation/request.ts';
import type { StreamEvent } from '../conversation/stream-event.ts';
import type { CacheStatus } from '../protocol/vocabulary.ts';

export interface CachedAnswer {
  readonly status: Extract<CacheStatus, 'exact' | 'semantic'>;
  readonly model: string;
  readonly provider: string;
  readonly events: readonly StreamEvent[];
}

export interface ResponseCache {
  /** undefined = ask a model. */
  lookup(request: ConversationRequest): CachedAnswer | undefined;
}

export const noResponseCache: ResponseCache = { lookup: () => undefined };
