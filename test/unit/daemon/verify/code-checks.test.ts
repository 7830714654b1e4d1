import assert from 'node:assert/strict';

import { loadParsers } from '../../../../daemon/verify/parsers.ts';
import { fenced, functionTool, judge, words } from './judged.ts';

const WRITE = functionTool('write', { path: { type: 'string' }, content: { type: 'string' } }, [
  'path',
  'content',
]);

const write = (path: string, content: string) =>
  judge({ calls: [['write', JSON.stringify({ path, content })]], tools: [WRITE] });

describe('placeholder code', () => {
  before(() => loadParsers());

  it('finds a TODO comment and a placeholder [A29]', () => {
    assert.equal(
      judge({ text: fenced('ts', 'function f() {\n  // TODO: implement\n}') }),
      'placeholder-code',
    );
    assert.equal(judge({ text: fenced('py', 'x = 1  # placeholder value to replace') }), 'placeholder-code');
  });

  it('finds left-out code and bodies that only throw [A29]', () => {
    assert.equal(
      judge({ text: fenced('ts', 'class A {\n  // ... rest of the code here\n}') }),
      'placeholder-code',
    );
    assert.equal(
      judge({ text: fenced('ts', "function f() {\n  throw new Error('Not implemented');\n}") }),
      'placeholder-code',
    );
    assert.equal(
      judge({ text: fenced('python', 'def f():\n    raise NotImplementedError') }),
      'placeholder-code',
    );
  });

  it('finds them in the arguments of a call that writes a file [A29]', () => {
    assert.equal(write('a.ts', '// TODO: write this\n'), 'placeholder-code');
  });

  it('takes no word in prose or in a string for a comment', () => {
    assert.equal(judge({ text: 'Search for TODO and placeholder comments.' }), null);
    assert.equal(judge({ text: fenced('ts', "const mark = '// TODO: x';") }), null);
  });

  it('allows what was asked for: stubs, and marks that the ask is about', () => {
    const text = fenced('ts', 'function f() {\n  // TODO: implement\n}');
    assert.equal(judge({ ask: 'Write a stub for f.', text }), null);
    assert.equal(judge({ ask: 'Add TODO comments where work is left.', text }), null);
    assert.equal(judge({ ask: 'Write a todo app.', text }), 'placeholder-code');
  });

  it('allows gaps that were wished for in other words and other languages', () => {
    const text = fenced('python', 'def f(a):\n    # TODO: your code here\n    pass');
    for (const ask of [
      'Schreibe eine Vorlage für eine Klasse mit leeren Methoden',
      'Gib mir ein Gerüst, die Handler schreibe ich selbst',
      'Donne-moi un squelette de classe',
      'Write an app, I will fill in the handler myself',
      'Write a kata exercise for juniors with a blank function to fill',
      'Write a tutorial where the reader completes an exercise',
      'Write a base class whose subclasses must implement run()',
      '写一个模板，方法留空',
    ]) {
      assert.equal(judge({ ask, text }), null, ask);
    }
    for (const ask of ['Solve this kata.', 'Write a function to fill an array.', 'Let me add items later.']) {
      assert.equal(judge({ ask, text }), 'placeholder-code', ask);
    }
  });

  it('allows the marks that a question is about, in calls as well', () => {
    assert.equal(
      judge({ ask: 'Show the Kotlin TODO() function', text: fenced('kotlin', 'fun f(): Int = TODO("x")') }),
      null,
    );
    const pending = fenced('js', "it('works later'); // TODO");
    assert.equal(judge({ ask: 'How do I mark a test as pending in mocha?', text: pending }), null);
    const left = fenced('python', 'def f():\n    raise NotImplementedError');
    assert.equal(judge({ ask: 'Implement the TODO in f.', text: left }), 'placeholder-code');
  });

  it('allows what stood in the prompt before', () => {
    const ask = `Rename f.\n${fenced('ts', 'function f() {\n  // TODO: cache\n  return 1;\n}')}`;
    assert.equal(
      judge({ ask, text: fenced('ts', 'function g() {\n  // TODO: cache\n  return 1;\n}') }),
      null,
    );
  });

  it('allows protocols, abstract methods and empty exceptions in Python', () => {
    for (const code of [
      'class A(Protocol):\n    def f(self) -> int: ...',
      'class A(ABC):\n    @abstractmethod\n    def f(self):\n        raise NotImplementedError',
      'class MyError(Exception):\n    pass',
      'try:\n    f()\nexcept OSError:\n    pass',
    ]) {
      assert.equal(judge({ text: fenced('python', code) }), null, code);
    }
  });
});

