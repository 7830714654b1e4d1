// Nothing secret is sent to a port before whoever listens there has proven that it knows the admin token. The proof
// holds for one connection: the agent that comes out of it can use that very socket and no other, so a stranger who
// takes the port a moment later gets nothing either.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Agent, request, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { challengeText } from '../../daemon/protocol/control-api.ts';

export type Handshake =
  /** `agent` carries one request, or one upgrade, over the proven socket. */
  | { readonly status: 'proven'; readonly agent: Agent }
  /** Somebody else listens there. */
  | { readonly status: 'stranger' }
  /** Nobody listens there. */
  | { readonly status: 'absent' }
  /** Somebody accepted the connection and says nothing: busy, stopped by a debugger, or a stranger. */
  | { readonly status: 'silent' };

/** The answer is some 100 bytes; a stranger may send anything. */
const MAX_ANSWER_BYTES = 4096;
const DEFAULT_PATIENCE_MS = 2000;

/** Never rejects. Only a random number is sent. */
export async function shakeHands(
  url: string,
  adminToken: string,
  patienceMs = DEFAULT_PATIENCE_MS,
): Promise<Handshake> {
  const challenge = randomBytes(16).toString('hex');
  const address = new URL(`/healthz?challenge=${challenge}`, url);
  const expected = createHmac('sha256', adminToken)
    .update(challengeText(Number(address.port), challenge))
    .digest();
  const agent = new OneSocketAgent();
  const answer = await ask(address, agent, patienceMs);
  if (answer.status === 'answered' && hasProof(answer.text, expected)) return { status: 'proven', agent };
  agent.destroy();
  return { status: answer.status === 'answered' ? 'stranger' : answer.status };
}

/** Opens one connection in its life. Without it a request after the handshake would quietly open a new, unproven one. */
class OneSocketAgent extends Agent {
  #hasConnected = false;

  constructor() {
    super({ keepAlive: true, maxSockets: 1 });
  }

  override createConnection(
    options: ClientRequestArgs,
    callback: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    if (!this.#hasConnected) {
      this.#hasConnected = true;
      return super.createConnection(options, callback);
    }
    const gone = Object.assign(new Error('the proven connection is gone'), { code: 'ECONNRESET' });
    // Node takes an error alone, its types do not.
    (callback as (error: Error) => void)(gone);
    return undefined;
  }
}

type Answer =
  | { readonly status: 'answered'; readonly text: string }
  | { readonly status: 'absent' | 'silent' | 'stranger' };

function ask(address: URL, agent: Agent, patienceMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    // Said in words: the editor puts an agent of its own in front of ours, which would ask for the connection to be closed.
    const headers = { connection: 'keep-alive' };
    const outgoing = request(address, { method: 'GET', headers, agent }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) end({ status: 'stranger' });
      });
      incoming.on('error', () => end({ status: 'stranger' }));
      incoming.on('end', () => end({ status: 'answered', text }));
    });
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      resolve(answer);
      if (answer.status !== 'answered') outgoing.destroy();
    };
    const timer = setTimeout(() => end({ status: 'silent' }), patienceMs);
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      end({ status: error.code === 'ECONNREFUSED' ? 'absent' : 'stranger' });
    });
    outgoing.end();
  });
}

function hasProof(text: string, expected: Buffer): boolean {
  let proof: unknown;
  try {
    proof = (JSON.parse(text) as { readonly proof?: unknown } | null)?.proof;
  } catch {
    return false;
  }
  if (typeof proof !== 'string' || !/^[0-9a-f]{64}$/.test(proof)) return false;
  return timingSafeEqual(Buffer.from(proof, 'hex'), expected);
}
