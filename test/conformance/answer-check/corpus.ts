// The written corpus of the answer check: planted weak answers and good ones, read from the two text files beside this
// and from the tables below. Written for this test; none is taken from a model.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { ResponseFormat, ToolDefinition } from '../../../daemon/conversation/request.ts';
import type { FinishReason } from '../../../daemon/conversation/stream-event.ts';
import type { TaskType } from '../../../daemon/protocol/vocabulary.ts';
import type { JsonObject } from '../../../daemon/util/json.ts';
import type { WeakAnswerKind } from '../../../daemon/verify/answer-check.ts';

export interface WrittenAnswer {
  /** null = a good answer. */
  readonly kind: WeakAnswerKind | null;
  readonly taskType: TaskType;
  readonly ask: string;
  readonly text: string;
  readonly finishReason?: FinishReason;
  readonly refusal?: string;
  readonly calls?: readonly { readonly name: string; readonly input: string; readonly isText?: boolean }[];
  readonly tools?: readonly ToolDefinition[];
  readonly format?: ResponseFormat;
  readonly maxOutputTokens?: number;
}

/** `=== kind:finish | task type | ask` (planted) or `=== task type | ask` (good), and the answer on the lines below. */
function read(name: string): readonly WrittenAnswer[] {
  const text = readFileSync(path.join(import.meta.dirname, name), 'utf8');
  return text
    .split(/^=== /m)
    .slice(1)
    .map((entry) => {
      const end = entry.indexOf('\n');
      const head = entry.slice(0, end).split(' | ');
      const hasKind = name === 'planted.txt';
      const [kind, finish] = hasKind ? (head[0] ?? '').split(':') : [];
      const [taskType, ...ask] = head.slice(hasKind ? 1 : 0);
      return {
        kind: (kind ?? null) as WeakAnswerKind | null,
        taskType: (taskType ?? 'general') as TaskType,
        ask: ask.join(' | ').replaceAll('\\n', '\n').replaceAll('\\t', '\t'),
        text: entry.slice(end + 1).replace(/\n$/, ''),
        ...(finish === undefined ? {} : { finishReason: finish as FinishReason }),
      };
    });
}

function tool(name: string, properties: JsonObject, required: readonly string[]): ToolDefinition {
  return { kind: 'function', name, parameters: { type: 'object', properties, required }, raw: null };
}

const TOOLS: readonly ToolDefinition[] = [
  tool('get_weather', { city: { type: 'string' }, unit: { type: 'string', enum: ['c', 'f'] } }, ['city']),
  tool('write_file', { path: { type: 'string' }, content: { type: 'string' } }, ['path', 'content']),
  tool('search', { query: { type: 'string' }, limit: { type: 'integer' }, tags: { type: 'array' } }, [
    'query',
  ]),
  tool('list_files', {}, []),
  { kind: 'custom', name: 'apply_patch', raw: null },
];

const PLANTED_CALLS: readonly (readonly [string, string])[] = [
  ['get_weather', '{"city": "Paris"'],
  ['get_weather', '{"city": Paris}'],
  ['get_weather', "{'city': 'Paris'}"],
  ['get_weather', '{"unit": "c"}'],
  ['get_weather', '{}'],
  ['get_weather', ''],
  ['get_weather', '{"city": 75001}'],
  ['get_weather', '{"city": ["Paris"]}'],
  ['get_weather', '{"city": "Paris", "unit": "kelvin"}'],
  ['get_weather', '["Paris"]'],
  ['get_weather', '"Paris"'],
  ['get_weather', '{"city": null}'],
  ['fetch_weather', '{"city": "Paris"}'],
  ['weather', '{}'],
  ['search', '{"query": "a", "limit": "ten"}'],
  ['search', '{"query": "a", "limit": 1.5}'],
  ['search', '{"query": "a", "tags": "x"}'],
  ['search', '{"q": "a"}'],
  ['write_file', '{"path": "a.txt"}'],
  ['write_file', '{"path": "a.txt", "content": "abc'],
  ['write_file', '{"path": "a.txt", "content": {"a": 1}}'],
  ['write_file', '<path>a.txt</path>'],
];

