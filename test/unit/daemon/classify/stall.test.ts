import assert from 'node:assert/strict';

import { findStall, type Stall } from '../../../../daemon/classify/stall.ts';
import { wirePaths } from '../../../../daemon/dialects/registry.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

interface Step {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly result: string;
  readonly isError?: boolean;
}

type Dialect = 'chat' | 'responses' | 'messages' | 'gemini';

const run = (command: string, result: string): Step => ({ name: 'bash', input: { command }, result });
const read = (path: string, result = 'text'): Step => ({ name: 'read_file', input: { path }, result });
const edit = (path: string, result = 'ok'): Step => ({
  name: 'edit_file',
  input: { path, text: result },
  result,
});
const times = (count: number, step: (index: number) => Step): readonly Step[] =>
  Array.from({ length: count }, (_, index) => step(index));

const WORDS = 'Make the build pass.';

/** `speaking`: the user speaks up before this step. */
function stallOf(steps: readonly Step[], dialect: Dialect = 'chat', speaking?: number): Stall | null {
  const [path, body] = BODIES[dialect](steps, speaking);
  const spoken = wirePaths.get(path) ?? wirePaths.get('/v1beta/models/*');
  assert.ok(spoken);
  return findStall(spoken.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))), path));
}

const BODIES: Readonly<
  Record<Dialect, (steps: readonly Step[], speaking?: number) => readonly [string, object]>
> = {
  chat: (steps, speaking) => [
    '/v1/chat/completions',
    {
      model: 'auto',
      messages: [
        { role: 'user', content: WORDS },
        ...steps.flatMap(({ name, input, result }, index) => [
          ...(index === speaking ? [{ role: 'user', content: WORDS }] : []),
          {
            role: 'assistant',
            content: null,
            tool_calls: [
              { id: `c${index}`, type: 'function', function: { name, arguments: JSON.stringify(input) } },
            ],
          },
          { role: 'tool', tool_call_id: `c${index}`, content: result },
        ]),
      ],
    },
  ],
  responses: (steps) => [
    '/v1/responses',
    {
      model: 'auto',
      input: [
        { role: 'user', content: WORDS },
        ...steps.flatMap(({ name, input, result }, index) => [
          { type: 'function_call', call_id: `c${index}`, name, arguments: JSON.stringify(input) },
          { type: 'function_call_output', call_id: `c${index}`, output: result },
        ]),
      ],
    },
  ],
  messages: (steps) => [
    '/v1/messages',
    {
      model: 'auto',
      max_tokens: 100,
      messages: [
        { role: 'user', content: WORDS },
        ...steps.flatMap(({ name, input, result, isError = false }, index) => [
          { role: 'assistant', content: [{ type: 'tool_use', id: `c${index}`, name, input }] },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: `c${index}`, content: result, is_error: isError }],
          },
        ]),
      ],
    },
  ],
  gemini: (steps) => [
    '/v1beta/models/auto:generateContent',
    {
      contents: [
        { role: 'user', parts: [{ text: WORDS }] },
        ...steps.flatMap(({ name, input, result }) => [
          { role: 'model', parts: [{ functionCall: { name, args: input } }] },
          { role: 'user', parts: [{ functionResponse: { name, response: { output: result } } }] },
        ]),
      ],
    },
  ],
};

const STALLS: readonly (readonly [
  title: string,
  steps: readonly Step[],
  kind: Stall['kind'],
  count: number,
])[] = [
  ['the same call with the same result three times', times(3, () => run('ls', 'a.ts')), 'same-call', 3],
  [
    'the same failing call, however it fails',
    times(4, (n) => run('make', `error: step ${n + 1} failed`)),
    'same-call',
    4,
  ],
  [
    'the same call with its arguments in another order',
    times(3, (n) => ({
      name: 'bash',
      input: n % 2 === 0 ? { a: 1, b: 2 } : { b: 2, a: 1 },
      result: 'same',
    })),
    'same-call',
    3,
  ],
  [
    'the same call with files read in between',
    [...times(2, () => run('make', 'done')), read('a'), read('b', 'more'), run('make', 'done')],
    'same-call',
    3,
  ],
  [
    'failed calls sent again as they were, though the second try went well',
    [
      run('fetch a', 'Error: exit 7'),
      run('fetch a', 'fine'),
      read('x'),
      run('fetch b', 'Error: wrong host'),
      run('fetch b', 'fine'),
    ],
    'same-call',
    2,
  ],
  [
    'two calls that take turns',
    times(6, (n) => (n % 2 === 0 ? run('pwd', '/p') : run('ls', 'a.ts'))),
    'same-call',
    3,
  ],
  [
    'a test that fails alike after each edit',
    times(6, (n) => (n % 2 === 0 ? edit(`f${n}`) : run('npm test', `Error: expected 1, got 2 (${n} ms)`))),
    'same-call',
    3,
  ],
  [
    'the same error of different calls',
    times(3, (n) => run(`node a${n}.js`, `TypeError: x is not a function\n    at /p/a.js:${n}2:7`)),
    'same-error',
    3,
  ],
  [
    'the same error with another address, time and id each time',
    times(3, (n) =>
      run(`curl ${n}`, `2026-01-0${n} connection failed at 0x7ff${'abc'[n] ?? ''} (id 9f8e7d6c${n})`),
    ),
    'same-error',
    3,
  ],
  [
    'an edit that does not match, tried with other texts',
    times(3, (n) => ({
      name: 'edit_file',
      input: { old: `text ${n}` },
      result: 'Error: old text not found in file',
    })),
    'same-error',
    3,
  ],
];

