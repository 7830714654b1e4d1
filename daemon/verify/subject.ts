// What the single checks look at: one finished answer, what it answers, and what is read of either only when a check
// asks for it.

import type { AnswerFinding, CheckedRequest } from './answer-check.ts';
import type { CollectedAnswer } from './collected-answer.ts';
import { splitFences, type FencedText } from './fenced-text.ts';
import { PromptText } from './prompt-text.ts';
import { writtenCode, type WrittenCode } from './written-code.ts';

export type Check = (subject: AnswerSubject) => AnswerFinding | null;

/** An output limit up to this many tokens is a wish for a short answer, whatever it does to the answer. */
const SHORT_LIMIT_TOKENS = 512;
/** From here on a limit is none: assistants send what the model can do at most. */
const NO_LIMIT_TOKENS = 8192;
/** Few tokenizers write more characters per token than this, so a limit reached was at least this much used. */
const CHARS_PER_TOKEN = 2;

export class AnswerSubject {
  readonly answer: CollectedAnswer;
  readonly checked: CheckedRequest;
  readonly prompt: PromptText;
  #fenced: FencedText | undefined;
  #written: readonly WrittenCode[] | undefined;

  constructor(answer: CollectedAnswer, checked: CheckedRequest) {
    this.answer = { ...answer, text: withoutThoughts(answer.text) };
    this.checked = checked;
    this.prompt = new PromptText(checked.request);
  }

  get fenced(): FencedText {
    this.#fenced ??= splitFences(this.answer.text);
    return this.#fenced;
  }

  /** The code of the answer, in its text and in the arguments of its calls. */
  get written(): readonly WrittenCode[] {
    this.#written ??= writtenCode(this.answer, this.fenced, this.checked.ask);
    return this.#written;
  }

  /**
   * The client's own words may stop an answer anywhere: stop sequences, a beginning of the answer that it wrote itself,
   * an output limit that the answer used up.
   */
  get isCutByClient(): boolean {
    const { request } = this.checked;
    if ((request.settings?.().stopSequences?.length ?? 0) > 0) return true;
    if (request.outline.at(-1)?.role === 'assistant') return true;
    return this.answer.finishReason === 'length' && this.#usedUpOwnLimit(request.maxOutputTokens);
  }

  /** The end of the answer is not here, for whatever reason, so nothing can be said of what it leaves open. */
  get hasNoEnd(): boolean {
    const { finishReason, isPartlyKept } = this.answer;
    return isPartlyKept || finishReason === undefined || finishReason === 'length' || this.isCutByClient;
  }

  #usedUpOwnLimit(limit: number | undefined): boolean {
    if (limit === undefined || limit >= NO_LIMIT_TOKENS) return false;
    const { outputTokens, writtenChars } = this.answer;
    return (
      limit <= SHORT_LIMIT_TOKENS || (outputTokens ?? 0) >= limit || writtenChars >= limit * CHARS_PER_TOKEN
    );
  }
}

/** Some servers leave the thoughts of a model in its text. */
function withoutThoughts(text: string): string {
  const begin = /^\s{0,20}<think(?:ing)?>/.exec(text)?.[0];
  if (begin === undefined) return text;
  const end = /<\/think(?:ing)?>/.exec(text);
  return end === null ? text : text.slice(end.index + end[0].length);
}
