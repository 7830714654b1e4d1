// Structured log lines. Holds no prompt and no answer text by rule; keys are taken out by value and by pattern.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** `write` gets one line without the newline; `redact` runs over the whole line. */
export function createLog(options: {
  readonly level: () => LogLevel;
  readonly now: () => number;
  readonly write: (line: string) => void;
  readonly redact: (text: string) => string;
}): Log {
  const emit =
    (level: LogLevel) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(options.level())) return;
      const line = JSON.stringify({ at: new Date(options.now()).toISOString(), level, message, ...fields });
      options.write(options.redact(line));
    };
  return { debug: emit('debug'), info: emit('info'), warn: emit('warn'), error: emit('error') };
}

/** What is known of an error that nobody expected, for a log line. */
export function causeText(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
