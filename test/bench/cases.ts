// The table of what is measured: which request, which route, how the mock answers, how many connections.

import type { AnswerScript } from './mock-upstream.ts';
import { agentRequest, smallChat, type AgentShape, type RequestBody } from './request-bodies.ts';
import type { Route, TargetName } from './targets.ts';
import type { WireDialect } from './wire-answers.ts';

export interface BenchCase {
  readonly id: string;
  readonly title: string;
  readonly route: Route;
  readonly body: RequestBody;
  readonly answer: AnswerScript;
  readonly connections: number;
  /** Who takes part, if there; absent = everybody who can. */
  readonly targets?: readonly TargetName[];
  /** Somebody reads the daemon's events, as an open editor window does. */
  readonly hasOpenWindow?: boolean;
  /** One point of a curve. */
  readonly point?: { readonly curve: CurveName; readonly x: number; readonly isInQuickRun: boolean };
}

/** What the added time is drawn against. */
export type CurveName = 'body-bytes' | 'messages' | 'ask-bytes';

const CHAT: Route = { client: 'openai-chat', upstream: 'openai-chat' };
const MESSAGES: Route = { client: 'anthropic-messages', upstream: 'anthropic-messages' };
const MESSAGES_TO_CHAT: Route = { client: 'anthropic-messages', upstream: 'openai-chat' };
const CHAT_TO_MESSAGES: Route = { client: 'openai-chat', upstream: 'anthropic-messages' };

const PLAIN: AnswerScript = { kind: 'plain' };
const STREAM: AnswerScript = { kind: 'stream' };
const PACED: AnswerScript = { kind: 'paced', everyMs: 10, tokens: 50 };

/** What a coding agent sends in the middle of a task: 62 messages and 30 tools in 200 kB, fewer where it is smaller. */
function agent(dialect: WireDialect, bytes: number, isStream: boolean): RequestBody {
  const isLarge = bytes >= 100_000;
  const shape = { messages: isLarge ? 62 : 12, tools: isLarge ? 30 : 4, ending: 'task' } as const;
  return agentRequest({ ...shape, dialect, bytes, isStream });
}

/** Of each kind the busiest first: V8 takes some ten thousand requests until a path is compiled for good. */
export const MAIN_CASES: readonly BenchCase[] = [
  chatCase('small-32', 'small chat', smallChat(false), 32),
  chatCase('small-128', 'small chat', smallChat(false), 128),
  chatCase('small-1', 'small chat', smallChat(false), 1),
  {
    ...chatCase('window-32', 'small chat, with an editor window that shows each', smallChat(false), 32),
    targets: ['direct', 'pipe', 'daemon'],
    hasOpenWindow: true,
  },
  chatCase('agent-32', 'agent request, 200 kB', agent('openai-chat', 200_000, false), 32),
  chatCase('agent-1', 'agent request, 200 kB', agent('openai-chat', 200_000, false), 1),
  chatCase('large-1', 'agent request, 1 MB', agent('openai-chat', 1_000_000, false), 1),
  streamCase('stream-32', 'stream of 500 tokens at once', CHAT, smallChat(true), 32),
  { ...streamCase('paced-32', 'stream, a token each 10 ms', CHAT, smallChat(true), 32), answer: PACED },
  streamCase(
    'stream-agent-1',
    'agent request, 200 kB, streamed',
    CHAT,
    agent('openai-chat', 200_000, true),
    1,
  ),
  translationCase('messages-to-chat-8k-32', MESSAGES_TO_CHAT, 8_000, 32),
  translationCase('messages-to-chat-8k-1', MESSAGES_TO_CHAT, 8_000, 1),
  translationCase('messages-to-chat-200k-1', MESSAGES_TO_CHAT, 200_000, 1),
  translationCase('chat-to-messages-8k-32', CHAT_TO_MESSAGES, 8_000, 32),
  translationCase('chat-to-messages-8k-1', CHAT_TO_MESSAGES, 8_000, 1),
  translationCase('chat-to-messages-200k-1', CHAT_TO_MESSAGES, 200_000, 1),
  streamCase(
    'messages-200k-1',
    'Anthropic messages on both sides, 200 kB, streamed',
    MESSAGES,
    agent('anthropic-messages', 200_000, true),
    1,
  ),
];

const CURVE_BYTES = 200_000;
const ASK_CURVE_BYTES = 64_000;
const CURVE_TARGETS: readonly TargetName[] = ['direct', 'pipe', 'daemon'];
const QUICK_POINTS: ReadonlySet<number> = new Set([4, 100, 125, 500, 8_000, 30_000, 1_000_000]);

export const CURVE_CASES: readonly BenchCase[] = [
  // The smallest is the small chat; all others are six messages with a file in one of them.
  {
    ...chatCase('body-bytes-250', 'body-bytes 250', smallChat(false), 1),
    targets: CURVE_TARGETS,
    point: { curve: 'body-bytes', x: 250, isInQuickRun: true },
  },
  ...[2_000, 8_000, 32_000, 100_000, 200_000, 500_000, 1_000_000].map((bytes) =>
    curveCase('body-bytes', bytes, { bytes, messages: 6, ending: 'ask' }),
  ),
  ...[4, 32, 64, 125, 250, 500].map((messages) =>
    curveCase('messages', messages, { bytes: CURVE_BYTES, messages, ending: 'ask' }),
  ),
  ...[100, 1_000, 4_000, 8_000, 16_000, 30_000].map((askBytes) =>
    curveCase('ask-bytes', askBytes, { bytes: ASK_CURVE_BYTES, messages: 6, ending: 'ask', askBytes }),
  ),
];

function chatCase(id: string, title: string, body: RequestBody, connections: number): BenchCase {
  return { id, title, route: CHAT, body, answer: PLAIN, connections };
}

function streamCase(
  id: string,
  title: string,
  route: Route,
  body: RequestBody,
  connections: number,
): BenchCase {
  return { id, title, route, body, answer: STREAM, connections };
}

function translationCase(id: string, route: Route, bytes: number, connections: number): BenchCase {
  const title =
    route.client === 'anthropic-messages' ? 'Anthropic messages to chat' : 'chat to Anthropic messages';
  const body = agent(route.client, bytes, true);
  return streamCase(id, `${title}, ${bytes / 1000} kB, streamed`, route, body, connections);
}

function curveCase(
  curve: CurveName,
  x: number,
  shape: Omit<AgentShape, 'dialect' | 'isStream' | 'tools'>,
): BenchCase {
  const body = agentRequest({ ...shape, dialect: 'openai-chat', isStream: false, tools: 1 });
  return {
    ...chatCase(`${curve}-${x}`, `${curve} ${x}`, body, 1),
    targets: CURVE_TARGETS,
    point: { curve, x, isInQuickRun: QUICK_POINTS.has(x) },
  };
}
