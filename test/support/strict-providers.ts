// Providers that check what they signed: a seal is an HMAC over the model, everything in front of it in the request and
// the thought itself, so a seal that is foreign, altered, moved, or behind a changed prefix is refused. One per dialect.
// Written from the vendors' rules and not with the codecs, so that a mistake there is not made here too.

import { createHash, createHmac } from 'node:crypto';

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  stringOf,
} from '../../daemon/util/json.ts';

/** What an answer is made of. `blob`: text of a recorded seal, which the issued one carries along. */
export type Piece =
  | { readonly type: 'thought' | 'redacted'; readonly text: string; readonly blob?: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly callId: string; readonly name: string; readonly args: JsonObject };

/** One unit of a conversation as a provider reads it. */
interface Unit {
  readonly text: string;
  readonly seal?: string;
  /** What of the thought its seal covers. */
  readonly thought?: string;
}

export interface StrictProvider {
  readonly dialect: UpstreamDialectId;
  readonly upstreamModel: string;
  /** Why the request is refused; undefined = it is fine. */
  refusalOf(body: JsonObject): string | undefined;
  /** Seals in a request, in order. */
  sealsIn(body: JsonObject): readonly string[];
  /** A plain answer on the wire, and the seals that stand in it. */
  answer(body: JsonObject, pieces: readonly Piece[]): Answered;
}

export interface Answered {
  readonly body: JsonObject;
  readonly seals: readonly string[];
  /** Seals that stand in front of everything else of the answer. */
  readonly leadingSeals: readonly string[];
}

/** How the daemon's own envelopes begin: "pointsman." in base64, whatever the version. */
const ENVELOPE = 'cG9pbnRzbWFuL';

/** SHA-256 in base64. */
const HMAC_CHARS = 44;

abstract class Provider implements StrictProvider {
  abstract readonly dialect: UpstreamDialectId;
  readonly upstreamModel: string;

  constructor(upstreamModel: string) {
    this.upstreamModel = upstreamModel;
  }

  refusalOf(body: JsonObject): string | undefined {
    if (body['model'] !== undefined && body['model'] !== this.upstreamModel) return 'it is for another model';
    if (JSON.stringify(body).includes(ENVELOPE)) return 'an envelope reached a provider';
    let state = '';
    for (const [index, unit] of this.units(body).entries()) {
      const blob = unit.seal?.slice(HMAC_CHARS) ?? '';
      if (unit.seal !== undefined && unit.seal !== this.sign(state, unit.thought ?? '', blob)) {
        return `invalid signature in unit ${index}: ${JSON.stringify(unit)}`;
      }
      state = advance(state, unit);
    }
    return this.ruleBrokenBy(body);
  }

  sealsIn(body: JsonObject): readonly string[] {
    return this.units(body).flatMap(({ seal }) => (seal === undefined ? [] : [seal]));
  }

  answer(body: JsonObject, pieces: readonly Piece[]): Answered {
    let state = this.units(body).reduce(advance, '');
    const seals: string[] = [];
    const blocks: JsonObject[] = [];
    let leadingCount: number | undefined;
    for (const [index, piece] of pieces.entries()) {
      const thought = this.covered(piece, pieces[index + 1]);
      const blob = 'blob' in piece ? piece.blob : undefined;
      const seal = thought === undefined ? undefined : this.sign(state, thought, blob);
      if (seal !== undefined) seals.push(seal);
      const block = this.block(piece, seal);
      if (block === undefined) continue;
      if (piece.type === 'text' || piece.type === 'call') leadingCount ??= seals.length;
      blocks.push(block);
      state = this.blockUnits(block, 'assistant').reduce(advance, state);
    }
    return { body: this.render(blocks), seals, leadingSeals: seals.slice(0, leadingCount) };
  }

  private sign(state: string, thought: string, blob = ''): string {
    const hmac = createHmac('sha256', this.upstreamModel).update(`${state}\0${thought}\0${blob}`);
    return hmac.digest('base64') + blob;
  }

  /** What the seal of this piece covers; undefined = it has none. */
  protected covered(piece: Piece, _next: Piece | undefined): string | undefined {
    return piece.type === 'thought' || piece.type === 'redacted' ? piece.text : undefined;
  }

