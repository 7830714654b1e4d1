// Does a task get on? Looks at the last steps of a tool loop for the same call or the same error again and again. What
// changes is no stall: polling with new results, or a test run again after an edit, is how work goes on.

import type { ContentPart, ConversationRequest } from '../conversation/request.ts';
import { userWords } from './last-ask.ts';

export interface Stall {
  readonly kind: 'same-call' | 'same-error';
  /** How often, the last time included. */
  readonly times: number;
  /** A phrase without any text of the conversation: "made the same call 3 times". */
  readonly why: string;
}

/** Twice is a second try; three times is no method. */
const LEAST_TIMES = 3;

/** How far back is looked: a loop shows within a few steps. */
const MAX_MESSAGES = 40;
const MAX_BYTES = 512 * 1024;
const RECENT_RESULTS = 8;

/** Of a long result the beginning says what it is and the end how it went. */
const RESULT_CHARS = 2000;
const INPUT_CHARS = 4000;

type History = Pick<ConversationRequest, 'outline' | 'message'>;

/** null = nothing of that kind. Reads a bounded number of messages from the end of the present task. */
export function findStall(request: History): Stall | null {
  const { outline } = request;
  // Most requests have no loop that could stall; nothing is parsed for them.
  if (outline.filter(({ isToolResult }) => isToolResult).length < LEAST_TIMES) return null;
  const steps = stepsOf(request);
  if (steps.length < LEAST_TIMES) return null;
  // Calls that were made at once end in any order.
  for (const last of steps.slice(-LAST_STEPS).toReversed()) {
    const stall = sameCall(steps, last) ?? sameError(steps, last);
    if (stall !== null) return stall;
  }
  return repeatedFailures(steps);
}

const LAST_STEPS = 2;

/** Who twice sends a call that failed once more as it was does not learn from what it is told. */
const LEAST_REPEATS = 2;

/** Calls that failed and were sent again at once without any change; also where the second try went well. */
function repeatedFailures(steps: readonly Step[]): Stall | null {
  const repeats = steps.filter((step, index) => steps[index + 1]?.call === step.call && step.isError).length;
  if (repeats < LEAST_REPEATS) return null;
  return { kind: 'same-call', times: repeats, why: `sent failed calls again unchanged, ${repeats} times` };
}

/** Calls of the present task, oldest first. Their results are parsed when they are asked for: most never are. */
function stepsOf(request: History): readonly Step[] {
  const { outline } = request;
  const steps: Step[] = [];
  for (let index = startOfTask(request); index < outline.length; index += 1) {
    if (outline[index]?.hasToolCall !== true) continue;
    for (const part of request.message(index).content) {
      if (part.type === 'tool-call') steps.push(new Step(request, index, part));
    }
  }
  return steps;
}

type ToolCall = Extract<ContentPart, { type: 'tool-call' }>;
type ToolResult = Extract<ContentPart, { type: 'tool-result' }>;

/** What came of a call. */
class Outcome {
  readonly text: string;
  readonly isError: boolean;
  #error: string | undefined;

  constructor(text: string, isError: boolean) {
    this.text = text;
    this.isError = isError;
  }

  /** The text as an error, to be compared with others. */
  get error(): string {
    this.#error ??= normalError(this.text);
    return this.#error;
  }
}

/**
 * By the parsed parts, which the next request of a conversation has again: of a loop of 20 steps with 100 kB all but the
 * last step is known, 30 us instead of 110.
 */
const calls = new WeakMap<ToolCall, string>();
const outcomes = new WeakMap<ToolResult, Outcome>();
const NO_OUTCOME = new Outcome('', false);

/** Name and arguments. */
function callOf(part: ToolCall): string {
  let call = calls.get(part);
  if (call === undefined) {
    call = `${part.name} ${canonicalInput(part.input)}`;
    calls.set(part, call);
  }
  return call;
}

function outcomeOf(part: ToolResult): Outcome {
  let outcome = outcomes.get(part);
  if (outcome === undefined) {
    outcome = new Outcome(textOfResult(part.content), isFailedResult(part));
    outcomes.set(part, outcome);
  }
  return outcome;
}

class Step {
  /** Name and arguments. */
  readonly call: string;
  readonly name: string;
  readonly #request: History;
  readonly #index: number;
  readonly #callId: string;
  #outcome: Outcome | undefined;

  constructor(request: History, index: number, part: ToolCall) {
    this.call = callOf(part);
    this.name = part.name;
    this.#request = request;
    this.#index = index;
    this.#callId = part.callId;
  }

  get result(): string {
    return this.#read().text;
  }

  get isError(): boolean {
    return this.#read().isError;
  }

  get error(): string {
    return this.#read().error;
  }