describe('code that does not parse', () => {
  before(() => loadParsers());

  it('finds a missing brace in TypeScript and a missing bracket in JavaScript [C9]', () => {
    assert.equal(
      judge({ text: fenced('ts', 'function f() {\n  if (a) {\n    b();\n}') }),
      'code-does-not-parse',
    );
    assert.equal(judge({ text: fenced('js', 'const a = [1, 2;') }), 'code-does-not-parse');
  });

  it('finds wrong indentation in Python [C9]', () => {
    for (const code of [
      'def f():\nreturn 1',
      'x = 1\n    y = 2',
      'def f():\n    a = 1\n  b = 2',
      'for i in x\n    pass',
    ]) {
      assert.equal(judge({ text: fenced('python', code) }), 'code-does-not-parse', code);
    }
  });

  it('finds broken JSON, in a block and without one [C9]', () => {
    assert.equal(judge({ text: fenced('json', '{"a": 1 "b": 2}') }), 'code-does-not-parse');
    assert.equal(judge({ ask: 'Answer in JSON.', text: '{"a": 1, "b":' }), 'code-does-not-parse');
  });

  it('takes pieces of TypeScript and JavaScript for what they are', () => {
    for (const code of [
      'get total(): number {\n  return 1;\n}',
      'a: 1,\nb: [2],',
      '.then((x) => x)\n.catch(log);',
      'return await f();',
      '<A />\n<B />',
      "case 'a':\n  return 1;",
      'else {\n  f();\n}',
      '@Get()\n@Auth()',
      'const a = 1;\n\nget total() {\n  return 1;\n}',
      'f(a, ...)',
    ]) {
      assert.equal(judge({ ask: 'Show the piece.', text: fenced('ts', code) }), null, code);
    }
  });

  it('takes pieces of Python for what they are', () => {
    for (const code of [
      '    x = 1\n    return x',
      'elif a:\n    f()',
      'except ValueError:\n    f()',
      '@app.get("/")',
      '>>> f(1)\n2',
      '%timeit f()\n!ls',
      'x = 1.\ny = yield\n',
      'with (open(a) as b, open(c) as d):\n    f()',
    ]) {
      assert.equal(judge({ ask: 'Show the piece.', text: fenced('python', code) }), null, code);
    }
  });

  it('takes JSON with comments, members alone and several values for JSON', () => {
    for (const code of ['{\n  // a\n  "a": 1,\n}', '"a": 1,\n"b": 2', '{"a": 1}\n{"a": 2}', '{\n  ...\n}']) {
      assert.equal(judge({ ask: 'Show it.', text: fenced('json', code) }), null, code);
    }
  });

  it('holds a whole file to the grammar without surroundings', () => {
    assert.equal(write('a.ts', 'return 1;\n}\n'), 'code-does-not-parse');
    assert.equal(write('a.ts', "import a from './a.json' with { type: 'json' };\n"), null);
    assert.equal(write('a.txt', 'return 1;\n}\n'), null);
  });

  it('does not follow generic calls that would double the work of the parser at every level', () => {
    assert.equal(judge({ text: fenced('ts', 'f<T>('.repeat(40)) }), null);
  });
});

