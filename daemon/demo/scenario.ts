// The single requests of the demo: an ordinary hour with assistants, in small, in the three formats that clients speak.

export interface DemoRequest {
  /** What a person would call it, in the list that the demo prints. */
  readonly title: string;
  /** Which API of which official client sends it. */
  readonly via: 'chat' | 'responses' | 'messages';
  readonly text: string;
  /** A PNG, base64. */
  readonly image?: string;
  readonly model?: string;
  readonly stream?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer shall be JSON of this schema. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Provider that misbehaves for this request, and how. */
  readonly mishap?: {
    readonly provider: string;
    readonly kind: 'overloaded' | 'rate-limited' | 'cut-stream';
  };
}

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export const SINGLE_REQUESTS: readonly DemoRequest[] = [
  { title: 'greeting', via: 'chat', text: 'Hi there!' },
  {
    title: 'translation',
    via: 'messages',
    text: 'Translate to German: "The build is green again."',
    stream: true,
  },
  {
    title: 'yes/no',
    via: 'responses',
    text: 'Is this commit message in the imperative mood? "Fixed the tests". Answer yes or no.',
  },
  { title: 'single fact', via: 'chat', text: 'What is the default port of PostgreSQL?', stream: true },
  {
    title: 'extraction',
    via: 'responses',
    text: 'Extract vendor, total and currency: "Contoso, 129.90 EUR, paid."',
    schema: { type: 'object' },
  },
  {
    title: 'summary',
    via: 'messages',
    text: 'Summarise in one line: the nightly job failed twice because the disk was full, then recovered.',
  },
  {
    title: 'code snippet',
    via: 'chat',
    text: 'Write a TypeScript function that groups an array of objects by a key, with types, and show how it is called.',
    stream: true,
  },
  {
    title: 'explanation',
    via: 'responses',
    text: 'Explain how HTTP keep-alive interacts with a load balancer that closes idle connections after sixty seconds.',
  },
  {
    title: 'API question',
    via: 'messages',
    text: 'How do I stream the response body of fetch to a file in Node.js without loading it into memory?',
    stream: true,
  },
  {
    title: 'architecture',
    via: 'responses',
    text: 'Design the architecture of a multi-tenant billing service: data model, idempotent webhooks, retries, ledger, migration from the current monolith without downtime. Compare two alternatives, name the risks of each and recommend one with a step by step plan.',
  },
  {
    title: 'debugging',
    via: 'chat',
    text: 'Our worker pool deadlocks under load. Thread A holds the queue lock and waits for the cache lock, thread B does the reverse, but only when a resize happens during a flush. Analyse the root cause, prove that your fix removes every cycle and refactor the locking accordingly.',
    stream: true,
  },
  { title: 'image', via: 'messages', text: 'What does this screenshot show?', image: PIXEL },
  {
    title: 'quality profile',
    via: 'messages',
    text: 'Write a haiku about a merge conflict.',
    model: 'auto:quality',
  },
  {
    title: 'cost ceiling',
    via: 'chat',
    text: 'Explain the difference between a mutex and a semaphore with an example for each.',
    headers: { 'x-pointsman-max-cost-usd': '0.0005' },
  },
  {
    title: 'override',
    via: 'responses',
    text: 'What is the capital of Australia?',
    headers: { 'x-pointsman-model': 'sim-large' },
  },
  { title: 'exact model', via: 'chat', text: 'Name three prime numbers.', model: 'exact/sim-medium' },
  // Streamed at first and plain now; nobody is asked.
  { title: 'asked again', via: 'chat', text: 'What is the default port of PostgreSQL?' },
];

/** What happens once one of the providers is in trouble. */
export const TROUBLED_REQUESTS: readonly DemoRequest[] = [
  {
    title: 'answers 503',
    via: 'responses',
    text: 'Explain what a database index costs on writes and when it is worth it.',
    mishap: { provider: 'simulated-b', kind: 'overloaded' },
  },
  {
    title: 'answers 429',
    via: 'chat',
    text: 'Convert 98.6 Fahrenheit to Celsius.',
    mishap: { provider: 'simulated-c', kind: 'rate-limited' },
    stream: true,
  },
  { title: 'while it rests', via: 'messages', text: 'Is 91 a prime number?' },
  {
    title: 'stream breaks',
    via: 'chat',
    text: 'Design a retry strategy for a payment API: analyse which errors are safe to repeat, compare fixed, exponential and jittered delays, plan the idempotency keys and the circuit breaker, and prove that a customer can never be charged twice even when the response of a successful charge is lost.',
    stream: true,
    mishap: { provider: 'simulated-a', kind: 'cut-stream' },
  },
];
