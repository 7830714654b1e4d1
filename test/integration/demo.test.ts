// The demo as people run it: `pointsman demo` from the built bundle, with the official clients inside.

import assert from 'node:assert/strict';
import { ensureBundle, runCommand, type CommandEnd } from '../support/daemon-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MOST_COLUMNS = 120;

describe('the demo', function () {
  this.timeout(30_000);
  const folder = temporaryFolder();
  let end: CommandEnd;
  let rows: readonly string[][];

  before(async function () {
    ensureBundle();
    end = await runCommand(['demo'], { home: folder.file('home') });
    rows = end.stdout
      .split('\n')
      .filter((line) => /^ ?\d+ {2}/.test(line))
      .map((line) => line.trim().split(/ {2,}/));
  });

  it('ends well, with at least 20 requests', () => {
    assert.equal(end.exitCode, 0, end.stdout + end.stderr);
    assert.equal(end.stderr, '');
    assert.ok(rows.length >= 20);
    assert.ok(end.stdout.includes(`\n${rows.length} requests cost `));
  });

  it('fits a screen', () => {
    assert.deepEqual(
      end.stdout.split('\n').filter((line) => line.length > MOST_COLUMNS),
      [],
    );
  });

  it('[A3] goes through all nine pairs of client and provider formats', () => {
    const formats = ['chat', 'resp', 'msgs'];
    const pairs = formats.flatMap((client) =>
      formats.map((provider) => (client === provider ? client : `${client}>${provider}`)),
    );
    assert.deepEqual(new Set(rows.map((row) => row[2])), new Set(pairs));
  });

  it('[B5] leads an agent with signed thoughts through three models and back, and none is refused', () => {
    const agent = rows.filter(([, title]) => title?.startsWith('task '));
    const models = agent.map((row) => row[5]);
    assert.deepEqual(
      models.filter((model, index) => model !== models[index - 1]),
      ['sim-medium', 'sim-large', 'sim-small', 'sim-large'],
    );
    assert.ok(agent.every((row) => ['cheapest-capable', 'affinity'].includes(row[6] ?? '')));
  });

  it('[A39] [C2] counts the cold start of a switch as a loss, and nothing while the baseline goes on by itself', () => {
    const [arriving, ...later] = rows.filter(([, title]) => title?.startsWith('task 2,'));
    assert.ok(later.length > 3);
    assert.ok(Number(arriving?.at(-1)) < -0.005, arriving?.join('  '));
    // Less than a tenth of what its cold start lost: which tokens of a prompt are new is worked out from its bytes.
    for (const row of later) assert.ok(Math.abs(Number(row.at(-1))) < 0.0004, row.join('  '));
  });

  it('has another model answer where one fails, and calls a broken answer broken', () => {
    const why = (title: string): string | undefined => rows.find((row) => row[1] === title)?.[6];
    assert.equal(why('answers 503'), 'fallback, try 2');
    assert.equal(why('answers 429'), 'fallback, try 2');
    assert.equal(why('stream breaks'), 'answer broke off');
  });

  it('has books that agree with the bills of the simulated providers', () => {
    assert.match(
      end.stdout,
      /providers billed 0\.\d{6} \$: the books differ by 0\.000000 \$ for all answers that came to/,
    );
    assert.match(end.stdout, /billed 0\.\d{6} \$, in the books by estimate 0\.\d{6} \$/);
  });
});
