// The requests of the demo: an ordinary hour with assistants, in small. Each is sent by the official `openai` client.

import type OpenAI from 'openai';

type Message = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type Tool = OpenAI.Chat.Completions.ChatCompletionTool;

export interface DemoRequest {
  /** What a person would call it, in the list that the demo prints. */
  readonly title: string;
  readonly messages: readonly Message[];
  readonly model?: string;
  readonly stream?: boolean;
  readonly tools?: readonly Tool[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly responseFormat?: OpenAI.Chat.Completions.ChatCompletionCreateParams['response_format'];
  /** Provider that misbehaves for this request, and how. */
  readonly mishap?: {
    readonly provider: string;
    readonly kind: 'overloaded' | 'rate-limited' | 'cut-stream';
  };
}

const ASSISTANT_RULES = Array.from(
  { length: 60 },
  (_, index) =>
    `Rule ${index + 1}: keep changes small, say what you did and why, and never touch files that were not named in the task.`,
).join('\n');

/** Tools of the agent session. */
export const AGENT_TOOLS: readonly Tool[] = ['list_files', 'read_file', 'run_tests'].map((name) => ({
  type: 'function',
  function: {
    name,
    description: `Simulated tool ${name}`,
    parameters: { type: 'object', properties: { path: { type: 'string' }, filter: { type: 'string' } } },
  },
}));

export const AGENT_SYSTEM: Message = {
  role: 'system',
  content: `You are a coding agent.\n${ASSISTANT_RULES}`,
};

/** What the tools of the agent session return. */
export const TOOL_RESULTS: Readonly<Record<string, string>> = {
  list_files: 'src/invoice.ts\nsrc/rounding.ts\nsrc/tax.ts\ntest/invoice.test.ts',
  read_file: Array.from(
    { length: 80 },
    (_, line) => `export const line${line} = roundHalfEven(amount${line} * rate);`,
  ).join('\n'),
  run_tests: '1 failing: expected 129.90, got 129.89\n41 passing',
};

export const AGENT_TASKS: readonly string[] = [
  'Our invoice totals are sometimes one cent off. Find the cause in src, explain why it happens and design a fix that keeps old invoices unchanged.',
  'thanks, and now rename roundHalfEven to roundToCent',
];

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function ask(text: string): readonly Message[] {
  return [{ role: 'user', content: text }];
}

export const SINGLE_REQUESTS: readonly DemoRequest[] = [
  { title: 'greeting', messages: ask('Hi there!') },
  { title: 'translation', messages: ask('Translate to German: "The build is green again."') },
  {
    title: 'yes/no',
    messages: ask('Is this commit message in the imperative mood? "Fixed the tests". Answer yes or no.'),
  },
  { title: 'single fact', messages: ask('What is the default port of PostgreSQL?'), stream: true },
  {
    title: 'extraction',
    messages: ask('Extract vendor, total and currency: "Contoso, 129.90 EUR, paid."'),
    responseFormat: { type: 'json_schema', json_schema: { name: 'invoice', schema: { type: 'object' } } },
  },
  {
    title: 'summary',
    messages: ask(
      'Summarise in one line: the nightly job failed twice because the disk was full, then recovered.',
    ),
  },
  {
    title: 'code snippet',
    messages: ask(
      'Write a TypeScript function that groups an array of objects by a key, with types, and show how it is called.',
    ),
    stream: true,
  },
  {
    title: 'explanation',
    messages: ask(
      'Explain how HTTP keep-alive interacts with a load balancer that closes idle connections after sixty seconds.',
    ),
  },
  {
    title: 'API question',
    messages: ask(
      'How do I stream the response body of fetch to a file in Node.js without loading it into memory?',
    ),
    stream: true,
  },
  {
    title: 'architecture',
    messages: ask(
      'Design the architecture of a multi-tenant billing service: data model, idempotent webhooks, retries, ledger, migration from the current monolith without downtime. Compare two alternatives, name the risks of each and recommend one with a step by step plan.',
    ),
  },
  {
    title: 'debugging',
    messages: ask(
      'Our worker pool deadlocks under load. Thread A holds the queue lock and waits for the cache lock, thread B does the reverse, but only when a resize happens during a flush. Analyse the root cause, prove that your fix removes every cycle and refactor the locking accordingly.',
    ),
    stream: true,
  },
  {
    title: 'image',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What does this screenshot show?' },
          { type: 'image_url', image_url: { url: PIXEL } },
        ],
      },
    ],
  },
  { title: 'quality profile', messages: ask('Write a haiku about a merge conflict.'), model: 'auto:quality' },
  {
    title: 'cost ceiling',
    messages: ask('Explain the difference between a mutex and a semaphore with an example for each.'),
    headers: { 'x-pointsman-max-cost-usd': '0.0005' },
  },
  {
    title: 'override',
    messages: ask('What is the capital of Australia?'),
    headers: { 'x-pointsman-model': 'sim-large' },
  },
  { title: 'exact model', messages: ask('Name three prime numbers.'), model: 'exact/sim-medium' },
];

/** What happens once one of the providers is in trouble. */
export const TROUBLED_REQUESTS: readonly DemoRequest[] = [
  {
    title: 'provider answers 503',
    messages: ask('Explain what a database index costs on writes and when it is worth it.'),
    mishap: { provider: 'simulated-b', kind: 'overloaded' },
  },
  {
    title: 'provider answers 429',
    messages: ask('Convert 98.6 Fahrenheit to Celsius.'),
    mishap: { provider: 'simulated-c', kind: 'rate-limited' },
    stream: true,
  },
  { title: 'while it cools down', messages: ask('Is 91 a prime number?') },
  {
    title: 'stream breaks half-way',
    messages: ask(
      'Design a retry strategy for a payment API: analyse which errors are safe to repeat, compare fixed, exponential and jittered delays, plan the idempotency keys and the circuit breaker, and prove that a customer can never be charged twice even when the response of a successful charge is lost.',
    ),
    stream: true,
    mishap: { provider: 'simulated-a', kind: 'cut-stream' },
  },
];
