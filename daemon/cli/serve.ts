// `pointsman serve`: the daemon in the foreground.

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { RunningDaemon } from '../app.ts';
import { prepareHome } from '../lifecycle/home.ts';
import { keepCompiled, useCompileCache } from '../lifecycle/compile-cache.ts';
import { boundHeap } from '../lifecycle/heap-growth.ts';
import { createCollector } from '../lifecycle/rest.ts';
import { loadTokens } from '../lifecycle/tokens.ts';
import { MAX_DRAIN_MS, type ServeFailure } from '../protocol/control-api.ts';
import { CliError, textOption, type Command, type OptionValues } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { findDaemon } from './running-daemon.ts';

/** `npm start` passes Ctrl+C on to a process that the terminal has signalled already: both are one wish. */
const SAME_WISH_MS = 500;
/** After everything is closed nothing should keep the process; this long it may still try. */
const LEFTOVER_MS = 100;

export const serveCommand: Command = {
  name: 'serve',
  synopsis:
    '[--port 7411] [--host 127.0.0.1] [--home DIR] [--config FILE] [--linger SECONDS] [--replace PID]',
  summary:
    'Run the daemon; prints one JSON line when it accepts connections, logs to stderr and HOME/daemon.log.',
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    config: { type: 'string' },
    linger: { type: 'string' },
    replace: { type: 'string' },
  },
  optionHelp: {
    port: 'port to listen on, 0 for any free one (default: "port" of the config file, else 7411)',
    host: 'loopback address to listen on (default 127.0.0.1)',
    config: 'configuration file (default HOME/config.jsonc)',
    linger:
      'end when for so many seconds no editor window was connected and no request came (default: run until stopped)',
    replace:
      'take over from the running daemon with this process id: it finishes what it has begun (up to 30 min) and leaves',
  },
  async run(context, values) {
    const home = homeOf(context, values);
    const port = portOf(textOption(values, 'port'));
    const configPath = configPathOf(values);
    const lingerMs = lingerOf(textOption(values, 'linger'));
    const replacePid = pidOf(textOption(values, 'replace'));
    const printLog = (line: string): void => void process.stderr.write(`${line}\n`);
    const tell = (failure: ServeFailure): void => printLog(JSON.stringify(failure));
    await refuseSecond(home, replacePid, tell);
    checkHome(home, tell);
    boundHeap();
    const collectGarbage = createCollector();
    const compiled = path.join(home, 'compile-cache');
    process.umask(0o077); // what Node makes on its own is for this user alone, too
    useCompileCache(compiled); // after the flags: V8 compares them
    const { startDaemon } = await import('../app.ts'); // the other commands do without it
    surviveReaders();
    const starting = startDaemon({
      home,
      configPath,
      port,
      host: textOption(values, 'host') ?? '127.0.0.1',
      environment: context.environment,
      version: context.version,
      writeLog: printLog,
      onRest() {
        keepCompiled(compiled);
        collectGarbage();
      },
      ...(lingerMs === null ? {} : { lingerMs }),
      ...(replacePid === null ? {} : { askPredecessorToLeave: () => askToLeave(home, replacePid) }),
    });
    const daemon = await starting.catch((error: unknown) => {
      tell(failureOf(error));
      throw error;
    });
    stopOnSignals(daemon);
    surviveBugs(daemon);
    context.print(JSON.stringify(daemon.ready));
    void daemon.discovered.then(async (usable) => {
      if (usable.length > 0) return;
      const { firstSteps } = await import('./first-steps.ts');
      const { url } = daemon.ready;
      const configError = daemon.configError();
      const shownPath = configPath ?? path.join(home, 'config.jsonc');
      firstSteps({ url, home, configPath: shownPath, configError }).forEach(printLog);
    });
    const exitCode = await daemon.stopped;
    setTimeout(() => process.exit(exitCode), LEFTOVER_MS).unref();
    return exitCode;
  },
};

/**
 * Two daemons on one home would write the same books and answer to the same tokens. The port elects the one daemon; here
 * only the friendlier sentence is found, and the case of two different ports.
 */
async function refuseSecond(
  home: string,
  replacePid: number | null,
  tell: (failure: ServeFailure) => void,
): Promise<void> {
  const { state, lockfile } = await findDaemon(home);
  if (state !== 'running' || lockfile.pid === replacePid) return;
  tell({ event: 'failed', code: 'already-running' });
  throw new CliError(
    `a daemon is running on ${home} already, at ${lockfile.url} (pid ${lockfile.pid}); use that one, stop it with "pointsman stop", or choose another folder with --home`,
  );
}

/** Its port is free when this resolves. False when it has gone already. */
async function askToLeave(home: string, pid: number): Promise<boolean> {
  const { state, lockfile } = await findDaemon(home);
  if (state !== 'running' || lockfile.pid !== pid) return false;
  const daemon = await connectToDaemon(home);
  await daemon.call('POST', 'shutdown', { drainMs: MAX_DRAIN_MS });
  return true;
}

/** Looked at before anything else, so that whoever supervises us can tell it from other failures. */
function checkHome(home: string, tell: (failure: ServeFailure) => void): void {
  try {
    prepareHome(home);
    loadTokens(home);
  } catch (error) {
    tell({ event: 'failed', code: 'home-unusable' });
    throw error;
  }
}

/** `cause` is what Node said when it could not listen. */
function failureOf(error: unknown): ServeFailure {
  const cause = error instanceof Error ? error.cause : undefined;
  const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  if (!isTaken) return { event: 'failed', code: 'failed' };
  const port = 'port' in cause && typeof cause.port === 'number' ? { port: cause.port } : {};
  return { event: 'failed', code: 'port-taken', ...port };
}

function stopOnSignals(daemon: RunningDaemon): void {
  let firstAtMs: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstAtMs !== null && performance.now() - firstAtMs < SAME_WISH_MS) return;
    firstAtMs ??= performance.now();
    daemon.stop(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

/** Whoever started the daemon may go away and close the pipes; the daemon stays, and its log file has every line. */
function surviveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * A promise that nobody waited for hurts one exchange, so it is logged and the others go on. After an exception that
 * nothing caught the state cannot be trusted: the daemon stops in order and whoever supervises it starts a new one.
 */
function surviveBugs(daemon: RunningDaemon): void {
  process.on('uncaughtException', (error, origin) => {
    daemon.noteBug(error);
    if (origin === 'uncaughtException') daemon.stop('a bug', 'ended');
  });
}

function configPathOf(values: OptionValues): string | null {
  const given = textOption(values, 'config');
  if (given === undefined) return null;
  if (existsSync(given)) return path.resolve(given);
  throw new CliError(`--config ${given} does not exist; check the path`);
}

function portOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new CliError(`--port must be a whole number from 0 to 65535, not "${text}"`, 2);
}

function lingerOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = Number(text);
  if (/^\d{1,7}$/.test(text) && seconds >= 1) return seconds * 1000;
  throw new CliError(`--linger must be a whole number of seconds from 1 on, not "${text}"`, 2);
}

function pidOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new CliError(`--replace must be a process id, not "${text}"`, 2);
}
