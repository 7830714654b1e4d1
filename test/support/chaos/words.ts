// Texts whose tokens can be counted without a tokenizer: the commonest English words, each of which is one token of
// o200k with the space in front of it. So the provider can bill exactly, and independently of the daemon's estimates.

import { isJsonObject, type JsonObject, type JsonValue } from '../../../daemon/util/json.ts';
import type { Answer } from '../wire-answers.ts';

const WORDS = (
  'the people of this small town have known for many years that their old river would one day change its course ' +
  'and take most of the land with it but nobody ever thought about what they could do when that time came so they ' +
  'went on with their work and told each other the same story every night until the water was at the door'
).split(' ');

/** So many words, the last of them unlike any member name of a wire format. */
export function wordsOf(count: number): string {
  return Array.from({ length: count }, (_, index) =>
    index === count - 1 ? 'finally' : (WORDS[index % WORDS.length] ?? 'the'),
  ).join(' ');
}

/** What it says where nothing else is asked for. */
export const TEXT_ANSWER: Answer = { text: wordsOf(60) };
export const TOOL_ANSWER: Answer = {
  text: wordsOf(20),
  calls: [{ id: 'call_1', name: 'weather', args: { city: wordsOf(12) } }],
};

/** Tokens of a text made of such words. */
export function countTokens(text: string): number {
  return text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)?.length ?? 0;
}

/** What a provider reads: texts of the prompt, and a few tokens around each message. Declarations of tools are not in it. */
export function promptTokens(body: JsonObject): number {
  const fields = ['system', 'instructions', 'systemInstruction', 'messages', 'input', 'contents'];
  const messages = [body['messages'], body['input'], body['contents']].flatMap((value) =>
    Array.isArray(value) ? value : [],
  );
  const texts = fields.flatMap((field) => textsIn(body[field], field));
  return texts.reduce((sum, text) => sum + countTokens(text), 0) + 4 * messages.length + 3;
}

function textsIn(value: JsonValue | undefined, field: string): readonly string[] {
  if (typeof value === 'string') return TEXT_FIELDS.has(field) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item: JsonValue) => textsIn(item, field));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => textsIn(member, name));
}

const TEXT_FIELDS: ReadonlySet<string> = new Set(['system', 'instructions', 'input', 'content', 'text']);
