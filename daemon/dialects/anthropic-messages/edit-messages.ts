// Edits in the messages of a request that passes: thoughts of other models are cut out, system text between the turns is
// made the user's for models that do not take it, efforts in messages become ones that the model knows. Every other byte
// stays.

import type { Role } from '../../conversation/request.ts';
import type { ReasoningEffort } from '../../conversation/settings.ts';
import { arrayOf, type JsonObject, type JsonValue, objectOf, stringOf } from '../../util/json.ts';
import {
  parseRequestBody,
  scanArray,
  scanObject,
  spliceMembers,
  typeAt,
  valueAt,
} from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import type { EncodeTarget } from '../dialect.ts';
import { isOwnSeal } from '../envelope.ts';
import type { Losses } from '../losses.ts';
import { applyEdits, type Edit, removals } from '../splice.ts';
import { sealOfBlock } from './decode-message.ts';
import { turnToMark } from './cache-marks.ts';
import { effortOf } from './decode-settings.ts';
import { isSystemPlace, isSystemRole, MOVED_SYSTEM_TEXT, systemReminder } from './system-text.ts';
import { isThoughtType, thoughtBlock } from './wire-message.ts';

export interface MessageEdits {
  /** Text of `messages`; undefined when nothing changes. */
  readonly text: string | undefined;
  /** Whether the answer under way, if any, begins with a thought that stays. */
  readonly opensWithThought: boolean;
}

export interface MessageRules {
  readonly target: EncodeTarget;
  /** System text between the turns must not stay. */
  readonly movesSystemText: boolean;
  /** The effort to write for one in a message; undefined = it is left out. Absent = efforts stay as they are. */
  readonly fitEffort?: (effort: ReasoningEffort) => ReasoningEffort | undefined;
  /** The router's effort, for the last one in a message: it is about the turn that is being answered. */
  readonly lastEffort?: ReasoningEffort;
  /** One more mark for the cache where the model left the conversation; see `EncodeTarget.cachedAnswers`. */
  readonly cachedAnswers?: number;
}

export function editMessages(body: RequestBody, rules: MessageRules, losses: Losses): MessageEdits {
  const list = body.members.get('messages');
  if (list === undefined) return { text: undefined, opensWithThought: true };
  return new MessageEditor(body, list, rules, losses).edit();
}

interface WireTurn {
  readonly span: Span;
  readonly role: Role;
  readonly content: Span | undefined;
  readonly edits: Edit[];
  isRemoved: boolean;
}

class MessageEditor {
  private readonly body: RequestBody;
  private readonly bytes: Buffer;
  private readonly list: Span;
  private readonly rules: MessageRules;
  private readonly losses: Losses;
  private readonly turns: readonly WireTurn[];
  private readonly lastWithEffort: WireTurn | undefined;

  constructor(body: RequestBody, list: Span, rules: MessageRules, losses: Losses) {
    this.body = body;
    this.bytes = body.bytes;
    this.list = list;
    this.rules = rules;
    this.losses = losses;
    this.turns = scanArray(body.bytes, list).map((span) => {
      const members = scanObject(body.bytes, span);
      const role = members.get('role');
      const name = role === undefined ? undefined : stringOf(valueAt(body, role));
      return {
        span,
        role: name === 'assistant' || name === 'system' || name === 'developer' ? name : 'user',
        content: members.get('content'),
        edits: [],
        isRemoved: false,
      };
    });
    if (rules.lastEffort !== undefined)
      this.lastWithEffort = this.turns.findLast((turn) => this.effortIn(turn) !== undefined);
  }

  edit(): MessageEdits {
    const opensWithThought = this.cutThoughts();
    this.settleSystemText();
    this.markCached();
    const edits = removals(
      this.turns.map(({ span }) => span),
      (index) => this.turns[index]?.isRemoved === true,
    );
    for (const turn of this.turns) if (!turn.isRemoved) for (const edit of turn.edits) edits.push(edit);
    if (edits.length === 0) return { text: undefined, opensWithThought };
    return { text: applyEdits(this.bytes, this.list, edits), opensWithThought };
  }

  /** Answers whether the answer under way begins with a thought that stays; see `opensWithThought`. */
  private cutThoughts(): boolean {
    let opensWithThought = true;
    let isOpening = true;
    /** Of the user's messages in a row, which the provider takes for one. */
    let hasWords = false;
    let hasResults = false;
    for (const turn of this.turns) {
      if (turn.role === 'user') {
        hasWords = true;
        hasResults ||= this.hasResults(turn);
      }
      if (turn.role !== 'assistant') continue;
      isOpening ||= hasWords && !hasResults;
      hasWords = false;
      hasResults = false;
      const beginsWithThought = this.cutThoughtsOf(turn);
      if (!isOpening || turn.isRemoved) continue;
      opensWithThought = beginsWithThought;
      isOpening = false;
    }
    return opensWithThought || (hasWords && !hasResults);
  }