  protected abstract units(body: JsonObject): Unit[];
  protected abstract ruleBrokenBy(body: JsonObject): string | undefined;
  protected abstract block(piece: Piece, seal: string | undefined): JsonObject | undefined;
  protected abstract blockUnits(block: JsonObject, role: string): Unit[];
  protected abstract render(blocks: readonly JsonObject[]): JsonObject;
}

/** Thinking blocks: https://platform.claude.com/docs/en/build-with-claude/preserved-thinking (checked 2026-11-21). */
export class StrictAnthropic extends Provider {
  readonly dialect = 'anthropic-messages';

  protected units(body: JsonObject): Unit[] {
    return [
      { text: canonical(body['tools'] ?? []) },
      { text: canonical(blocksOf(body['system'])) },
      ...objects(body['messages']).flatMap((message) =>
        blocksOf(message['content']).flatMap((block) =>
          this.blockUnits(block, stringOf(message['role']) ?? ''),
        ),
      ),
    ];
  }

  protected blockUnits(block: JsonObject, role: string): Unit[] {
    switch (block['type']) {
      case 'thinking':
        return [{ text: 'thinking', seal: text(block['signature']), thought: text(block['thinking']) }];
      case 'redacted_thinking':
        // Nothing but the data stands on the wire, so the data carries its own text here.
        return [{ text: 'redacted', seal: text(block['data']), thought: '' }];
      default:
        return [{ text: `${role} ${canonical(block)}` }];
    }
  }

  protected override covered(piece: Piece): string | undefined {
    if (piece.type === 'redacted') return '';
    return piece.type === 'thought' ? piece.text : undefined;
  }

  protected ruleBrokenBy(body: JsonObject): string | undefined {
    const messages = objects(body['messages']);
    if (messages[0]?.['role'] !== 'user') return 'the first message is not the user’s';
    for (const [index, message] of messages.entries()) {
      const blocks = blocksOf(message['content']);
      if (blocks.length === 0) return `messages.${index} is empty`;
      if (blocks.some((block) => block['type'] === 'text' && text(block['text']) === '')) {
        return `messages.${index} has an empty text`;
      }
      if (message['role'] === 'assistant' && isThought(blocks.at(-1))) {
        return `messages.${index} ends in a thought`;
      }
      const next = messages[index + 1];
      const calls = blocks.flatMap((block) => (block['type'] === 'tool_use' ? [block['id']] : []));
      const results = new Set(blocksOf(next?.['content']).map((block) => block['tool_use_id']));
      if (calls.some((id) => !results.has(id))) return `messages.${index} has a call without a result`;
      if (message['role'] === next?.['role']) return `messages.${index} and the next have one role`;
    }
    return this.thoughtMissingIn(body, messages);
  }

  /** While thinking is enabled by a budget, a turn that is still under way must have begun with a thought. */
  private thoughtMissingIn(body: JsonObject, messages: readonly JsonObject[]): string | undefined {
    if (objectOf(body['thinking'])?.['type'] !== 'enabled') return undefined;
    const isAsk = ({ role, content }: JsonObject): boolean =>
      role === 'user' && blocksOf(content).every(({ type }) => type !== 'tool_result');
    const turn = messages.slice(messages.findLastIndex(isAsk) + 1);
    const first = turn.find(({ role }) => role === 'assistant');
    if (first === undefined || isThought(blocksOf(first['content'])[0])) return undefined;
    return 'thinking is enabled, and the turn under way does not begin with a thought';
  }

  protected block(piece: Piece, seal = ''): JsonObject {
    switch (piece.type) {
      case 'thought':
        return { type: 'thinking', thinking: piece.text, signature: seal };
      case 'redacted':
        return { type: 'redacted_thinking', data: seal };
      case 'text':
        return { type: 'text', text: piece.text };
      default:
        return { type: 'tool_use', id: piece.callId, name: piece.name, input: piece.args };
    }
  }

  protected render(content: readonly JsonObject[]): JsonObject {
    const hasCall = content.some(({ type }) => type === 'tool_use');
    return {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: this.upstreamModel,
      content,
      stop_reason: hasCall ? 'tool_use' : 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 5 },
    };
  }
}

