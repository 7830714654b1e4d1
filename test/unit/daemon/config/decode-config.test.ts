import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { KnownNames } from '../../../../daemon/config/cross-checks.ts';
import { decodeConfig, defaultConfig, formatProblems } from '../../../../daemon/config/decode-config.ts';
import type { ConfigProblem } from '../../../../daemon/config/decode-config.ts';
import type { RouterConfig } from '../../../../daemon/config/schema.ts';

/** The example of the product's contract, word for word but for the dots in `source`. */
const COMPLETE = `{
  "port": 7411,
  "baseline": "claude-opus",                       // model id used as baseline
  "profile": "balanced",
  "bareModelNames": "ceiling",                     // or "exact"
  "providers": {
    "anthropic": { "dialect": "anthropic-messages", "baseUrl": "https://api.anthropic.com", "apiKey": { "env": "ANTHROPIC_API_KEY" } },
    "openai":    { "dialect": "openai-responses",   "baseUrl": "https://api.openai.com/v1", "apiKey": { "env": "OPENAI_API_KEY" } },
    "deepseek":  { "dialect": "openai-chat",        "baseUrl": "https://api.deepseek.com/v1", "apiKey": { "file": "deepseek.key" }, "headers": {} },
    "local":     { "dialect": "openai-chat",        "baseUrl": "http://127.0.0.1:11434/v1", "billing": "free" }   // metered (default) | flat-rate | free
  },
  "models": {
    "claude-opus": { "provider": "anthropic", "upstreamModel": "claude-opus-5-5", "tier": "complex", "contextTokens": 200000, "maxOutputTokens": 64000,
                     "supports": ["tools", "vision", "reasoning", "json"], "fallback": ["deepseek-pro"],
                     "price": { "inputUsdPerMtok": 4, "outputUsdPerMtok": 20, "cacheReadUsdPerMtok": 0.2, "cacheWriteUsdPerMtok": 5, "cacheWrite1hUsdPerMtok": 8, "asOf": "2026-11-01", "source": "…" },
                     "cache": { "minTokens": 1024, "ttlS": 300 }, "tokenizerFactor": 1.35, "speedTokensPerSec": 70 }
  },
  "profiles": { "balanced": { "default": { "simple": ["deepseek-flash"], "moderate": ["deepseek-pro"], "complex": ["claude-opus"] }, "vision": { "simple": ["glm-4v"] } } },
  "policy": { "decideAt": "task",
              "maxSwitchSpendRatio": 0.05, "mixedPlan": false, "maxTurnsBeforeUpgrade": 10,
              "successThreshold": 0.75, "escalation": { "weakAnswer": true, "stall": true, "verify": "mechanical" } },
  "classifier": { "mode": "local", "model": "deepseek-flash", "timeoutMs": 1500 },
  "timeouts": { "connectMs": 3000, "firstEventMs": 30000, "firstEventReasoningMs": 300000, "idleMs": 60000, "totalMs": 1800000 },
  "retries": { "maxAttempts": 3, "pauseMs": 500, "exactFallback": false },
  "cache": { "exact": { "enabled": true, "ttlS": 3600, "maxBytes": 67108864 }, "semantic": { "enabled": false, "threshold": 0.9 } },
  "budgets": [ { "scope": "workspace:billing-api", "period": "day", "limitUsd": 5, "onReach": "downgrade" }, { "scope": "all", "period": "day", "limitTokens": 50000, "onReach": "block" } ],
  "privacy": { "storePrompts": false, "rules": [] },
  "metadata": "headers",
  "limits": { "maxBodyBytes": 33554432, "maxConcurrent": 256 },
  "logLevel": "info"
}`;
const SHIPPED: KnownNames = { providers: [], models: ['deepseek-flash', 'deepseek-pro', 'glm-4v'] };

function configOf(text: string, known = SHIPPED): RouterConfig {
  const decoded = decodeConfig(text, known);
  assert.ok(decoded.ok, decoded.ok ? '' : formatProblems('config.jsonc', decoded.problems));
  return decoded.config;
}

function problemsOf(
  text: string,
  known = { providers: [] as string[], models: [] as string[] },
): readonly ConfigProblem[] {
  const decoded = decodeConfig(text, known);
  assert.ok(!decoded.ok);
  return decoded.problems;
}

function modelText(extra: Record<string, unknown> = {}): string {
  return JSON.stringify({
    provider: 'p',
    upstreamModel: 'u',
    tier: 'simple',
    contextTokens: 8000,
    maxOutputTokens: 10,
    ...extra,
  });
}
const P = '"providers": {"p": {"dialect": "openai-chat", "baseUrl": "http://127.0.0.1:1/v1"}}';

