// `npm run bench`: what stands between an assistant and its model costs time; this measures how much. Direct, a bare pipe,
// nginx where it is installed, the daemon as it is shipped and, on request, peers, side by side in interleaved rounds
// against one mock upstream. Differences and ratios within a round count; absolute times drift with the machine.
//   --quick         everything in under a minute, times for orientation only
//   --peers         also two well-known routers, installed into a temporary folder (see peers.ts)
//   --judge         every figure beside its goal; exits 1 when one falls short
//   --picture       the result becomes the one in the README: test/bench/results.json, media/speed.svg and .png
//   --from FILE     measures nothing, shows that result file (with --judge, --picture)
//   --only TEXT     only cases whose id contains the text, for a look: keeps no result
//   --startup       only start-up time and idle memory
// A full run leaves out/bench-results.json; about 13 minutes, 17 with peers.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkBooks, type BooksResult } from './books.ts';
import { CURVE_CASES, MAIN_CASES, type BenchCase } from './cases.ts';
import { judge } from './goals.ts';
import { measureCase, type CaseResult, type Pace } from './measure.ts';
import { installPeers, peerVersions, startCcr, startPortkey } from './peers.ts';
import { writePicture } from './picture/write-picture.ts';
import { memoryMb } from './program.ts';
import { caseTable, judgementTable, summaryText } from './report.ts';
import { machineFacts, readResults, writeResults, type BenchResults } from './results.ts';
import { measureStartup } from './startup.ts';
import {
  directTo,
  startDaemon,
  startMock,
  startNginxTarget,
  startPipe,
  type DaemonTarget,
  type Mock,
  type Target,
} from './targets.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    judge: { type: 'boolean', default: false },
    picture: { type: 'boolean', default: false },
    startup: { type: 'boolean', default: false },
    from: { type: 'string' },
    only: { type: 'string' },
  },
});

const ROOT = path.join(import.meta.dirname, '..', '..');
const OUT = path.join(ROOT, 'out');
const README_RESULTS = path.join(import.meta.dirname, 'results.json');

const FULL: Pace = { rounds: 5, roundMs: 2000, warmUpMs: 3000 };
const FULL_CURVE: Pace = { rounds: 5, roundMs: 400, warmUpMs: 400 };
const QUICK: Pace = { rounds: 1, roundMs: 200, warmUpMs: 150 };
/** Of the first case: below some ten thousand requests V8 has not compiled the path for good. */
const QUICK_FIRST: Pace = { ...QUICK, warmUpMs: 1500 };
const QUICK_CURVE: Pace = { rounds: 1, roundMs: 100, warmUpMs: 50 };

async function main(): Promise<void> {
  if (options.picture && (options.quick || options.only !== undefined)) {
    throw new Error('--picture is for the README and needs a full run: leave --quick and --only out');
  }
  if (options.startup) {
    console.log(startupLine(await measureStartup(options.quick ? 3 : 7)));
    return;
  }
  const results = options.from === undefined ? await measure() : readResults(options.from);
  if (options.from !== undefined) for (const one of results.cases) console.log(`${caseTable(one)}\n`);
  console.log(summaryText(results));
  if (options.judge) {
    console.log(`\n${judgementTable(results)}`);
    if (judge(results).some(({ verdict }) => verdict === 'short')) process.exitCode = 1;
  }
  if (options.picture) {
    await writeResults(README_RESULTS, results);
    for (const file of await writePicture(results, path.join(ROOT, 'media', 'speed'))) {
      console.log(`wrote ${path.relative(ROOT, file)}`);
    }
  }
}

function startupLine({ readyMs, allReadyMs, idleMb }: BenchResults['startup']): string {
  return `start to ready line: median ${readyMs} ms (${allReadyMs.join(' ')})\nidle memory after 2 s: ${idleMb} MB`;
}

async function measure(): Promise<BenchResults> {
  const machine = machineFacts();
  const modules = options.peers ? installPeers() : null;
  const startup = await measureStartup(options.quick ? 3 : 7);
  const mock = await startMock();
  const stops: (() => Promise<void>)[] = [];
  const using = <T extends Target | null>(target: T): T => {
    if (target !== null) stops.push(target.stop);
    return target;
  };
  try {
    const daemon = using(await startDaemon(mock.port, 'openai-chat'));
    const messagesDaemon = using(await startDaemon(mock.port, 'anthropic-messages'));
    const others = [
      using(directTo(mock)),
      using(await startPipe(mock)),
      using(await startNginxTarget(mock)),
      ...(modules === null ? [] : await startPeers(modules, mock, using)),
    ];
    if (others[2] === null) console.log('nginx: skipped, it is not installed\n');
    const targets = [...others.filter((target) => target !== null), daemon, messagesDaemon];
    const cases = await measureCases(targets, mock);
    const results: BenchResults = {
      version: 1,
      day: new Date().toISOString().slice(0, 10),
      isQuick: options.quick,
      machine,
      peers: modules === null ? [] : peerVersions(),
      startup,
      ...(options.only === undefined
        ? { memory: { afterLoadMb: Math.round(memoryMb(daemon.program)) } }
        : {}),
      books: await booksOf(cases, daemon, messagesDaemon),
      cases,
    };
    if (options.only === undefined) {
      mkdirSync(OUT, { recursive: true });
      await writeResults(path.join(OUT, 'bench-results.json'), results);
    }
    return results;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function startPeers(
  modules: string,
  mock: Mock,
  using: (target: Target) => Target,
): Promise<readonly Target[]> {
  return [using(await startPortkey(modules, mock.port)), using(await startCcr(modules, mock.port))];
}

async function measureCases(targets: readonly Target[], mock: Mock): Promise<readonly CaseResult[]> {
  const isWanted = ({ id }: BenchCase): boolean => options.only === undefined || id.includes(options.only);
  const results: CaseResult[] = [];
  for (const benchCase of MAIN_CASES.filter(isWanted)) {
    const quick = results.length === 0 ? QUICK_FIRST : QUICK;
    const result = await measureCase(benchCase, targets, mock, options.quick ? quick : FULL);
    console.log(`${caseTable(result)}\n`);
    results.push(result);
  }
  const curves = options.quick
    ? CURVE_CASES.filter(({ point }) => point?.isInQuickRun === true)
    : CURVE_CASES;
  for (const benchCase of curves.filter(isWanted)) {
    const result = await measureCase(benchCase, targets, mock, options.quick ? QUICK_CURVE : FULL_CURVE);
    const { pipe, daemon } = result.targets;
    console.log(`${result.title}: pipe +${pipe?.added.p50Us} us, daemon +${daemon?.added.p50Us} us`);
    results.push(result);
  }
  console.log('');
  return results;
}

async function booksOf(
  cases: readonly CaseResult[],
  daemon: DaemonTarget,
  messagesDaemon: DaemonTarget,
): Promise<BooksResult> {
  const requestsOf = (upstream: string): number =>
    cases.reduce((sum, one) => sum + (one.upstream === upstream ? one.daemonRequests : 0), 0);
  return await checkBooks([
    { daemon, requests: requestsOf('openai-chat') },
    { daemon: messagesDaemon, requests: requestsOf('anthropic-messages') },
  ]);
}

await main();
