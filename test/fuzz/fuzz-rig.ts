// What both kinds of fuzzing stand on: a real daemon with a real provider behind it in this process, kept-alive
// connections, and a watch for anything that nobody caught.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import { configFor, runDaemon, type TestDaemon, type TestModel } from '../support/run-daemon.ts';
import { SoakBooks } from '../soak/soak-books.ts';

export interface UpstreamRequest {
  readonly path: string;
  readonly body: Buffer;
}

/** How the provider answers. */
export type Answerer = (request: UpstreamRequest, response: ServerResponse) => void;

export interface FuzzRig {
  readonly daemon: TestDaemon;
  readonly port: number;
  readonly books: SoakBooks;
  /** Errors that nobody caught since the last call; each is a failure. */
  takeCrashes(): readonly string[];
  close(): Promise<void>;
}

/** Roomy, so that a long text is no reason for an answer of our own. */
const CONTEXT_TOKENS = 10_000_000;

export function fuzzModel(origin: string, id: string, dialect: UpstreamDialectId): TestModel {
  return {
    id,
    dialect,
    baseUrl: `${origin}/v1`,
    tier: 'moderate',
    contextTokens: CONTEXT_TOKENS,
    maxOutputTokens: 64_000,
  };
}

export async function startRig(
  models: (origin: string) => readonly TestModel[],
  answer: Answerer,
): Promise<FuzzRig> {
  const crashes: string[] = [];
  const note = (error: unknown): void =>
    void crashes.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  const server = createServer((request, response) => void serve(request, response, answer));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const daemon = await runDaemon({ config: configFor(models(origin)) });
  return {
    daemon,
    port: Number(new URL(daemon.url).port),
    books: new SoakBooks(path.join(daemon.home, 'ledger.db')),
    takeCrashes: () => {
      const bugs = daemon.log.filter((line) => line.includes('"level":"error"'));
      (daemon.log as string[]).length = 0; // a long run would keep every line
      return [...crashes.splice(0), ...bugs];
    },
    close: async () => {
      await daemon.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      process.off('uncaughtException', note);
      process.off('unhandledRejection', note);
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, answer: Answerer): Promise<void> {
  const pieces: Buffer[] = [];
  request.on('error', () => {}); // the daemon hung up
  response.on('error', () => {});
  try {
    for await (const piece of request) pieces.push(piece as Buffer);
  } catch {
    return;
  }
  answer({ path: request.url ?? '', body: Buffer.concat(pieces) }, response);
}

/** A request as bytes for a bare socket. */
export function wireRequest(given: {
  readonly port: number;
  readonly token: string;
  readonly path: string;
  readonly body: Buffer;
}): Buffer {
  const head =
    `POST ${given.path} HTTP/1.1\r\nhost: 127.0.0.1:${given.port}\r\nauthorization: Bearer ${given.token}\r\n` +
    `content-type: application/json\r\ncontent-length: ${given.body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), given.body]);
}