const NO_STALLS: readonly (readonly [title: string, steps: readonly Step[]])[] = [
  [
    'a check that passes after each edit by a tool whose name begins like a search',
    times(6, (n) =>
      n % 2 === 0 ? { name: 'search_replace', input: { n }, result: 'ok' } : run('tsc', 'no errors'),
    ),
  ],
  [
    'calls that the user does not want',
    times(4, (n) => ({
      ...run(`rm f${n}`, "The user doesn't want to proceed with this tool use. The tool use was rejected."),
      isError: true,
    })),
  ],
  ['files that the user does not allow', times(4, (n) => read(`f${n}`, 'Error: permission denied by user'))],
  ['searches that find nothing', times(4, (n) => run(`grep word${n} -r .`, 'Exit code 1'))],
  ['the same call twice', times(2, () => run('ls', 'a.ts'))],
  ['polling with results that change', times(6, (n) => run('status', `progress ${n}0 %`))],
  [
    'a test run that passes after each edit',
    times(8, (n) => (n % 2 === 0 ? edit(`f${n}`) : run('npm test', '12 passing, 0 failed'))),
  ],
  [
    'a test run that fails otherwise after each edit',
    times(8, (n) =>
      n % 2 === 0 ? edit(`f${n}`) : run('npm test', `Error: cannot find ${'abcdefgh'[n] ?? ''}Module`),
    ),
  ],
  [
    'a failed call sent again once',
    [run('fetch a', 'Error: exit 7'), run('fetch a', 'fine'), read('x'), read('y')],
  ],
  [
    'failed calls sent again after a change',
    times(4, (n) => (n % 2 === 0 ? run('make', `Error: line ${n}`) : edit(`f${n}`))),
  ],
  ['many files read', times(12, (n) => read(`f${n}.ts`, `const x = ${n};`))],
  ['errors that were overcome', [...times(3, (n) => run(`a${n}`, 'Error: no')), edit('f'), run('b', 'fine')]],
  [
    'three errors among more than eight results',
    times(12, (n) => (n % 5 === 1 ? run(`a${n}`, 'Error: no such host') : run(`b${n}`, `line ${n}`))),
  ],
];

describe('findStall', () => {
  for (const [title, steps, kind, count] of STALLS) {
    it(`[B9] sees ${title}`, () => {
      const stall = stallOf(steps);
      assert.equal(stall?.kind, kind);
      assert.equal(stall?.times, count);
    });
  }

  for (const [title, steps] of NO_STALLS) {
    it(`[B9] sees no stall in ${title}`, () => assert.equal(stallOf(steps), null));
  }

  for (const dialect of ['chat', 'responses', 'messages', 'gemini'] as const) {
    it(`[B9] sees a stall in the ${dialect} dialect, and none in work that gets on`, () => {
      assert.equal(
        stallOf(
          times(3, () => run('ls', 'a.ts')),
          dialect,
        )?.times,
        3,
      );
      assert.equal(
        stallOf(
          times(5, (n) => run(`ls ${n}`, `a${n}.ts`)),
          dialect,
        ),
        null,
      );
    });
  }

  it('[B9] believes a dialect that marks a result as an error', () => {
    const steps = times(3, (n) => ({ ...run(`a${n}`, 'nope'), isError: true }));
    assert.equal(stallOf(steps, 'messages')?.kind, 'same-error');
    assert.equal(
      stallOf(
        times(3, (n) => run(`a${n}`, 'nope')),
        'messages',
      ),
      null,
    );
  });

  it('[B9] begins anew when the user speaks', () => {
    const steps = times(4, () => run('ls', 'a.ts'));
    assert.equal(stallOf(steps, 'chat', 2), null);
    assert.equal(stallOf(steps, 'chat', 1)?.times, 3);
  });

  it('[B9] says why without a word of the conversation', () => {
    assert.equal(stallOf(times(3, () => run('ls', 'a.ts')))?.why, 'made the same call 3 times');
  });

  it('[B9] looks at the last forty messages only', () => {
    const steps = [
      ...times(2, () => run('ls', 'a.ts')),
      ...times(25, (n) => read(`f${n}`, `${n}`)),
      run('ls', 'a.ts'),
    ];
    assert.equal(stallOf(steps), null);
  });

  it('parses nothing of a conversation without tool results', () => {
    const outline = [
      { role: 'user', bytes: 9, hasImage: false, isToolResult: false, hasToolCall: false },
    ] as const;
    const stall = findStall({
      outline,
      message: () => assert.fail('parsed'),
    });
    assert.equal(stall, null);
  });
});
