// Headers -> which assistant is calling, and what kind of call it says it is. Header combinations first: a user agent
// alone is wrong (Qwen Code calls itself claude-cli, others pass for Claude Code to please a vendor), and sentences in
// prompts are never looked at. Names were read off the real programs; see the evidence beside each row.

import type { ConversationRequest } from '../conversation/request.ts';

/** Header names in lower case. */
export type RequestHeaders = ReadonlyMap<string, string>;

/** What an assistant says, or its request's shape tells, about the role of one call. */
export type RequestClass = 'background' | 'subagent' | 'compaction' | 'main';

/** One condition on one header; only `present` when nothing else is given. Compared without case. */
interface HeaderTest {
  readonly header: string;
  /** A credential: its value was taken out when the request came in, so it counts as present when empty too. */
  readonly isCredential?: true;
  readonly startsWith?: string;
  readonly contains?: string;
  readonly lacks?: string;
}

/** All tests of a row must hold; the first row that does names the client. */
interface ClientRow {
  readonly client: string;
  readonly tests: readonly HeaderTest[];
  readonly evidence: string;
}

const CLIENT_ROWS: readonly ClientRow[] = [
  {
    client: 'claude-code',
    tests: [{ header: 'x-claude-code-session-id' }],
    evidence: 'Claude Code 2.1.329 sends it with every request',
  },
  {
    client: 'claude-code',
    tests: [
      { header: 'user-agent', startsWith: 'claude-cli/', contains: '(external' },
      { header: 'x-app', startsWith: 'cli' },
      { header: 'anthropic-beta', contains: 'claude-code-' },
    ],
    evidence: 'older Claude Code without the session header; imitators leave out one of the three',
  },
  {
    client: 'qwen',
    tests: [{ header: 'user-agent', startsWith: 'QwenCode/' }],
    evidence: 'Qwen Code 0.24.4, chat',
  },
  {
    client: 'qwen',
    tests: [
      { header: 'user-agent', startsWith: 'claude-cli/' },
      { header: 'authorization', isCredential: true },
      { header: 'anthropic-beta', lacks: 'oauth-' },
    ],
    evidence:
      'Qwen Code 0.24.4, Anthropic mode: names itself claude-cli, sends a bearer, none of the headers above',
  },
  {
    client: 'codex',
    tests: [{ header: 'originator', startsWith: 'codex' }],
    evidence: 'Codex 0.169, HTTP and WebSocket',
  },
  { client: 'codex', tests: [{ header: 'x-codex-window-id' }], evidence: 'Codex 0.169' },
  {
    client: 'codex',
    tests: [{ header: 'user-agent', startsWith: 'codex' }],
    evidence: 'Codex under another originator',
  },
  {
    client: 'copilot',
    tests: [{ header: 'user-agent', startsWith: 'GitHubCopilotChat/' }],
    evidence: 'Copilot Chat 0.67.0 in VS Code 1.139.1, in all three wire formats',
  },
  {
    client: 'copilot',
    tests: [{ header: 'x-interaction-type' }],
    evidence: 'Copilot CLI 1.0.102, first request of a turn',
  },
  {
    client: 'copilot',
    tests: [{ header: 'x-initiator' }],
    evidence: 'Copilot CLI 1.0.102, all other requests',
  },
  { client: 'copilot', tests: [{ header: 'copilot-integration-id' }], evidence: 'Copilot Chat in editors' },
  {
    client: 'opencode',
    tests: [{ header: 'user-agent', startsWith: 'opencode/' }],
    evidence: 'opencode 1.18, all dialects',
  },
  {
    client: 'opencode',
    tests: [{ header: 'x-session-affinity', startsWith: 'ses_' }],
    evidence: 'opencode 1.18 behind a provider plug-in that sets its own user agent',
  },
  {
    client: 'gemini-cli',
    tests: [{ header: 'user-agent', startsWith: 'GeminiCLI' }],
    evidence: 'Gemini CLI 0.61: `GeminiCLI/…`, and `GeminiCLI-tui/…` from the terminal',
  },
  {
    client: 'cline',
    tests: [{ header: 'user-agent', startsWith: 'Cline/' }],
    evidence: 'Cline through its own provider',
  },
  {
    client: 'cline',
    tests: [{ header: 'user-agent', startsWith: 'ai-sdk/', contains: 'runtime/bun' }],
    evidence:
      'Cline 3.0.65: providers of the AI SDK called under Bun without the SDK (which would put ai/ in front)',
  },
  {
    client: 'pi',
    tests: [{ header: 'session_id' }, { header: 'x-client-request-id' }],
    evidence: 'pi 0.73, Responses; Codex sends these names with hyphens, or has its originator',
  },
  {
    client: 'continue',
    tests: [{ header: 'user-agent', startsWith: 'ls/JS ' }],
    evidence: 'Continue CLI 1.5.47, chat: the bundled OpenAI client under its minified class name',
  },
  {
    client: 'continue',
    tests: [
      { header: 'user-agent', startsWith: 'node-fetch' },
      { header: 'anthropic-beta', startsWith: 'prompt-caching-2024-07-31' },
    ],
    evidence: 'Continue CLI 1.5.47, Anthropic: own client on node-fetch with this one beta',
  },
  {
    client: 'vscode',
    tests: [{ header: 'user-agent', startsWith: 'pointsman-vscode/' }],
    evidence: 'our own extension: chat in the editor and whatever calls models through it',
  },
  { client: 'ai-sdk', tests: [{ header: 'user-agent', startsWith: 'ai/' }], evidence: 'AI SDK 6.0' },
  {
    client: 'ai-sdk',
    tests: [{ header: 'user-agent', startsWith: 'ai-sdk/' }],
    evidence: 'a provider of the AI SDK alone',
  },
  {
    client: 'ai-sdk',
    tests: [{ header: 'user-agent', startsWith: 'ai-sdk-' }],
    evidence: 'AI SDK 7.0: `ai-sdk-openai/4.0.118 ai-sdk-provider-utils/…`',
  },
  {
    client: 'openai-sdk',
    tests: [{ header: 'user-agent', startsWith: 'OpenAI/' }],
    evidence: 'openai for JS 6.49, Python',
  },
  {
    client: 'openai-sdk',
    tests: [{ header: 'user-agent', startsWith: 'AsyncOpenAI/' }],
    evidence: 'openai for Python',
  },
  {
    client: 'anthropic-sdk',
    tests: [{ header: 'user-agent', startsWith: 'Anthropic/' }],
    evidence: 'Anthropic SDK 1.11',
  },
  {
    client: 'anthropic-sdk',
    tests: [{ header: 'user-agent', startsWith: 'AsyncAnthropic/' }],
    evidence: 'Anthropic SDK for Python',
  },
  {
    client: 'google-sdk',
    tests: [{ header: 'user-agent', startsWith: 'google-genai-sdk/' }],
    evidence: 'google/genai for JS 1.52 (pi 0.73 calls with it), Python',
  },
];

