// What can happen to the bytes of an answer: complete ones, cuts and resets at every stage, errors inside of streams,
// ends that are none, starts that come twice.

import type { UpstreamDialectId } from '../../../daemon/protocol/vocabulary.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../daemon/util/json.ts';
import { type Answer, errorFrame } from '../wire-answers.ts';
import { type ChaosCall, type ChaosFrame, pause } from './call.ts';
import { anyHead, begin, type Fault, plainFrame, plainText } from './parts.ts';
import type { Framing } from './wire.ts';

/** The complete answer, streamed or plain, as it was asked for. Usage is counted where `answer` has none. */
export function answers(options: { readonly answer?: Answer; readonly everyMs?: number } = {}): Fault {
  return async (given) => {
    const call = options.answer === undefined ? given : given.saying(options.answer);
    if (!call.isStream) return plainText(call, JSON.stringify(call.plain()));
    await call.streamHead();
    for (const frame of call.frames()) {
      await call.write([frame]);
      if (options.everyMs !== undefined) await pause(options.everyMs);
    }
    await call.end(true);
  };
}

/** Another fault, about another answer. */
export function about(answer: Answer, fault: Fault): Fault {
  return (call) => fault(call.saying(answer));
}

// ---- broken connections ----

/** How a connection ends before its answer does. */
export type Break = 'cut' | 'reset';

async function breakOff(call: ChaosCall, how: Break): Promise<void> {
  if (how === 'reset') await call.reset();
  else call.cut();
}

/** Ends the connection instead of answering. */
export function breakBeforeHeaders(how: Break): Fault {
  return (call) => breakOff(call, how);
}

export function breakInHeaders(how: Break): Fault {
  return async (call) => {
    await call.raw('HTTP/1.1 200 OK\r\ncontent-type: text/ev');
    await breakOff(call, how);
  };
}

/** Ends the connection after so many words; 0 = after what opens the stream. Plain: in the middle of the body. */
export function breakAfterWords(count: number, how: Break, framing: Framing = 'chunked'): Fault {
  return async (call) => {
    await begin(call, count, framing);
    await breakOff(call, how);
  };
}

/** Ends the connection after the n-th event, counted from 1. */
export function breakAfterEvents(count: number, how: Break): Fault {
  return async (call) => {
    await call.streamHead();
    await call.write(call.frames().slice(0, count));
    await breakOff(call, how);
  };
}

/** Ends the connection so many events before the end of the stream. */
export function breakBeforeEnd(count: number, how: Break): Fault {
  return async (call) => {
    await call.streamHead();
    await call.write(call.frames().slice(0, -count));
    await breakOff(call, how);
  };
}

/** Ends the connection after the n-th byte of the body. */
export function breakAtByte(count: number, how: Break): Fault {
  return async (call) => {
    await anyHead(call);
    let left = count;
    for (const frame of call.isStream ? call.frames() : [plainFrame(call)]) {
      const bytes = Buffer.from(frame.text);
      if (bytes.length <= left) await call.write([frame]);
      else await call.body(bytes.subarray(0, left));
      left -= bytes.length;
      if (left <= 0) break;
    }
    await breakOff(call, how);
  };
}

/** Ends the connection when the n-th event, counted from 1, is out but for its last bytes. */
export function breakBeforeEndOfEvent(count: number, missingBytes: number, how: Break): Fault {
  return async (call) => {
    const frames = call.frames();
    const bytes = Buffer.from(frames[count - 1]?.text ?? '');
    await call.streamHead();
    await call.write(frames.slice(0, count - 1));
    await call.body(bytes.subarray(0, Math.max(0, bytes.length - missingBytes)));
    await breakOff(call, how);
  };
}

/** Ends the connection inside of a character of several bytes, after so many words. */
export function breakInCharacter(count: number, how: Break): Fault {
  return async (call) => {
    await begin(call, count);
    const word = call.frames().find(({ outputTokens }) => outputTokens > count);
    const quoted = JSON.stringify(word?.piece ?? '');
    const bytes = Buffer.from(word?.text.replace(quoted, quoted.replace('"', '"é')) ?? 'é');
    await call.body(bytes.subarray(0, bytes.indexOf(0xc3) + 1));
    await breakOff(call, how);
  };
}

/** Ends the connection in the middle of an event, after so many words. */
export function breakInEvent(count: number, how: Break): Fault {
  return async (call) => {
    await begin(call, count);
    const next = call.frames()[call.framesUntilWord(count).length]?.text ?? 'data: {"x":';
    await call.body(next.slice(0, next.length / 2));
    await breakOff(call, how);
  };
}

