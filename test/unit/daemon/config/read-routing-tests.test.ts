import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { MAX_ROUTING_TESTS, readRoutingTests } from '../../../../daemon/config/read-routing-tests.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const LINE = '{"ask": "a", "expect": {"task": "code"}}\n';

describe('reading routing tests [C11]', () => {
  const folder = temporaryFolder();
  const homeFile = (): string => folder.file('routing.test.jsonl');

  it('finds nothing wrong with a home folder without any', async () => {
    const [file] = await readRoutingTests({ homeFile: homeFile(), others: [] });
    assert.deepEqual([file?.isThere, file?.tests, file?.problems], [false, [], []]);
  });

  it('reads the file at home and those that the configuration names, each once', async () => {
    writeFileSync(homeFile(), LINE);
    writeFileSync(folder.file('other.jsonl'), LINE + LINE);
    const others = [folder.file('other.jsonl'), homeFile()];
    const files = await readRoutingTests({ homeFile: homeFile(), others });
    assert.deepEqual(
      files.map(({ tests }) => tests.length),
      [1, 2],
    );
  });

  it('names the file at home short and the others whole, since workspaces all call theirs the same', async () => {
    const files = await readRoutingTests({ homeFile: homeFile(), others: ['/w/routing.test.jsonl'] });
    assert.deepEqual(
      files.map(({ label }) => label),
      ['routing.test.jsonl', '/w/routing.test.jsonl'],
    );
  });

  it('tells of a named file that is not there or cannot be read', async () => {
    mkdirSync(folder.file('directory'));
    const others = [folder.file('nowhere.jsonl'), folder.file('directory')];
    const [, absent, directory] = await readRoutingTests({ homeFile: homeFile(), others });
    assert.match(
      absent?.problems[0]?.problem ?? '',
      /is not there; create it or take it out of routingTests/,
    );
    assert.match(directory?.problems[0]?.problem ?? '', /is a directory/);
    assert.equal(directory?.problems[0]?.line, 0);
  });

  it('has another fingerprint for other content', async () => {
    const print = async (text: string): Promise<string | undefined> => {
      writeFileSync(homeFile(), text);
      return (await readRoutingTests({ homeFile: homeFile(), others: [] }))[0]?.fingerprint;
    };
    assert.equal(await print(LINE), await print(LINE));
    assert.notEqual(await print(LINE), await print(LINE + LINE));
  });

  it('refuses the tests beyond two thousand, in all files together, with the line', async () => {
    writeFileSync(homeFile(), LINE.repeat(MAX_ROUTING_TESTS - 1));
    writeFileSync(folder.file('other.jsonl'), LINE.repeat(3));
    const [own, other] = await readRoutingTests({
      homeFile: homeFile(),
      others: [folder.file('other.jsonl')],
    });
    assert.deepEqual([own?.tests.length, own?.problems.length], [MAX_ROUTING_TESTS - 1, 0]);
    assert.equal(other?.tests.length, 1);
    assert.equal(other?.problems[0]?.line, 2);
    assert.match(other?.problems[0]?.problem ?? '', /\(2 tests\) is not run: at most 2000/);
  });
});
