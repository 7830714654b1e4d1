// Which model a task of Cline, Roo Code or Kilo Code was on and when, from the files beside its messages: Cline keeps a
// list of changes, the others tell the model itself in each prompt (`<model>…</model>`).

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { arrayOf, objectOf, parseJsonObject, stringOf } from '../util/json.ts';
import type { ModelChange } from './cline-task-history.ts';
import { providerNamed } from './cline-providers.ts';
import { epochMs } from './history-values.ts';
import { createElementCutter } from './pieces.ts';
import { parsePruned } from './pruned-json.ts';
import { readChunks } from './read-chunks.ts';

const MAX_NAME_CHARS = 200;

/** Oldest first; empty where neither file is there or says it. */
export async function readTaskModels(folder: string, signal: AbortSignal): Promise<readonly ModelChange[]> {
  for (const read of [notedChanges, toldModels, listedModel]) {
    const changes = await read(folder, signal);
    if (changes.length > 0) return changes.toSorted((a, b) => a.atMs - b.atMs);
  }
  return [];
}

/** Cline's own list of changes. */
async function notedChanges(folder: string): Promise<readonly ModelChange[]> {
  const text = await textOf(path.join(folder, 'task_metadata.json'));
  return arrayOf(parseJsonObject(text)?.['model_usage']).flatMap((entry) => {
    const change = objectOf(entry);
    const atMs = epochMs(change?.['ts']);
    const model = stringOf(change?.['model_id']);
    const providerName = stringOf(change?.['model_provider_id']);
    if (atMs === null || model === undefined) return [];
    return [{ atMs, model, provider: providerNamed(providerName), providerName }];
  });
}

/** The list of all tasks, which has the last model of each. */
async function listedModel(folder: string): Promise<readonly ModelChange[]> {
  const text = await textOf(path.join(folder, '..', '..', 'state', 'taskHistory.json'));
  const tasks = arrayOf(parseJsonObject(`{"tasks":${text === '' ? '[]' : text}}`)?.['tasks']);
  const model = stringOf(
    tasks.map(objectOf).find((task) => task?.['id'] === path.basename(folder))?.['modelId'],
  );
  return model === undefined ? [] : [{ atMs: 0, model, provider: null, providerName: undefined }];
}

/** '' where there is none: a task is readable without it. */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return '';
  }
}

/** From the prompts: a note of Roo and Kilo in them, or what Cline keeps with each answer. */
async function toldModels(folder: string, signal: AbortSignal): Promise<readonly ModelChange[]> {
  const changes: ModelChange[] = [];
  const cutter = createElementCutter({
    onPiece: (bytes) => {
      const hasInfo = bytes.includes('"modelInfo"');
      const told = modelIn(bytes);
      if (told === null && !hasInfo) return;
      const message = parsePruned(bytes);
      const info = objectOf(message?.['modelInfo']);
      const model = stringOf(info?.['modelId']) ?? told;
      if (model === null || changes.at(-1)?.model === model) return;
      const providerName = stringOf(info?.['providerId']);
      const atMs = epochMs(message?.['ts']) ?? 0;
      changes.push({ atMs, model, provider: providerNamed(providerName), providerName });
    },
    onBroken: () => undefined,
  });
  try {
    for await (const chunk of readChunks(path.join(folder, 'api_conversation_history.json'), signal)) {
      cutter.push(chunk);
    }
  } catch {
    // a task may be kept without its prompts
  }
  return changes;
}

function modelIn(bytes: Buffer): string | null {
  const start = bytes.lastIndexOf('<model>');
  if (start < 0) return null;
  const text = bytes.toString('utf8', start + '<model>'.length, start + '<model>'.length + MAX_NAME_CHARS);
  const end = text.indexOf('</model>');
  return end <= 0 ? null : text.slice(0, end).trim();
}