// ---- ends that are none, errors in streams ----

/** The HTTP answer ends properly, the stream in it does not; 0 words = after what opens it. */
export function endAfterWords(count: number): Fault {
  return async (call) => {
    await call.streamHead();
    await call.write(call.framesUntilWord(count));
    await call.end(false);
  };
}

/** Everything but the events that end the stream. */
export const withoutTerminator: Fault = async (call) => {
  await call.streamHead();
  await call.write(call.frames().slice(0, -ENDING_EVENTS[call.dialect]));
  await call.end(false);
};

/** A complete answer in which nobody tells what it used. */
export const withoutUsage: Fault = async (call) => {
  if (!call.isStream) {
    await plainText(call, JSON.stringify(usageLeftOut(call.plain())));
    call.bill.isUsageDelivered = false;
    return;
  }
  await call.streamHead();
  await call.write(call.frames().flatMap(frameWithoutUsage));
  await call.end(false);
};

/** The vendor's error event after so many words, as it is meant to come: alone, and after the words have arrived. */
export function errorAfterWords(count: number, frame?: (dialect: UpstreamDialectId) => string): Fault {
  return async (call) => {
    await call.streamHead();
    await call.write(call.framesUntilWord(count));
    await pause(10);
    await call.body((frame ?? errorFrame)(call.dialect));
    await call.end(false);
    if (count === 0) call.bill.inputTokens = 0; // a vendor does not bill what it could not begin
  };
}

/** `event: error` with an error in it, as Groq and others write it into chat streams. */
export function namedErrorFrame(): string {
  return 'event: error\ndata: {"error":{"message":"the server had an error","type":"internal_server_error"}}\n\n';
}

/** One event that is no JSON in the middle of an otherwise complete stream; plain: the answer is cut short. */
export function malformedAfterWords(count: number): Fault {
  return async (call) => {
    if (!call.isStream) {
      await plainText(call, JSON.stringify(call.plain()).slice(0, -7));
      call.bill.isUsageDelivered = false;
      return;
    }
    const before = call.framesUntilWord(count);
    await call.streamHead();
    await call.write(before);
    await call.body('data: {"choices":[{"delta":{"content":"x"}]]}\n\n');
    await call.write(call.frames().slice(before.length));
    await call.end(true);
  };
}

// ---- twice ----

/** What opens the stream comes twice before the first word. */
export const duplicatedStart: Fault = async (call) => {
  const opening = call.framesUntilWord(0);
  await call.streamHead();
  await call.write([...opening, ...call.frames()]);
  await call.end(true);
};

/** Names of an answer in each dialect. */
const OWN_ID = /(?<="(?:id|responseId)":")(chatcmpl|resp|msg|g)[-_]1/g;

/** After so many words another answer starts, as a gateway makes it that retries inside of one. */
export function splicedStart(count: number): Fault {
  return async (call) => {
    const again = call
      .frames()
      .map((frame) => ({ ...frame, text: frame.text.replaceAll(OWN_ID, '$1_other') }));
    await call.streamHead();
    await call.write([...call.framesUntilWord(count), ...again]);
    await call.end(true);
  };
}

/** Events of each dialect's stream that say that it is over. */
const ENDING_EVENTS: Readonly<Record<UpstreamDialectId, number>> = {
  'openai-chat': 3,
  'openai-responses': 1,
  'anthropic-messages': 2,
  'google-generate': 1,
};

function frameWithoutUsage({ text, outputTokens }: ChaosFrame): readonly ChaosFrame[] {
  const found = /^((?:event: .*\n)?data: )(\{.*\})\n\n$/.exec(text);
  if (found === null) return [{ text, outputTokens }];
  const [, start = '', data = ''] = found;
  const value = usageLeftOut(JSON.parse(data) as JsonObject);
  const isOnlyUsage = Array.isArray(value['choices']) && value['choices'].length === 0;
  return isOnlyUsage ? [] : [{ text: `${start}${JSON.stringify(value)}\n\n`, outputTokens }];
}

function usageLeftOut(value: JsonObject): JsonObject {
  const kept: readonly (readonly [string, JsonValue | undefined])[] = Object.entries(value).filter(
    ([name]) => name !== 'usage' && name !== 'usageMetadata',
  );
  return Object.fromEntries(
    kept.map(([name, member = null]) => [name, isJsonObject(member) ? usageLeftOut(member) : member]),
  );
}
