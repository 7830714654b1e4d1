// Events -> a complete Anthropic message (https://platform.claude.com/docs/en/api/messages, checked 2026-11-21; held
// against recorded answers through the official SDK). Blocks stand in the order in which they began.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import { NO_USAGE } from '../../conversation/usage.ts';
import type { JsonObject } from '../../util/json.ts';
import { wrapTextInput } from '../custom-tools.ts';
import type { AnswerIdentity } from '../dialect.ts';
import { parseExactObject } from '../exact-json.ts';
import { encodeFinishReason } from './finish-reason.ts';
import { type ThinkingProof, thinkingProof } from './thinking-proof.ts';
import { encodeToolId } from './tool-ids.ts';
import { encodeUsage } from './usage.ts';

interface Block {
  readonly kind: 'text' | 'thinking' | 'tool';
  text: string;
  readonly callId: string;
  readonly name: string;
  readonly isText: boolean;
  proof: ThinkingProof | undefined;
}

interface Answer {
  /** In the order they began; by part id. */
  readonly blocks: Map<string, Block>;
  refusal: string;
  end: Extract<StreamEvent, { type: 'choice-end' }> | undefined;
  usage: JsonObject;
}

export function encodeResponse(events: readonly StreamEvent[], identity: AnswerIdentity): JsonObject {
  const answer: Answer = { blocks: new Map(), refusal: '', end: undefined, usage: encodeUsage(NO_USAGE) };
  for (const event of events) {
    if ('choice' in event && event.choice !== 0) continue; // there is one answer here, see lossOf
    collect(answer, event, identity.maker);
  }
  const blocks = [...answer.blocks.values()];
  const content = {
    hasToolUse: blocks.some(({ kind }) => kind === 'tool'),
    hasRefusal: answer.refusal !== '',
  };
  return {
    ...messageHead(identity),
    content: blocks.flatMap(encodeBlock),
    stop_reason: encodeFinishReason(answer.end, content),
    stop_sequence: null,
    stop_details: refusalDetails(answer.refusal),
    usage: answer.usage,
  };
}

/** What a message has before its content; the same in a message_start. */
export function messageHead({ responseId, responseModel }: AnswerIdentity): JsonObject {
  return { id: `msg_${responseId}`, type: 'message', role: 'assistant', model: responseModel };
}

/** A refusal is told twice, as text for whoever reads and here for programs. */
export function refusalDetails(refusal: string): JsonObject | null {
  return refusal === '' ? null : { type: 'refusal', category: null, explanation: refusal };
}

function collect(answer: Answer, event: StreamEvent, maker: string | undefined): void {
  const { blocks } = answer;
  switch (event.type) {
    case 'text-start':
      begin(blocks, event.id, 'text');
      break;
    case 'reasoning-start':
      begin(blocks, event.id, 'thinking');
      break;
    case 'tool-input-start':
      begin(blocks, event.id, 'tool', event);
      break;
    case 'refusal-delta':
      answer.refusal += event.delta;
      if (!blocks.has(event.id)) begin(blocks, event.id, 'text');
      add(blocks, event.id, event.delta);
      break;
    case 'text-delta':
    case 'reasoning-delta':
    case 'tool-input-delta':
      add(blocks, event.id, event.delta);
      break;
    case 'reasoning-end': {
      const block = blocks.get(event.id);
      if (block !== undefined) block.proof = thinkingProof(event.seal, maker);
      break;
    }
    case 'choice-end':
      answer.end = event;
      break;
    case 'usage':
      answer.usage = encodeUsage(event.usage);
      break;
    default:
      break;
  }
}

function begin(
  blocks: Map<string, Block>,
  id: string,
  kind: Block['kind'],
  call?: { readonly callId: string; readonly name: string; readonly isText?: boolean },
): void {
  const { callId = '', name = '', isText = false } = call ?? {};
  blocks.set(id, { kind, text: '', callId, name, isText, proof: undefined });
}

function add(blocks: Map<string, Block>, id: string, delta: string): void {
  const block = blocks.get(id);
  if (block !== undefined) block.text += delta;
}

/** Blocks without content are left out: Anthropic refuses them in a history. */
function encodeBlock(block: Block): readonly JsonObject[] {
  const { kind, text, proof } = block;
  if (kind === 'tool') {
    const { callId, name, isText } = block;
    const input = inputObject(isText ? wrapTextInput(text) : text);
    return [{ type: 'tool_use', id: encodeToolId(callId), name, input }];
  }
  if (kind === 'text') return text === '' ? [] : [{ type: 'text', text }];
  if (proof !== undefined && proof.redactedData !== '') {
    return [{ type: 'redacted_thinking', data: proof.redactedData }];
  }
  const signature = proof?.signature ?? '';
  return text === '' && signature === '' ? [] : [{ type: 'thinking', thinking: text, signature }];
}

/**
 * Here an input must be an object. A model's text that is none (torn by a limit, or wrong) is handed on under the name
 * that Anthropic gives such text, so that the tool refuses it and the model sees what it wrote:
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming (checked 2026-11-21).
 */
function inputObject(text: string): JsonObject {
  if (text === '') return {};
  return parseExactObject(text) ?? { INVALID_JSON: text };
}