/** Reasoning items: https://platform.openai.com/docs/guides/reasoning (checked 2026-11-21). */
export class StrictResponses extends Provider {
  readonly dialect = 'openai-responses';

  protected units(body: JsonObject): Unit[] {
    const { input } = body;
    const items = typeof input === 'string' ? [{ role: 'user', content: input }] : objects(input);
    return [
      { text: text(body['instructions']) },
      ...items.flatMap((item) => this.blockUnits(item, text(item['role']))),
    ];
  }

  protected blockUnits(item: JsonObject, role: string): Unit[] {
    switch (item['type']) {
      case 'reasoning':
        return [{ text: 'reasoning', seal: text(item['encrypted_content']), thought: '' }];
      case 'function_call':
        return [{ text: canonical(['call', item['call_id'] ?? '', item['name'] ?? '', argumentsOf(item)]) }];
      case 'function_call_output':
        return [{ text: canonical(['result', item['call_id'] ?? '', item['output'] ?? '']) }];
      default:
        return partsOf(item['content']).map((part) => ({ text: `${role} ${text(part['text'])}` }));
    }
  }

  protected override covered(piece: Piece): string | undefined {
    return piece.type === 'thought' || piece.type === 'redacted' ? '' : undefined;
  }

  protected ruleBrokenBy(body: JsonObject): string | undefined {
    const items = objects(body['input']);
    for (const [index, item] of items.entries()) {
      if (item['type'] !== 'reasoning') continue;
      const { id } = item;
      if (id !== undefined && id !== itemId(text(item['encrypted_content']))) {
        return `input.${index}: the encrypted content is of another item`;
      }
      const next = items.slice(index + 1).find(({ type }) => type !== 'reasoning');
      const isAnswer = next?.['type'] === 'function_call' || next?.['role'] === 'assistant';
      if (!isAnswer) return `input.${index}: a reasoning item without its required following item`;
    }
    const results = new Set(
      items.flatMap((item) => (item['type'] === 'function_call_output' ? [item['call_id']] : [])),
    );
    const lonely = items.find((item) => item['type'] === 'function_call' && !results.has(item['call_id']));
    return lonely === undefined ? undefined : 'a call has no output';
  }

  protected block(piece: Piece, seal = ''): JsonObject {
    switch (piece.type) {
      case 'thought':
      case 'redacted': {
        const summary = piece.type === 'thought' ? [{ type: 'summary_text', text: piece.text }] : [];
        return { id: itemId(seal), type: 'reasoning', summary, encrypted_content: seal };
      }
      case 'text':
        return {
          id: 'msg_1',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: piece.text, annotations: [] }],
        };
      default:
        return {
          id: `fc_${piece.callId}`,
          type: 'function_call',
          status: 'completed',
          call_id: piece.callId,
          name: piece.name,
          arguments: JSON.stringify(piece.args),
        };
    }
  }

  protected render(output: readonly JsonObject[]): JsonObject {
    return {
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      status: 'completed',
      model: this.upstreamModel,
      output,
      error: null,
      incomplete_details: null,
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    };
  }
}

/** `reasoning_details`: https://openrouter.ai/docs/use-cases/reasoning-tokens (checked 2026-11-21). */
export class StrictOpenRouter extends Provider {
  readonly dialect = 'openai-chat';

  protected units(body: JsonObject): Unit[] {
    return objects(body['messages']).flatMap((message) => [
      ...objects(message['reasoning_details']).flatMap((detail) => this.detailUnits(detail)),
      ...partsOf(message['content']).map((part) => ({
        text: `${text(message['role'])} ${text(message['tool_call_id'])} ${canonical(part)}`,
      })),
      ...objects(message['tool_calls']).map((call) => ({
        text: canonical(['call', call['id'] ?? '', argumentsOf(objectOf(call['function']) ?? {})]),
      })),
    ]);
  }

  /** The wire has one place for all details of a message, in front of the rest. */
  override answer(body: JsonObject, pieces: readonly Piece[]): Answered {
    const order = { thought: 0, redacted: 0, text: 1, call: 2 };
    return super.answer(
      body,
      pieces.toSorted((a, b) => order[a.type] - order[b.type]),
    );
  }

