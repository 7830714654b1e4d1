// What a simulated model "says". Made up, but of the length and shape that the ask calls for, so that costs in the demo
// are of a realistic size: a greeting is short, a design is long, an agent with tools first calls them.

import type { SimulatedAnswer, SimulatedAsk } from './simulated-wire.ts';

/** The tool steps of a long task in the agent session of the demo, in order; after them comes the final answer. */
const TOOL_STEPS: readonly { readonly name: string; readonly input: string }[] = [
  { name: 'list_files', input: '{"path":"src"}' },
  { name: 'read_file', input: '{"path":"src/invoice.ts"}' },
  { name: 'read_file', input: '{"path":"src/rounding.ts"}' },
  { name: 'run_tests', input: '{"filter":"invoice"}' },
];

/** A short task is done with one of them. */
const SHORT_TASK_STEPS = TOOL_STEPS.slice(-1);

const SENTENCES: readonly string[] = [
  'The rounding happens once per line and once again for the total, so the cents drift apart. ',
  'Keep the amount in whole cents until it is printed and the difference is gone. ',
  'A test that adds up a hundred random lines shows it within a second. ',
  'The change touches one function and none of its callers. ',
];

const SHORT_ASK_CHARS = 70;
const MIDDLING_ASK_CHARS = 130;
const LONG_ASK_CHARS = 220;

export function answerFor({
  words,
  toolResults,
  hasTools,
  wantsJson,
  wantsThoughts,
}: SimulatedAsk): SimulatedAnswer {
  const steps = words.length < MIDDLING_ASK_CHARS ? SHORT_TASK_STEPS : TOOL_STEPS;
  const toolCall = hasTools ? (steps[toolResults] ?? null) : null;
  const thought = wantsThoughts && hasTools ? thoughtBefore(toolCall?.name) : '';
  if (toolCall !== null) return { thought, text: '', toolCall };
  const text = wantsJson ? '{"vendor":"Contoso","total":129.9,"currency":"EUR"}' : prose(sentencesFor(words));
  return { thought, text, toolCall };
}

function thoughtBefore(tool: string | undefined): string {
  return tool === undefined
    ? 'That is all that was asked for. '
    : `Nothing is certain before ${tool} has run. `;
}

/** Roughly how many sentences such an ask is answered with. */
function sentencesFor(ask: string): number {
  if (ask.length < SHORT_ASK_CHARS) return 1;
  return ask.length < LONG_ASK_CHARS ? 8 : 24;
}

function prose(sentences: number): string {
  return Array.from({ length: sentences }, (_, index) => SENTENCES[index % SENTENCES.length]).join('');
}
