// Silence at every stage of an answer, with and without signs of life.

import { pause } from './call.ts';
import { anyHead, begin, type Fault } from './parts.ts';

/** Reads the request and says nothing. */
export const stallBeforeHeaders: Fault = (call) => {
  call.bills();
  return call.hang();
};

/** Stops in the middle of the head. */
export const stallInHeaders: Fault = async (call) => {
  call.bills();
  await call.raw('HTTP/1.1 200 OK\r\ncontent-type: text/ev');
  await call.hang();
};

export const stallAfterHeaders: Fault = async (call) => {
  await anyHead(call);
  await call.hang();
};

/** Stops after so many words of the answer; 0 = after what opens the stream. Plain: in the middle of the body. */
export function stallAfterWords(count: number): Fault {
  return async (call) => {
    await begin(call, count);
    await call.hang();
  };
}

/** So many signs of life, then nothing. */
export function stallAfterPings(count: number, everyMs = 5): Fault {
  return async (call) => {
    await call.streamHead();
    for (let sent = 0; sent < count; sent++) {
      await call.body(': ping\n\n');
      await pause(everyMs);
    }
    await call.hang();
  };
}

/** Signs of life until the other side hangs up, after so many words. */
export function pingsOnly(options: { readonly afterWords?: number; readonly everyMs?: number } = {}): Fault {
  return async (call) => {
    await call.streamHead();
    if (options.afterWords !== undefined) await call.write(call.framesUntilWord(options.afterWords));
    const ping =
      call.dialect === 'anthropic-messages' ? 'event: ping\ndata: {"type":"ping"}\n\n' : ': ping\n\n';
    while (!call.socket.destroyed) {
      await call.body(ping);
      await pause(options.everyMs ?? 5);
    }
  };
}
