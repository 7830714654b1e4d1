// Requests around an ask, for the tests that put the same words into many of them: those of the recorded assistants with
// the user's words exchanged, and shapes of other assistants written by hand after their public sources.

import type { Json } from './wire-fixtures.ts';
import { loadClientTraffic } from './wire-fixtures.ts';

export interface Wrapping {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A title or topic call: the model does not follow from the ask. */
  readonly isBackground: boolean;
  /** An image stands beside the ask. */
  readonly hasImage: boolean;
  body(ask: string): Json;
}

/** What the user typed when the traffic was recorded. */
const RECORDED_WORDS: readonly string[] = [
  'Create a file named hello.txt in the current directory containing exactly the text hi, read it back, then reply DONE.',
  'Create a file named hello.txt with hi',
  'Create a file hello.txt with hi',
  'Create a file hello.txt containing hi, then reply DONE.',
  'Create a file named hello.txt containing hi, then reply DONE.',
  'What is wrong in this screenshot?',
  'Write a one-line comment for that function.',
  'The build takes 90 seconds. Find out why and make it faster.',
  'say hi',
  'title?',
];

/** Asked nothing (token counts), or no words of the user in them (frames that only warm up or bring tool results). */
const WITHOUT_ASK = /count-tokens|ws-frame-[13]/;

/** undefined when the recordings are not on this machine. */
export function recordedWrappings(): readonly Wrapping[] | undefined {
  return loadClientTraffic()
    ?.filter(({ name }) => !WITHOUT_ASK.test(name))
    .map(({ name, file }) => {
      const wire = file['body'] as Json;
      const words = lastWords(wire);
      return {
        name: name.replace(/\.json$/, ''),
        path: String(file['path']).replace(/\?.*/, ''),
        headers: file['headers'] as Record<string, string>,
        isBackground: name.includes('background'),
        hasImage: name.includes('image'),
        body: (ask: string) => exchanged(wire, words, ask),
      };
    });
}

/** The recorded words that come last in the body. */
function lastWords(body: Json): string {
  const text = JSON.stringify(body['messages'] ?? body['input']);
  const found = RECORDED_WORDS.map((words) => ({ words, at: text.lastIndexOf(words) })).toSorted(
    (one, other) => other.at - one.at,
  )[0];
  if (found === undefined || found.at < 0) throw new Error('a recording without known words of a user');
  return found.words;
}

/** Only where the words stand last: a title request and the turn it belongs to are two recordings. */
function exchanged(body: Json, words: string, ask: string): Json {
  const key = body['messages'] === undefined ? 'input' : 'messages';
  let isDone = false;
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const at = isDone ? -1 : value.lastIndexOf(words);
      if (at < 0) return value;
      isDone = true;
      return value.slice(0, at) + ask + value.slice(at + words.length);
    }
    // From the end, so that the last place is found first.
    if (Array.isArray(value))
      return value
        .map((_, index) => value[value.length - 1 - index] as unknown)
        .map(replace)
        .toReversed();
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replace(item)]));
  };
  return { ...body, [key]: replace(body[key]) };
}

/** Long enough to drown the ask, and about every kind of work. */
const NOISE =
  'Debug distributed systems, refactor the architecture, prove theorems, translate and summarise text, plan a ' +
  'migration, review security and concurrency. Think step by step. ';

const noise = (times: number): string => NOISE.repeat(times);

type Turn = readonly [role: string, content: unknown];

const SYSTEM: Turn = ['system', noise(20)];
const tools = ['read_file', 'write_file', 'run'].map((name) => ({
  type: 'function',
  function: { name, description: noise(2), parameters: { type: 'object', properties: {} } },
}));

function chat(name: string, turns: (ask: string) => readonly Turn[]): Wrapping {
  return {
    name,
    path: '/v1/chat/completions',
    headers: {},
    isBackground: false,
    hasImage: false,
    body: (ask) => ({
      model: 'auto',
      tools,
      messages: turns(ask).map(([role, content]) => ({ role, content })),
    }),
  };
}

function text(name: string, around: (ask: string) => string): Wrapping {
  return chat(name, (ask) => [SYSTEM, ['user', around(ask)]]);
}

