// The command line's way to a running daemon: daemon.json for the address, admin token from the home folder.

import { readPrivateFile } from '../lifecycle/private-file.ts';
import { tokenPath } from '../lifecycle/tokens.ts';
import { CONTROL_PREFIX } from '../protocol/control-api.ts';
import { objectOf, stringOf } from '../util/json.ts';
import { CliError } from './command.ts';
import { callLocal, type LocalAnswer } from './local-http.ts';
import { findDaemon } from './running-daemon.ts';

export interface DaemonClient {
  readonly url: string;
  readonly pid: number;
  /** Answer body of a control route; throws CliError with the daemon's own sentence when it refuses. */
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', route: string, body?: unknown): Promise<unknown>;
}

/** A page of 500 records takes milliseconds; this is for a daemon that hangs. */
const ANSWER_MS = 15_000;

/** Throws CliError when no daemon runs on this home folder. */
export async function connectToDaemon(home: string): Promise<DaemonClient> {
  const { state, lockfile } = await findDaemon(home);
  if (state === 'absent' || lockfile === null) {
    const rest = lockfile === null ? '' : ` (the one with pid ${lockfile.pid} ended without saying so)`;
    throw new CliError(`no daemon is running on ${home}${rest}; start one with "pointsman serve"`);
  }
  const { pid, url } = lockfile;
  if (state === 'silent') {
    throw new CliError(
      `the daemon at ${url} (pid ${pid}) does not answer; if it stays so, end it with "kill ${pid}" and start it again`,
    );
  }
  if (state === 'stranger') throw notOurs(home, url);
  const token = adminToken(home);
  return {
    url,
    pid,
    async call(method, route, body) {
      const address = new URL(`${CONTROL_PREFIX}/${route}`, url);
      const answer = await sent(callLocal(address, { method, token, body, timeoutMs: ANSWER_MS }), url);
      if (answer.statusCode >= 200 && answer.statusCode < 300 && answer.body !== undefined)
        return answer.body;
      throw refusal(answer, home, url);
    },
  };
}

async function sent(call: Promise<LocalAnswer>, url: string): Promise<LocalAnswer> {
  try {
    return await call;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new CliError(`the daemon at ${url} stopped answering${code}; run "pointsman doctor"`);
  }
}

function refusal({ statusCode, body }: LocalAnswer, home: string, url: string): CliError {
  if (statusCode === 401) return notOurs(home, url);
  const message = stringOf(objectOf(objectOf(body)?.['error'])?.['message']);
  return new CliError(message ?? `the daemon at ${url} answered ${statusCode}; see daemon.log in ${home}`);
}

function notOurs(home: string, url: string): CliError {
  return new CliError(
    `the daemon at ${url} does not know the admin token of ${home}, so it serves another home; stop it or give its folder with --home`,
  );
}

function adminToken(home: string): string {
  const token = readPrivateFile(tokenPath(home, 'admin'))?.trim() ?? '';
  if (token !== '') return token;
  throw new CliError(
    `${tokenPath(home, 'admin')} is missing or empty; restart the daemon, it makes a new one`,
  );
}
