// Runs one assistant to its end in a folder of its own, and leaves no process of it behind.

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import type { Assistant, AssistantRun } from './assistants.ts';

export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

/** Leaders of process groups that may still be running. */
const groups = new Set<number>();
process.once('exit', endAssistants);

/** Ends whatever assistants, and what they started, are still there. */
export function endAssistants(): void {
  for (const group of groups) {
    groups.delete(group);
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // nobody was left in it
    }
  }
}

/** `programs`: folder of the installed assistants. Makes the folders that the run names. */
export async function runAssistant(
  assistant: Assistant,
  programs: string,
  run: AssistantRun,
): Promise<Ended> {
  for (const made of [run.workspace, run.home]) mkdirSync(made, { recursive: true });
  const { args, environment } = assistant.prepare(run);
  const child = spawn(path.join(programs, assistant.bin), args, {
    cwd: run.workspace,
    env: { PATH: process.env['PATH'] ?? '', HOME: run.home, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, so that what it leaves behind can be ended with it
  });
  if (child.pid !== undefined) groups.add(child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  // Not `close`: what an assistant left running holds its output open.
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('exit', resolve);
    child.on('error', reject);
  });
  endAssistants();
  return { exitCode, output };
}