  private detailUnits(detail: JsonObject): Unit[] {
    const [signature, data] = [stringOf(detail['signature']), stringOf(detail['data'])];
    if (signature !== undefined) return [{ text: 'detail', seal: signature, thought: text(detail['text']) }];
    return data === undefined ? [] : [{ text: 'detail', seal: data, thought: '' }];
  }

  protected override covered(piece: Piece): string | undefined {
    if (piece.type === 'redacted') return '';
    return piece.type === 'thought' ? piece.text : undefined;
  }

  protected blockUnits(block: JsonObject): Unit[] {
    return this.units({ messages: [{ role: 'assistant', ...block }] });
  }

  protected ruleBrokenBy(): string | undefined {
    return undefined;
  }

  protected block(piece: Piece, seal = ''): JsonObject {
    switch (piece.type) {
      case 'thought':
        return {
          reasoning_details: [{ type: 'reasoning.text', text: piece.text, signature: seal, index: 0 }],
        };
      case 'redacted':
        return { reasoning_details: [{ type: 'reasoning.encrypted', data: seal, index: 0 }] };
      case 'text':
        return { content: piece.text };
      default: {
        const called = { name: piece.name, arguments: JSON.stringify(piece.args) };
        return { tool_calls: [{ id: piece.callId, type: 'function', function: called }] };
      }
    }
  }

