// `pointsman serve`: the daemon in the foreground.

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { RunningDaemon } from '../app.ts';
import { letHeapGrow } from '../lifecycle/heap-growth.ts';
import { CliError, textOption, type Command, type OptionValues } from './command.ts';
import { firstSteps } from './first-steps.ts';
import { homeOf } from './home-of.ts';
import { findDaemon } from './running-daemon.ts';

/** `npm start` passes Ctrl+C on to a process that the terminal has signalled already: both are one wish. */
const SAME_WISH_MS = 500;
/** After everything is closed nothing should keep the process; this long it may still try. */
const LEFTOVER_MS = 100;

export const serveCommand: Command = {
  name: 'serve',
  synopsis: '[--port 7411] [--host 127.0.0.1] [--home DIR] [--config FILE]',
  summary:
    'Run the daemon; prints one JSON line when it accepts connections, logs to stderr and HOME/daemon.log.',
  options: { port: { type: 'string' }, host: { type: 'string' }, config: { type: 'string' } },
  optionHelp: {
    port: 'port to listen on, 0 for any free one (default: "port" of the config file, else 7411)',
    host: 'loopback address to listen on (default 127.0.0.1)',
    config: 'configuration file (default HOME/config.jsonc)',
  },
  async run(context, values) {
    const home = homeOf(context, values);
    const port = portOf(textOption(values, 'port'));
    const configPath = configPathOf(values);
    await refuseSecond(home);
    letHeapGrow();
    const { startDaemon } = await import('../app.ts'); // the other commands do without it
    surviveReaders();
    const printLog = (line: string): void => void process.stderr.write(`${line}\n`);
    const daemon = await startDaemon({
      home,
      configPath,
      port,
      host: textOption(values, 'host') ?? '127.0.0.1',
      environment: context.environment,
      version: context.version,
      writeLog: printLog,
    });
    stopOnSignals(daemon);
    surviveBugs(daemon);
    context.print(JSON.stringify(daemon.ready));
    void daemon.discovered.then((usable) => {
      if (usable.length > 0) return;
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
async function refuseSecond(home: string): Promise<void> {
  const { state, lockfile } = await findDaemon(home);
  if (state !== 'running') return;
  throw new CliError(
    `a daemon is running on ${home} already, at ${lockfile.url} (pid ${lockfile.pid}); use that one, stop it with "pointsman stop", or choose another folder with --home`,
  );
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
    if (origin === 'uncaughtException') daemon.stop('a bug');
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
