// How far long work has come, as one line on stderr that is written over. Where no person looks nothing is shown, or now
// and then a line for the log, where the work may take long.

import type { WriteStream } from 'node:tty';

export interface Progress {
  /** `whole` 0 = not known. `note` stands behind it, and is only asked for when something is shown. */
  update(done: number, whole: number, note?: () => string): void;
  /** Takes the line away. */
  end(): void;
}

const PAUSE_MS = 100;
const LOG_PAUSE_MS = 5000;
const BAR_CHARS = 20;

/** `what` is named in front: `checking rows`. */
export function createProgress(
  what: string,
  stream: Pick<WriteStream, 'isTTY' | 'write'> = process.stderr,
  options: { readonly isLogged?: boolean; readonly now?: () => number } = {},
): Progress {
  const { isLogged = false, now = () => performance.now() } = options;
  let shownAtMs = stream.isTTY ? -Infinity : now();
  let isShown = false;
  return {
    update(done, whole, note) {
      const nowMs = now();
      if (!stream.isTTY && !isLogged) return;
      if (nowMs - shownAtMs < (stream.isTTY ? PAUSE_MS : LOG_PAUSE_MS)) return;
      shownAtMs = nowMs;
      isShown = stream.isTTY;
      const text = `${what} ${progressText(done, whole)}${note === undefined ? '' : `, ${note()}`}`;
      stream.write(stream.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
    },
    end() {
      if (isShown) stream.write('\r\u001b[K');
      isShown = false;
    },
  };
}

export function progressText(done: number, whole: number): string {
  const count = done.toLocaleString('en-US');
  if (whole <= 0) return count;
  const share = Math.min(1, done / whole);
  const filled = Math.round(share * BAR_CHARS);
  const bar = `${'#'.repeat(filled)}${'.'.repeat(BAR_CHARS - filled)}`;
  return `[${bar}] ${Math.floor(share * 100)} %, ${count} of ${whole.toLocaleString('en-US')}`;
}
