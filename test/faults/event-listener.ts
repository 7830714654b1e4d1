// Listens to a daemon's event socket as the editor does: what began, what was routed, and every record as it is made.

import { WebSocket } from 'ws';
import type { ControlEvent } from '../../daemon/protocol/control-events.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { Watchers } from '../support/watchers.ts';

export type HeardRecord = Omit<ExchangeRecord, 'decision'>;

export interface EventListener {
  /** Whether a model was chosen for the request that names this model. */
  isRouted(requestModel: string): boolean;
  /** By the name that the client gave as its workspace. */
  recordsOf(workspaceId: string): readonly HeardRecord[];
  until(isMet: () => boolean): Promise<void>;
  close(): void;
}

export async function listenTo(daemon: {
  readonly url: string;
  readonly adminToken: string;
}): Promise<EventListener> {
  const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/pointsman/v1/events`, {
    headers: { authorization: `Bearer ${daemon.adminToken}` },
  });
  const records = new Map<string, HeardRecord[]>();
  const watchers = new Watchers();
  const names = new Map<string, string>();
  const routed = new Set<string>();
  socket.on('message', (data: Buffer) => {
    const event = JSON.parse(data.toString()) as ControlEvent;
    if (event.type === 'exchange-start') names.set(event.exchangeId, event.requestModel);
    if (event.type === 'exchange-routed') routed.add(names.get(event.exchangeId) ?? '');
    if (event.type === 'exchange-end') {
      const id = event.record.workspaceId ?? '';
      records.set(id, [...(records.get(id) ?? []), event.record]);
    }
    watchers.changed();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  return {
    isRouted: (requestModel) => routed.has(requestModel),
    recordsOf: (workspaceId) => records.get(workspaceId) ?? [],
    until: (isMet) => watchers.until(isMet),
    close: () => socket.terminate(),
  };
}
