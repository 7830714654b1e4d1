// `pointsman stop`: asks the daemon to finish what runs and leave.

import { readLockfile } from '../lifecycle/lockfile.ts';
import { isProcessAlive } from '../util/process-alive.ts';
import { CliError, type Command } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';

/** The daemon gives running exchanges 30 s; a little more than that is a hang. */
const LONGEST_STOP_MS = 35_000;
/** From the removal of daemon.json to the end of the process. */
const LONGEST_EXIT_MS = 2000;
const POLL_MS = 50;

export const stopCommand: Command = {
  name: 'stop',
  synopsis: '[--json]',
  summary: 'Stop the running daemon; running requests get up to 30 s to finish.',
  options: { json: { type: 'boolean' } },
  optionHelp: { json: 'print {"stopped": PID} as JSON' },
  async run(context, values) {
    const home = homeOf(context, values);
    const daemon = await connectToDaemon(home);
    const { pid } = daemon;
    await daemon.call('POST', 'shutdown', {});
    const isStopped = await until(LONGEST_STOP_MS, () => !isProcessAlive(pid) || !isNamed(home, pid));
    if (!isStopped) {
      throw new CliError(`the daemon (pid ${pid}) is still running after 35 s; end it with "kill ${pid}"`);
    }
    await until(LONGEST_EXIT_MS, () => !isProcessAlive(pid));
    context.print(values['json'] === true ? JSON.stringify({ stopped: pid }) : `stopped (pid ${pid})`);
    return 0;
  },
};

function isNamed(home: string, pid: number): boolean {
  return readLockfile(home)?.pid === pid;
}

/** False when `isDone` did not become true in time. */
async function until(limitMs: number, isDone: () => boolean): Promise<boolean> {
  const deadlineMs = performance.now() + limitMs;
  while (!isDone()) {
    if (performance.now() > deadlineMs) return false;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
  return true;
}
