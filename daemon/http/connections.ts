// The books of the open connections, and which of them goes when there are too many: never one with a running request,
// first those that have not shown a token yet (a slowloris never does), the oldest first. So holding sockets open keeps
// nobody out: whoever sends a request at once is the youngest.

import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export interface ConnectionLimits {
  /** All of them. */
  readonly maxOpen: number;
  /** Those that never sent an admitted request. More than what one turn of the event loop may accept (511). */
  readonly maxStrangers: number;
}

const DEFAULT_LIMITS: ConnectionLimits = { maxOpen: 1024, maxStrangers: 640 };

export class Connections {
  readonly #limits: ConnectionLimits;
  /** Every open connection with its latest answer, if it had a request. */
  readonly #latest = new Map<Duplex, ServerResponse | null>();
  /** In order of arrival. */
  readonly #strangers = new Set<Duplex>();
  /** Known, and between two requests; the longest rest first. */
  readonly #resting = new Set<Duplex>();

  constructor(limits: Partial<ConnectionLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  get size(): number {
    return this.#latest.size;
  }

  /** For the server's own limit, which refuses without looking: a little more, so that there is room to choose. */
  get hardLimit(): number {
    return this.#limits.maxOpen + 64;
  }

  add(socket: Duplex): void {
    const { maxOpen, maxStrangers } = this.#limits;
    if (this.#strangers.size >= maxStrangers) this.#evictOldest(this.#strangers);
    if (this.#latest.size >= maxOpen && !this.#evictOldest(this.#strangers)) this.#evictOldest(this.#resting);
    this.#latest.set(socket, null);
    this.#strangers.add(socket);
    socket.on('close', () => this.#forget(socket));
  }

  /** A request has come. */
  began(socket: Duplex, response: ServerResponse): void {
    this.#latest.set(socket, response);
  }

  /** It came from somebody with a token; the connection cannot be taken away while it runs. */
  admitted(socket: Duplex): void {
    this.#strangers.delete(socket);
    this.#resting.delete(socket);
  }

  /** Its answer is out. */
  ended(socket: Duplex, response: ServerResponse): void {
    if (this.#latest.get(socket) === response && !this.#strangers.has(socket)) this.#resting.add(socket);
  }

  /** The latest answer on this connection has begun. */
  isAnswering(socket: Duplex): boolean {
    return this.#latest.get(socket)?.headersSent === true;
  }

  destroyAll(): void {
    for (const socket of this.#latest.keys()) socket.destroy();
  }

  #evictOldest(sockets: ReadonlySet<Duplex>): boolean {
    for (const socket of sockets) {
      this.#forget(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  #forget(socket: Duplex): void {
    this.#latest.delete(socket);
    this.#strangers.delete(socket);
    this.#resting.delete(socket);
  }
}
