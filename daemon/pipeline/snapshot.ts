// What the configuration meant when an exchange began. Immutable and replaced as a whole, so that a running exchange
// never sees half of an edit.

import type { ProviderConnection } from '../catalog/catalog.ts';
import type { PrivacyRules } from '../privacy/privacy-rules.ts';
import type { RoutingTable } from '../route/policy.ts';
import type { EscalationSettings } from './task-trouble.ts';

export interface RouterSnapshot {
  readonly table: RoutingTable;
  /** Where each provider is and with which key, by name. */
  readonly connections: ReadonlyMap<string, ProviderConnection>;
  /** How often the model of a conversation is chosen anew. */
  readonly decideAt: 'task' | 'request' | 'conversation';
  /** When a stronger model takes over. */
  readonly escalation: EscalationSettings;
  /** Whether a dearer model may stand in unasked; absent = it may. */
  readonly dearerFallback?: 'allow' | 'ask';
  /** Id of the model that may be asked to grade asks; absent = none is asked. */
  readonly gradingModel?: string;
  /** Name of the model whose embeddings say how alike two questions are; absent = none is asked. */
  readonly embeddingModel?: string;
  /** What must not go to every provider; null or absent = there are no such rules. */
  readonly privacy?: PrivacyRules | null;
  /** Where routing metadata goes unless a request says otherwise. */
  readonly metadata: 'headers' | 'body';
}