  /** Results stand behind their calls, before the assistant goes on. */
  #read(): Outcome {
    if (this.#outcome !== undefined) return this.#outcome;
    const { outline } = this.#request;
    let hasResults = false;
    for (let index = this.#index + 1; index < outline.length; index += 1) {
      const shape = outline[index];
      // Calls that were made at once may be messages of their own; what follows the results is the next step.
      if (shape?.isToolResult !== true) {
        if (hasResults && shape?.role === 'assistant') break;
        continue;
      }
      hasResults = true;
      const found = this.#request
        .message(index)
        .content.find((part) => part.type === 'tool-result' && part.callId === this.#callId);
      if (found?.type !== 'tool-result') continue;
      return (this.#outcome = outcomeOf(found));
    }
    return (this.#outcome = NO_OUTCOME);
  }
}

/** Behind the last words of the user, or where the limits are reached. */
function startOfTask(request: History): number {
  const { outline } = request;
  let bytes = 0;
  let index = outline.length - 1;
  for (; index >= 0 && index > outline.length - 1 - MAX_MESSAGES; index -= 1) {
    const shape = outline[index];
    if (shape === undefined) break;
    bytes += shape.bytes;
    if (bytes > MAX_BYTES) break;
    const mayHaveWords = shape.role === 'user' && !(shape.isToolResult && shape.hasText === false);
    if (mayHaveWords && userWords(request.message(index).content) !== '') break;
  }
  return index + 1;
}

function textOfResult(content: readonly ContentPart[]): string {
  let text = '';
  for (const part of content) {
    if (part.type === 'text') text += `${part.text}\n`;
  }
  text = text.trim();
  return text.length <= RESULT_CHARS
    ? text
    : `${text.slice(0, RESULT_CHARS / 2)}\n${text.slice(-RESULT_CHARS / 2)}`;
}

/** The same call with equal or failing results. */
function sameCall(steps: readonly Step[], last: Step): Stall | null {
  const same = steps.filter(({ call }) => call === last.call);
  let times = 0;
  for (const step of same.toReversed()) {
    const isStuck = last.isError ? step.isError : !step.isError && step.result === last.result;
    if (!isStuck) break;
    times += 1;
  }
  if (times < LEAST_TIMES) return null;
  const stuck = same.slice(-times);
  const between = steps.slice(steps.indexOf(stuck[0] ?? last));
  // With other work in between only an error that stays the same says that nothing came of it.
  const isSameError = last.isError && new Set(stuck.map(({ error }) => error)).size === 1;
  if (!isSameError && !between.every((step) => isIdle(step, last, between))) return null;
  return { kind: 'same-call', times, why: `made the same call ${times} times` };
}

/** A step that changes nothing: the call itself, one that only reads, or one that goes round in circles as well. */
function isIdle(step: Step, last: Step, steps: readonly Step[]): boolean {
  if (step.call === last.call || isReadingTool(step.name)) return true;
  return steps.some((other) => other !== step && other.call === step.call && other.result === step.result);
}

const READS =
  /^(?:mcp__\w+?__)?(?:read|view|list|ls|glob|grep|search|find|get|fetch|cat|status|think|todo|web)/i;
const WRITES = /write|edit|replace|update|create/i;

/** By its name: a tool that changes nothing. */
export function isReadingTool(name: string): boolean {
  return READS.test(name) && !WRITES.test(name);
}

/** The tool says that it failed, or what it printed looks like that. */
export function isFailedResult({ content, isError }: ToolResult): boolean {
  return isError === true || looksFailed(textOfResult(content));
}

function sameError(steps: readonly Step[], last: Step): Stall | null {
  if (!last.isError) return null;
  const { error } = last;
  if (BY_USER.test(error)) return null;
  const saysNothing = error.replace(EXIT_CODE_ALONE, '') === '';
  const recent = steps.slice(-RECENT_RESULTS);
  const times = recent.filter(
    (step) => step.isError && step.error === error && (!saysNothing || step.call === last.call),
  ).length;
  if (times < LEAST_TIMES) return null;
  return { kind: 'same-error', times, why: `ran into the same error ${times} times` };
}

/** Whoever is told no has to do something else, and is not stuck. */
const BY_USER =
  /\b(?:the )?user (?:doesn['’]t want|does not want|did not allow|rejected|declined|denied|refused|cancell?ed|aborted|interrupted|chose not)\b|\b(?:rejected|declined|denied|refused|cancell?ed|aborted|interrupted|blocked) by (?:the )?user\b|\b(?:haven['’]t|have not|not) (?:yet )?granted\b/i;

/** A search that found nothing ends like that as well. Numbers are `#` by then. */
const EXIT_CODE_ALONE =
  /^(?:error:? )?(?:the )?(?:command |process )?(?:failed with |finished with )?exit(?:ed)?(?: with)?[ _]?(?:code|status)?[:= ]*#\.?$/i;

/** Marks that programs print when they fail, looked for at the beginning and at the end of a result. */
const FAILURE =
  /(?:errors?|exception|traceback|failed|failures?|fatal|panic|denied|not found|no such file|cannot|could not|unable to|does not exist|did not match)\b|ERR!|✗|✖/i;
const NO_FAILURE = /\b(?:0|no|without) (?:errors?|failures?|failed)\b/gi;
const EXIT_CODE = /exit(?:ed)?(?: with)?[ _]?(?:code|status)?"?[:= ]+(\d{1,3})\b/i;

function looksFailed(text: string): boolean {
  const exit = EXIT_CODE.exec(text.slice(0, 300)) ?? EXIT_CODE.exec(text.slice(-300));
  if (exit !== null) return exit[1] !== '0';
  const ends = text.length <= 600 ? text : `${text.slice(0, 300)}\n${text.slice(-300)}`;
  return FAILURE.test(ends.replaceAll(NO_FAILURE, ''));
}

/** What is left of an error when numbers, addresses, times and the like are taken out. */
function normalError(text: string): string {
  return text
    .replaceAll(/0x[\da-f]+/gi, '#')
    .replaceAll(/\b[\da-f]{7,64}\b/gi, '#')
    .replaceAll(/\d+(?:[.:,-]\d+)*/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Arguments with their members in order; what is no JSON stays as it is. */
function canonicalInput(input: string): string {
  if (input.length > INPUT_CHARS) {
    return `${input.length} ${input.slice(0, INPUT_CHARS / 2)}${input.slice(-INPUT_CHARS / 2)}`;
  }
  try {
    return JSON.stringify(sorted(JSON.parse(input)));
  } catch {
    return input.trim();
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
