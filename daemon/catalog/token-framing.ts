// What vendors put around the words of a request and an answer, in tokens, by family of models: for estimates where a
// provider reports no usage. The numbers are in token-framing.json, fitted on recorded usage.

import type { DialectId } from '../protocol/vocabulary.ts';
import data from './token-framing.json' with { type: 'json' };

export interface PromptFraming {
  /** Once per request: what every prompt of the family begins with. */
  readonly request: number;
  readonly message: number;
  /** Tokens of the family per token of o200k. */
  readonly textFactor: number;
  /** Around one call of a tool, and one result. */
  readonly call: number;
  readonly result: number;
  /** The vendor's own words to the model about tools, once when any are declared. */
  readonly tools: number;
  /** Around one definition. */
  readonly tool: number;
  /** How definitions are shown to the model; the factor is to the tokens of that form. */
  readonly toolText: 'json' | 'typescript';
  readonly toolTextFactor: number;
  /** More words when a tool must be called. */
  readonly forcedTool: number;
  /** Tools are not shown when none may be called. */
  readonly leavesOutUnusedTools?: boolean;
  /** Words about the schema of the answer, and the schema itself. */
  readonly format: number;
  readonly formatTextFactor: number;
  /** Words about thinking, when the request turns it on. */
  readonly thinking: number;
  readonly thinksByDefault?: boolean;
  /** One page of a PDF: no two pages are alike. */
  readonly documentPage: number;
}

export interface AnswerFraming {
  readonly answer: number;
  readonly textFactor: number;
  readonly call: number;
  readonly callTextFactor: number;
  /** Once, when several tools are called at a time. */
  readonly severalCalls: number;
}

export type ImageRule =
  /** Scaled to 768 pixels on the short side, cut into squares of 512. */
  | { readonly kind: 'tiles'; readonly base: number; readonly perTile: number }
  | {
      readonly kind: 'patches';
      readonly pixels: number;
      readonly perPatch: number;
      readonly maxPatches: number;
    }
  | { readonly kind: 'area'; readonly pixelsPerToken: number; readonly maxTokens: number }
  | { readonly kind: 'flat'; readonly tokens: number };

export interface TokenFraming {
  readonly family: string;
  readonly prompt: PromptFraming;
  readonly answer: AnswerFraming;
  readonly image: ImageRule;
  /** How long a sealed thought is by its seal; absent = seals of the family say nothing of it. */
  readonly seal?: { readonly baseChars: number; readonly charsPerToken: number };
}

interface FramingRow extends TokenFraming {
  /** Regular expression on the provider's name for the model in lower case. First row that matches wins. */
  readonly match: string;
  /** Wire formats it holds for; absent = all. */
  readonly dialects?: readonly DialectId[];
}

const ROWS = (data.rows as readonly FramingRow[]).map((row) => ({ ...row, pattern: new RegExp(row.match) }));
const IMAGE_RULES = (data.imageRules as readonly { match: string; image: ImageRule }[]).map((row) => ({
  image: row.image,
  pattern: new RegExp(row.match),
}));

/** Every model has one: the last row matches all names. */
export function framingOf(model: {
  readonly upstreamModel: string;
  readonly dialect: DialectId;
}): TokenFraming {
  const name = model.upstreamModel.toLowerCase();
  const row = ROWS.find(
    ({ pattern, dialects }) => dialects?.includes(model.dialect) !== false && pattern.test(name),
  );
  if (row === undefined) throw new Error('token-framing.json has no row for every model');
  const image = IMAGE_RULES.find(({ pattern }) => pattern.test(name))?.image ?? row.image;
  return { ...row, image };
}
