// How long the daemon takes from its start to its ready line, and what it holds in memory while nothing happens.

import { rmSync } from 'node:fs';
import { memoryMb, startProgram, stopProgram } from './program.ts';
import { median } from './statistics.ts';
import { daemonArguments, daemonHome } from './targets.ts';

export interface StartupResult {
  readonly readyMs: number;
  readonly allReadyMs: readonly number[];
  readonly idleMb: number;
}

/** Until what is done after the start is done. */
const IDLE_AFTER_MS = 2000;

export async function measureStartup(runs: number): Promise<StartupResult> {
  const home = daemonHome(9, 'openai-chat'); // nobody is asked anything
  const allReadyMs: number[] = [];
  let idleMb = Number.NaN;
  try {
    for (let run = 0; run <= runs; run += 1) {
      const daemon = await startProgram({ args: daemonArguments(home) });
      if (run > 0) allReadyMs.push(Math.round(daemon.readyMs)); // the first one warms the disk
      if (run === runs) {
        await new Promise((resolve) => {
          setTimeout(resolve, IDLE_AFTER_MS);
        });
        idleMb = Math.round(memoryMb(daemon));
      }
      await stopProgram(daemon);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return { readyMs: Math.round(median(allReadyMs)), allReadyMs, idleMb };
}
