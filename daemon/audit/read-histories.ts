// Reads the files of histories, one after the other, each with the reader of its assistant. Which assistant wrote a file
// is told by what stands in it, so that copies and exports in other places are read as well.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJsonObject, stringOf } from '../util/json.ts';
import { createClaudeCodeReader } from './claude-code-history.ts';
import { createClineSessionReader } from './cline-history.ts';
import { providerNamed } from './cline-providers.ts';
import { createClineTaskReader, type TaskFlavour } from './cline-task-history.ts';
import { CodexThreads } from './codex-fork.ts';
import { createCodexReader } from './codex-history.ts';
import type { HistoryFile, HistoryForm } from './find-histories.ts';
import type { AssistantName, HistoryReader, HistorySink } from './history-record.ts';
import { createElementCutter, createLineCutter, type PieceCutter } from './pieces.ts';
import { readChunks } from './read-chunks.ts';
import { readTaskModels } from './task-models.ts';

export interface ReadProgress {
  readonly files: number;
  readonly filesDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
  readonly calls: number;
}

/** Where the records of one file go; a new one for each file. */
export type SinkFor = (assistant: AssistantName, file: HistoryFile) => HistorySink;

export interface ReadOptions {
  readonly sinkFor: SinkFor;
  /** Ends the reading; what was read until then stands. */
  readonly signal: AbortSignal;
  readonly onProgress?: (done: Pick<ReadProgress, 'filesDone' | 'bytesDone'>) => void;
}

export interface ReadResult {
  /** Files in which an assistant's history was found. */
  readonly histories: number;
  readonly pieces: number;
  /** Lines and elements that are no JSON, half-written or far too long. */
  readonly broken: number;
  readonly unreadable: readonly string[];
  readonly isPartial: boolean;
}

export async function readHistories(
  files: readonly HistoryFile[],
  options: ReadOptions,
): Promise<ReadResult> {
  const threads = new CodexThreads();
  const counts = { histories: 0, pieces: 0, broken: 0 };
  const unreadable: string[] = [];
  let bytesDone = 0;
  let filesDone = 0;
  for (const file of files) {
    if (options.signal.aborted) break;
    const before = bytesDone;
    try {
      await readOne(file, threads, options, counts, (bytes) => {
        bytesDone += bytes;
        options.onProgress?.({ filesDone, bytesDone });
      });
    } catch {
      unreadable.push(file.path);
    }
    // Packed files give more bytes than they have.
    bytesDone = before + file.bytes;
    filesDone += 1;
    options.onProgress?.({ filesDone, bytesDone });
  }
  return { ...counts, unreadable, isPartial: options.signal.aborted };
}

interface Counts {
  histories: number;
  pieces: number;
  broken: number;
}

async function readOne(
  file: HistoryFile,
  threads: CodexThreads,
  { sinkFor, signal }: ReadOptions,
  counts: Counts,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let open: { readonly reader: HistoryReader; readonly cutter: PieceCutter } | null = null;
  for await (const chunk of readChunks(file.path, signal)) {
    if (open === null) {
      const form = formByContent(file, chunk);
      const reader = await readerFor({ ...file, form }, chunk, threads, sinkFor, signal);
      if (reader === null) return;
      counts.histories += 1;
      open = { reader, cutter: cutterFor(form, reader, counts) };
    }
    open.cutter.push(chunk);
    onBytes(chunk.length);
  }
  if (open === null) return;
  // The piece that an interrupted reading ends in is not the file's fault.
  if (!signal.aborted) open.cutter.end();
  open.reader.end();
}

/** A file that somebody named may be called anything; a line file never begins with an array. */
function formByContent(file: HistoryFile, head: Buffer): HistoryForm {
  if (file.form !== 'lines') return file.form;
  if (/^\s*\[/.test(head.toString('latin1', 0, 64))) return 'task';
  return head.includes('"modelInfo"') && head.includes('"messages"') ? 'session' : 'lines';
}

function cutterFor(form: HistoryForm, reader: HistoryReader, counts: Counts): PieceCutter {
  const handler = {
    onPiece: (bytes: Buffer): void => {
      counts.pieces += 1;
      if (!readSafely(reader, bytes)) counts.broken += 1;
    },
    onBroken: (): void => {
      counts.broken += 1;
    },
  };
  return form === 'lines' ? createLineCutter(handler) : createElementCutter(handler);
}

/** Histories are other programs' files: whatever stands in one must not end the audit. */
function readSafely(reader: HistoryReader, bytes: Buffer): boolean {
  try {
    return reader.read(bytes);
  } catch {
    return false;
  }
}

async function readerFor(
  file: HistoryFile,
  head: Buffer,
  threads: CodexThreads,
  sinkFor: SinkFor,
  signal: AbortSignal,
): Promise<HistoryReader | null> {
  const name = path.basename(file.path).replace(/\.(jsonl|json)(\.zst)?$/, '');
  const folder = path.dirname(file.path);
  if (file.form === 'task') {
    if (!head.includes('"say"')) return null;
    const flavour = flavourOf(file.path, head);
    const models = await readTaskModels(folder, signal);
    return createClineTaskReader(sinkFor(flavour, file), { task: path.basename(folder), flavour, models });
  }
  if (file.form === 'session') {
    if (!head.includes('"role"')) return null;
    const sink = sinkFor('cline', file);
    return createClineSessionReader(sink, await sessionOf(folder, name.replace(/\.messages$/, '')));
  }
  const unnamed = { name, changedAtMs: file.changedAtMs };
  const holds = (...names: readonly string[]): boolean => names.some((one) => head.includes(`"${one}"`));
  if (holds('payload') && holds('session_meta', 'turn_context', 'event_msg', 'response_item')) {
    return createCodexReader(sinkFor('codex', file), threads, unnamed);
  }
  const isClaude = holds('sessionId', 'parentUuid', 'leafUuid', 'message') && holds('type');
  return isClaude ? createClaudeCodeReader(sinkFor('claude-code', file), unnamed) : null;
}

/** By the folder of the extension, else by a field that only Roo and its fork write. */
function flavourOf(file: string, head: Buffer): TaskFlavour {
  if (file.includes('kilocode.kilo-code')) return 'kilo-code';
  if (file.includes('rooveterinaryinc.roo-cline') || file.includes('.vscode-mock')) return 'roo-code';
  if (file.includes('saoudrizwan.claude-dev')) return 'cline';
  return head.includes('apiProtocol') ? 'roo-code' : 'cline';
}

/** A file that is not named for its folder is a sub-agent's. */
async function sessionOf(folder: string, name: string) {
  const session = path.basename(folder);
  const manifest = await readManifest(path.join(folder, `${session}.json`));
  const isSide = manifest !== undefined && name !== session;
  return {
    conversation: isSide ? `${session}/${name}` : name,
    isSide,
    model: stringOf(manifest?.['model']) ?? '',
    provider: providerNamed(stringOf(manifest?.['provider'])),
  };
}

async function readManifest(file: string) {
  try {
    return parseJsonObject(await readFile(file, 'utf8'));
  } catch {
    return undefined; // a session is readable without it
  }
}
