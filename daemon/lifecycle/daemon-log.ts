// The daemon's log: each line to HOME/daemon.log and to whoever started the daemon, keys taken out of both.

import path from 'node:path';
import type { Clock } from '../util/clock.ts';
import { createLog, type Log, type LogLevel } from '../util/log.ts';
import type { Redactor } from '../util/redact.ts';
import { LogFile } from './log-file.ts';

export interface DaemonLog extends Log {
  flush(): Promise<void>;
  /** For the last moment before the process ends: writes what is pending without waiting for anything. */
  flushNow(): void;
}

export function createDaemonLog(options: {
  readonly home: string;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly level: () => LogLevel;
  readonly writeLine: (line: string) => void;
}): DaemonLog {
  const file = new LogFile({ path: path.join(options.home, 'daemon.log') });
  const log = createLog({
    level: options.level,
    now: () => options.clock.now(),
    redact: (text) => options.redactor.redact(text),
    write(line) {
      file.write(line);
      options.writeLine(line);
    },
  });
  return { ...log, flush: () => file.flush(), flushNow: () => file.flushNow() };
}
