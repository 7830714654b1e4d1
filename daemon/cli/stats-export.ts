// Writes the books of a running daemon to files, page by page, so that a year of them needs no more memory than an hour.

import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import type { ExportForm } from '../ledger/export.ts';
import type { ExchangesBody } from '../protocol/control-api.ts';
import { CliError } from './command.ts';
import type { DaemonClient } from './daemon-client.ts';
import { createProgress } from './progress.ts';

export interface ExportTarget {
  readonly file: string;
  /** Name of the option that gave it, for error messages. */
  readonly option: string;
  readonly form: ExportForm;
}

export interface ExportRange {
  /** Unix epoch ms; undefined = from the beginning. */
  readonly sinceAtMs: number | undefined;
  /** How many requests that is about, for the progress. */
  readonly requests: number;
}

const PAGE = '500';

/** Newest first. Answers how many requests were written. A file appears when it is complete, or not at all. */
export async function exportBooks(
  daemon: DaemonClient,
  range: ExportRange,
  targets: readonly ExportTarget[],
): Promise<number> {
  if (targets.length === 0) return 0;
  if (new Set(targets.map(({ file }) => file)).size < targets.length) {
    throw new CliError('two exports cannot go to the same file; give each its own', 2);
  }
  const progress = createProgress('writing requests');
  const files: OpenExport[] = [];
  let isStopped = false;
  const stop = (): void => void (isStopped = true);
  process.once('SIGINT', stop);
  try {
    for (const target of targets) files.push(new OpenExport(target));
    let written = 0;
    for await (const record of recordsSince(daemon, range.sinceAtMs)) {
      if (isStopped) throw new CliError('stopped; no file was written');
      for (const file of files) file.write(record);
      written += 1;
      progress.update(written, range.requests);
    }
    for (const file of files) file.complete();
    return written;
  } finally {
    process.removeListener('SIGINT', stop);
    progress.end();
    for (const file of files) file.discard();
  }
}

async function* recordsSince(
  daemon: DaemonClient,
  sinceAtMs: number | undefined,
): AsyncGenerator<ExchangesBody['exchanges'][number]> {
  for (let next: string | null = ''; next !== null;) {
    const query = new URLSearchParams({ limit: PAGE, ...(next === '' ? {} : { before: next }) });
    const page = (await daemon.call('GET', `exchanges?${query.toString()}`)) as ExchangesBody;
    for (const record of page.exchanges) {
      // Newest first by their start: what follows is older still.
      if (sinceAtMs !== undefined && Date.parse(record.startedAt) < sinceAtMs) return;
      yield record;
    }
    next = page.next;
  }
}

/** A file under another name until it is complete. A pipe or device is written to as it is. */
class OpenExport {
  readonly #target: ExportTarget;
  readonly #path: string;
  readonly #descriptor: number;
  #isOpen = true;

  constructor(target: ExportTarget) {
    this.#target = target;
    this.#path = isSpecial(target.file) ? target.file : `${target.file}.part`;
    this.#descriptor = this.#try(() => openSync(this.#path, 'w', 0o600));
    this.#try(() => writeSync(this.#descriptor, target.form.head));
  }

  write(record: ExchangesBody['exchanges'][number]): void {
    this.#try(() => writeSync(this.#descriptor, this.#target.form.linesOf(record)));
  }

  complete(): void {
    closeSync(this.#descriptor);
    this.#isOpen = false;
    if (this.#path !== this.#target.file) this.#try(() => renameSync(this.#path, this.#target.file));
  }

  /** Does nothing to a complete one. */
  discard(): void {
    if (!this.#isOpen) return;
    closeSync(this.#descriptor);
    this.#isOpen = false;
    if (this.#path !== this.#target.file) rmSync(this.#path, { force: true });
  }

  #try<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const { file, option } = this.#target;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new CliError(`cannot write ${file} (${code}); choose another place with --${option}`);
    }
  }
}

function isSpecial(file: string): boolean {
  try {
    return !statSync(file).isFile();
  } catch {
    return false;
  }
}
