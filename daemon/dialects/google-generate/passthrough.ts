// Same dialect on both sides: the client's bytes go up and Google's bytes come down, with only these changes:
//   request   `model`, where the body names one beside the path; `maxOutputTokens` down to the model's limit; settings
//             that the model refuses; the router's effort in the place of the client's; thoughts of other models
//   stream    `_pointsman` is put into the last chunk when it is wanted; usage is part of every stream of this dialect

import type { ConversationRequest } from '../../conversation/request.ts';
import type { ReasoningWish, SettingName } from '../../conversation/settings.ts';
import { isContent, type StreamEvent } from '../../conversation/stream-event.ts';
import { type JsonObject, objectOf, parseJsonObject, stringOf } from '../../util/json.ts';
import { parseRequestBody, spliceMembers, typeAt, valueAt } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';
import { askedReasoning } from '../asked-effort.ts';
import { hasMember } from '../body-fields.ts';
import type { EncodeTarget, FrameFilter } from '../dialect.ts';
import type { Losses } from '../losses.ts';
import { addFrameMetadata } from '../metadata.ts';
import type { SseFrame } from '../sse-parser.ts';
import { reasoningOf } from './decode-settings.ts';
import { fieldOf, spellingsOf } from './fields.ts';
import { contentsWithoutForeign } from './pass-signatures.ts';
import { thinkingConfigOf, wantsBudget } from './thinking-config.ts';

/** Members of `generationConfig` that a setting is made of. */
const CONFIG_FIELDS: Readonly<Partial<Record<SettingName, readonly string[]>>> = {
  temperature: ['temperature'],
  topP: ['topP'],
  topK: ['topK'],
  frequencyPenalty: ['frequencyPenalty'],
  presencePenalty: ['presencePenalty'],
  seed: ['seed'],
  stopSequences: ['stopSequences'],
  reasoning: ['thinkingConfig'],
  topLogprobs: ['responseLogprobs', 'logprobs'],
};

type Edits = Map<string, string | undefined>;

/** The client's own bytes when nothing has to change. */
export function passRequest(request: ConversationRequest, target: EncodeTarget, losses: Losses): Buffer {
  const { body } = request;
  const edits: Edits = new Map();
  if (body.members.has('model')) {
    const wanted = JSON.stringify(`models/${target.upstreamModel.replace(/^models\//, '')}`);
    edits.set('model', wanted);
  }
  const wish = request.settings().reasoning;
  const reasoning = askedReasoning(wish, target);
  const asked = reasoning === wish ? undefined : reasoning;
  for (const name of spellingsOf('generationConfig')) {
    const edited = editConfig(body, name, target, asked, losses);
    if (edited !== undefined) edits.set(name, edited);
  }
  if (!spellingsOf('generationConfig').some((name) => hasMember(body, name))) {
    const added = asked === undefined ? undefined : thinkingConfigOf(asked, target);
    if (added !== undefined) edits.set('generationConfig', JSON.stringify({ thinkingConfig: added }));
  }
  if (target.traits?.refuses?.includes('toolChoice') === true) dropMember(body, 'toolConfig', edits, losses);
  const contents = contentsWithoutForeign(body, target);
  if (contents !== undefined) {
    losses.foreignThoughts();
    edits.set('contents', contents);
  }
  return edits.size === 0 ? body.bytes : spliceMembers(body, edits);
}

function dropMember(body: RequestBody, name: string, edits: Edits, losses: Losses): void {
  for (const spelling of spellingsOf(name)) {
    if (!body.members.has(spelling)) continue;
    edits.set(spelling, undefined);
    losses.refused(spelling);
  }
}

/** JSON text of the edited configuration; undefined when it can stay. */
function editConfig(
  body: RequestBody,
  name: string,
  target: EncodeTarget,
  asked: ReasoningWish | undefined,
  losses: Losses,
): string | undefined {
  const span = body.members.get(name);
  if (span === undefined || typeAt(body.bytes, span.start) !== 'object') return undefined;
  const config = parseRequestBody(body.bytes.subarray(span.start, span.end));
  const value = objectOf(valueAt(body, span)) ?? {};
  const edits: Edits = new Map();
  for (const limit of present(config, 'maxOutputTokens')) {
    if (Number(value[limit]) > target.maxOutputTokens) edits.set(limit, String(target.maxOutputTokens));
  }
  for (const setting of refusedSettings(asked ?? reasoningOf(value), target)) {
    for (const field of (CONFIG_FIELDS[setting] ?? []).flatMap((known) => present(config, known))) {
      edits.set(field, undefined);
      losses.refused(field);
    }
  }
  const fitting = asked === undefined ? undefined : thinkingConfigOf(asked, target);
  if (fitting === undefined) editThinking(config, value, target, edits, losses);
  else setThinking(config, fitting, edits);
  return edits.size === 0 ? undefined : spliceMembers(config, edits).toString();
}

