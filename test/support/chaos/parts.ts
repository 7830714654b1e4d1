// What the faults of the chaos upstream share: heads, beginnings, whole plain answers.

import type { ChaosCall, ChaosFrame } from './call.ts';
import type { Framing } from './wire.ts';

/** What is done with one request. */
export type Fault = (call: ChaosCall) => void | Promise<void>;

export async function plainText(call: ChaosCall, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  await call.head(200, { 'content-type': 'application/json' }, { length: bytes.length });
  await call.body(bytes);
  await call.end(true);
}

export async function anyHead(call: ChaosCall, framing: Framing = 'chunked'): Promise<void> {
  const type = call.isStream ? 'text/event-stream' : 'application/json';
  await call.head(200, { 'content-type': type }, framing);
}

/** Head and beginning of an answer. */
export async function begin(call: ChaosCall, count: number, framing?: Framing): Promise<void> {
  await anyHead(call, framing);
  if (call.isStream) return call.write(call.framesUntilWord(count));
  const { text, outputTokens } = plainFrame(call);
  call.bill.outputTokens = outputTokens; // it is written when all of it is made
  await call.body(text.slice(0, text.length / 2));
}

export function plainFrame(call: ChaosCall): ChaosFrame {
  return { text: JSON.stringify(call.plain()), outputTokens: call.answer.usage.output };
}
