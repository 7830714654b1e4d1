// Events -> a complete GenerateContentResponse (https://ai.google.dev/api/generate-content, checked 2026-11-21; held
// against recorded answers). The parts are those of a stream, neighbouring texts joined.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import type { JsonObject } from '../../util/json.ts';
import type { AnswerIdentity } from '../dialect.ts';
import { CandidateWriter } from './candidate-writer.ts';
import { encodeFinishReason } from './finish-reason.ts';
import { encodeUsage } from './usage.ts';

interface Candidate {
  readonly writer: CandidateWriter;
  readonly parts: JsonObject[];
  finishReason: string;
}

export function encodeResponse(events: readonly StreamEvent[], identity: AnswerIdentity): JsonObject {
  const candidates = new Map<number, Candidate>();
  let usage: JsonObject | undefined;
  for (const event of events) {
    if (event.type === 'usage') usage = encodeUsage(event.usage);
    if (!('choice' in event)) continue;
    const candidate = candidateOf(candidates, event.choice, identity);
    append(candidate.parts, candidate.writer.push(event));
    if (event.type === 'choice-end') {
      append(candidate.parts, candidate.writer.end());
      candidate.finishReason = encodeFinishReason(event.finishReason, candidate.writer.hasRefusal);
    }
  }
  return {
    candidates: [...candidates]
      .sort(([a], [b]) => a - b)
      .map(([index, { parts, finishReason }]) => ({
        content: { parts, role: 'model' },
        finishReason,
        index,
      })),
    ...(usage === undefined ? {} : { usageMetadata: usage }),
    ...answerHead(identity),
  };
}

/** What every chunk of an answer repeats. */
export function answerHead({ responseId, responseModel, createdAtS }: AnswerIdentity): JsonObject {
  const createTime = new Date(createdAtS * 1000).toISOString();
  return { modelVersion: responseModel, createTime, responseId };
}

function candidateOf(candidates: Map<number, Candidate>, index: number, identity: AnswerIdentity): Candidate {
  const known = candidates.get(index);
  if (known !== undefined) return known;
  const candidate = { writer: new CandidateWriter(identity), parts: [], finishReason: 'STOP' };
  candidates.set(index, candidate);
  return candidate;
}

function append(parts: JsonObject[], added: readonly JsonObject[]): void {
  for (const part of added) {
    const last = parts.at(-1);
    const joined = last === undefined ? undefined : joinedTexts(last, part);
    if (joined === undefined) parts.push(part);
    else parts[parts.length - 1] = joined;
  }
}

/** A signature starts a part of its own, but for the one that closes the readable thought in front of it. */
function joinedTexts(last: JsonObject, part: JsonObject): JsonObject | undefined {
  const { text: before, thought, thoughtSignature } = last;
  const { text: behind } = part;
  if (typeof before !== 'string' || typeof behind !== 'string' || thought !== part['thought'])
    return undefined;
  if (thought === true && thoughtSignature !== undefined) return undefined;
  const isClosing = thought === true && behind === '';
  if (part['thoughtSignature'] !== undefined && !isClosing) return undefined;
  return { ...last, ...part, text: before + behind };
}
