// `npm run bench:money`: what routing really saves. Synthetic sessions of coding assistants go through the real daemon
// over HTTP to simulated providers that bill with the state of their prompt caches; see README.md beside this file.

import { fork, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MODEL_SETS } from './model-sets.ts';
import { brokenPromises, detailsOf, figuresOf, shortfalls, tableOf } from './report.ts';
import { runSet, type SetOptions, type SetResult } from './run-set.ts';
import { ASSUMPTIONS, QUICK_ASSUMPTIONS, VARIATIONS } from './session-plan.ts';

const HELP = `usage: node test/bench/money/run-money.ts [options]

  --sessions N      sessions per set (150)
  --sets E1,E2,...  sets of models (E1,E2,E3,E4,E5,E7,E9); there are ${Object.keys(MODEL_SETS).join(', ')}
  --seed N          of everything that is drawn (1)
  --vary NAME       another world: ${Object.keys(VARIATIONS).join(', ')}
  --misses random   providers miss their caches now and then as a whole; else a fixed share of each prefix
  --verbosity WORD  what verbose models write more: reasoning, silent (billed without a word) or text (reasoning)
  --ask strong      clients name the strong model instead of auto
  --lists           the user's own lists of models per grade
  --profile NAME    budget, balanced or quality (balanced)
  --no-mixed        leave out the mixed plan
  --workers N       processes at a time (2)
  --json FILE       write the results
  --quick           few, short sessions: checks what must always hold, not how much is saved
`;

type Message =
  | { readonly type: 'progress'; readonly done: number }
  | { readonly type: 'result'; readonly result: SetResult };

