// The policy time machine over HTTP and on the command line: a real daemon decides, simulated providers answer, and the
// history is asked what it would have cost otherwise. No provider hears of it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommandLine } from '../../daemon/cli/command-line.ts';
import type { ReplayBody } from '../../daemon/protocol/control-api.ts';
import { chatBody, json, status, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const ASKS = [
  'hi',
  'Translate to French: good morning',
  'Write a function that parses ISO dates.',
  'Explain how a B-tree splits its nodes and why that keeps lookups logarithmic.',
  'Design a multi-region failover for our billing service, compare two alternatives and plan the migration.',
];

describe('[C4] [A54] replay of the stored history', function () {
  this.timeout(20_000);
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let calls = 0;

  before(async () => {
    upstream = await startFakeUpstream();
    upstream.always(async (context) => {
      calls += 1;
      if (calls % 9 === 0) return status(503)(context);
      const usage = { prompt_tokens: 900 + calls * 10, completion_tokens: 100 + calls };
      return json(chatBody('fine', { usage }))(context);
    });
    const { baseUrl } = upstream;
    daemon = await runDaemon({
      config: configFor([
        { id: 'small', baseUrl, tier: 'simple', inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 },
        { id: 'middle', baseUrl, tier: 'moderate', inputUsdPerMtok: 1, outputUsdPerMtok: 4 },
        { id: 'large', baseUrl, tier: 'complex', inputUsdPerMtok: 5, outputUsdPerMtok: 25 },
      ]),
    });
    for (let round = 0; round < 6; round++) {
      for (const content of ASKS) {
        const messages = [{ role: 'user', content: `${content} (${round})` }];
        await (await daemon.post('/v1/chat/completions', { model: 'auto', messages })).text();
      }
    }
    await daemon.waitForExchanges(30);
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  async function replay(question: object = {}): Promise<ReplayBody> {
    const { status: code, body } = await daemon.control('POST', 'replay', question);
    assert.equal(code, 200, JSON.stringify(body));
    return body as ReplayBody;
  }

  async function command(...argv: readonly string[]) {
    const out: string[] = [];
    const errors: string[] = [];
    const context = {
      environment: {},
      selfCommand: ['node', 'pointsman'] as const,
      version: '0.0.0-test',
      print: (line: string) => void out.push(line),
      useColour: false,
    };
    const home = ['--home', daemon.home];
    const code = await runCommandLine(context, ['replay', ...argv, ...home], (line) => errors.push(line));
    return { code, text: out.join('\n'), errors: errors.join('\n') };
  }

  it('reproduces what was billed to a millionth of a dollar under the policy in force', async () => {
    const totals = await daemon.totals();
    const body = await replay();
    assert.equal(body.requests, totals.requests);
    assert.ok(totals.failedAttemptsCostUsd >= 0 && totals.costUsd > 0);
    assert.ok(Math.abs(body.storedCostUsd - totals.costUsd) < 1e-9);
    assert.ok(Math.abs(body.costUsd - totals.costUsd) < 1e-6, `${body.costUsd} for ${totals.costUsd}`);
    assert.ok(Math.abs(body.baselineCostUsd - totals.baselineCostUsd) < 1e-9);
    assert.ok(Math.abs(body.savedUsd - totals.savedUsd) < 1e-9);
    assert.deepEqual(body.intervalUsd, [body.costUsd, body.costUsd]);
    assert.equal(body.moved, 0);
  });

  it('calls nobody', async () => {
    const before = calls;
    await replay({ profile: 'quality' });
    assert.equal(calls, before);
    assert.equal((await daemon.exchanges()).length, 30);
  });

  it('moves requests to stronger models with another profile and tells how sure the figure is', async () => {
    const body = await replay({ profile: 'quality', since: '7d' });
    const [low, high] = body.intervalUsd;
    assert.ok(body.moved > 0);
    assert.ok(low < body.costUsd && body.costUsd < high);
    assert.ok(body.costUsd > body.storedCostUsd);
    assert.equal(
      body.moves.reduce((sum, move) => sum + move.requests, 0),
      body.moved,
    );
    const parts = body.models.reduce((sum, model) => sum + model.costUsd, 0);
    assert.ok(Math.abs(parts - body.costUsd) < 1e-9);
    const { stored, replayed } = body.expectedSuccess ?? assert.fail('nothing was decided');
    assert.ok(replayed > stored);
  });

  it('takes a part of the configuration: a model less, other lists, other settings of the policy', async () => {
    const without = await replay({ policy: { models: { small: null } } });
    assert.ok(without.models.every(({ model }) => model !== 'small') || without.asStored['no-usage'] > 0);
    assert.ok(without.moves.some(({ from }) => from === 'small'));
    const lists = { default: { simple: ['large'], moderate: ['large'], complex: ['large'] } };
    const listed = await replay({ policy: { profiles: { balanced: lists } } });
    assert.ok(listed.moves.length > 0 && listed.moves.every(({ to }) => to === 'large'));
    const strict = await replay({ policy: { successThreshold: 0.97 } });
    const nested = await replay({ policy: { policy: { successThreshold: 0.97 } } });
    assert.ok(strict.moved > 0);
    assert.equal(strict.costUsd, nested.costUsd);
  });

  it('works bills out anew only where the question is about a price', async () => {
    const [{ costUsd }] = [await replay()];
    const kept = await replay({ policy: { cache: { exact: { ttlS: 10 } } } });
    assert.equal(kept.costUsd, costUsd);
    const price = { inputUsdPerMtok: 10, outputUsdPerMtok: 50 };
    const doubled = await replay({ policy: { baseline: 'large', models: { large: { price } } } });
    const before = await replay({ policy: { baseline: 'large' } });
    assert.ok(Math.abs(doubled.baselineCostUsd - 2 * before.baselineCostUsd) < 1e-9);
    assert.match(doubled.notes.join('\n'), /large are worked out anew/);
  });

  it('compares with another baseline, named or left when the strongest model is taken away', async () => {
    const body = await replay({ policy: { baseline: 'middle' } });
    const own = await replay();
    const left = await replay({ policy: { models: { large: null } } });
    assert.ok(Math.abs(left.baselineCostUsd - body.baselineCostUsd) < 1e-9);
    assert.ok(body.baselineCostUsd < own.baselineCostUsd && body.baselineCostUsd > 0);
  });

  it('refuses a policy that is none, in one sentence with its line', async () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [
        '{\n  "policy": {\n    "succesThreshold": 1\n  }\n}',
        /policy line 3.*succesThreshold.*successThreshold/,
      ],
      ['{\n  "profile": "balanced",\n  "models": {"small": {"tier": "huge"}}\n}', /policy line 3.*tier/],
      ['{"baseline": \n"nobody"}', /line 1.*baseline.*nobody/],
      ['{ broken', /policy line 1/],
      [{ port: -1 }, /port/],
      ['[]', /must be an object/],
    ];
    for (const [policy, sentence] of cases) {
      const { status: code, body } = await daemon.control('POST', 'replay', { policy });
      assert.equal(code, 400, JSON.stringify(policy));
      assert.match((body as { error: { message: string } }).error.message, sentence);
    }
    for (const question of [{ profile: 'cheap' }, { since: 'soon' }, { wrong: 1 }, { policy: 7 }]) {
      assert.equal((await daemon.control('POST', 'replay', question)).status, 400, JSON.stringify(question));
    }
  });

  it('leaves out what came before `since`', async () => {
    const body = await replay({ since: String(Date.now() + 60_000) });
    assert.deepEqual([body.requests, body.costUsd, body.storedCostUsd], [0, 0, 0]);
    assert.deepEqual(body.intervalUsd, [0, 0]);
  });

  it('tells the comparison on the command line', async () => {
    const file = path.join(daemon.home, 'what-if.jsonc');
    writeFileSync(file, '// only the strongest\n{"policy": {"successThreshold": 0.97}}');
    const { code, text, errors } = await command('--policy', file);
    assert.equal(errors, '');
    assert.equal(code, 0);
    for (const word of [
      /^billed +[\d.]+ \$/m,
      /^replayed .*95 % interval/m,
      /^success +expected of/m,
      /not known:/,
    ]) {
      assert.match(text, word);
    }
    const parsed = JSON.parse((await command('--json', '--profile', 'budget')).text) as ReplayBody;
    assert.equal(parsed.profile, 'budget');
  });

  it('names the file and the line of a bad policy on the command line', async () => {
    const file = path.join(daemon.home, 'bad.jsonc');
    writeFileSync(file, '{\n  "policy": {"decideAt": "never"}\n}');
    const { code, errors } = await command('--policy', file);
    assert.equal(code, 1);
    assert.match(errors, /bad\.jsonc line 2.*decideAt/);
    assert.equal((await command('--policy', `${file}.nowhere`)).code, 1);
    assert.equal((await command('--profile', 'cheap')).code, 2);
  });
});
