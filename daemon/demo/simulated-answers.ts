// What a simulated model "says". Made up, but of the length and shape that the ask calls for, so that costs in the demo
// are of a realistic size: a greeting is short, a design is long, an agent with tools first calls them.

import { arrayOf, objectOf, stringOf, type JsonObject } from '../util/json.ts';

export interface SimulatedToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: string;
}

export interface SimulatedAnswer {
  readonly text: string;
  readonly toolCalls: readonly SimulatedToolCall[];
}

/** The tool steps of one task in the agent session of the demo, in order; after them comes the final answer. */
const TOOL_STEPS: readonly { readonly name: string; readonly input: string }[] = [
  { name: 'list_files', input: '{"path":"src"}' },
  { name: 'read_file', input: '{"path":"src/invoice.ts"}' },
  { name: 'read_file', input: '{"path":"src/rounding.ts"}' },
  { name: 'run_tests', input: '{"filter":"invoice"}' },
];

const SENTENCES: readonly string[] = [
  'The rounding happens once per line and once again for the total, so the cents drift apart. ',
  'Keep the amount in whole cents until it is printed and the difference is gone. ',
  'A test that adds up a hundred random lines shows it within a second. ',
  'The change touches one function and none of its callers. ',
];

export function answerFor(body: JsonObject): SimulatedAnswer {
  const messages = arrayOf(body['messages']).map((message) => objectOf(message));
  const lastUser = messages.findLastIndex((message) => message?.['role'] === 'user');
  const toolResults = messages.slice(lastUser + 1).filter((message) => message?.['role'] === 'tool').length;
  const step = TOOL_STEPS[toolResults];
  if (arrayOf(body['tools']).length > 0 && step !== undefined) {
    return { text: '', toolCalls: [{ id: `call_${lastUser}_${toolResults}`, ...step }] };
  }
  if (objectOf(body['response_format'])?.['type'] === 'json_schema') {
    return { text: '{"vendor":"Contoso","total":129.9,"currency":"EUR"}', toolCalls: [] };
  }
  return { text: prose(wordsFor(JSON.stringify(messages[lastUser]?.['content'] ?? ''))), toolCalls: [] };
}

/** Roughly how many sentences such an ask is answered with. */
function wordsFor(ask: string): number {
  if (ask.length < 70) return 1;
  if (ask.length < 220) return 8;
  return 24;
}

function prose(sentences: number): string {
  let text = '';
  for (let index = 0; index < sentences; index += 1)
    text += stringOf(SENTENCES[index % SENTENCES.length]) ?? '';
  return text;
}