  /** Answers whether what stays begins with a thought. */
  private cutThoughtsOf(turn: WireTurn): boolean {
    const { content } = turn;
    if (content === undefined || typeAt(this.bytes, content.start) !== 'array') return false;
    const spans = scanArray(this.bytes, content);
    const types = spans.map((span) => this.typeOf(span));
    const isCut = types.map((type, index) => isThoughtType(type) && !this.keepsThought(turn, spans[index]));
    if (isCut.includes(true)) {
      this.losses.foreignThoughts();
      for (const edit of removals(spans, (index) => isCut[index] === true)) turn.edits.push(edit);
      turn.isRemoved = !isCut.includes(false);
    }
    return isThoughtType(types.find((_, index) => isCut[index] !== true));
  }

  /** A thought of the target's own that came in an envelope is written as its vendor writes it. */
  private keepsThought(turn: WireTurn, span: Span | undefined): boolean {
    const block = span === undefined ? undefined : objectOf(valueAt(this.body, span));
    const seal = block === undefined ? undefined : sealOfBlock(block);
    if (span === undefined || !isOwnSeal(seal, this.rules.target)) return false;
    if (seal.maker !== undefined) {
      const text = JSON.stringify(thoughtBlock(stringOf(block?.['thinking']) ?? '', seal));
      turn.edits.push({ span, text });
    }
    return true;
  }

  private hasResults({ content }: WireTurn): boolean {
    if (content === undefined || typeAt(this.bytes, content.start) !== 'array') return false;
    return scanArray(this.bytes, content).some((span) => this.typeOf(span) === 'tool_result');
  }

  private typeOf(span: Span): string | undefined {
    const type = scanObject(this.bytes, span).get('type');
    return type === undefined ? undefined : stringOf(valueAt(this.body, type));
  }

  /** Also what has lost its place because an emptied answer behind it went away. */
  private settleSystemText(): void {
    const kept = this.turns.filter(({ isRemoved }) => !isRemoved);
    const hasRemoved = kept.length < this.turns.length;
    for (const [index, turn] of kept.entries()) {
      if (!isSystemRole(turn.role)) continue;
      const hasPlace = !hasRemoved || isSystemPlace(kept[index - 1]?.role, kept[index + 1]?.role);
      if (this.rules.movesSystemText || !hasPlace || turn.role === 'developer') this.moveSystemText(turn);
      else this.fitEffort(turn);
    }
  }

  private moveSystemText(turn: WireTurn): void {
    const message = objectOf(valueAt(this.body, turn.span)) ?? {};
    const blocks = systemBlocks(message['content']);
    const content = blocks.flatMap((block) => reminderBlock(block) ?? []);
    if (content.length < blocks.length) this.losses.leftOut('a block between the turns that is not text');
    if (content.length === 0) {
      turn.isRemoved = true;
      return;
    }
    this.losses.add(MOVED_SYSTEM_TEXT);
    turn.edits.push({ span: turn.span, text: JSON.stringify({ role: 'user', content }) });
  }

  /** On the last block of the turn, where that can carry a mark and nothing else happens to it. */
  private markCached(): void {
    const { cachedAnswers } = this.rules;
    const roles = this.turns.map(({ role }) => role);
    const turn = this.turns[turnToMark(roles, cachedAnswers) ?? -1];
    if (turn?.content === undefined || turn.isRemoved || turn.edits.length > 0) return;
    if (typeAt(this.bytes, turn.content.start) !== 'array') return;
    const last = scanArray(this.bytes, turn.content).at(-1);
    if (last === undefined || typeAt(this.bytes, last.start) !== 'object') return;
    const members = scanObject(this.bytes, last);
    if (members.size === 0 || members.has('cache_control')) return;
    const start = last.start + 1;
    turn.edits.push({ span: { start, end: start }, text: '"cache_control":{"type":"ephemeral"},' });
  }

  private configOf(turn: WireTurn): Span | undefined {
    return scanObject(this.bytes, turn.span).get('output_config');
  }

  private effortIn(turn: WireTurn): ReasoningEffort | undefined {
    const config = isSystemRole(turn.role) ? this.configOf(turn) : undefined;
    return config === undefined ? undefined : effortOf(objectOf(valueAt(this.body, config))?.['effort']);
  }

  private fitEffort(turn: WireTurn): void {
    const { fitEffort, lastEffort } = this.rules;
    const config = this.configOf(turn);
    const effort = this.effortIn(turn);
    if (fitEffort === undefined || config === undefined || effort === undefined) return;
    const fitted = lastEffort !== undefined && turn === this.lastWithEffort ? lastEffort : fitEffort(effort);
    if (fitted === effort) return;
    const text = fitted === undefined ? undefined : JSON.stringify(fitted);
    const inner = parseRequestBody(this.bytes.subarray(config.start, config.end));
    turn.edits.push({ span: config, text: spliceMembers(inner, new Map([['effort', text]])).toString() });
  }
}

function systemBlocks(content: JsonValue | undefined): readonly JsonValue[] {
  if (typeof content === 'string') return content.trim() === '' ? [] : [{ type: 'text', text: content }];
  return arrayOf(content);
}

function reminderBlock(value: JsonValue): JsonObject | undefined {
  const block = objectOf(value);
  const text = stringOf(block?.['text']) ?? '';
  if (block?.['type'] !== 'text' || text.trim() === '') return undefined;
  const mark = block['cache_control'];
  return {
    type: 'text',
    text: systemReminder(text),
    ...(mark === undefined ? {} : { cache_control: mark }),
  };
}
