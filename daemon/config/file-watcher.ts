// Tells when one of a few files may have changed. Directories are watched, not files: editors save by renaming a new
// file into place, and a watch on the old file would never hear of it. Says "may": readers compare content.

import { realpathSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../util/clock.ts';

export interface FileWatcherOptions {
  readonly paths: readonly string[];
  /** Called once after a burst of changes. Must not throw. */
  readonly onChange: () => void;
  readonly clock: Clock;
  /** Quiet time that ends a burst, ms. Editors write in several steps. */
  readonly debounceMs: number;
}

/** Where the system cannot watch (no directory yet, no watches left, some network drives) files are looked at this often. */
const POLL_INTERVAL_MS = 2000;

/** Neither the watch nor its timers keep the process alive. */
export class FileWatcher {
  readonly #options: FileWatcherOptions;
  #watches: FSWatcher[] = [];
  /** What is watched: directories with their inode, to notice one that was replaced. */
  #watched = '';
  /** File names that matter. Worked out beforehand: the ledger lives in the same folder and is written all the time. */
  #names: ReadonlySet<string> = new Set();
  #cancelDebounce: (() => void) | null = null;
  #cancelPoll: (() => void) | null = null;
  #closed = false;

  constructor(options: FileWatcherOptions) {
    this.#options = options;
  }

  /** Changes after this call are reported. Call once. */
  start(): void {
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#cancelDebounce?.();
    this.#cancelPoll?.();
    this.#stopWatching();
  }

  #arm(): void {
    const { paths } = this.#options;
    this.#names = new Set(paths.flatMap((path) => [basename(path), basename(realPathOf(path))]));
    const directories = directoriesOf(paths);
    const identity = [...directories].map(identityOf).join('\n');
    if (identity === this.#watched) return;
    this.#stopWatching();
    try {
      for (const directory of directories) this.#watches.push(this.#watch(directory));
      this.#watched = identity;
    } catch {
      this.#stopWatching();
      this.#pollLater();
    }
  }

  #watch(directory: string): FSWatcher {
    const watcher = watch(directory, { persistent: false }, (_event, fileName) => {
      // The directory's own name is what is reported when it is moved away or deleted.
      if (fileName === null || this.#names.has(fileName) || fileName === basename(directory)) this.#touched();
    });
    watcher.on('error', () => {
      this.#stopWatching();
      this.#pollLater();
    });
    return watcher;
  }

  #touched(): void {
    if (this.#closed) return;
    this.#cancelDebounce?.();
    this.#cancelDebounce = this.#options.clock.setTimer(this.#options.debounceMs, () => {
      this.#cancelDebounce = null;
      this.#arm();
      this.#options.onChange();
    });
  }

  #pollLater(): void {
    if (this.#closed) return;
    this.#cancelPoll?.();
    this.#cancelPoll = this.#options.clock.setTimer(POLL_INTERVAL_MS, () => {
      this.#cancelPoll = null;
      this.#arm();
      this.#options.onChange();
    });
  }

  #stopWatching(): void {
    for (const watcher of this.#watches) watcher.close();
    this.#watches = [];
    this.#watched = '';
  }
}

/** The directories of the names and of the files that they are links to. */
function directoriesOf(paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.flatMap((path) => [dirname(path), dirname(realPathOf(path))]));
}

function identityOf(directory: string): string {
  const stats = statSync(directory, { throwIfNoEntry: false });
  return stats === undefined ? `${directory} absent` : `${directory} ${stats.dev}:${stats.ino}`;
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // absent, or a link to nothing
  }
}
