// Makes a history that one vendor accepted acceptable to another: pure, and the same for the same messages, so that the
// prefix of a conversation stays the same from turn to turn (prompt caches and signatures depend on it). What is decided
// about a turn never depends on what follows the assistant's next one.

import type { ContentPart, Message } from './request.ts';

export interface HistoryRules {
  /**
   * Where system and developer text may stand. `anywhere`: left where it is. `first-only`: text that comes after the first
   * user or assistant message becomes user text in a `<system-reminder>` block, in place.
   */
  readonly systemText: 'anywhere' | 'first-only';
  /** The first message behind the system text must be the user's: one is put there if need be. */
  readonly startsWithUser: boolean;
  /** Neighbours of the same role become one message (tool results count as the user's where `toolResultsAreUser`). */
  readonly mergesNeighbours: boolean;
  readonly toolResultsAreUser: boolean;
  /** Every call has its result in the next message: a missing one is put there, a stray one becomes text. */
  readonly pairsToolCalls: boolean;
  /** How ids of calls are written; must be injective on the ids of one conversation. Absent = as they are. */
  readonly callId?: (id: string) => string;
}

export interface FittedHistory {
  readonly messages: readonly Message[];
  /** What had to be changed, one sentence per kind of change. */
  readonly warnings: readonly string[];
}

type ToolCall = Extract<ContentPart, { type: 'tool-call' }>;
type ToolResult = Extract<ContentPart, { type: 'tool-result' }>;

const OPENING: Message = { role: 'user', content: [{ type: 'text', text: '(the conversation goes on)' }] };
const NO_RESULT: ContentPart = { type: 'text', text: '(no result was recorded)' };

const WARNINGS = {
  empty: 'text without a visible character was left out',
  system: 'system text between the turns became marked text of the user',
  opening: 'a short user message was put in front of the conversation',
  missing: 'a tool call without a result was given one that says so',
  stray: 'a tool result without its call became text of the user',
  duplicate: 'tool call ids that occurred more than once were told apart',
  name: 'names of authors were left out where their messages became one',
} as const;

/** A run of the assistant's messages and everything up to its next one; the first turn has no such messages. */
interface Turn {
  readonly answers: Message[];
  readonly replies: Message[];
}

/** Message parts come out in the order they went in, but for results, which go directly behind their calls. */
export function fitHistory(messages: readonly Message[], rules: HistoryRules): FittedHistory {
  return new HistoryFitter(rules).fit(messages);
}

class HistoryFitter {
  private readonly rules: HistoryRules;
  private readonly warnings = new Set<string>();
  private readonly fitted: Message[] = [];
  /** Of the last one, which neighbours are added to: a thousand of them must not be copied a thousand times. */
  private lastContent: ContentPart[] = [];
  /** Ids of calls as they are written. */
  private readonly usedIds = new Set<string>();
  /** How often an id was asked for. */
  private readonly idCounts = new Map<string, number>();

  constructor(rules: HistoryRules) {
    this.rules = rules;
  }

  fit(messages: readonly Message[]): FittedHistory {
    for (const turn of turnsOf(this.cleaned(messages))) this.addTurn(turn);
    if (this.rules.startsWithUser) this.open();
    return { messages: this.fitted, warnings: [...this.warnings] };
  }

  /** Messages without empty parts, none of them empty, system text where it may stand. */
  private cleaned(messages: readonly Message[]): Message[] {
    const kept: Message[] = [];
    let isLeading = true;
    for (const message of messages) {
      const content = message.content.flatMap((part) => this.cleanedPart(part));
      if (content.length === 0) continue;
      const isSystem = message.role === 'system' || message.role === 'developer';
      if (!isSystem) isLeading = false;
      if (isSystem && !isLeading && this.rules.systemText === 'first-only') {
        this.warnings.add(WARNINGS.system);
        kept.push({ role: 'user', content: content.map(reminder) });
      } else kept.push({ ...message, content });
    }
    return kept;
  }

  private cleanedPart(part: ContentPart): readonly ContentPart[] {
    switch (part.type) {
      case 'text':
        if (part.text.trim() !== '') return [part];
        if (part.text !== '') this.warnings.add(WARNINGS.empty);
        return [];
      case 'refusal':
        return part.text === '' ? [] : [part];
      case 'reasoning':
        return part.text === '' && part.seal === undefined ? [] : [part];
      case 'tool-result': {
        // Whitespace stays: it is what the tool said.
        const content = part.content.filter((inner) => inner.type !== 'text' || inner.text !== '');
        return [{ ...part, content }];
      }
      default:
        return [part];
    }
  }

  private addTurn(turn: Turn): void {
    const { pairsToolCalls } = this.rules;
    const results = pairsToolCalls ? resultsOf(turn) : new Map<string, ToolResult[]>();
    /** Results that stand behind their calls already. */
    const placed = new Set<ContentPart>();
    for (const answer of this.merged(turn.answers)) {
      const [content, pairs] = this.withOwnIds(answer.content, results, placed);
      const withoutResults = pairsToolCalls ? content.filter((part) => part.type !== 'tool-result') : content;
      this.add({ ...answer, content: withoutResults });
      if (pairs.length > 0) this.add({ role: 'tool', content: pairs });
    }
    const strays = turn.answers.flatMap((answer) => answer.content.filter(isToolResult));
    if (pairsToolCalls) this.addReply({ role: 'user', content: strays }, placed);
    for (const reply of turn.replies) this.addReply(reply, placed);
  }

