// Tokens of a request and of its answer for the books, where the provider reported none: what was sent and seen, with
// the frame that the model's family puts around it (catalog/token-framing.json). Pure. Reads the whole request, so it
// runs after the answer or not at all; the request path has the cheaper estimate of classify/token-estimate.ts.
//
// Not seen, so not in it: prompts, tools and search results of the provider's own, what lies stored there, thoughts that
// nobody is shown. Thoughts that come sealed are estimated by the length of the seal.

import { framingOf, type ImageRule, type TokenFraming } from '../catalog/token-framing.ts';
import type { ModelTarget } from '../catalog/model-target.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { AnswerSizes } from './answer-observer.ts';
import { type ImageMeasure, type PromptSizes, promptSizes } from './prompt-sizes.ts';

export type EstimatedModel = Pick<ModelTarget, 'upstreamModel' | 'dialect' | 'tokenizerFactor'>;

export interface OutputEstimate {
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
}

/** Tokens that `model` will be billed for reading `request`. Throws where a message cannot be read. */
export function estimateInputTokens(request: ConversationRequest, model: EstimatedModel): number {
  return inputTokensOf(promptSizes(request), model);
}

export function inputTokensOf(sizes: PromptSizes, model: EstimatedModel): number {
  const framing = framingOf(model);
  const { prompt } = framing;
  const scale = tokenizerScale(model, framing);
  const thoughts = sealedTokens(
    framing,
    sizes.openThoughts,
    prompt.textFactor * scale * sizes.openThoughts.textTokens,
  );
  let tokens = prompt.request + prompt.message * sizes.messageCount;
  tokens += prompt.textFactor * scale * (sizes.textTokens + sizes.callTokens) + thoughts;
  tokens += prompt.call * sizes.callCount + prompt.result * sizes.resultCount;
  tokens += toolTokens(sizes, prompt, scale);
  if (sizes.formatTokens > 0) tokens += prompt.format + prompt.formatTextFactor * scale * sizes.formatTokens;
  if (sizes.thinks ?? prompt.thinksByDefault === true) tokens += prompt.thinking;
  tokens += prompt.documentPage * sizes.documentPages;
  for (const image of sizes.images) tokens += imageTokens(image, framing.image);
  return Math.max(1, Math.round(tokens));
}

/** Tokens that `model` will be billed for what it wrote; 0 where nothing came. */
export function estimateOutputTokens(sizes: AnswerSizes, model: EstimatedModel): OutputEstimate {
  if (!sizes.hasContent) return { outputTokens: 0, reasoningOutputTokens: 0 };
  const framing = framingOf(model);
  const { answer } = framing;
  const scale = tokenizerScale(model, framing);
  const reasoning = sealedTokens(framing, sizes, answer.textFactor * scale * sizes.reasoningTokens);
  let tokens = answer.answer + answer.textFactor * scale * sizes.textTokens + reasoning;
  tokens += answer.call * sizes.callCount + answer.callTextFactor * scale * sizes.callTokens;
  if (sizes.callCount > 1) tokens += answer.severalCalls;
  const reasoningOutputTokens = Math.round(reasoning);
  return { outputTokens: Math.max(1, Math.round(tokens), reasoningOutputTokens), reasoningOutputTokens };
}

/** What the catalog or the user says of the model's tokenizer stands above what is known of its family; 1 says nothing. */
function tokenizerScale({ tokenizerFactor }: EstimatedModel, { prompt }: TokenFraming): number {
  return tokenizerFactor === 1 ? 1 : tokenizerFactor / prompt.textFactor;
}

function toolTokens(sizes: PromptSizes, prompt: TokenFraming['prompt'], scale: number): number {
  if (sizes.toolCount === 0) return 0;
  if (prompt.leavesOutUnusedTools === true && sizes.toolChoice === 'none') return 0;
  const isForced = sizes.toolChoice === 'required' || sizes.toolChoice === 'tool';
  const text = prompt.toolText === 'json' ? sizes.toolTokensJson : sizes.toolTokensTypeScript;
  const frame = prompt.tools + prompt.tool * sizes.toolCount + (isForced ? prompt.forcedTool : 0);
  return Math.max(0, frame + prompt.toolTextFactor * scale * text);
}

/** Thoughts by the length of their seals, and no less than what of them could be read (`readTokens`). */
function sealedTokens(
  { seal }: TokenFraming,
  { sealCount, sealChars }: { readonly sealCount: number; readonly sealChars: number },
  readTokens: number,
): number {
  if (seal === undefined) return readTokens;
  return Math.max(readTokens, (sealChars - seal.baseChars * sealCount) / seal.charsPerToken);
}

const TILE_PIXELS = 512;

function imageTokens({ widthPixels, heightPixels, isLowDetail }: ImageMeasure, rule: ImageRule): number {
  switch (rule.kind) {
    case 'flat':
      return rule.tokens;
    case 'area':
      return Math.min(rule.maxTokens, Math.ceil((widthPixels * heightPixels) / rule.pixelsPerToken));
    case 'patches': {
      const patches = Math.ceil(widthPixels / rule.pixels) * Math.ceil(heightPixels / rule.pixels);
      return Math.min(patches, rule.maxPatches) * rule.perPatch;
    }
    default:
      return isLowDetail ? rule.base : rule.base + rule.perTile * tilesOf(widthPixels, heightPixels);
  }
}

/** Squares of 512 pixels after scaling into 2048 x 2048 and to 768 on the short side. */
function tilesOf(widthPixels: number, heightPixels: number): number {
  const fit = Math.min(1, 2048 / Math.max(widthPixels, heightPixels));
  const scale = fit * Math.min(1, 768 / (fit * Math.min(widthPixels, heightPixels)));
  return Math.ceil((widthPixels * scale) / TILE_PIXELS) * Math.ceil((heightPixels * scale) / TILE_PIXELS);
}
