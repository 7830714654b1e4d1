// The load of the soak: many clients at once, each with one conversation after another over a connection of its own,
// streamed and plain, some hung up on at different moments, some met by a failing provider.

import { Rng } from '../support/hostile-input.ts';
import { HttpSocket, type SendOptions, type SocketAnswer } from './http-socket.ts';
import type { SeenEnd, SoakBooks } from './soak-books.ts';
import { SoakConversation, type SoakRequest } from './soak-conversation.ts';
import { DEEDS, FAULTS, SILENCE_MS, type Deed } from './soak-words.ts';

export interface LoadOptions {
  readonly port: number;
  readonly token: string;
  readonly requests: number;
  readonly connections: number;
  readonly seed: number;
  readonly books: SoakBooks;
}

const STREAM_RATIO = 0.2;
const ABORT_RATIO = 0.05;
const FAULT_RATIO = 0.05;

/** What is done with one request beside sending it. */
interface Fate {
  readonly deed: Deed;
  readonly isStream: boolean;
  readonly options: SendOptions;
  readonly isAborted: boolean;
}

export class SoakLoad {
  readonly #options: LoadOptions;
  readonly #sockets: readonly HttpSocket[];
  #begun = 0;
  /** While it is set no new request begins. */
  #pause: Promise<void> | null = null;
  #running = 0;
  #onCalm: (() => void) | null = null;
  done = 0;
  slowestMs = 0;
  readonly ends = new Map<string, number>();
  isStopped = false;
  /** Every request has ended. */
  isOver = false;
  streamed = 0;
  faulty = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#sockets = Array.from({ length: options.connections }, () => new HttpSocket(options.port));
  }

  /** Resolves when every request has ended. */
  async run(): Promise<void> {
    await Promise.all(this.#sockets.map((socket, index) => this.#client(socket, index)));
    this.isOver = true;
    for (const socket of this.#sockets) socket.close();
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Runs `inCalm` while no request does. */
  async calm(inCalm: () => Promise<void>): Promise<void> {
    let resume = (): void => {};
    this.#pause = new Promise((resolve) => (resume = resolve));
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onCalm = resolve));
    this.#onCalm = null;
    try {
      await inCalm();
    } finally {
      this.#pause = null;
      resume();
    }
  }

  async #client(socket: HttpSocket, number: number): Promise<void> {
    const { requests, seed } = this.#options;
    const rng = new Rng(seed + number * 7919);
    let conversation: SoakConversation | null = null;
    while (this.#begun < requests && !this.isStopped) {
      if (this.#pause !== null) {
        await this.#pause;
        continue;
      }
      const index = this.#begun++;
      this.#running += 1;
      if (conversation === null || conversation.isOver)
        conversation = new SoakConversation(rng, index, this.#options);
      const fate = fateOf(rng);
      const request = conversation.ask({ index, deed: fate.deed, isStream: fate.isStream });
      const answer = await socket.send(request.bytes, fate.options);
      const end = this.#note(request, fate, answer);
      if (end === 'complete') conversation.answered(answer.body, request.nonce);
      else conversation.failed();
      this.#running -= 1;
      if (this.#running === 0) this.#onCalm?.();
    }
  }

  #note(request: SoakRequest, fate: Fate, answer: SocketAnswer): SeenEnd {
    const { books } = this.#options;
    const end = endOf(fate, answer);
    books.saw(answer.exchangeId, end, answer.body);
    if (end === 'complete') {
      const text = answer.body;
      if (!text.includes(request.nonce))
        books.break(`${answer.exchangeId ?? '?'}: the answer of somebody else`);
      if (!text.includes(request.ending))
        books.break(`${answer.exchangeId ?? '?'}: complete without its ending`);
    }
    if (end === 'torn' && answer.body.includes(request.ending)) {
      books.break(`${answer.exchangeId ?? '?'}: torn, and yet it has an ending`);
    }
    if (!fate.isAborted) this.slowestMs = Math.max(this.slowestMs, answer.tookMs);
    const key = end === 'error' ? `error ${answer.status}` : end;
    this.ends.set(key, (this.ends.get(key) ?? 0) + 1);
    this.done += 1;
    if (fate.isStream) this.streamed += 1;
    if (FAULTS.includes(fate.deed)) this.faulty += 1;
    return end;
  }
}

function endOf({ isAborted }: Fate, answer: SocketAnswer): SeenEnd {
  if (!answer.isComplete) return isAborted ? 'aborted' : 'torn';
  return answer.status === 200 ? 'complete' : 'error';
}

function fateOf(rng: Rng): Fate {
  const dice = rng.below(1000) / 1000;
  const isStream = rng.below(1000) < STREAM_RATIO * 1000;
  if (dice < ABORT_RATIO) return abortedFate(rng, isStream);
  const isFaulty = dice < ABORT_RATIO + FAULT_RATIO;
  return { deed: isFaulty ? rng.pick(FAULTS) : DEEDS.fine, isStream, options: {}, isAborted: false };
}

/** At once, while the provider is silent, or in the middle of the answer. */
function abortedFate(rng: Rng, isStream: boolean): Fate {
  const base = { isStream, isAborted: true };
  switch (rng.below(3)) {
    case 0:
      return { ...base, deed: DEEDS.fine, options: { abortAfterMs: rng.below(4) } };
    case 1:
      return { ...base, deed: DEEDS.stall, options: { abortAfterMs: 5 + rng.below(30) } };
    default:
      return isStream
        ? { ...base, deed: DEEDS.slow, options: { abortAtBody: true, patienceMs: SILENCE_MS / 2 } }
        : { ...base, deed: DEEDS.stall, options: { abortAfterMs: 20 } };
  }
}