const { values } = parseArgs({
  options: {
    sessions: { type: 'string' },
    sets: { type: 'string' },
    seed: { type: 'string', default: '1' },
    vary: { type: 'string' },
    misses: { type: 'string', default: 'share' },
    verbosity: { type: 'string', default: 'reasoning' },
    ask: { type: 'string', default: 'auto' },
    lists: { type: 'boolean', default: false },
    profile: { type: 'string', default: 'balanced' },
    'no-mixed': { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    worker: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const stop = { isAsked: false };
const children = new Set<ChildProcess>();
process.on('SIGINT', () => {
  stop.isAsked = true;
  // From a terminal they hear of it themselves; twice does no harm.
  for (const child of children) child.kill('SIGINT');
});

if (values.help) console.log(HELP);
else if (values.worker !== undefined) await work(JSON.parse(values.worker) as SetOptions);
else await lead();

/** One set in a process of its own. */
async function work(options: SetOptions): Promise<void> {
  const send = (message: Message): void => void process.send?.(message);
  const result = await runSet(options, {
    onSession: (done) => send({ type: 'progress', done }),
    isStopped: () => stop.isAsked,
  });
  send({ type: 'result', result });
  process.disconnect();
}

async function lead(): Promise<void> {
  const todo = plannedRuns();
  const progress = new Map<SetOptions, number>();
  const results = new Map<SetOptions, SetResult>();
  const waiting = [...todo];
  const showProgress = (): void => {
    const parts = todo.flatMap((options) => {
      const done = progress.get(options);
      if (done === undefined || results.has(options)) return [];
      return `${nameOf(options)} ${done}/${options.sessions}`;
    });
    const line = `${results.size}/${todo.length} done  ${parts.join('  ')}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  };
  const runNext = async (): Promise<void> => {
    for (let options = waiting.shift(); options !== undefined && !stop.isAsked; options = waiting.shift()) {
      const result = await inProcess(options, (done) => {
        progress.set(options, done);
        showProgress();
      });
      if (result === null) continue;
      results.set(options, result);
      if (!process.stderr.isTTY) process.stderr.write(`${nameOf(options)}: ${summary(result)}\n`);
    }
  };
  await Promise.all(Array.from({ length: wholeNumber('workers', 2) }, runNext));
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  conclude(todo.flatMap((options) => results.get(options) ?? []));
}

function conclude(results: readonly SetResult[]): void {
  console.log(`${tableOf(results)}\n`);
  for (const result of results) console.log(detailsOf(result));
  const sessions = results.reduce((sum, result) => sum + result.sessions, 0);
  console.log(`\n${sessions} sessions through the daemon${stop.isAsked ? ' (stopped early)' : ''}`);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 1));
  let isShort = results.length === 0;
  for (const result of results) {
    const found = values.quick ? brokenPromises(figuresOf(result), result.router) : shortfalls(result);
    for (const sentence of found) {
      console.log(`${result.setName}${result.isMixed ? ' mixed' : ''} ${sentence}`);
      isShort = true;
    }
  }
  if (!isShort) console.log('all that is to be shown is shown');
  process.exitCode = isShort ? 1 : 0;
}

function plannedRuns(): readonly SetOptions[] {
  const { ask, misses, profile, quick, vary, verbosity } = values;
  const names = (values.sets ?? (quick ? 'E1,E2,E4,E7' : 'E1,E2,E3,E4,E5,E7,E9')).split(',');
  for (const name of names) {
    if (MODEL_SETS[name] === undefined) throw new Error(`no set of models is called ${name}; see --help`);
  }
  const usual = quick ? QUICK_ASSUMPTIONS : ASSUMPTIONS;
  const variation = vary === undefined ? {} : VARIATIONS[vary];
  if (variation === undefined) throw new Error(`--vary must be one of ${Object.keys(VARIATIONS).join(', ')}`);
  const options = {
    sessions: wholeNumber('sessions', quick ? 8 : 150),
    seed: wholeNumber('seed', 1),
    assumptions: { ...usual, ...variation },
    misses: oneOf('misses', misses, ['share', 'random']),
    verbosity: oneOf('verbosity', verbosity, ['reasoning', 'silent', 'text']),
    ask: oneOf('ask', ask, ['auto', 'strong']),
    hasLists: values.lists,
    profile: oneOf('profile', profile, ['budget', 'balanced', 'quality']),
  };
  const variants = values['no-mixed'] || quick ? [false] : [false, true];
  return variants.flatMap((isMixed) => names.map((setName) => ({ ...options, setName, isMixed })));
}

function inProcess(options: SetOptions, onProgress: (done: number) => void): Promise<SetResult | null> {
  return new Promise((resolve, reject) => {
    const args = ['--worker', JSON.stringify(options)];
    const child: ChildProcess = fork(import.meta.filename, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let result: SetResult | null = null;
    child.on('message', (message: Message) => {
      if (message.type === 'progress') onProgress(message.done);
      else result = message.result;
    });
    children.add(child);
    child.on('error', reject);
    child.on('exit', (code) => {
      children.delete(child);
      if (code === 0 || stop.isAsked) resolve(result);
      else reject(new Error(`the run of ${nameOf(options)} ended with ${code}`));
    });
  });
}

function summary(result: SetResult): string {
  const { savedPercent, naivePercent, reportedPercent, failedPer100 } = figuresOf(result);
  const [saved, naive, reported] = [savedPercent, naivePercent, reportedPercent].map((each) =>
    each.toFixed(1),
  );
  return `${result.sessions} sessions in ${result.seconds.toFixed(0)} s, saved ${saved} % (naive ${naive} %, reported ${reported} %), ${failedPer100.toFixed(2)} failed per 100`;
}

function nameOf({ setName, isMixed }: SetOptions): string {
  return `${setName}${isMixed ? ' mixed' : ''}`;
}

function wholeNumber(name: 'sessions' | 'seed' | 'workers', usual: number): number {
  const value = values[name] === undefined ? usual : Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number from 1 on`);
  return value;
}

function oneOf<Word extends string>(name: string, value: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new Error(`--${name} must be one of ${words.join(', ')}`);
  return found;
}
