// What an open editor window is to the daemon: one reader of its events. In a process of its own, so that its work is not
// the load's. Expects POINTSMAN_EVENTS_URL and POINTSMAN_ADMIN_TOKEN; says `{}` when it is connected.

import { WebSocket } from 'ws';

const socket = new WebSocket(process.env['POINTSMAN_EVENTS_URL'] ?? '', {
  headers: { authorization: `Bearer ${process.env['POINTSMAN_ADMIN_TOKEN'] ?? ''}` },
});
socket.once('open', () => console.log('{}'));
socket.once('close', () => process.exit(0));