const GOOD_CALLS: readonly (readonly [string, string])[] = [
  ['get_weather', '{"city": "Paris"}'],
  ['get_weather', '{"city": "Paris", "unit": "c"}'],
  ['get_weather', '{"city": "Paris", "unit": null}'],
  ['get_weather', '{"city": "", "more": 1}'],
  ['search', '{"query": "TODO", "limit": 5, "tags": []}'],
  ['search', '{"query": "could be", "limit": 5.0}'],
  ['list_files', '{}'],
  ['list_files', ''],
  ['write_file', JSON.stringify({ path: 'notes.md', content: '- [ ] TODO: buy milk\n' })],
  ['write_file', JSON.stringify({ path: 'a.ts', content: 'export const todo = 1;\n' })],
  ['write_file', JSON.stringify({ path: 'a.py', content: 'def f():\n    return 1\n' })],
  ['write_file', JSON.stringify({ path: 'a.json', content: '{"a": 1}\n' })],
  [
    'write_file',
    JSON.stringify({ path: 'tsconfig.json', content: '{\n  // strict\n  "strict": true,\n}\n' }),
  ],
  ['write_file', JSON.stringify({ path: 'empty.py', content: '' })],
  ['write_file', JSON.stringify({ path: 'App.tsx', content: 'export const A = () => <p>{1}</p>;\n' })],
];

/** A call that was written into the text, so that nothing ran. */
const CALLS_AS_TEXT: readonly string[] = [
  '<tool_call>{"name":"get_weather","arguments":{"city":"Paris"}}</tool_call>',
  'I will look it up.\n\n<tool_call>\n{"name": "search", "arguments": {"query": "a"}}\n</tool_call>',
  '<tool_call>{"name":"search","arguments":{"query":"a"}',
  '{"name": "list_files", "arguments": {}}',
  '```json\n{"name": "get_weather", "input": {"city": "Paris"}}\n```',
  'Let me look.\n```json\n{"function": "search", "parameters": {"query": "a"}}\n```',
  '<function=get_weather>{"city": "Paris"}</function>',
  '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Paris"}}]',
];

const NO_CALLS: readonly string[] = [
  '{"name": "demo", "arguments": {}}',
  '{"name": "search", "version": "1.0.0"}',
  'A model writes `<tool_call>{"name": "search"}</tool_call>` when it wants a tool. It then waits for the result.',
];

const WEAK_FILES: readonly (readonly [WeakAnswerKind, string, string])[] = [
  ['placeholder-code', 'a.ts', 'export function save(): void {\n  // TODO: implement\n}\n'],
  ['placeholder-code', 'a.py', 'def save():\n    raise NotImplementedError\n'],
  ['placeholder-code', 'a.js', 'class A {\n  // ... rest of the code here\n}\n'],
  ['code-does-not-parse', 'a.ts', 'export function save(: void {\n}\n'],
  ['code-does-not-parse', 'a.py', 'def save():\nreturn 1\n'],
  ['code-does-not-parse', 'a.json', '{"a": 1,, "b": 2}\n'],
  ['code-does-not-parse', 'App.jsx', 'export const A = () => <p>{1}</div>;\n'],
  ['looping', 'a.md', 'The parser reads the next token and returns it.\n'.repeat(60)],
];

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    age: { type: 'integer' },
    role: { enum: ['admin', 'user'] },
    tags: { type: 'array', items: { type: 'string' }, minItems: 1 },
    address: { $ref: '#/$defs/address' },
  },
  required: ['name', 'age'],
  additionalProperties: false,
  $defs: { address: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};

const PLANTED_JSON = [
  '{"name": "Ada", "age": 36',
  '{"name": "Ada", "age": "36"}',
  '{"name": "Ada"}',
  '{"name": "Ada", "age": 36, "role": "owner"}',
  '{"name": "Ada", "age": 36, "tags": []}',
  '{"name": "Ada", "age": 36, "tags": [1]}',
  '{"name": "Ada", "age": 36, "address": {}}',
  '{"name": "Ada", "age": 36, "extra": true}',
  '{"name": "Ada", "age": 36.5}',
  '[{"name": "Ada", "age": 36}]',
  'Here is the JSON: {"name": "Ada", "age": 36}',
  '{name: "Ada", age: 36}',
  'Ada is 36 years old.',
  'null',
];

