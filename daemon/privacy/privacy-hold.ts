// Whether a model may see a request that falls under privacy rules. Asked by the policy, so that it chooses among those
// that may, and once more right before anything is sent.

import type { PrivacyHold } from '../protocol/exchange-record.ts';

/**
 * Ollama passes models of these names on to its own cloud, so a server on this machine is not where they run
 * (`name:cloud`, older ones `name:20b-cloud`; https://github.com/ollama/ollama/pull/14574, checked 2026-11-21).
 */
const RELAYED_MODEL = /[-:]cloud(?:$|[-:])/i;

/** Why not, as a phrase that follows the model's name; null = it may. */
export function whyHeldBack(
  target: { readonly provider: string; readonly upstreamModel: string },
  hold: PrivacyHold | null | undefined,
): string | null {
  if (hold === null || hold === undefined) return null;
  const isRelayed = hold.isLocalOnly && RELAYED_MODEL.test(target.upstreamModel);
  if (!hold.isRefused && hold.providers.includes(target.provider) && !isRelayed) return null;
  return `may not see this request (${rulesText(hold)})`;
}

/** `privacy rule "payments"`. */
export function rulesText({ rules }: Pick<PrivacyHold, 'rules'>): string {
  const names = rules.map((name) => `"${name}"`).join(', ');
  return `privacy rule${rules.length === 1 ? '' : 's'} ${names}`;
}
