// Runs the cases of one kind of fuzzing: fast-check makes them from a seed, several connections send them at once, and
// one that fails is tried alone, shrunk to the few edits that it takes and written down.

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { HttpSocket } from '../soak/http-socket.ts';
import type { FuzzRig } from './fuzz-rig.ts';

export interface CaseResult {
  readonly fault: string | undefined;
  readonly tookMs: number;
  /** For the tally. */
  readonly kind: string;
}

export interface Fuzzing<Case> {
  readonly name: string;
  readonly about: string;
  readonly cases: fc.Arbitrary<Case>;
  run(given: Case, socket: HttpSocket): Promise<CaseResult>;
  /** The bytes of a case, for people who repeat it. */
  describe(given: Case): { readonly path: string; readonly body: Buffer };
  readonly rig: FuzzRig;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly runs: number;
  /** Judge the time on the clock. Else a case may also wait for the machine, and only its work counts. */
  readonly isTimed: boolean;
  readonly onProgress: (done: number) => void;
  readonly isStopped: () => boolean;
}

export interface FuzzReport {
  readonly name: string;
  readonly about: string;
  readonly done: number;
  readonly failures: readonly string[];
  readonly kinds: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly tookMs: number;
}

const CHUNK = 500;
const CONNECTIONS = 8;
const PATIENCE_MS = 1000;
const MAX_FAILURES = 5;

export async function runFuzzing<Case>(fuzzing: Fuzzing<Case>, options: FuzzOptions): Promise<FuzzReport> {
  const sockets = Array.from({ length: CONNECTIONS }, () => new HttpSocket(fuzzing.rig.port));
  const kinds: Record<string, number> = {};
  const failures: string[] = [];
  const startedMs = performance.now();
  let done = 0;
  let slowestMs = 0;
  for (
    let chunk = 0;
    done < options.runs && failures.length < MAX_FAILURES && !options.isStopped();
    chunk += 1
  ) {
    const seed = options.seed + chunk;
    const cases = fc.sample(fuzzing.cases, { seed, numRuns: Math.min(CHUNK, options.runs - done) });
    const suspects = new Map<number, string>();
    let next = 0;
    await Promise.all(
      sockets.map(async (socket) => {
        for (let index = next++; index < cases.length; index = next++) {
          const result = await fuzzing.run(cases[index] as Case, socket);
          kinds[result.kind] = (kinds[result.kind] ?? 0) + 1;
          slowestMs = Math.max(slowestMs, result.tookMs);
          const fault = faultOf(result);
          if (fault !== undefined) suspects.set(index, fault);
          done += 1;
        }
      }),
    );
    const crashes = fuzzing.rig.takeCrashes();
    for (const [suspect, firstFault] of [...suspects].slice(0, MAX_FAILURES)) {
      // What was found next to others may be of one of them, or a moment in which the machine was busy.
      const failure = await shrink(fuzzing, {
        seed,
        cases,
        suspect,
        firstFault,
        isTimed: options.isTimed,
        socket: sockets[0] as HttpSocket,
      });
      if (failure !== undefined) failures.push(failure);
    }
    fuzzing.rig.takeCrashes(); // of the cases that were tried again
    for (const crash of crashes.slice(0, MAX_FAILURES)) {
      failures.push(`nobody caught: ${crash} (cases of seed ${seed})`);
    }
    while (fuzzing.rig.books.readRows(10));
    options.onProgress(done);
  }
  for (const socket of sockets) socket.close();
  return {
    name: fuzzing.name,
    about: fuzzing.about,
    done,
    failures,
    kinds,
    slowestMs,
    tookMs: performance.now() - startedMs,
  };
}

function faultOf({ fault, tookMs }: Omit<CaseResult, 'kind'>): string | undefined {
  return fault ?? (tookMs > PATIENCE_MS ? `it took ${Math.round(tookMs)} ms` : undefined);
}

interface Suspect<Case> {
  readonly seed: number;
  readonly cases: readonly Case[];
  readonly suspect: number;
  /** What was found while others ran. */
  readonly firstFault: string;
  readonly isTimed: boolean;
  readonly socket: HttpSocket;
}

/** The smallest case that fails in the same way alone; undefined when it does not fail alone, nor its neighbours. */
async function shrink<Case>(
  fuzzing: Fuzzing<Case>,
  { seed, cases, suspect, firstFault, isTimed, socket }: Suspect<Case>,
): Promise<string | undefined> {
  const faultAlone = async (given: Case): Promise<string | undefined> => {
    const before = process.cpuUsage();
    const { fault, tookMs } = await fuzzing.run(given, socket);
    const { user, system } = process.cpuUsage(before);
    return faultOf({ fault, tookMs: isTimed ? tookMs : Math.min(tookMs, (user + system) / 1000) });
  };
  const around = [
    suspect,
    ...Array.from({ length: 2 * CONNECTIONS }, (_, index) => suspect + index - CONNECTIONS),
  ];
  for (const index of around) {
    const given = cases[index];
    if (given === undefined || (await faultAlone(given)) === undefined) continue;
    const outcome = await fc.check(
      fc.asyncProperty(fuzzing.cases, async (candidate) => {
        const fault = await faultAlone(candidate);
        if (fault !== undefined) throw new Error(fault);
      }),
      { seed, path: String(index), numRuns: 1, interruptAfterTimeLimit: 20_000 },
    );
    const [smallest] = outcome.counterexample ?? [given];
    return tell(
      fuzzing,
      smallest,
      `${(await faultAlone(smallest)) ?? `not every time: ${firstFault}`} (seed ${seed}, case ${index})`,
    );
  }
  if (firstFault.startsWith('it took ')) return undefined;
  const given = cases[suspect] as Case;
  return tell(fuzzing, given, `not again alone: ${firstFault} (seed ${seed}, case ${suspect})`);
}

function tell<Case>(fuzzing: Fuzzing<Case>, given: Case, fault: string): string {
  const { path: wirePath, body } = fuzzing.describe(given);
  const file = path.join(tmpdir(), `pointsman-fuzz-${fuzzing.name}-${Date.now().toString(36)}.body`);
  writeFileSync(file, body);
  return `${fuzzing.name}: ${fault}\n  POST ${wirePath}\n  ${body.length} bytes in ${file}: ${body.toString('utf8', 0, 400)}\n  ${JSON.stringify(given).slice(0, 600)}`;
}
