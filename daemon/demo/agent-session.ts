// The agent session of the demo: what an assistant like Claude Code sends. Each task is a loop of tool calls over a
// growing history; thoughts go back with their signatures as they came, and the marks for the prompt cache move along.

import type Anthropic from '@anthropic-ai/sdk';

type Message = Anthropic.MessageParam;

const RULES = Array.from(
  { length: 60 },
  (_, index) =>
    `Rule ${index + 1}: keep changes small, say what you did and why, and never touch files that were not named in the task.`,
).join('\n');

const CACHED = { cache_control: { type: 'ephemeral' } } as const;

const SYSTEM: Anthropic.TextBlockParam[] = [
  { type: 'text', text: 'You are a coding agent.' },
  { type: 'text', text: RULES, ...CACHED },
];

const TOOLS: Anthropic.Tool[] = ['list_files', 'read_file', 'run_tests'].map((name) => ({
  name,
  description: `Simulated tool ${name}`,
  input_schema: { type: 'object', properties: { path: { type: 'string' }, filter: { type: 'string' } } },
}));

/** What the tools return. */
const TOOL_RESULTS: Readonly<Record<string, string>> = {
  list_files: 'src/invoice.ts\nsrc/rounding.ts\nsrc/tax.ts\ntest/invoice.test.ts',
  read_file: Array.from(
    { length: 80 },
    (_, line) => `export const line${line} = roundHalfEven(amount${line} * rate);`,
  ).join('\n'),
  run_tests: '1 failing: expected 129.90, got 129.89\n41 passing',
};

/** Middling, hard, easy, and hard again: the conversation goes through all three providers and back to the second. */
const TASKS: readonly string[] = [
  'Write a TypeScript function that sums an array of invoice lines by tax rate, with types.',
  'Our invoice totals are sometimes one cent off. Find the cause in src, explain why it happens and design a fix that keeps old invoices unchanged.',
  'thanks, and now rename roundHalfEven to roundToCent',
  'Prove that no two code paths can round one total twice, and redesign the module if they can.',
];

export const SESSION_HEADERS = { 'x-claude-code-session-id': 'demo-agent' } as const;

/** Sends one turn under that title; null when no answer came. */
export type SendTurn = (
  title: string,
  body: Anthropic.MessageCreateParamsNonStreaming,
) => Promise<Anthropic.Message | null>;

export async function runAgentSession(send: SendTurn): Promise<void> {
  const history: Message[] = [];
  for (const [index, text] of TASKS.entries()) {
    const reminder = {
      type: 'text',
      text: '<system-reminder>Today is a simulated day.</system-reminder>',
    } as const;
    const ask = { type: 'text', text } as const;
    history.push({ role: 'user', content: index === 0 ? [reminder, ask] : [ask] });
    for (let step = 1; ; step += 1) {
      const answer = await send(`task ${index + 1}, step ${step}`, bodyOf(history));
      if (answer === null) return;
      history.push({ role: 'assistant', content: answer.content });
      const calls = answer.content.filter((block) => block.type === 'tool_use');
      if (calls.length === 0) break;
      history.push({ role: 'user', content: calls.map(resultOf) });
    }
  }
}

function resultOf({ id, name }: Anthropic.ToolUseBlock): Anthropic.ToolResultBlockParam {
  return { type: 'tool_result', tool_use_id: id, content: TOOL_RESULTS[name] ?? '' };
}

function bodyOf(history: readonly Message[]): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model: 'auto',
    max_tokens: 32_000,
    system: SYSTEM,
    tools: TOOLS,
    thinking: { type: 'adaptive', display: 'summarized' },
    messages: history.map((message, index) => (index === history.length - 1 ? marked(message) : message)),
  };
}

/** Up to here the next turn will be the same. */
function marked(message: Message): Message {
  if (message.role !== 'user' || typeof message.content === 'string') return message;
  const content = [...message.content];
  const last = content.pop();
  if (last?.type !== 'text' && last?.type !== 'tool_result') return message;
  return { ...message, content: [...content, { ...last, ...CACHED }] };
}