/** Every name that `identifyClient` can give, `unknown` last. */
export const CLIENT_NAMES: readonly string[] = [...new Set(CLIENT_ROWS.map((row) => row.client)), 'unknown'];

/** Name of the calling assistant or SDK, `unknown` when no row fits. For the books and as a hint, never for access. */
export function identifyClient(headers: RequestHeaders): string {
  const row = CLIENT_ROWS.find(({ tests }) => tests.every((test) => holds(test, headers)));
  return row?.client ?? 'unknown';
}

/** Values of `x-claude-code-request-class`; auxiliary and side replies are the program's own small talk. */
const CLAUDE_CODE_CLASSES: ReadonlyMap<string, RequestClass> = new Map([
  ['main', 'main'],
  ['subagent', 'subagent'],
  ['workflow', 'subagent'],
  ['compaction', 'compaction'],
  ['auxiliary', 'background'],
  ['side_reply', 'background'],
]);

/** Parts of Copilot's `x-interaction-type` (`conversation-user`, `conversation-subagent`, …), most telling first. */
const INTERACTION_PARTS: readonly (readonly [string, RequestClass])[] = [
  ['subagent', 'subagent'],
  ['background', 'background'],
  ['compact', 'compaction'],
  ['user', 'main'],
];

/** Assistants whose main loop always declares tools, so that a call without any is a title, topic or summary. */
const ALWAYS_WITH_TOOLS: ReadonlySet<string> = new Set(['claude-code', 'opencode', 'qwen', 'gemini-cli']);

/** Title and topic requests were 2.6-4 kB; the smallest first turn of these assistants is 29 kB. */
const BACKGROUND_BYTES = 12_000;

/** The role of this call, from the assistant's own hint headers, else from the request's shape; undefined = no hint. */
export function requestClass(
  headers: RequestHeaders,
  request: ConversationRequest,
): RequestClass | undefined {
  const told = headers.get('x-claude-code-request-class');
  if (told !== undefined) return CLAUDE_CODE_CLASSES.get(told.trim().toLowerCase());
  const interaction = headers.get('x-interaction-type')?.toLowerCase();
  if (interaction !== undefined) {
    const row = INTERACTION_PARTS.find(([part]) => interaction.includes(part));
    if (row !== undefined) return row[1];
  }
  // `agent` there says only that no person pressed a key: a step of a tool loop as well as a sub-agent.
  if (headers.get('x-initiator')?.toLowerCase() === 'user') return 'main';
  return looksLikeBackground(headers, request) ? 'background' : undefined;
}

function looksLikeBackground(headers: RequestHeaders, request: ConversationRequest): boolean {
  if (request.toolCount > 0 || request.body.bytes.length > BACKGROUND_BYTES) return false;
  if (!ALWAYS_WITH_TOOLS.has(identifyClient(headers))) return false;
  return !request.outline.some((message) => message.role === 'assistant' || message.role === 'tool');
}

function holds(test: HeaderTest, headers: RequestHeaders): boolean {
  const value = headers.get(test.header)?.toLowerCase();
  // A header that must lack something may also be absent.
  if (value === '' && test.isCredential === true) return true;
  if (value === undefined || value === '') return test.lacks !== undefined;
  if (test.startsWith !== undefined && !value.startsWith(test.startsWith.toLowerCase())) return false;
  if (test.contains !== undefined && !value.includes(test.contains.toLowerCase())) return false;
  return test.lacks === undefined || !value.includes(test.lacks.toLowerCase());
}