describe('code that is shown because it is broken', () => {
  before(() => loadParsers());
  const broken = fenced('python', 'if x = 3:\n    print(x)');
  const mended = fenced('python', 'if x == 3:\n    print(x)');

  it('is no fault where it stands in the prompt, whatever is remarked behind it', () => {
    assert.equal(judge({ ask: `Mend it.\n${broken}`, text: `${broken}\nbecomes\n${mended}` }), null);
    const remarked = fenced('python', 'if x = 3:  # assigns');
    assert.equal(judge({ ask: `Mend it.\n${broken}`, text: remarked }), null);
  });

  it('is a fault where its lines stand in the prompt with another indentation [C9]', () => {
    const ask = `Mend it.\n${fenced('python', 'def f(a):\n    b = a\n    return b')}`;
    assert.equal(
      judge({ ask, text: fenced('python', 'def f(a):\n    b = a\n  return b') }),
      'code-does-not-parse',
    );
  });

  it('is no fault before its mended form where the ask is about what is wrong', () => {
    assert.equal(judge({ ask: 'What is wrong with it? Fix it.', text: `${broken}\n${mended}` }), null);
    assert.equal(judge({ ask: 'What is wrong with it? Fix it.', text: broken }), 'code-does-not-parse');
    assert.equal(judge({ ask: 'Write it.', text: `${broken}\n${mended}` }), 'code-does-not-parse');
  });

  it('may be all there is where broken code is wished for, or an error explained', () => {
    assert.equal(
      judge({ ask: 'Write an example of invalid JSON.', text: fenced('json', '{"a": 1,, }') }),
      null,
    );
    assert.equal(
      judge({ ask: 'Was bedeutet dieser Fehler?', text: `Er kommt von\n${fenced('json', '{"a": 1')}` }),
      null,
    );
    assert.equal(
      judge({ ask: 'Write a function that rejects invalid JSON.', text: fenced('json', '{"a": 1,, }') }),
      'code-does-not-parse',
    );
  });

  it('is marked by a comment or by the words before it', () => {
    assert.equal(judge({ text: fenced('js', '// Wrong:\nconst a = [1, 2;') }), null);
    assert.equal(judge({ text: `This does not parse:\n\n${fenced('js', 'const a = [1, 2;')}` }), null);
    assert.equal(
      judge({ text: `Here is error handling:\n\n${fenced('js', '// error path\nconst a = [1, 2;')}` }),
      'code-does-not-parse',
    );
  });

  it('takes forms with names in angle brackets, traces and unions of types for no code', () => {
    for (const block of [
      fenced('python', '{<key>: <value> for <item> in <iterable>}'),
      fenced('js', 'TypeError: x is not a function (reading y)\n    at main (a.js:1:1)'),
      fenced('json', '{ "type": "string" | "number" }'),
      fenced('json', '{ "id": number }'),
    ]) {
      assert.equal(judge({ ask: 'Show it.', text: block }), null, block);
    }
  });
});

describe('patches that do not apply', () => {
  const FILE = 'a.ts:\n```ts\nconst a = 1;\nconst b = 2;\nexport { a, b };\n```';
  const diff = (oldLine: string, counts = '-1,2 +1,2') =>
    fenced('diff', `--- a/a.ts\n+++ b/a.ts\n@@ ${counts} @@\n-${oldLine}\n+const a = 3;\n const b = 2;`);

  it('compares the context of a diff with the file in the prompt [C9]', () => {
    assert.equal(judge({ ask: `Make a diff. ${FILE}`, text: diff('const a = 1;') }), null);
    assert.equal(
      judge({ ask: `Make a diff. ${FILE}`, text: diff('let other = 1;') }),
      'patch-does-not-apply',
    );
  });

  it('says nothing of a file that is not in the prompt', () => {
    assert.equal(judge({ ask: 'Make a diff.', text: diff('let other = 1;') }), null);
  });

  it('says nothing of a file that the model has edited since', () => {
    const messages = [
      words('user', FILE),
      {
        role: 'assistant' as const,
        content: [
          { type: 'tool-call' as const, callId: '1', name: 'write', input: '{"path":"a.ts","content":"x"}' },
        ],
      },
      words('user', 'Again.'),
    ];
    assert.equal(judge({ messages, text: diff('let other = 1;') }), null);
  });

  it('counts the lines of a hunk', () => {
    assert.equal(judge({ text: diff('const a = 1;', '-1,5 +1,6') }), 'patch-does-not-apply');
  });

  it('reads SEARCH/REPLACE blocks and the apply_patch format [C9]', () => {
    const search = (old: string) => `a.ts\n<<<<<<< SEARCH\n${old}\n=======\nconst a = 3;\n>>>>>>> REPLACE`;
    const patch = (old: string) =>
      `*** Begin Patch\n*** Update File: a.ts\n@@\n-${old}\n+const a = 3;\n*** End Patch`;
    for (const form of [search, patch]) {
      assert.equal(judge({ ask: FILE, text: form('const a = 1;') }), null);
      assert.equal(judge({ ask: FILE, text: form('let other = 1;') }), 'patch-does-not-apply');
    }
    assert.equal(judge({ text: '<<<<<<< SEARCH\na\n=======\nb' }), 'patch-does-not-apply');
    assert.equal(judge({ text: '*** Begin Patch\n*** Update File: a.ts\n-a\n+b' }), 'patch-does-not-apply');
  });

  it('compares the text that an edit by call wants to replace', () => {
    const edit = functionTool('edit', { path: { type: 'string' } }, ['path']);
    const call = (old: string) =>
      judge({
        ask: FILE,
        tools: [edit],
        calls: [['edit', JSON.stringify({ path: 'a.ts', old_string: old, new_string: 'x' })]],
      });
    assert.equal(call('const a = 1;\nconst b'), null);
    assert.equal(call('let other = 1;'), 'patch-does-not-apply');
  });
});
