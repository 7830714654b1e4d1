// Fan-out of control events over WebSockets. One way only: what clients send is ignored. A reader that cannot keep up
// is dropped, never waited for. The guard has checked Host, Origin and the admin token before `accept`.

import { WebSocket, WebSocketServer } from 'ws';

import type { TotalsBody } from '../protocol/control-api.ts';
import {
  SOCKET_CLOSE_REASONS,
  type ControlEvent,
  type SocketCloseReason,
} from '../protocol/control-events.ts';
import type { Clock } from '../util/clock.ts';
import type { Log } from '../util/log.ts';
import { MessageRate } from '../util/message-rate.ts';
import type { ControlSurface } from './control-surface.ts';

export interface EventSocketDeps {
  readonly surface: Pick<ControlSurface, 'subscribe' | 'totals'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes that may wait for one reader before it is dropped. */
  readonly maxBufferedBytes?: number;
}

type Upgrade = Parameters<WebSocketServer['handleUpgrade']>;

export interface EventSocket {
  /** Completes an admitted handshake; the first frame is `totals-update` with the totals since the beginning. */
  accept(request: Upgrade[0], socket: Upgrade[1], head: Upgrade[2]): void;
  clientCount(): number;
  /** Says goodbye (1001) and why, `stopped` by default; cuts who does not answer. */
  close(reason?: SocketCloseReason): void;
}

/** A client offers this next to `pointsman.<token>`; it is the one echoed, so that the token is not. */
const PROTOCOL_NAME = 'pointsman';

/** Nobody has anything to say to us; enough for a curious hello. */
const MAX_INCOMING_BYTES = 4_096;
const MAX_BUFFERED_BYTES = 1_048_576;
const PING_EVERY_MS = 30_000;
const GOODBYE_MS = 1_000;

const GOING_AWAY = 1001;
/** What a reader may say although nobody listens, pings included. */
const MESSAGE_RATE = { burst: 32, perSecond: 4 };

export function createEventSocket(deps: EventSocketDeps): EventSocket {
  return new EventFanOut(deps);
}

class EventFanOut implements EventSocket {
  readonly #deps: EventSocketDeps;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_INCOMING_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => chooseProtocol(offered),
  });
  /** Each reader, and whether it has answered the last ping. */
  readonly #readers = new Map<WebSocket, boolean>();
  #unsubscribe: (() => void) | undefined;
  #cancelPing: (() => void) | undefined;
  #isClosed = false;

  constructor(deps: EventSocketDeps) {
    this.#deps = deps;
  }

  accept(request: Upgrade[0], socket: Upgrade[1], head: Upgrade[2]): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (reader) => this.#add(reader));
  }

  clientCount(): number {
    return this.#readers.size;
  }

  close(reason: SocketCloseReason = 'stopped'): void {
    this.#isClosed = true;
    const readers = [...this.#readers.keys()];
    for (const reader of readers) reader.close(GOING_AWAY, SOCKET_CLOSE_REASONS[reason]);
    if (readers.length > 0) {
      this.#deps.clock.setTimer(GOODBYE_MS, () => readers.forEach((reader) => reader.terminate()));
    }
    this.#rest();
  }

  #add(reader: WebSocket): void {
    this.#readers.set(reader, true);
    reader.on('pong', () => {
      if (this.#readers.has(reader)) this.#readers.set(reader, true);
    });
    const rate = new MessageRate(this.#deps.clock, MESSAGE_RATE);
    const onSaid = (): void => {
      if (!rate.take()) reader.terminate();
    };
    reader.on('message', onSaid).on('ping', onSaid);
    reader.on('error', (error) => {
      this.#deps.log.debug('event reader failed', { error: error.message });
      reader.terminate();
    });
    reader.on('close', () => {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.#rest();
    });
    this.#greet(reader);
    // Nobody pays for events that nobody reads: subscribed only while there is a reader.
    this.#unsubscribe ??= this.#deps.surface.subscribe((event) => this.#broadcast(event));
    this.#cancelPing ??= this.#deps.clock.setTimer(PING_EVERY_MS, () => this.#ping());
  }

  #greet(reader: WebSocket): void {
    let totals: TotalsBody;
    try {
      totals = this.#deps.surface.totals({});
    } catch (error) {
      // The books may be out of order; the events are worth having all the same.
      this.#deps.log.warn('no totals for a new event reader', { error: String(error) });
      return;
    }
    this.#send(reader, frameOf({ type: 'totals-update', totals }));
  }

  #broadcast(event: ControlEvent): void {
    const frame = frameOf(event);
    for (const reader of this.#readers.keys()) this.#send(reader, frame);
  }

  #send(reader: WebSocket, frame: string): void {
    if (reader.readyState !== WebSocket.OPEN) return;
    if (reader.bufferedAmount > (this.#deps.maxBufferedBytes ?? MAX_BUFFERED_BYTES)) {
      this.#deps.log.warn('event reader dropped: it does not keep up', { waiting: reader.bufferedAmount });
      // A close frame would wait behind everything the reader is not taking.
      this.#readers.delete(reader);
      reader.terminate();
      return;
    }
    reader.send(frame);
  }

  #ping(): void {
    for (const [reader, hasAnswered] of this.#readers) {
      if (!hasAnswered) {
        reader.terminate();
        continue;
      }
      this.#readers.set(reader, false);
      reader.ping();
    }
    this.#cancelPing = this.#deps.clock.setTimer(PING_EVERY_MS, () => this.#ping());
  }

  #rest(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#cancelPing?.();
    this.#cancelPing = undefined;
  }
}

function frameOf(event: ControlEvent): string {
  return JSON.stringify(event);
}

/** A client that offers only its token gets it echoed: without an answer it would drop the connection. */
function chooseProtocol(offered: ReadonlySet<string>): string | false {
  if (offered.has(PROTOCOL_NAME)) return PROTOCOL_NAME;
  return [...offered][0] ?? false;
}
