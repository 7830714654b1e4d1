import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { formatPath, MAX_CONFIG_CHARS, parseJsonc } from '../../../../daemon/config/jsonc-document.ts';
import type { ConfigProblem } from '../../../../daemon/config/jsonc-document.ts';

function valueOf(text: string): unknown {
  const result = parseJsonc(text);
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.problems));
  return JSON.parse(JSON.stringify(result.document.value));
}

function problemOf(text: string): ConfigProblem {
  const result = parseJsonc(text);
  assert.ok(!result.ok);
  const [problem] = result.problems;
  assert.ok(problem);
  return problem;
}

describe('JSON with comments', () => {
  it('reads comments and trailing commas', () => {
    assert.deepEqual(valueOf('// a\n{ /* b */ "x": [1, 2,], "y": "// text", } // c'), {
      x: [1, 2],
      y: '// text',
    });
  });

  it('reads a file with a byte order mark and Windows line ends', () => {
    assert.deepEqual(valueOf('\uFEFF{\r\n"x": 1\r\n}\r\n'), { x: 1 });
  });

  it('reads whatever JSON there is, as JSON.parse does', () => {
    const json = fc
      .jsonValue({ maxDepth: 5 })
      .filter((value) => !JSON.stringify(value).includes('"__proto__"'));
    fc.assert(
      fc.property(json, (value) =>
        assert.deepEqual(valueOf(JSON.stringify(value, null, 1)), JSON.parse(JSON.stringify(value))),
      ),
    );
  });

  it('makes objects that have no prototype', () => {
    const result = parseJsonc('{"a": {}}');
    assert.ok(result.ok);
    assert.equal(Object.getPrototypeOf(result.document.value), null);
  });

  for (const text of ['', ' \r\n\t', '// only a comment', '\uFEFF']) {
    it(`says that ${JSON.stringify(text)} is empty`, () => {
      assert.deepEqual(problemOf(text), {
        path: '',
        line: 1,
        column: 1,
        problem: 'is empty; write {} for the defaults',
      });
    });
  }

  const broken: readonly (readonly [string, string, number, number, RegExp])[] = [
    ['{\n  "port": 1\n  "profile": "budget"\n}', 'profile', 3, 3, /"," is missing/],
    ['{\n  "port" 1\n}', 'port', 2, 10, /":" must stand/],
    ['{\n  "port": \n}', 'port', 3, 1, /a value must be/],
    ['{"retries": {"pauseMs": tru}}', 'retries.pauseMs', 1, 25, /a value must be/],
    ['{"port": 0x10}', 'port', 1, 11, /a value must be|"," is missing/],
    ["{'port': 1}", '', 1, 2, /a key in double quotes/],
    ['{port: 1}', '', 1, 2, /a key in double quotes/],
    ['{"profile": "budget', 'profile', 1, 13, /double quote is missing/],
    ['{"profile": "C:\\dir"}', 'profile', 1, 13, /backslash/],
    ['{"port": 1', 'port', 1, 11, /closing "}" is missing/],
    ['{"budgets": [1}', 'budgets', 1, 15, /closing "\]" is missing|"," is missing/],
    ['{} {}', '', 1, 4, /nothing may follow/],
    ['{} /* never closed', '', 1, 4, /not closed/],
  ]; // prettier-ignore
  for (const [text, path, line, column, problem] of broken) {
    it(`names place and remedy in ${JSON.stringify(text)}`, () => {
      const found = problemOf(text);
      assert.match(found.problem, problem);
      assert.deepEqual([found.line, found.column], [line, column]);
      assert.ok(found.path === path || found.path.startsWith(path), `path was ${found.path}`);
    });
  }

  for (const [name, lineEnd] of Object.entries({
    'line feeds': '\n',
    'Windows line ends': '\r\n',
    'carriage returns': '\r',
  })) {
    it(`counts lines that end in ${name}`, () => {
      const { line, column } = problemOf(`{${lineEnd}${lineEnd}  "a": 1,${lineEnd}   x}`);
      assert.deepEqual([line, column], [4, 4]);
    });
  }

  it('refuses a key that is given twice, at its second place', () => {
    const problem = problemOf('{"retries": {"pauseMs": 1,\n "pauseMs": 2}}');
    assert.deepEqual(problem, {
      path: 'retries.pauseMs',
      line: 2,
      column: 2,
      problem: 'is given twice; keep one of them',
    });
  });

  it('refuses __proto__ as a key and leaves every prototype alone', () => {
    assert.equal(problemOf('{"models": {"__proto__": {"polluted": 1}}}').path, 'models.__proto__');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  for (const deep of ['['.repeat(500_000), '{"a":'.repeat(150_000), '[{"a":'.repeat(20)]) {
    it(`refuses ${deep.length} characters of nesting that starts with ${deep.slice(0, 6)}`, () => {
      assert.match(problemOf(deep).problem, /nested more than 32 levels/);
    });
  }

  it('does not count brackets inside text and comments as nesting', () => {
    assert.deepEqual(valueOf(`{"a": "${'['.repeat(100)}" /* ${'['.repeat(100)} */}`), { a: '['.repeat(100) });
  });

  it('refuses a file of more than a mebi of characters', () => {
    assert.match(problemOf(`{}${' '.repeat(MAX_CONFIG_CHARS)}`).problem, /too large/);
  });

  it('refuses zero bytes', () => {
    assert.match(problemOf('{ /* \0 */ }').problem, /UTF-8/);
  });

  it('finds the place of a value, of its key, and of the nearest parent of a missing one', () => {
    const result = parseJsonc('{\n  "a": [\n    { "b":\n 5 } ] }');
    assert.ok(result.ok);
    const { document } = result;
    assert.deepEqual(document.positionOf(['a', 0, 'b']), { line: 4, column: 2 });
    assert.deepEqual(document.positionOfKey(['a', 0, 'b']), { line: 3, column: 7 });
    assert.deepEqual(document.positionOf(['a', 0, 'missing', 'x']), { line: 3, column: 5 });
    assert.deepEqual(document.positionOf(['a', 7]), { line: 2, column: 8 });
  });
});

describe('path of a key', () => {
  it('writes plain names with dots, indexes in brackets and other names in quotes', () => {
    assert.equal(formatPath(['models', 'gpt-5.6', 'fallback', 0]), 'models["gpt-5.6"].fallback[0]');
  });

  it('is empty for the whole file', () => assert.equal(formatPath([]), ''));

  it('cuts long names and keeps them on one line', () => {
    const path = formatPath(['models', `a\n${'b'.repeat(5000)}`]);
    assert.ok(path.length < 120);
    assert.ok(!path.includes('\n'));
  });
});
