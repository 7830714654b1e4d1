// Why a file of the user is left alone, as a sentence that names the file, the line where there is one, and what to do.

import { RouterError } from '../errors.ts';

/** Something in the text of a file that makes it unsafe to edit. `reason` is the rest of a sentence. */
export class TextProblem extends Error {
  override readonly name = 'TextProblem';
  /** Counted from 1; null = the file as a whole. */
  readonly line: number | null;
  readonly reason: string;

  constructor(line: number | null, reason: string) {
    super(reason);
    this.line = line;
    this.reason = reason;
  }
}

export function refusal(path: string, line: number | null, reason: string): RouterError {
  const place = line === null ? path : `${path}, line ${line}`;
  return new RouterError('config.invalid', `${place}: ${reason}; nothing was changed`, { statusCode: 409 });
}

/** Runs `work` and names the file in whatever it finds wrong with its text. */
export function naming<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof TextProblem) throw refusal(path, error.line, error.reason);
    throw error;
  }
}
