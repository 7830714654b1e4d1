// The event socket of one daemon. It is also the window's lease: the daemon lingers on while one is open. Says once how
// it ended; looking for the next daemon is the supervisor's business.

import { WebSocket } from 'ws';
import { CONTROL_PREFIX } from '../../daemon/protocol/control-api.ts';
import {
  SOCKET_CLOSE_REASONS,
  type ControlEvent,
  type SocketCloseReason,
} from '../../daemon/protocol/control-events.ts';
import { shakeHands } from './handshake.ts';

/** `lost`: without a goodbye. */
export type StreamEnd = SocketCloseReason | 'lost';

export interface EventStreamOptions {
  readonly url: string;
  readonly adminToken: string;
  readonly onEvent: (event: ControlEvent) => void;
  /** Called once, also when `close` was called. */
  readonly onEnd: (end: StreamEnd) => void;
  readonly pingMs?: number;
}

export interface EventStream {
  close(): void;
}

const PING_MS = 15_000;
const CONNECT_MS = 5000;
const MAX_FRAME_BYTES = 8 * 1024 * 1024;
const GOING_AWAY = 1001;

/** null when nobody who can prove to be the daemon answers. Never rejects. */
export async function openEventStream(options: EventStreamOptions): Promise<EventStream | null> {
  const { url, adminToken } = options;
  const handshake = await shakeHands(url, adminToken);
  if (handshake.status !== 'proven') return null;
  const address = new URL(`${CONTROL_PREFIX}/events`, url);
  address.protocol = 'ws:';
  const socket = new WebSocket(address, {
    agent: handshake.agent,
    headers: { authorization: `Bearer ${adminToken}` },
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: MAX_FRAME_BYTES,
    handshakeTimeout: CONNECT_MS,
  });
  return await new Promise((resolve) => {
    socket.on('error', () => resolve(null)); // 'close' follows where it was open
    socket.once('open', () => {
      watch(socket, options);
      resolve({ close: () => socket.close() });
    });
  });
}

function watch(socket: WebSocket, { onEvent, onEnd, pingMs = PING_MS }: EventStreamOptions): void {
  let isHeard = true;
  // A machine that slept, or a daemon that hangs: nothing comes any more and nobody says so.
  const timer = setInterval(() => {
    if (!isHeard) {
      socket.terminate();
      return;
    }
    isHeard = false;
    socket.ping();
  }, pingMs);
  timer.unref();
  const hear = (): void => void (isHeard = true);
  socket.on('pong', hear);
  socket.on('ping', hear);
  socket.on('message', (data, isBinary) => {
    hear();
    const event = isBinary ? null : eventOf(textOf(data));
    if (event !== null) onEvent(event);
  });
  socket.once('close', (code, reason) => {
    clearInterval(timer);
    onEnd(code === GOING_AWAY ? endOf(reason.toString()) : 'lost');
  });
}

function textOf(data: WebSocket.RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return data instanceof ArrayBuffer ? Buffer.from(data).toString() : data.toString();
}

/** A type that this version does not know is handed on: whoever listens looks for those that it knows. */
function eventOf(text: string): ControlEvent | null {
  try {
    const value = JSON.parse(text) as ControlEvent | null;
    return typeof value?.type === 'string' ? value : null;
  } catch {
    return null;
  }
}

function endOf(reason: string): StreamEnd {
  for (const [name, text] of Object.entries(SOCKET_CLOSE_REASONS)) {
    if (text === reason) return name as SocketCloseReason;
  }
  return 'lost';
}
