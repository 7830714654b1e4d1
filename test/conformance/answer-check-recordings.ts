// The complete answers of the recordings, with the requests that they answer, as an answer check sees them.

import { lastAsk } from '../../daemon/classify/last-ask.ts';
import type { ConversationRequest } from '../../daemon/conversation/request.ts';
import type { StreamEvent } from '../../daemon/conversation/stream-event.ts';
import { anthropicMessages } from '../../daemon/dialects/anthropic-messages/dialect.ts';
import type { Dialect } from '../../daemon/dialects/dialect.ts';
import { googleGenerate } from '../../daemon/dialects/google-generate/dialect.ts';
import { openAiChat } from '../../daemon/dialects/openai-chat/dialect.ts';
import { openAiResponses } from '../../daemon/dialects/openai-responses/dialect.ts';
import { createSseParser } from '../../daemon/dialects/sse-parser.ts';
import { isJsonObject } from '../../daemon/util/json.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { type Exchange, loadExchanges } from './wire-fixtures.ts';

const DIALECTS: readonly Dialect[] = [openAiChat, openAiResponses, anthropicMessages, googleGenerate];

export interface RecordedAnswer {
  readonly id: string;
  readonly ask: string;
  readonly request: ConversationRequest;
  readonly events: readonly StreamEvent[];
}

/** undefined when the recordings are not on this machine. */
export function recordedAnswers(): readonly RecordedAnswer[] | undefined {
  const answers: RecordedAnswer[] = [];
  for (const dialect of DIALECTS) {
    const exchanges = loadExchanges(dialect.id);
    if (exchanges === undefined) return undefined;
    for (const exchange of exchanges) {
      const answer = read(dialect, exchange);
      if (answer !== undefined) answers.push(answer);
    }
  }
  return answers;
}

function read(dialect: Dialect, exchange: Exchange): RecordedAnswer | undefined {
  if (exchange.requestBody === undefined || exchange.statusCode !== 200) return undefined;
  try {
    const bytes = Buffer.from(JSON.stringify(exchange.requestBody));
    const request = dialect.decodeRequest(parseRequestBody(bytes), exchange.path);
    const events = eventsOf(dialect, exchange);
    if (!isComplete(events)) return undefined;
    return { id: exchange.id, ask: lastAsk(request).ask, request, events };
  } catch {
    return undefined; // what cannot be read is for other tests
  }
}

function eventsOf(dialect: Dialect, exchange: Exchange): readonly StreamEvent[] {
  if (exchange.stream === undefined) {
    return isJsonObject(exchange.responseBody) ? dialect.decodeResponse(exchange.responseBody) : [];
  }
  const parser = createSseParser();
  const decoder = dialect.createStreamDecoder();
  const frames = [...parser.push(exchange.stream), ...parser.flush()];
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()];
}

/** Came to an end of its own: neither cut by a limit nor refused. */
function isComplete(events: readonly StreamEvent[]): boolean {
  const end = events.find((event) => event.type === 'choice-end' && event.choice === 0);
  const isWhole = events.some((event) => event.type === 'response-end');
  return isWhole && end?.type === 'choice-end' && ['stop', 'tool-calls'].includes(end.finishReason);
}
