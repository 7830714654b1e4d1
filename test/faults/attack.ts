// Attackers on a daemon's port, as a process of their own so that their work is not measured as anybody else's:
//   node test/faults/attack.ts '{"port":7411,"token":"…","seconds":10,"kinds":["slow-headers","huge-bodies"]}'
// Says `{"ready":true}` when everything has begun, goes on for that long, and then says how often it did what, each a
// line of JSON. It is as nice (in the sense of the scheduler) as a process can be: what shall be seen is what it costs the
// daemon, not the machine.

import { connect, type Socket } from 'node:net';
import { setPriority } from 'node:os';
import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib';
import type { Transform } from 'node:stream';

export const ATTACK_KINDS = ['slow-headers', 'slow-bodies', 'huge-bodies', 'bombs'] as const;
export type AttackKind = (typeof ATTACK_KINDS)[number];

export interface AttackPlan {
  readonly port: number;
  readonly token: string;
  readonly seconds: number;
  readonly kinds: readonly AttackKind[];
}

/** How often each thing was done, and how often each status was the answer. */
export type AttackCounts = Readonly<Record<string, number>>;

const MIB = 1024 * 1024;
const SLOW_HEADER_SOCKETS = 500;
const SLOW_BODIES = 100;
const HUGE_SENDERS = 6;
const HUGE_BYTES = 64 * MIB;
const BOMB_SENDERS = 3;

class Attack {
  readonly #plan: AttackPlan;
  readonly #counts: Record<string, number> = {};
  readonly #sockets = new Set<Socket>();
  #isOver = false;

  constructor(plan: AttackPlan) {
    this.#plan = plan;
  }

  async run(): Promise<AttackCounts> {
    const bombs = await makeBombs();
    const has = (kind: AttackKind): boolean => this.#plan.kinds.includes(kind);
    if (has('slow-headers')) for (let at = 0; at < SLOW_HEADER_SOCKETS; at++) this.#slowHeaders();
    if (has('slow-bodies')) for (let at = 0; at < SLOW_BODIES; at++) this.#slowBody();
    if (has('huge-bodies')) for (let at = 0; at < HUGE_SENDERS; at++) void this.#hugeBodies(at);
    if (has('bombs')) for (let at = 0; at < BOMB_SENDERS; at++) void this.#sendBombs(bombs, at);
    process.stdout.write('{"ready":true}\n');
    await pause(this.#plan.seconds * 1000);
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy();
    return this.#counts;
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }

  #open(): Socket {
    const socket = connect({ port: this.#plan.port, host: '127.0.0.1', noDelay: true });
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (answer: Buffer) => this.#count(answer.toString('latin1', 9, 12)));
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }

  #head(path: string, headers: readonly string[], token = this.#plan.token): string {
    const lines = [
      `POST ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${this.#plan.port}`,
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      ...headers,
    ];
    return `${lines.join('\r\n')}\r\n\r\n`;
  }

  /** Never finishes its headers; when it is thrown out, it comes again. */
  #slowHeaders(): void {
    const socket = this.#open();
    this.#count('slow headers');
    socket.write('POST /v1/chat/completions HTTP/1.1\r\nX-Slow: ');
    const drip = setInterval(() => socket.write('x'), 500);
    socket.on('close', () => {
      clearInterval(drip);
      if (!this.#isOver) setTimeout(() => this.#slowHeaders(), 50);
    });
  }

  #slowBody(): void {
    const socket = this.#open();
    this.#count('slow bodies');
    socket.write(this.#head('/v1/chat/completions', [`Content-Length: ${8 * MIB}`]));
    socket.write(Buffer.alloc(64 * 1024, ' '));
    const drip = setInterval(() => socket.write('{'), 200);
    socket.on('close', () => {
      clearInterval(drip);
      if (!this.#isOver) setTimeout(() => this.#slowBody(), 50);
    });
  }

  /** Announced, in chunks, and without a token; as fast as it goes, whatever is answered. */
  async #hugeBodies(which: number): Promise<void> {
    const piece = Buffer.alloc(MIB, ' ');
    const chunk = Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
    for (let round = which; !this.#isOver; round++) {
      const isChunked = round % 3 === 0;
      const token = round % 3 === 1 ? 'wrong' : this.#plan.token;
      const length = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${HUGE_BYTES}`;
      const socket = this.#open();
      this.#count('64 MB bodies');
      socket.write(this.#head('/v1/chat/completions', [length], token));
      for (let sent = 0; sent < HUGE_BYTES && !socket.destroyed; sent += MIB) {
        if (!socket.write(isChunked ? chunk : piece)) await drained(socket);
      }
      await pause(100);
      socket.destroy();
    }
  }

  async #sendBombs(bombs: readonly Bomb[], which: number): Promise<void> {
    for (let round = which; !this.#isOver; round++) {
      const bomb = bombs[round % bombs.length];
      if (bomb === undefined) return;
      const socket = this.#open();
      this.#count(bomb.name);
      const answered = new Promise<void>((resolve) => {
        socket.once('data', () => resolve());
        socket.on('close', () => resolve());
      });
      socket.write(this.#head(bomb.path, [`Content-Length: ${bomb.bytes.length}`, ...bomb.headers]));
      socket.write(bomb.bytes);
      await answered;
      socket.destroy();
      await pause(50);
    }
  }
}

interface Bomb {
  readonly name: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly bytes: Buffer;
}

async function makeBombs(): Promise<readonly Bomb[]> {
  const bombs: Bomb[] = [];
  for (const [encoding, packer] of [
    ['gzip', createGzip()],
    ['br', createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['zstd', createZstdCompress()],
  ] as const) {
    const bytes = await packed(packer, HUGE_BYTES);
    const headers = [`Content-Encoding: ${encoding}`];
    bombs.push({ name: `${encoding} bombs`, path: '/v1/chat/completions', headers, bytes });
  }
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const bodies: readonly (readonly [string, string, string])[] = [
    ['depth bombs', '/v1/chat/completions', `{"model":"honest","messages":${deep}}`],
    ['depth bombs', '/v1/messages', `{"model":"honest","messages":[],"metadata":${deep}}`],
    ['upstream bombs', '/v1/chat/completions', ask('bomb', false)],
    ['upstream bombs', '/v1/chat/completions', ask('bomb', true)],
    ['upstream bombs', '/v1/messages', ask('bomb', false)],
  ];
  for (const [name, path, body] of bodies) {
    bombs.push({ name, path, headers: [], bytes: Buffer.from(body) });
  }
  return bombs;
}

function ask(model: string, isStreamed: boolean): string {
  const messages = [{ role: 'user', content: 'hello' }];
  return JSON.stringify({ model: `exact/${model}`, max_tokens: 100, stream: isStreamed, messages });
}

async function packed(packer: Transform, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  packer.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => packer.on('end', resolve));
  for (let left = length; left > 0; left -= MIB) packer.write(Buffer.alloc(MIB, ' '));
  packer.end();
  await ended;
  return Buffer.concat(chunks);
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

if (import.meta.main) {
  setPriority(19);
  const counts = await new Attack(JSON.parse(process.argv[2] ?? '{}') as AttackPlan).run();
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  process.exit(0);
}
