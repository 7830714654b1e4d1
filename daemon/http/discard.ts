// Uploads that were refused, read on and thrown away for a while. Closing a socket with unread bytes makes the kernel send
// a reset, and the client may lose the answer that it has not read yet; but whoever is refused shall not cost what
// somebody who is served costs. So all of them together are read at a pace, one read each in turn.

import type { IncomingMessage } from 'node:http';

/** One read is up to 64 KiB, so this is some 30 MB a second at most. */
const READ_EVERY_MS = 2;

export interface Discarding {
  /** Nothing is read any more. */
  stop(): void;
}

/** Of the process, whoever refused them: it is the process that has to keep time for others. */
const waiting = new Set<IncomingMessage>();
let timer: NodeJS.Timeout | undefined;

/** `onEnd` is called at most once, when the upload is complete or the client has left. */
export function discardUpload(request: IncomingMessage, onEnd: () => void): Discarding {
  const onData = (): void => {
    request.pause();
    waiting.add(request);
    schedule();
  };
  const stop = (): void => {
    waiting.delete(request);
    request.off('data', onData).off('end', finish).off('close', finish);
    request.pause();
  };
  const finish = (): void => {
    stop();
    onEnd();
  };
  request.on('data', onData).on('end', finish).on('close', finish);
  request.resume();
  return { stop };
}

function readNext(): void {
  timer = undefined;
  for (const request of waiting) {
    waiting.delete(request);
    request.resume();
    break;
  }
  if (waiting.size > 0) schedule();
}

function schedule(): void {
  timer ??= setTimeout(readNext, READ_EVERY_MS).unref();
}
