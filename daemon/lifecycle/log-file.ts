// Where log lines go on disk. Writing never waits, never throws and never fills the disk: lines are written in batches
// behind the caller's back, the file is rotated by size, and lines that cannot be written are counted and dropped.

import { appendFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

export interface LogFileOptions {
  readonly path: string;
  /** Size above which the file is put aside, bytes. */
  readonly maxBytes?: number;
  /** Number of files kept beside the current one: `PATH.1` is the youngest. */
  readonly keep?: number;
}

const MAX_BYTES = 5_000_000;
const KEPT_FILES = 2;
/** Lines held while the disk is slow or full. */
const MAX_PENDING_LINES = 10_000;

export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  #pending: string[] = [];
  #droppedLines = 0;
  /** The batch that is being written; null when none is. Never rejects. */
  #writing: Promise<void> | null = null;

  constructor(options: LogFileOptions) {
    this.#path = options.path;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#keep = options.keep ?? KEPT_FILES;
  }

  /** One line without its newline. */
  write(line: string): void {
    if (this.#pending.length >= MAX_PENDING_LINES) {
      this.#droppedLines += 1;
      return;
    }
    this.#pending.push(line);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything written before is on its way to the disk. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  /** For the last moment before the process ends: writes what is pending without waiting for anything. */
  flushNow(): void {
    if (this.#pending.length === 0) return;
    try {
      appendFileSync(this.#path, this.#takePending().text, { mode: 0o600 });
    } catch {
      // The lines are on stderr as well, and nothing may fail because of the log.
    }
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // lines of the same turn go into one batch
    while (this.#pending.length > 0) {
      const { text, lineCount } = this.#takePending();
      try {
        await this.#append(text);
      } catch {
        this.#droppedLines += lineCount; // told in the next batch that can be written
      }
    }
    this.#writing = null;
  }

  /** `lineCount` includes lines that were lost before and are told of in `text`. */
  #takePending(): { readonly text: string; readonly lineCount: number } {
    const lines = this.#pending;
    const lost = this.#droppedLines;
    this.#pending = [];
    this.#droppedLines = 0;
    const note =
      lost === 0 ? '' : `${JSON.stringify({ level: 'warn', message: 'log lines lost', lines: lost })}\n`;
    return { text: `${note}${lines.join('\n')}\n`, lineCount: lines.length + lost };
  }

  /** Opens the file for each batch: one that was deleted or moved away by hand simply starts again. */
  async #append(lines: string): Promise<void> {
    let file = await open(this.#path, 'a', 0o600);
    try {
      const stats = await file.stat();
      if (stats.size > 0 && stats.size + Buffer.byteLength(lines) > this.#maxBytes) {
        file = await this.#rotate(file);
      } else if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
        await file.chmod(0o600); // made by hand or by an older shell redirection
      }
      await file.appendFile(lines);
    } finally {
      await file.close();
    }
  }

  async #rotate(file: FileHandle): Promise<FileHandle> {
    for (let index = this.#keep; index >= 1; index -= 1) {
      const from = index === 1 ? this.#path : `${this.#path}.${index - 1}`;
      await rename(from, `${this.#path}.${index}`).catch(() => undefined); // there are fewer at first
    }
    const next = await open(this.#path, 'a', 0o600);
    await file.close();
    return next;
  }
}