function parts(name: string, around: (ask: string) => readonly string[]): Wrapping {
  return chat(name, (ask) => [SYSTEM, ['user', around(ask).map((each) => ({ type: 'text', text: each }))]]);
}

const CODE = 'export function parse(input: string): number {\n  return Number(input); // debug\n}';
const FENCE = '```';

/** Shapes as of autumn 2026, read in public sources and transcripts; the words in them are stand-ins. */
export const OTHER_WRAPPINGS: readonly Wrapping[] = [
  text(
    'cursor: user_query behind attached data',
    (ask) =>
      `<additional_data>\n<attached_files>\n<file_contents>\n${FENCE}path=src/a.ts, lines=1-3\n${CODE}\n${FENCE}\n</file_contents>\n</attached_files>\n</additional_data>\n\n<user_query>\n${ask}\n</user_query>`,
  ),
  parts('cursor: parts', (ask) => [
    `<user_info>\nOS: linux\n${NOISE}</user_info>`,
    `<open_and_recently_viewed_files>\nsrc/a.ts\n</open_and_recently_viewed_files>`,
    `<user_query>\n${ask}\n</user_query>`,
  ]),
  chat('cursor: time and notes in a message of their own', (ask) => [
    SYSTEM,
    [
      'user',
      `<user_info>\n${NOISE}</user_info>\n<rules>\n<always_applied_workspace_rules>${NOISE}</always_applied_workspace_rules>\n</rules>`,
    ],
    ['user', `<timestamp>Saturday, Nov 21, 2026</timestamp>\n<user_query>\n${ask}\n</user_query>`],
  ]),
  text(
    'windsurf, antigravity: USER_REQUEST and metadata behind it',
    (ask) =>
      `<USER_REQUEST>\n${ask}\n</USER_REQUEST>\n<ADDITIONAL_METADATA>\nThe current local time is: 2026-11-21T12:00:00Z.\n${NOISE}\n</ADDITIONAL_METADATA>`,
  ),
  text(
    'antigravity: settings behind the request',
    (ask) => `<USER_REQUEST>${ask}</USER_REQUEST><USER_SETTINGS_CHANGE>${NOISE}</USER_SETTINGS_CHANGE>`,
  ),
  parts('zed: words, then context', (ask) => [
    ask,
    `<context>\n${NOISE}\n\n<files>\n${FENCE}ts src/a.ts\n${CODE}\n${FENCE}\n</files>\n</context>`,
  ]),
  text(
    'zed: context before the words',
    (ask) =>
      `\n<context>\n${NOISE}\n\n<files>\n\n${FENCE}ts src/a.ts\n${CODE}\n${FENCE}\n</files>\n<rules>\n${NOISE}</rules>\n</context>\n${ask}`,
  ),
  text(
    'zed: context run on behind the words',
    (ask) => `${ask} <context>\n${NOISE}\n<files>\nx\n</files>\n</context>`,
  ),
  parts('roo, kilo: user_message and details', (ask) => [
    `<user_message>\n${ask}\n</user_message>`,
    `<environment_details>\n# VSCode Open Tabs\nsrc/a.ts\n# Current Time\n2026-11-21\n${NOISE}</environment_details>`,
  ]),
  parts('roo: task and details', (ask) => [
    `<task>\n${ask}\n</task>`,
    `<environment_details>\n${NOISE}\n</environment_details>`,
  ]),
  text(
    'cline: task and details in one text',
    (ask) =>
      `<task>\n${ask}\n</task>\n\n# task_progress RECOMMENDED\n\n<environment_details>\n${NOISE}\n</environment_details>`,
  ),
  chat('roo: what a tool did, told in the name of the user', (ask) => [
    SYSTEM,
    ['user', `<task>\n${ask}\n</task>\n<environment_details>\n${NOISE}\n</environment_details>`],
    ['assistant', 'I read it first.\n<read_file><path>src/a.ts</path></read_file>'],
    [
      'user',
      [
        { type: 'text', text: "[read_file for 'src/a.ts'] Result:" },
        { type: 'text', text: CODE },
        { type: 'text', text: `<environment_details>\n${NOISE}\n</environment_details>` },
      ],
    ],
  ]),
  chat('cline: what the user says to a result', (ask) => [
    SYSTEM,
    ['user', '<task>\nhello\n</task>'],
    ['assistant', 'May I?'],
    [
      'user',
      `[execute_command for 'npm test'] Result:\n\nDenied, and said:\n<feedback>\n${ask}\n</feedback>`,
    ],
  ]),
  chat('gemini: setting up, then the words', (ask) => [
    ['user', `<session_context>\n${NOISE}\nsrc/\n  a.ts\n</session_context>`],
    ['user', ask],
  ]),
  chat('gemini: what the editor shows, then the words', (ask) => [
    SYSTEM,
    ['user', `The editor shows this.\n${FENCE}json\n{"activeFile": {"path": "/p/a.ts"}}\n${FENCE}`],
    ['user', ask],
  ]),
  parts('gemini: files behind the words', (ask) => [
    ask,
    '\n--- Content from referenced files ---',
    '\nContent from @src/a.ts:\n',
    CODE,
    '\n--- End of content ---',
  ]),
  text(
    'gemini: files behind the words, in one text',
    (ask) =>
      `${ask}\n--- Content from referenced files ---\nContent from @src/a.ts:\n${CODE}\n--- End of content ---`,
  ),
  chat('aider: map of the repository, files, rules as a system message', (ask) => [
    SYSTEM,
    [
      'user',
      `Here are some files.\n\nsrc/a.ts:\n⋮\n│export function parse(input: string): number {\n⋮\n\nsrc/b.ts:\n⋮\n│class B\n⋮\n`,
    ],
    ['assistant', 'Ok.'],
    ['user', `These are in the chat.\n\nsrc/a.ts\n${FENCE}\n${CODE}\n${FENCE}\n`],
    ['assistant', 'Ok.'],
    ['user', ask],
    ['system', `# *SEARCH/REPLACE block* Rules:\n\n${noise(5)}`],
  ]),
  chat('aider: rules behind the words', (ask) => [
    SYSTEM,
    [
      'user',
      `These are in the chat.\n\nsrc/a.ts\n${FENCE}ts\n${CODE}\n${FENCE}\n\nsrc/b.ts\n${FENCE}ts\n${CODE}\n${FENCE}\n`,
    ],
    ['assistant', 'Ok.'],
    ['user', `${ask}\n\n# *SEARCH/REPLACE block* Rules:\n\nEvery block has:\n1. A path.\n${noise(5)}`],
  ]),
  text('aider: other rules behind the words', (ask) => `${ask}\n\n# File editing rules:\n\n${noise(5)}`),
  text(
    'codex in an editor: open tabs, then the request',
    (ask) =>
      `# Context from my IDE setup:\n\n## Active file: src/a.ts\n\n## Open tabs:\n- a.ts: src/a.ts\n\n## My request for Codex:\n${ask}`,
  ),
  text(
    'codex with files: mentioned files, then the request',
    (ask) => `# Files mentioned by the user:\n\n## a.png: /tmp/a.png\n\n## My request:\n${ask}\n`,
  ),
  text(
    'codex: browser state before the request',
    (ask) =>
      `# In app browser:\n- one tab\n\n<in-app-browser-context source="ui">\n${NOISE}\n</in-app-browser-context>\n\n## My request for Codex:\n${ask}`,
  ),
  chat('codex: rules of the folder, environment, words', (ask) => [
    ['developer', noise(20)],
    ['user', `# AGENTS.md instructions for /p\n\n<INSTRUCTIONS>\n${noise(4)}\n</INSTRUCTIONS>`],
    ['user', `<environment_context>\n<cwd>/p</cwd>\n${NOISE}</environment_context>`],
    ['user', ask],
  ]),
  chat('claude code: selection in the editor', (ask) => [
    SYSTEM,
    [
      'user',
      [
        { type: 'text', text: `<system-reminder>\n${NOISE}\n</system-reminder>` },
        { type: 'text', text: `<ide_selection>Lines 1 to 3 of a.ts:\n${CODE}\n</ide_selection>` },
        { type: 'text', text: ask },
      ],
    ],
  ]),
  chat('claude code: output of a local command before the words', (ask) => [
    SYSTEM,
    ['user', `<local-command-caveat>${NOISE}</local-command-caveat>`],
    [
      'user',
      '<command-name>/cost</command-name>\n<command-message>cost</command-message>\n<command-args></command-args>',
    ],
    ['user', '<local-command-stdout>Total: 0</local-command-stdout>'],
    ['user', ask],
  ]),
  chat('claude code: reminder behind the words', (ask) => [
    SYSTEM,
    [
      'user',
      [ask, `<system-reminder>\n${NOISE}\n</system-reminder>`].map((each) => ({ type: 'text', text: each })),
    ],
  ]),
  chat('claude code: reminder beside a result', (ask) => [
    SYSTEM,
    ['user', ask],
    ['assistant', 'I look.'],
    ['user', `<system-reminder>\n${NOISE}\n</system-reminder>`],
  ]),
  text(
    'copilot chat: attachments, context, reminder, request',
    (ask) =>
      `<attachments>\n<attachment id="a.ts">\n${FENCE}ts\n${CODE}\n${FENCE}\n</attachment>\n</attachments>\n<context>\nThe current date is November 21, 2026.\n</context>\n<editorContext>\nsrc/a.ts\n</editorContext>\n<reminderInstructions>\n${NOISE}\n</reminderInstructions>\n<userRequest>\n${ask}\n</userRequest>`,
  ),
  chat('copilot chat: workspace first, then the request', (ask) => [
    SYSTEM,
    ['user', `<environment_info>\nLinux\n</environment_info>\n<workspace_info>\n${NOISE}\n</workspace_info>`],
    ['user', `<context>\nToday.\n</context>\n<userRequest>\n${ask}\n</userRequest>`],
  ]),
  text('continue: a file in a fence with its path', (ask) => `${FENCE}src/a.ts\n${CODE}\n${FENCE}\n\n${ask}`),
  text(
    'continue: two files and lines',
    (ask) => `${FENCE}ts src/a.ts (1-3)\n${CODE}\n${FENCE}\n\n${FENCE}src/lib/b.py\nx = 1\n${FENCE}\n${ask}`,
  ),
  parts('continue: context as a part', (ask) => [`${FENCE}src/a.ts (1-3)\n${CODE}\n${FENCE}`, ask]),
  parts('goose: notes of the program as a part', (ask) => [
    ask,
    '<info-msg>\nIt is currently 2026-11-21 12:00:00\nWorking directory: /p\n</info-msg>',
  ]),
  chat('goose: notes of the program before the last step', (ask) => [
    SYSTEM,
    ['user', ask],
    ['user', `<info-msg>\nWorking directory: /p\n${NOISE}</info-msg>`],
  ]),
  parts('opencode: a file that was read for the user', (ask) => [
    ask,
    'Called the Read tool with the following input: {"filePath":"/p/src/a.ts"}',
    `<file>\n00001| ${CODE}\n</file>`,
  ]),
  text(
    'junie: issue_description',
    (ask) => `${NOISE}\n<issue_description>\n${ask}\n</issue_description>\n${NOISE}`,
  ),
  text(
    'openhands: information behind the words',
    (ask) => `${ask}\n\n<RUNTIME_INFORMATION>\n${NOISE}\n</RUNTIME_INFORMATION>`,
  ),
  parts('openhands: information as a part', (ask) => [ask, `<EXTRA_INFO>\n${NOISE}\n</EXTRA_INFO>`]),
  text(
    'kiro: EnvironmentContext behind the words',
    (ask) => `${ask}\n\n<EnvironmentContext>\n${NOISE}\n</EnvironmentContext>`,
  ),
  text(
    'trae: user_input',
    (ask) => `<system_reminder>\n${NOISE}\n</system_reminder>\n<user_input>\n${ask}\n</user_input>`,
  ),
  text('a time in brackets', (ask) => `[Sat 2026-11-21 12:00 UTC] ${ask}`),
  text('a time on a line', (ask) => `Current time: 2026-11-21T12:00:00.000Z\n\n${ask}`),
  text('a date in a tag', (ask) => `<current_date>2026-11-21</current_date>\n${ask}`),
  text('quotes', (ask) => `"${ask}"`),
  chat('a conversation that was summed up in tags', (ask) => [
    SYSTEM,
    ['user', `<conversation-summary>\n${noise(10)}\n</conversation-summary>`],
    ['user', ask],
  ]),
  chat('system messages behind the words', (ask) => [
    SYSTEM,
    ['user', ask],
    ['system', noise(10)],
    ['developer', noise(3)],
  ]),
];