const GOOD_JSON = [
  '{"name": "Ada", "age": 36}',
  '\n{ "name": "", "age": 0 }\n',
  '{"name":"Ada","age":36,"role":"admin","tags":["a"],"address":{"city":"London","zip":1}}',
  '{"age": 1e2, "name": "TODO"}',
];

const LOOPED = [
  'The answer depends on the input. ',
  'I will now check the file again.\n',
  'Let me think about this step by step. First we look at the tests. ',
  'and then and then ',
  '- Check the configuration file for errors\n',
  'Step 1: open the settings. Step 2: close the settings. ',
  'Das Ergebnis ist noch nicht bekannt. ',
  'We need to find the value of x. So x is 4. Wait, let me check again. ',
];

const FIXED = { taskType: 'general', ask: 'Please go on.', text: '' } as const;
const JSON_ASK = {
  ...FIXED,
  ask: 'Extract the person.',
  format: { kind: 'json-schema', schema: SCHEMA },
} as const;

function plantedTables(): readonly WrittenAnswer[] {
  const loops = LOOPED.flatMap((part) => [
    { ...FIXED, kind: 'looping', ask: 'What is the result?', text: part.repeat(40) } as const,
    {
      ...FIXED,
      kind: 'looping',
      ask: 'Explain it.',
      text: `It is so.\n\n${part.repeat(15)}\nDone.`,
    } as const,
  ]);
  return [
    ...loops,
    { ...FIXED, kind: 'refused', ask: 'Name a colour.', refusal: 'I cannot do that.' },
    { ...FIXED, kind: 'refused', ask: 'Name a river.', finishReason: 'content-filter' },
    ...PLANTED_CALLS.map(([name, input]) => ({
      ...FIXED,
      kind: 'malformed-tool-call' as const,
      calls: [{ name, input }],
      tools: TOOLS,
    })),
    ...CALLS_AS_TEXT.map((text) => ({ ...FIXED, kind: 'malformed-tool-call' as const, text, tools: TOOLS })),
    ...WEAK_FILES.map(([kind, file, content]) => ({
      ...FIXED,
      kind,
      ask: 'Write the module.',
      calls: [{ name: 'write_file', input: JSON.stringify({ path: file, content }) }],
      tools: TOOLS,
    })),
    ...PLANTED_JSON.map((text) => ({ ...JSON_ASK, kind: 'wrong-json' as const, text })),
    { ...FIXED, kind: 'wrong-json', format: { kind: 'json-object' }, text: '{"a": 1, "b": }' },
    { ...FIXED, kind: 'wrong-json', format: { kind: 'json-object' }, text: '"a"' },
  ];
}

function goodTables(): readonly WrittenAnswer[] {
  return [
    ...GOOD_CALLS.map(([name, input]) => ({ ...FIXED, kind: null, calls: [{ name, input }], tools: TOOLS })),
    {
      ...FIXED,
      kind: null,
      calls: [{ name: 'apply_patch', input: 'free text', isText: true }],
      tools: TOOLS,
    },
    ...NO_CALLS.map((text) => ({ ...FIXED, kind: null, text, tools: TOOLS })),
    ...GOOD_JSON.map((text) => ({ ...JSON_ASK, kind: null, text })),
    { ...FIXED, kind: null, format: { kind: 'json-object' }, text: '{"a": [1, 2, {"b": null}]}' },
    { ...FIXED, kind: null, text: 'The three', finishReason: 'length', maxOutputTokens: 3 },
    { ...FIXED, kind: null, text: '', finishReason: 'length', maxOutputTokens: 1 },
  ];
}

export function plantedAnswers(): readonly WrittenAnswer[] {
  return [...read('planted.txt'), ...plantedTables()];
}

export function goodAnswers(): readonly WrittenAnswer[] {
  return [...read('good.txt'), ...read('good-prose.txt'), ...goodTables()];
}
