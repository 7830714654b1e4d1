// Events -> server-sent GenerateContentResponse chunks (https://ai.google.dev/api/generate-content, checked 2026-11-21;
// held against recorded streams). There is no terminator: the chunk with the finish reasons is the last one, and usage
// stands in it.

import type { StreamEvent } from '../../conversation/stream-event.ts';
import type { TokenUsage } from '../../protocol/vocabulary.ts';
import type { JsonObject } from '../../util/json.ts';
import type { AnswerIdentity, StreamEncoder } from '../dialect.ts';
import { writeSseEvent } from '../sse-writer.ts';
import { CandidateWriter } from './candidate-writer.ts';
import { answerHead } from './encode-response.ts';
import { encodeFinishReason } from './finish-reason.ts';
import { encodeUsage } from './usage.ts';

export function createStreamEncoder(identity: AnswerIdentity): StreamEncoder {
  return new ChunkEncoder(identity);
}

class ChunkEncoder implements StreamEncoder {
  private readonly identity: AnswerIdentity;
  private readonly writers = new Map<number, CandidateWriter>();
  /** Ended candidates, which wait for the usage. */
  private readonly ended: JsonObject[] = [];
  private usage: TokenUsage | undefined;

  constructor(identity: AnswerIdentity) {
    this.identity = identity;
  }

  push(event: StreamEvent): string {
    if (event.type === 'usage') this.usage = event.usage;
    if (!('choice' in event)) return '';
    const writer = this.writerOf(event.choice);
    if (event.type !== 'choice-end') return this.chunks(event.choice, writer.push(event));
    const [last = { text: '' }, ...before] = writer.end().toReversed();
    const finishReason = encodeFinishReason(event.finishReason, writer.hasRefusal);
    this.ended.push({ ...candidateOf(event.choice, last), finishReason });
    return this.chunks(event.choice, before.toReversed());
  }

  end(metadata: JsonObject | undefined): string {
    const chunk = {
      candidates: this.ended,
      ...(this.usage === undefined ? {} : { usageMetadata: encodeUsage(this.usage) }),
      ...answerHead(this.identity),
      ...(metadata === undefined ? {} : { _pointsman: metadata }),
    };
    return writeSseEvent(JSON.stringify(chunk));
  }

  private chunks(choice: number, parts: readonly JsonObject[]): string {
    const head = answerHead(this.identity);
    return parts
      .map((part) => writeSseEvent(JSON.stringify({ candidates: [candidateOf(choice, part)], ...head })))
      .join('');
  }

  private writerOf(choice: number): CandidateWriter {
    const known = this.writers.get(choice);
    if (known !== undefined) return known;
    const writer = new CandidateWriter(this.identity);
    this.writers.set(choice, writer);
    return writer;
  }
}

function candidateOf(index: number, part: JsonObject): JsonObject {
  return { content: { parts: [part], role: 'model' }, index };
}