function refusedSettings(reasoning: ReasoningWish | undefined, target: EncodeTarget): readonly SettingName[] {
  const { refuses = [], refusesWhileThinking = [] } = target.traits ?? {};
  const isThinking = reasoning !== undefined && reasoning.effort !== 'none';
  return isThinking ? [...refuses, ...refusesWhileThinking] : refuses;
}

/** The router's level in the place of the client's, be it a level or a number of tokens; the rest stays. */
function setThinking(config: RequestBody, fitting: JsonObject, edits: Edits): void {
  const names = present(config, 'thinkingConfig').filter((name) => !edits.has(name));
  for (const name of names) {
    const span = config.members.get(name);
    if (span === undefined || typeAt(config.bytes, span.start) !== 'object') {
      edits.set(name, JSON.stringify(fitting));
      continue;
    }
    const thinking = parseRequestBody(config.bytes.subarray(span.start, span.end));
    const changes: Edits = new Map();
    for (const field of ['thinkingLevel', 'thinkingBudget']) {
      const value = fitting[field];
      const spellings = present(thinking, field);
      for (const spelling of spellings)
        changes.set(spelling, value === undefined ? value : JSON.stringify(value));
      if (value !== undefined && spellings.length === 0) changes.set(field, JSON.stringify(value));
    }
    edits.set(name, spliceMembers(thinking, changes).toString());
  }
  if (names.length === 0 && present(config, 'thinkingConfig').length === 0)
    edits.set('thinkingConfig', JSON.stringify(fitting));
}

/** A level is unknown to the generation before levels, and not every model has every level. */
function editThinking(
  config: RequestBody,
  value: JsonObject,
  target: EncodeTarget,
  edits: Edits,
  losses: Losses,
): void {
  const wish = reasoningOf(value);
  const { efforts } = target.traits ?? {};
  if (wish === undefined) return;
  const level = stringOf(fieldOf(objectOf(fieldOf(value, 'thinkingConfig')), 'thinkingLevel'));
  const isKnown =
    level === undefined || wish.effort === undefined || efforts?.includes(wish.effort) !== false;
  if (efforts?.length !== 0 && isKnown && !(level !== undefined && wantsBudget(target.upstreamModel))) return;
  const fitting = thinkingConfigOf(wish, target);
  for (const name of present(config, 'thinkingConfig')) {
    if (edits.has(name)) continue;
    edits.set(name, fitting === undefined ? undefined : JSON.stringify(fitting));
    losses.add(`${name} was fitted to what the chosen model takes`);
  }
}

function present(config: RequestBody, name: string): readonly string[] {
  return spellingsOf(name).filter((spelling) => config.members.has(spelling));
}

export function createFrameFilter(options: {
  readonly stripUsage: boolean;
  readonly holdLast: boolean;
}): FrameFilter {
  return new ChunkFilter(options.holdLast);
}

class ChunkFilter implements FrameFilter {
  private readonly holdLast: boolean;
  /** Frames from the last finish chunk on; only kept back with `holdLast`. */
  private held: SseFrame[] = [];

  constructor(holdLast: boolean) {
    this.holdLast = holdLast;
  }

  push(frame: SseFrame, events: readonly StreamEvent[]): readonly Buffer[] {
    if (!this.holdLast) return [frame.raw];
    const isFinish = events.some((event) => event.type === 'choice-end');
    if (!isFinish && this.held.length > 0 && !events.some(isContent)) {
      this.held.push(frame);
      return [];
    }
    const passed = this.release();
    if (isFinish) this.held = [frame];
    else passed.push(frame.raw);
    return passed;
  }

  end(metadata: JsonObject | undefined): readonly Buffer[] {
    const last = this.held.findLastIndex((frame) => parseJsonObject(frame.data) !== undefined);
    const frame = this.held[last];
    const passed = this.release();
    if (frame !== undefined && metadata !== undefined) passed[last] = addFrameMetadata(frame, metadata);
    return passed;
  }

  private release(): Buffer[] {
    const passed = this.held.map((frame) => frame.raw);
    this.held = [];
    return passed;
  }
}
