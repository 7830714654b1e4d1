import assert from 'node:assert/strict';
import { decodeRoutingTests } from '../../../../daemon/config/routing-tests-file.ts';

/** The problem of a file of this one line. */
function problemOf(line: string): string {
  const { tests, problems } = decodeRoutingTests(line);
  assert.deepEqual([tests.length, problems.length], [0, 1], JSON.stringify({ tests, problems }));
  return problems[0]?.problem ?? '';
}

describe('a file of routing tests [C11]', () => {
  it('is read line by line, with comments and blank lines between the tests', () => {
    const { tests, problems } = decodeRoutingTests(
      '\uFEFF// what must hold\r\n\r\n{"ask": "a", "expect": {"minTier": "moderate"}} // why\r\n  // more\n{"ask": "b", "expect": {"local": true}}',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      tests.map(({ line, ask }) => [line, ask]),
      [
        [3, 'a'],
        [5, 'b'],
      ],
    );
  });

  it('fills in what a test leaves out', () => {
    const [test] = decodeRoutingTests('{"ask": "a", "expect": {"task": "code"}}').tests;
    assert.deepEqual(test, {
      ask: 'a',
      expect: { task: 'code' },
      needs: [],
      model: 'auto',
      earlier: [],
      files: [],
      line: 1,
    });
  });

  it('takes every member that a test can have', () => {
    const whole = {
      ask: 'a',
      name: 'n',
      profile: 'budget',
      client: 'cline',
      needs: ['tools', 'vision', 'reasoning', 'json'],
      inputTokens: 9000,
      model: 'auto:quality',
      earlier: ['x'],
      files: ['src/secret/x.ts'],
      workspace: 'w',
      expect: {
        minTier: 'simple',
        maxTier: 'complex',
        complexity: 'moderate',
        minComplexity: 'simple',
        maxComplexity: 'complex',
        task: 'code',
        model: 'm',
        notModel: 'o',
        provider: 'p',
        local: true,
        maxCostUsd: 0.5,
      },
    };
    const { tests, problems } = decodeRoutingTests(JSON.stringify(whole));
    assert.deepEqual(problems, []);
    assert.deepEqual(tests, [{ ...whole, line: 1 }]);
  });

  it('keeps the good lines beside a wrong one, whose number it tells', () => {
    const { tests, problems } = decodeRoutingTests(
      '{"ask": "a", "expect": {"local": true}}\n{oops\n{"ask": "b", "expect": {"local": true}}',
    );
    assert.deepEqual(
      tests.map(({ line }) => line),
      [1, 3],
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [2],
    );
  });

  it('names the nearest known key for one that is unknown, in the test and in expect', () => {
    assert.match(problemOf('{"ask": "a", "expect": {"minTeir": "simple"}}'), /^expect\.minTeir .*"minTier"$/);
    assert.match(problemOf('{"aks": "a", "ask": "a", "expect": {"task": "code"}}'), /^aks .*"ask"$/);
  });

  it('says on which side of expect a key belongs', () => {
    assert.match(
      problemOf('{"ask": "a", "minTier": "simple", "expect": {"task": "code"}}'),
      /inside "expect"/,
    );
    assert.match(problemOf('{"ask": "a", "expect": {"task": "code", "earlier": []}}'), /outside "expect"/);
  });

  it('refuses an expectation that says nothing or that nothing can meet', () => {
    assert.match(problemOf('{"ask": "a", "expect": {}}'), /^expect says nothing/);
    assert.match(
      problemOf('{"ask": "a", "expect": {"minTier": "complex", "maxTier": "simple"}}'),
      /minTier above its maxTier/,
    );
    assert.match(problemOf('{"ask": "a", "expect": {"local": false}}'), /expect\.local must be true/);
  });

  it('tells what a value must be', () => {
    assert.match(problemOf('{"expect": {"local": true}}'), /^ask is missing/);
    assert.match(problemOf('{"ask": "a"}'), /^expect is missing/);
    assert.match(problemOf('{"ask": "a", "expect": {"minTier": "high"}}'), /must be one of "simple"/);
    assert.match(problemOf('{"ask": "a", "expect": {"maxCostUsd": -1}}'), /number from 0/);
    assert.match(problemOf('["ask"]'), /^the line must be an object/);
  });

  it('lets no key reach a prototype', () => {
    assert.match(
      problemOf('{"ask": "a", "__proto__": {"expect": {}}, "expect": {"local": true}}'),
      /__proto__/,
    );
  });

  it('stops after fifty wrong lines, since that is another kind of file', () => {
    const { problems } = decodeRoutingTests('no\n'.repeat(10_000));
    assert.equal(problems.length, 51);
    assert.match(problems.at(-1)?.problem ?? '', /was not read/);
  });
});