describe('decoding config.jsonc', () => {
  it('accepts the complete configuration of the contract', () => {
    const config = configOf(COMPLETE);
    assert.equal(config.models['claude-opus']?.price?.cacheWrite1hUsdPerMtok, 8);
    assert.equal(config.providers['local']?.billing, 'free');
    assert.deepEqual(config.profiles.balanced?.vision, { simple: ['glm-4v'] });
    assert.equal(config.budgets[1]?.limitTokens, 50_000);
  });

  it('takes {} for the defaults', () => assert.deepEqual(configOf('{}'), defaultConfig()));

  it('gives the same object shape with comments, BOM and Windows line ends', () => {
    const messy = `\uFEFF// mine\r\n${COMPLETE.replaceAll('\n', '\r\n').replace(/\}$/, ',}')}\r\n`;
    assert.deepEqual(configOf(messy), configOf(COMPLETE));
  });

  it('freezes everything', () => {
    const thawed: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(path);
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
    };
    visit(configOf(COMPLETE), '');
    visit(defaultConfig(), 'default');
    assert.deepEqual(thawed, []);
  });

  it('keeps names of the language out of the tables of models and providers', () => {
    const config = configOf(COMPLETE);
    assert.equal(config.models['toString'], undefined);
    assert.equal(config.providers['constructor'], undefined);
    assert.equal(config.providers['deepseek']?.headers['hasOwnProperty'], undefined);
  });

  it('lets a model and a provider have such a name', () => {
    const config = configOf(
      `{"providers": {"constructor": {"dialect": "openai-chat", "baseUrl": "https://a.b"}}, "models": {"toString": ${modelText({ provider: 'constructor' })}}}`,
    );
    assert.equal(config.models['toString']?.upstreamModel, 'u');
    assert.equal(config.providers['constructor']?.baseUrl, 'https://a.b');
  });

  it('names the nearest known key of the same object, with its line', () => {
    const [problem] = problemsOf('{\n  "retries": {\n    "maxAttemps": 3\n  }\n}');
    assert.deepEqual(problem, {
      path: 'retries.maxAttemps',
      line: 3,
      column: 5,
      problem: 'is not a known key; the nearest known key is "maxAttempts"',
    });
  });

  it('puts a wrong value at its line and says what is allowed', () => {
    const [problem] = problemsOf('{\n  // comment\n  "port":\n    "7411"\n}');
    assert.deepEqual(problem, {
      path: 'port',
      line: 4,
      column: 5,
      problem: 'must be a whole number from 0 to 65535',
    });
  });

  it('puts a missing key at the line of its object', () => {
    const problems = problemsOf(`{\n${P},\n"models": {\n  "m": {"provider": "p"}}}`);
    const missing = problems.find(({ path }) => path === 'models.m.tier');
    assert.equal(missing?.line, 4);
    assert.match(missing?.problem ?? '', /^is missing; it must be one of "simple"/);
  });

  it('puts a bad name of a provider or header at the key itself', () => {
    const [name, header] = problemsOf('{"providers": {\n"a b": {"dialect": "openai-chat", "baseUrl": "https://a.b",\n "headers": {}},\n"p": {"dialect": "openai-chat", "baseUrl": "https://a.b", "headers": {\n"X-Api-Key": "k"}}}}');
    assert.deepEqual([name?.path, name?.line], ['providers["a b"]', 2]);
    assert.deepEqual([header?.path, header?.line, header?.problem], ['providers.p.headers.X-Api-Key', 5, 'carries a key, which belongs under apiKey']);
  }); // prettier-ignore

  it('reports every problem, in the order of the file', () => {
    const problems = problemsOf(
      '{"logLevel": "loud",\n"port": -1,\n"colour": 1,\n"retries": {"maxAttempts": 0}}',
    );
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['logLevel', 'port', 'colour', 'retries.maxAttempts'],
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [1, 2, 3, 4],
    );
  });

  for (const text of ['[]', '"x"', '5', 'null', 'true']) {
    it(`refuses ${text} in place of the object`, () => {
      assert.equal(problemsOf(text)[0]?.problem, 'must be an object in { }');
    });
  }

  it('never repeats a value, which may be a key in the wrong place', () => {
    const secret = 'sk-ant-api03-verysecretvalue';
    const problems = problemsOf(
      JSON.stringify({
        logLevel: secret,
        port: secret,
        providers: {
          p: { dialect: secret, baseUrl: `https://${secret}@x`, apiKey: secret },
          q: { apiKey: { env: secret } },
        },
        budgets: [{ scope: secret }],
      }),
    );
    assert.ok(problems.length > 5);
    assert.doesNotMatch(formatProblems('config.jsonc', problems), /verysecret/);
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const decoded = decodeConfig(text);
        assert.ok(decoded.ok || decoded.problems.length > 0);
      }),
    );
  });

  it('survives the complete configuration with any stretch cut out', () => {
    fc.assert(
      fc.property(fc.nat(COMPLETE.length), fc.nat(60), (start, length) => {
        const decoded = decodeConfig(COMPLETE.slice(0, start) + COMPLETE.slice(start + length), SHIPPED);
        if (!decoded.ok) {
          for (const { line, column, problem } of decoded.problems) {
            assert.ok(line >= 1 && column >= 1 && problem !== '');
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('names that must exist elsewhere in the configuration', () => {
  const first = (text: string): string => formatProblems('c', problemsOf(text).slice(0, 1));

  it('names the nearest provider when a model asks for one that is not there', () => {
    assert.match(
      first(`{${P}, "models": {"m": ${modelText({ provider: 'pp' })}}}`),
      /models\.m\.provider names the unknown provider "pp"; the nearest is "p"$/,
    );
  });

  it('says that there is no provider at all', () => {
    assert.match(first(`{"models": {"m": ${modelText()}}}`), /there is none yet under providers$/);
  });

  const places: readonly (readonly [string, string])[] = [
    ['baseline', '"baseline": "mm"'],
    ['classifier.model', '"classifier": {"model": "mm"}'],
    ['profiles.budget.code.simple[1]', '"profiles": {"budget": {"code": {"simple": ["m", "mm"]}}}'],
    ['budgets[0].scope', '"budgets": [{"scope": "model:mm", "period": "day", "limitUsd": 1}]'],
  ];
  for (const [path, text] of places) {
    it(`names the nearest model for an unknown one under ${path}`, () => {
      const [problem] = problemsOf(`{${P}, "models": {"m": ${modelText()}}, ${text}}`);
      assert.equal(problem?.path, path);
      assert.equal(problem?.problem, 'names the unknown model "mm"; the nearest is "m"');
    });
  }

  it('names the nearest model for an unknown fallback, at its line', () => {
    const [problem] = problemsOf(
      `{${P},\n"models": {"m": ${modelText()},\n"n": ${modelText({ fallback: ['m', 'k'] })}}}`,
    );
    assert.deepEqual([problem?.path, problem?.line], ['models.n.fallback[1]', 3]);
  });

  it('refuses a model as its own fallback', () => {
    assert.match(
      first(`{${P}, "models": {"m": ${modelText({ fallback: ['m'] })}}}`),
      /names the model itself/,
    );
  });

  it('refuses an unknown provider in the scope of a budget', () => {
    assert.match(
      first(`{${P}, "budgets": [{"scope": "provider:q", "period": "day", "limitUsd": 1}]}`),
      /unknown provider "q"/,
    );
  });

  it('takes shipped providers and models as known', () => {
    const known = { providers: ['openai'], models: ['gpt-5.6'] };
    const config = configOf(
      `{"baseline": "gpt-5.6", "models": {"m": ${modelText({ provider: 'openai', fallback: ['gpt-5.6'] })}}}`,
      known,
    );
    assert.equal(config.baseline, 'gpt-5.6');
  });

  it('does not take names of the language as known', () => {
    assert.match(first('{"baseline": "constructor"}'), /unknown model "constructor"/);
  });
});

describe('problems as sentences', () => {
  it('name file, line, column and key', () => {
    const text = formatProblems('config.jsonc', problemsOf('{"port": 1,\n "porte": 2}'));
    assert.equal(
      text,
      'config.jsonc line 2, column 2: porte is not a known key; the nearest known key is "port"',
    );
  });

  it('speak of the file when no key is at fault', () => {
    assert.equal(
      formatProblems('config.jsonc', problemsOf('[]')),
      'config.jsonc line 1, column 1: the file must be an object in { }',
    );
  });

  it('stop after twenty and say how many more there are', () => {
    const many = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`key${index}`, 1]));
    const lines = formatProblems('c', problemsOf(JSON.stringify(many, null, 1))).split('\n');
    assert.equal(lines.length, 21);
    assert.equal(lines.at(-1), 'and 5 more');
  });
});
