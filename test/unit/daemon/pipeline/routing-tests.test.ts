import assert from 'node:assert/strict';
import { runRoutingTests } from '../../../../daemon/pipeline/routing-tests.ts';
import { AWAY, configOf, HERE, noKeys, testDeps, testsOf, THREE_MODELS } from './routing-tests-rig.ts';
import { configFor } from '../../../support/run-daemon.ts';

/** What is wrong, test by test, under the configuration. */
async function failuresOf(
  tests: readonly unknown[],
  config: unknown = THREE_MODELS,
): Promise<readonly (string | null)[]> {
  return (await runRoutingTests(testDeps(), configOf(config), testsOf(...tests))).failures;
}

/** Which of the expectations about one ask do not hold. */
async function unmet(
  ask: unknown,
  expectations: readonly Readonly<Record<string, unknown>>[],
  config?: unknown,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const given = typeof ask === 'string' ? { ask } : (ask as object);
  const failures = await failuresOf(
    expectations.map((expect) => ({ ...given, expect })),
    config,
  );
  return expectations.filter((_, index) => failures[index] !== null);
}

describe('routing tests [C11]', () => {
  it('hold privacy rules against an ask: nothing leaves where a rule keeps it here or refuses it', async () => {
    const test = { ask: 'moderate code: x', files: ['src/secret/x.ts'], expect: { local: true } };
    const rule = { name: 'secret', paths: ['src/secret/**'] };
    const configured = (rules: readonly unknown[]) => ({ ...THREE_MODELS, privacy: { rules } });
    const failures = async (rules: readonly unknown[]) => failuresOf([test], configured(rules));
    assert.match((await failures([]))[0] ?? '', /expected that nothing leaves this machine, chosen pro/);
    assert.deepEqual(await failures([rule]), [null]);
    assert.deepEqual(await failures([{ ...rule, action: 'refuse' }]), [null]);
  });

  it('hold where the chosen model is of the expected tier, and fail above and below', async () => {
    assert.deepEqual(
      await unmet('moderate code: x', [
        { minTier: 'simple' },
        { minTier: 'moderate' },
        { minTier: 'complex' },
        { maxTier: 'complex' },
        { maxTier: 'moderate' },
        { maxTier: 'simple' },
      ]),
      [{ minTier: 'complex' }, { maxTier: 'simple' }],
    );
  });

  it('look at the grade and the task of the ask', async () => {
    assert.deepEqual(
      await unmet('moderate code: x', [
        { complexity: 'moderate' },
        { complexity: 'simple' },
        { minComplexity: 'moderate' },
        { minComplexity: 'complex' },
        { maxComplexity: 'moderate' },
        { maxComplexity: 'simple' },
        { task: 'code' },
        { task: 'general' },
      ]),
      [
        { complexity: 'simple' },
        { minComplexity: 'complex' },
        { maxComplexity: 'simple' },
        { task: 'general' },
      ],
    );
  });

  it('look at the model, its provider and what it is expected to cost', async () => {
    assert.deepEqual(
      await unmet('moderate code: x', [
        { model: 'pro' },
        { model: 'opus' },
        { notModel: 'opus' },
        { notModel: 'pro' },
        { provider: 'p-pro' },
        { provider: 'p-opus' },
        { maxCostUsd: 1 },
        { maxCostUsd: 0.000001 },
      ]),
      [{ model: 'opus' }, { notModel: 'pro' }, { provider: 'p-opus' }, { maxCostUsd: 0.000001 }],
    );
  });

  it('fail a cost that nobody knows', async () => {
    const config = configFor([{ id: 'only', baseUrl: HERE, unpriced: true }]);
    const [failure] = await failuresOf([{ ask: 'x', expect: { maxCostUsd: 1 } }], config);
    assert.match(failure ?? '', /expected a cost of at most 1 USD, chosen only, which has no price/);
  });

  it('say what was expected, what was chosen and what that went by', async () => {
    const [failure] = await failuresOf([{ ask: 'simple code: x', expect: { minTier: 'moderate' } }]);
    assert.match(
      failure ?? '',
      /^expected a model of at least tier moderate, chosen flash \(simple\); reason: cheapest-capable, profile balanced, obedient took the ask for simple code/,
    );
  });

  it('name the nearest model where the expected one does not exist', async () => {
    const [failure] = await failuresOf([{ ask: 'x', expect: { model: 'flsh' } }]);
    assert.match(failure ?? '', /there is no model flsh, the nearest is "flash"/);
  });

  it('notice a mistyped notModel, which would hold for ever', async () => {
    const tests = testsOf({ ask: 'x', expect: { notModel: 'opsu' } });
    const run = await runRoutingTests(testDeps(), configOf(THREE_MODELS), tests);
    assert.deepEqual(run.failures, [null]);
    assert.match(run.notes.join(), /"opsu", which is no model; the nearest is "opus"/);
  });

  it('send the profile, the model name, the needs and the earlier turns that a test gives', async () => {
    const cannotSee = configFor([
      { id: 'blind', baseUrl: HERE, tier: 'simple', supports: [], inputUsdPerMtok: 0.1 },
      { id: 'able', baseUrl: HERE, tier: 'complex', inputUsdPerMtok: 9 },
    ]);
    const given = [
      [{}, 'blind'],
      [{ needs: ['tools'] }, 'able'],
      [{ needs: ['vision'] }, 'able'],
      [{ needs: ['json'] }, 'able'],
      [{ needs: ['reasoning'] }, 'able'],
      [{ model: 'exact/able' }, 'able'],
      [{ earlier: ['one', 'two'], files: ['src/x.ts'], workspace: 'w', client: 'cline' }, 'blind'],
    ] as const;
    const failures = await failuresOf(
      given.map(([more, model]) => ({ ask: 'simple general: x', ...more, expect: { model } })),
      cannotSee,
    );
    assert.deepEqual(
      failures,
      given.map(() => null),
    );
  });

  it('take an input for as large as a test says', async () => {
    const small = configFor([
      { id: 'short', baseUrl: HERE, tier: 'simple', contextTokens: 20_000, inputUsdPerMtok: 0.1 },
      { id: 'long', baseUrl: HERE, tier: 'simple', contextTokens: 900_000, inputUsdPerMtok: 1 },
    ]);
    assert.deepEqual(
      await failuresOf(
        [
          { ask: 'x', expect: { model: 'short' } },
          { ask: 'x', inputTokens: 100_000, expect: { model: 'long' } },
        ],
        small,
      ),
      [null, null],
    );
  });

  it('fail what is expected of a model where none can serve, and say why none can', async () => {
    const blind = configFor([{ id: 'blind', baseUrl: HERE, supports: [] }]);
    const [failure, graded] = await failuresOf(
      [
        { ask: 'x', needs: ['vision'], expect: { maxTier: 'complex', local: true } },
        { ask: 'x', needs: ['vision'], expect: { complexity: 'simple' } },
      ],
      blind,
    );
    assert.match(
      failure ?? '',
      /^expected a model of at most tier complex and that nothing leaves this machine, but .*cannot see images/,
    );
    assert.equal(graded, null);
  });

  it('fail a request that no client could send', async () => {
    const [failure] = await failuresOf([{ ask: 'x', model: '\u0001', expect: { local: true } }]);
    assert.notEqual(failure, null);
  });

  describe('about what may leave this machine', () => {
    const local = { ask: 'x', expect: { local: true } };

    it('hold where all models are on it, under whatever name of it', async () => {
      const here = configFor([
        { id: 'a', baseUrl: HERE },
        { id: 'b', baseUrl: 'http://localhost:1/v1' },
        { id: 'c', baseUrl: 'http://[::1]:2/v1' },
      ]);
      assert.deepEqual(await failuresOf([local], here), [null]);
    });

    it('fail where the chosen model is elsewhere', async () => {
      const [failure] = await failuresOf([local], configFor([{ id: 'a', baseUrl: AWAY }]));
      assert.match(failure ?? '', /^expected that nothing leaves this machine, chosen a at p-a; /);
    });

    it('fail where a fallback is elsewhere', async () => {
      const mixed = configFor([
        { id: 'a', baseUrl: HERE, inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.1 },
        { id: 'b', baseUrl: AWAY, inputUsdPerMtok: 9 },
      ]);
      const [failure] = await failuresOf([local], mixed);
      assert.match(failure ?? '', /but b at p-b answers when it fails/);
    });

    it('fail where a model elsewhere stands in for a weak answer', async () => {
      const deps = testDeps();
      const escalating: typeof deps = {
        ...deps,
        policy: {
          ...deps.policy,
          plan(input, table) {
            const plan = deps.policy.plan(input, table);
            const [first, ...rest] = plan.targets;
            return { ...plan, targets: first === undefined ? [] : [first], escalation: rest };
          },
        },
      };
      const tests = testsOf({ ask: 'simple code: x', expect: { local: true } });
      const { failures } = await runRoutingTests(escalating, configOf(THREE_MODELS), tests);
      assert.match(
        failures[0] ?? '',
        /but pro at p-pro answers when its answer is weak|but opus at p-opus answers when/,
      );
    });

    it('fail where the ask itself is sent to a model elsewhere to be graded', async () => {
      const config = {
        ...configFor([{ id: 'a', baseUrl: HERE, inputUsdPerMtok: 0 }]),
        classifier: { mode: 'hybrid', model: 'judge' },
      };
      const withJudge = {
        ...config,
        providers: { ...config.providers, j: { dialect: 'openai-chat', baseUrl: AWAY } },
        models: {
          ...config.models,
          judge: {
            provider: 'j',
            upstreamModel: 'judge',
            tier: 'simple',
            contextTokens: 256, // too small for the ask, so that only the classifier uses it
            maxOutputTokens: 10,
          },
        },
      };
      const long = { ...local, inputTokens: 5000 };
      const [failure] = await failuresOf([long], withJudge);
      assert.match(failure ?? '', /but classifier\.mode "hybrid" sends the ask to judge at j/);
      const [none] = await failuresOf([long], { ...withJudge, classifier: { mode: 'local' } });
      assert.equal(none, null);
    });
  });

  describe('where keys are missing', () => {
    const keyed = {
      ...THREE_MODELS,
      providers: {
        ...THREE_MODELS.providers,
        'p-pro': { dialect: 'openai-chat', baseUrl: AWAY, apiKey: { env: 'PRO_KEY' } },
      },
    };
    const tests = testsOf({ ask: 'moderate code: x', expect: { model: 'pro' } });

    it('take the configuration as it is written, and say so', async () => {
      const run = await runRoutingTests(testDeps(noKeys), configOf(keyed), tests);
      assert.deepEqual(run.failures, [null]);
      assert.deepEqual(run.notes, ['tested as if there were a key for p-pro, which has none now']);
    });

    it('come out the same as with the keys, then without a note', async () => {
      const withKey = testDeps((provider) =>
        provider === 'p-pro' ? { key: 'k', from: 'a test' } : { key: null, why: 'none' },
      );
      assert.deepEqual(await runRoutingTests(withKey, configOf(keyed), tests), {
        failures: [null],
        notes: [],
      });
    });
  });

  it('leave nothing behind: the same tests in another order come out the same', async () => {
    const asks = ['simple code: a', 'complex reasoning: b', 'moderate general: c'];
    const tests = asks.map((ask) => ({ ask, expect: { model: 'pro' } }));
    const forwards = await failuresOf(tests);
    const backwards = await failuresOf(tests.toReversed());
    assert.deepEqual(backwards.toReversed(), forwards);
  });
});