  private merged(answers: readonly Message[]): readonly Message[] {
    const [first] = answers;
    if (first === undefined || !this.rules.mergesNeighbours) return answers;
    return [{ ...first, content: answers.flatMap((answer) => answer.content) }];
  }

  /** The parts of an answer with its calls' ids as they are written, and the result of each call. */
  private withOwnIds(
    content: readonly ContentPart[],
    results: ReadonlyMap<string, ToolResult[]>,
    placed: Set<ContentPart>,
  ): readonly [ContentPart[], ToolResult[]] {
    const pairs: ToolResult[] = [];
    const parts = content.map((part) => {
      if (part.type !== 'tool-call') return part;
      if (!this.rules.pairsToolCalls) return { ...part, callId: this.writtenId(part.callId) };
      const callId = this.newId(part);
      const result = results.get(part.callId)?.shift();
      if (result === undefined) this.warnings.add(WARNINGS.missing);
      else placed.add(result);
      pairs.push(
        result === undefined
          ? { type: 'tool-result', callId, content: [NO_RESULT], isError: true }
          : { ...result, callId },
      );
      return { ...part, callId };
    });
    return [parts, pairs];
  }

  /** What of a reply is not behind its call yet. */
  private addReply(reply: Message, placed: ReadonlySet<ContentPart>): void {
    const rest: ContentPart[] = [];
    const role = reply.role === 'tool' ? 'user' : reply.role;
    const flush = (): void => {
      if (rest.length > 0) this.add({ ...reply, role, content: rest.splice(0) });
    };
    for (const part of reply.content) {
      if (part.type !== 'tool-result') rest.push(part);
      else if (!this.rules.pairsToolCalls) {
        flush();
        this.add({ role: 'tool', content: [{ ...part, callId: this.writtenId(part.callId) }] });
      } else if (!placed.has(part)) {
        this.warnings.add(WARNINGS.stray);
        for (const said of strayText(part)) rest.push(said);
      }
    }
    flush();
  }

  private add(message: Message): void {
    const { mergesNeighbours, toolResultsAreUser } = this.rules;
    if (message.content.length === 0) return;
    const role = message.role === 'tool' && toolResultsAreUser ? 'user' : message.role;
    const last = this.fitted.at(-1);
    if (!mergesNeighbours || last?.role !== role) {
      this.lastContent = [...message.content];
      this.fitted.push({ ...message, role, content: this.lastContent });
      return;
    }
    for (const part of message.content) this.lastContent.push(part);
    const { name, ...rest } = last;
    const hasName = name !== undefined && name === message.name;
    if (hasName || (name ?? message.name) === undefined) return;
    this.warnings.add(WARNINGS.name);
    this.fitted[this.fitted.length - 1] = rest;
  }

  private open(): void {
    const first = this.fitted.findIndex(({ role }) => role !== 'system' && role !== 'developer');
    if (first !== -1 && this.fitted[first]?.role === 'user') return;
    this.fitted.splice(first === -1 ? this.fitted.length : first, 0, OPENING);
    this.warnings.add(WARNINGS.opening);
  }

  /** An id that no call before this one has; the second one of the same id gets a number behind it. */
  private newId(call: ToolCall): string {
    const wanted = call.callId === '' ? 'call' : call.callId;
    let id = this.writtenId(wanted);
    let count = this.idCounts.get(wanted) ?? 1;
    while (this.usedIds.has(id)) {
      if (call.callId !== '') this.warnings.add(WARNINGS.duplicate);
      count += 1;
      id = this.writtenId(`${wanted}_${count}`);
    }
    this.idCounts.set(wanted, count);
    this.usedIds.add(id);
    return id;
  }

  private writtenId(id: string): string {
    return this.rules.callId?.(id) ?? id;
  }
}

function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [{ answers: [], replies: [] }];
  for (const message of messages) {
    const last = turns.at(-1);
    const isAnswer = message.role === 'assistant';
    if (last === undefined || (isAnswer && last.replies.length > 0)) {
      turns.push({ answers: [message], replies: [] });
    } else (isAnswer ? last.answers : last.replies).push(message);
  }
  return turns;
}

/** The results in a turn by the id of their call, in order: equal ids are told apart by it. */
function resultsOf(turn: Turn): Map<string, ToolResult[]> {
  const results = new Map<string, ToolResult[]>();
  for (const part of [...turn.answers, ...turn.replies].flatMap(({ content }) => content)) {
    if (part.type !== 'tool-result') continue;
    const same = results.get(part.callId);
    if (same === undefined) results.set(part.callId, [part]);
    else same.push(part);
  }
  return results;
}

function isToolResult(part: ContentPart): part is ToolResult {
  return part.type === 'tool-result';
}

function reminder(part: ContentPart): ContentPart {
  if (part.type !== 'text') return part;
  return { type: 'text', text: `<system-reminder>\n${part.text}\n</system-reminder>` };
}

function strayText(result: ToolResult): readonly ContentPart[] {
  const call = result.callId === '' ? 'an unknown tool call' : `the tool call ${result.callId}`;
  const visible = result.content.filter((part) => part.type !== 'text' || part.text.trim() !== '');
  return [{ type: 'text', text: `(result of ${call}, which is not part of this conversation)` }, ...visible];
}
