// `npm run fuzz`: 100,000 mutated bodies of each client dialect and 50,000 mutated answers of providers, over real HTTP
// against the real daemon. Seeds are printed; `--seed` repeats a run, `--dialect` one part of it.
//   --quick    a tenth, what CI runs       --only requests|streams      --dialect openai-chat      --seed N
//   --runs N   so many cases for each part --jobs N   processes at once (2)       Ctrl+C ends it and reports
//   --timed    the limit of one second is of the clock, for a machine that does nothing else

import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';

import { createProgress } from '../../daemon/cli/progress.ts';
import type { FuzzDialect } from './fuzz-oracles.ts';
import { fuzzRequests } from './fuzz-requests.ts';
import { runFuzzing, type FuzzReport, type Fuzzing } from './fuzz-run.ts';
import { FUZZ_DIALECTS } from './fuzz-seeds.ts';
import { fuzzStreams } from './fuzz-streams.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    dialect: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    timed: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    /** Set for the processes that do the work: which part. */
    part: { type: 'string' },
  },
});

const REQUEST_RUNS = 100_000;
const STREAM_RUNS = 50_000;
const STREAMS = 'streams';
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);

function runsOf(part: string): number {
  if (values.runs !== undefined) return Number(values.runs);
  return (part === STREAMS ? STREAM_RUNS : REQUEST_RUNS) / (values.quick ? 10 : 1);
}

type FromChild = { readonly done: number } | { readonly report: FuzzReport };

/** One part, in a process of its own. */
async function runPart(part: string): Promise<void> {
  let isStopped = false;
  process.on('SIGINT', () => (isStopped = true)); // Ctrl+C reaches every process of the terminal
  process.on('disconnect', () => (isStopped = true));
  const run = async <Case>(fuzzing: Fuzzing<Case>): Promise<void> => {
    const report = await runFuzzing(fuzzing, {
      seed,
      runs: runsOf(part),
      isTimed: values.timed,
      onProgress: (done) => process.send?.({ done } satisfies FromChild),
      isStopped: () => isStopped,
    });
    const { books } = fuzzing.rig;
    await fuzzing.rig.close(); // writes the last rows
    books.finish();
    books.close();
    const broken = books.notes.map((note) => `${part}: ${note}`);
    const all: FuzzReport = { ...report, failures: [...report.failures, ...broken] };
    await new Promise((resolve) => process.send?.({ report: all } satisfies FromChild, resolve));
    process.disconnect();
  };
  if (part === STREAMS) await run(await fuzzStreams());
  else await run(await fuzzRequests(part as FuzzDialect));
}

async function main(): Promise<number> {
  const parts =
    values.dialect !== undefined
      ? [values.dialect]
      : [...(values.only === STREAMS ? [] : FUZZ_DIALECTS), ...(values.only === 'requests' ? [] : [STREAMS])];
  const whole = parts.reduce((sum, part) => sum + runsOf(part), 0);
  console.log(`seed ${seed}: ${whole} cases in ${parts.length} parts`);
  const progress = createProgress('fuzz', process.stderr, { isLogged: true });
  const doneOf = new Map<string, number>();
  const waiting = [...parts];
  const state = { isInterrupted: false };
  let hasFailed = false;
  process.on('SIGINT', () => (state.isInterrupted = true));
  const work = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined && !state.isInterrupted; part = waiting.shift()) {
      const name = part;
      const report = await inChild(name, (done) => {
        doneOf.set(name, done);
        const sum = [...doneOf.values()].reduce((a, b) => a + b, 0);
        progress.update(sum, whole, () =>
          [...doneOf]
            .map(([key, count]) => `${key} ${count}`)
            .slice(-2)
            .join(', '),
        );
      });
      progress.end();
      if (report === undefined || report.failures.length > 0) hasFailed = true;
      print(name, report);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  console.log(hasFailed ? `failed; repeat with --seed ${seed}` : 'nothing broke');
  return hasFailed ? 1 : state.isInterrupted ? 130 : 0;
}

function inChild(part: string, onProgress: (done: number) => void): Promise<FuzzReport | undefined> {
  return new Promise((resolve) => {
    const args = [...process.argv.slice(2), '--part', part, '--seed', String(seed)];
    const child = fork(import.meta.filename, args);
    let report: FuzzReport | undefined;
    child.on('message', (message: FromChild) => {
      if ('report' in message) ({ report } = message);
      else onProgress(message.done);
    });
    child.on('exit', () => resolve(report));
  });
}

function print(part: string, report: FuzzReport | undefined): void {
  if (report === undefined) return console.log(`${part}: the process ended without a report`);
  const { done, about, kinds, slowestMs, tookMs, failures } = report;
  const tally = Object.entries(kinds)
    .map(([kind, count]) => `${kind}: ${count}`)
    .join(', ');
  console.log(
    `${part}: ${done} cases in ${(tookMs / 1000).toFixed(0)} s (${Math.round((done * 1000) / tookMs)}/s), slowest ${Math.round(slowestMs)} ms; ${tally}; ${about}`,
  );
  for (const failure of failures) console.log(`BROKEN ${failure}`);
}

if (values.part === undefined) process.exitCode = await main();
else await runPart(values.part);
