// The last finished request, as the books have it.

import type { ExchangeBody, ExchangesBody } from '../../daemon/protocol/control-api.ts';
import type { Decision } from '../../daemon/protocol/exchange-record.ts';
import type { DaemonConnection } from '../daemon/daemon-session.ts';
import type { CommandDeps } from './command-deps.ts';

/** null = none yet. */
export async function lastExchangeId(
  { live }: Pick<CommandDeps, 'live'>,
  connection: DaemonConnection,
): Promise<string | null> {
  const [latest] = live.state.recent;
  if (latest !== undefined) return latest.exchangeId;
  const { exchanges } = (await connection.call('GET', 'exchanges?limit=1')) as ExchangesBody;
  return exchanges[0]?.exchangeId ?? null;
}

/** What was weighed for the last request; null = nothing was, or it cannot be had: the picker does without. */
export async function lastDecision(
  deps: Pick<CommandDeps, 'live'>,
  connection: DaemonConnection,
): Promise<Decision | null> {
  try {
    const exchangeId = await lastExchangeId(deps, connection);
    if (exchangeId === null) return null;
    const route = `exchanges/${encodeURIComponent(exchangeId)}`;
    return ((await connection.call('GET', route)) as ExchangeBody).decision;
  } catch {
    return null; // only figures are missing then
  }
}