  protected render(blocks: readonly JsonObject[]): JsonObject {
    const details = blocks.flatMap((block) => objects(block['reasoning_details']));
    const calls = blocks.flatMap((block) => objects(block['tool_calls']));
    const said = blocks.map((block) => text(block['content'])).join('');
    const message = {
      role: 'assistant',
      content: said === '' ? null : said,
      ...(details.length === 0
        ? {}
        : { reasoning: details.map((detail) => text(detail['text'])).join(''), reasoning_details: details }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    return chatAnswer(this.upstreamModel, message, calls.length > 0);
  }
}

/** Thinks aloud and signs nothing, as DeepSeek does; takes no details of anybody. */
export class PlainChat extends Provider {
  readonly dialect = 'openai-chat';

  protected units(): Unit[] {
    return [];
  }

  protected blockUnits(): Unit[] {
    return [];
  }

  protected override covered(): string | undefined {
    return undefined;
  }

  protected ruleBrokenBy(body: JsonObject): string | undefined {
    const hasDetails = objects(body['messages']).some(
      (message) => message['reasoning_details'] !== undefined,
    );
    return hasDetails ? 'reasoning_details is not known here' : undefined;
  }

  protected block(piece: Piece): JsonObject | undefined {
    switch (piece.type) {
      case 'thought':
        return { reasoning_content: piece.text };
      case 'redacted':
        return undefined;
      case 'text':
        return { content: piece.text };
      default: {
        const called = { name: piece.name, arguments: JSON.stringify(piece.args) };
        return { tool_calls: [{ id: piece.callId, type: 'function', function: called }] };
      }
    }
  }

  protected render(blocks: readonly JsonObject[]): JsonObject {
    const calls = blocks.flatMap((block) => objects(block['tool_calls']));
    const joined = (field: string): string => blocks.map((block) => text(block[field])).join('');
    const message = {
      role: 'assistant',
      content: joined('content') === '' ? null : joined('content'),
      ...(joined('reasoning_content') === '' ? {} : { reasoning_content: joined('reasoning_content') }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    return chatAnswer(this.upstreamModel, message, calls.length > 0);
  }
}

/** Signed parts: https://ai.google.dev/gemini-api/docs/thought-signatures (checked 2026-11-21). */
export class StrictGoogle extends Provider {
  readonly dialect = 'google-generate';

  protected units(body: JsonObject): Unit[] {
    return [
      { text: canonical(partsOf(objectOf(body['systemInstruction'])?.['parts'])) },
      ...objects(body['contents']).flatMap((content) =>
        partsOf(content['parts']).flatMap((part) => this.blockUnits(part, text(content['role']))),
      ),
    ];
  }

  /** Thoughts themselves are shown and not read back. */
  protected blockUnits(part: JsonObject, role: string): Unit[] {
    const { thoughtSignature, ...rest } = part;
    const seal = stringOf(thoughtSignature);
    if (rest['thought'] === true && seal === undefined) return [];
    const speaker = role === 'user' ? 'user' : 'model';
    const unit = { text: `${speaker} ${canonical(withoutIds(rest))}` };
    const isSigned = seal !== undefined && !PLACEHOLDERS.has(seal);
    return [isSigned ? { ...unit, seal, thought: canonical(withoutIds(rest)) } : unit];
  }

  /** A thought's proof stands on what follows it: the first call, or the text. */
  protected override covered(piece: Piece): string | undefined {
    return piece.type === 'call' || piece.type === 'text'
      ? canonical(withoutIds(this.block(piece) ?? {}))
      : undefined;
  }

  protected ruleBrokenBy(body: JsonObject): string | undefined {
    const contents = objects(body['contents']);
    const isAsk = (content: JsonObject): boolean =>
      content['role'] === 'user' &&
      partsOf(content['parts']).some((part) => part['functionResponse'] === undefined);
    const turn = contents.slice(contents.findLastIndex(isAsk) + 1);
    for (const content of turn) {
      const call = partsOf(content['parts']).find((part) => part['functionCall'] !== undefined);
      if (call !== undefined && text(call['thoughtSignature']) === '') {
        return 'a function call of this turn is missing its thought signature';
      }
    }
    return contents.some((content) => partsOf(content['parts']).length === 0) ? 'empty parts' : undefined;
  }

  protected block(piece: Piece, seal?: string): JsonObject | undefined {
    const proof = seal === undefined ? {} : { thoughtSignature: seal };
    switch (piece.type) {
      case 'thought':
        return { text: piece.text, thought: true };
      case 'redacted':
        return undefined;
      case 'text':
        return { text: piece.text, ...proof };
      default:
        return { functionCall: { name: piece.name, args: piece.args, id: piece.callId }, ...proof };
    }
  }

  protected render(parts: readonly JsonObject[]): JsonObject {
    return {
      candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
      modelVersion: this.upstreamModel,
      responseId: 'g_1',
    };
  }
}

/** Google's documented texts for calls that none of its models made. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  'skip_thought_signature_validator',
  'context_engineering_is_the_way_to_go',
]);

function chatAnswer(model: string, message: JsonObject, hasCalls: boolean): JsonObject {
  return {
    id: 'chatcmpl_1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message, finish_reason: hasCalls ? 'tool_calls' : 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

function advance(state: string, { text: said, seal = '' }: Unit): string {
  return createHash('sha256').update(`${state}\0${said}\0${seal}`).digest('base64url');
}

function itemId(seal: string): string {
  return `rs_${createHash('sha256').update(seal).digest('hex').slice(0, 16)}`;
}

/** JSON with sorted keys, without marks for the prompt cache. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (key, member: unknown) => {
    if (key === 'cache_control') return undefined;
    const object = objectOf(member);
    return object === undefined
      ? member
      : Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Ids of Google's calls are optional, and made up where a client needs them. */
function withoutIds(part: JsonObject): JsonObject {
  const strip = (value: JsonValue | undefined): JsonObject => {
    const { id: _, ...rest } = objectOf(value) ?? {};
    return rest;
  };
  return {
    ...part,
    ...(part['functionCall'] === undefined ? {} : { functionCall: strip(part['functionCall']) }),
    ...(part['functionResponse'] === undefined ? {} : { functionResponse: strip(part['functionResponse']) }),
  };
}

function argumentsOf(call: JsonObject): JsonValue {
  return JSON.parse(text(call['arguments']) || '{}') as JsonValue;
}

function blocksOf(content: JsonValue | undefined): readonly JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return objects(content);
}

function partsOf(content: JsonValue | undefined): readonly JsonObject[] {
  return blocksOf(content);
}

function isThought(block: JsonObject | undefined): boolean {
  return block?.['type'] === 'thinking' || block?.['type'] === 'redacted_thinking';
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return arrayOf(value).filter(isJsonObject);
}

function text(value: JsonValue | undefined): string {
  return stringOf(value) ?? '';
}
