import assert from 'node:assert/strict';
import { configJsonSchema, configSchema } from '../../../../daemon/config/schema.ts';

/** The defaults as the product's contract shows them. */
const DEFAULTS = {
  port: 7411,
  profile: 'balanced',
  bareModelNames: 'ceiling',
  providers: {},
  models: {},
  profiles: {},
  policy: {
    decideAt: 'task',
    maxSwitchSpendRatio: 0.05,
    mixedPlan: false,
    maxTurnsBeforeUpgrade: 10,
    successThreshold: 0.75,
    effort: 'adjust',
    escalation: { weakAnswer: true, stall: true, verify: 'mechanical' },
  },
  classifier: { mode: 'local', timeoutMs: 1500 },
  timeouts: {
    connectMs: 3000,
    firstEventMs: 30_000,
    firstEventReasoningMs: 300_000,
    idleMs: 60_000,
    totalMs: 1_800_000,
  },
  retries: { maxAttempts: 3, pauseMs: 500, exactFallback: false, dearerFallback: 'allow' },
  cache: {
    exact: { enabled: true, ttlS: 3600, maxBytes: 33_554_432, onDisk: false },
    semantic: { enabled: false, threshold: 0.9 },
  },
  budgets: [],
  privacy: { storePrompts: false, rules: [] },
  metadata: 'headers',
  limits: { maxBodyBytes: 33_554_432, maxConcurrent: 256, maxQueued: 256 },
  routingTests: [],
  logLevel: 'info',
};

const PROVIDER = { dialect: 'openai-chat', baseUrl: 'https://a.example' };
const MODEL = {
  provider: 'p',
  upstreamModel: 'm-1',
  tier: 'simple',
  contextTokens: 8000,
  maxOutputTokens: 1000,
};

function messagesOf(input: unknown): string[] {
  const result = configSchema.safeParse(input);
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
}

describe('configuration schema', () => {
  it('fills in every default of the contract', () => {
    assert.deepEqual(configSchema.parse({}), DEFAULTS);
  });

  it('fills in the rest of a group of which one key is given', () => {
    const { timeouts, policy } = configSchema.parse({
      timeouts: { idleMs: 5 },
      policy: { escalation: { stall: false } },
    });
    assert.deepEqual(timeouts, { ...DEFAULTS.timeouts, idleMs: 5 });
    assert.deepEqual(policy.escalation, { weakAnswer: true, stall: false, verify: 'mechanical' });
  });

  it('fills in the defaults of providers, models and budgets', () => {
    const config = configSchema.parse({
      providers: { p: PROVIDER },
      models: { m: MODEL },
      budgets: [{ scope: 'all', period: 'day', limitUsd: 1 }],
    });
    assert.deepEqual(config.providers['p'], { ...PROVIDER, headers: {}, billing: 'metered' });
    assert.deepEqual(config.models['m'], { ...MODEL, supports: [], fallback: [] });
    assert.equal(config.budgets[0]?.onReach, 'warn');
  });

  it('takes trailing slashes off a base URL', () => {
    const config = configSchema.parse({
      providers: { p: { ...PROVIDER, baseUrl: 'https://a.example/v1//' } },
    });
    assert.equal(config.providers['p']?.baseUrl, 'https://a.example/v1');
  });

  for (const apiKey of [{ env: 'A_KEY' }, { keychain: 'my key' }, { file: 'keys/a.key' }]) {
    it(`accepts the key reference ${JSON.stringify(apiKey)}`, () => {
      const config = configSchema.parse({ providers: { p: { ...PROVIDER, apiKey } } });
      assert.deepEqual(config.providers['p']?.apiKey, apiKey);
    });
  }

  for (const apiKey of ['sk-live-0123456789', {}, { env: 'A', file: 'b' }, null, 5, ['A']]) {
    it(`refuses the key reference ${JSON.stringify(apiKey)} without repeating it`, () => {
      const [message = ''] = messagesOf({ providers: { p: { ...PROVIDER, apiKey } } });
      assert.match(message, /must be one of \{"env": "NAME_OF_VARIABLE"\}/);
      assert.doesNotMatch(message, /sk-live/);
    });
  }

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['a negative port', { port: -1 }, /^port must be a whole number from 0 to 65535$/],
    ['a port beyond 65535', { port: 65_536 }, /^port must be a whole number from 0 to 65535$/],
    ['half a port', { port: 80.5 }, /^port must be a whole number from 0 to 65535$/],
    ['a port as text', { port: '7411' }, /^port must be a whole number from 0 to 65535$/],
    ['an infinite number', { policy: { maxSwitchSpendRatio: Infinity } }, /must be a number from 0 to 100$/],
    ['an unknown profile', { profile: 'cheap' }, /^profile must be one of "budget", "balanced", "quality"$/],
    ['a flag as text', { policy: { mixedPlan: 'yes' } }, /^policy.mixedPlan must be true or false$/],
    ['a list for a group', { timeouts: [] }, /^timeouts must be an object in \{ \}$/],
    ['a number for a table', { models: 3 }, /^models must be an object in \{ \}$/],
    ['a timeout of zero', { timeouts: { idleMs: 0 } }, /from 1 to 86400000 \(ms\)$/],
    ['a timeout that Node cannot keep', { timeouts: { totalMs: 2 ** 31 } }, /from 1 to 86400000 \(ms\)$/],
    ['a body limit of zero', { limits: { maxBodyBytes: 0 } }, /^limits.maxBodyBytes must be a whole number/],
    ['a model without its keys', { models: { m: {} } }, /^models.m.provider is missing; it must be/],
    ['an unknown ability', { models: { m: { ...MODEL, supports: ['tols'] } } }, /"tools", "vision"/],
    ['an ability twice', { models: { m: { ...MODEL, supports: ['json', 'json'] } } }, /stands in this list twice/],
    ['a price without output', { models: { m: { ...MODEL, price: { inputUsdPerMtok: 1 } } } }, /outputUsdPerMtok is missing/],
    ['a negative price', { models: { m: { ...MODEL, price: { inputUsdPerMtok: -1, outputUsdPerMtok: 1 } } } }, /from 0 to 10000/],
    ['a day that does not exist', { models: { m: { ...MODEL, price: { inputUsdPerMtok: 1, outputUsdPerMtok: 1, asOf: '2026-13-40' } } } }, /YYYY-MM-DD/],
    ['a currency by its sign', { models: { m: { ...MODEL, price: { inputUsdPerMtok: 1, outputUsdPerMtok: 1, currency: '¥' } } } }, /three letters, as in CNY/],
    ['a rate of zero, which would make prices free', { models: { m: { ...MODEL, price: { inputUsdPerMtok: 1, outputUsdPerMtok: 1, currency: 'CNY', usdPerUnit: 0 } } } }, /from 0\.000001/],
    ['a holiday that is no day', { models: { m: { ...MODEL, price: { inputUsdPerMtok: 1, outputUsdPerMtok: 1, peak: { multiplier: 2, hoursUtc: [[1, 4]], weekdays: [1], holidaysUtc: ['Monday'] } } } } }, /YYYY-MM-DD/],
    ['a line break in a model name', { models: { m: { ...MODEL, upstreamModel: 'a\r\nx: y' } } }, /visible ASCII/],
    ['a line break in a header', { providers: { p: { ...PROVIDER, headers: { a: 'b\r\nc: d' } } } }, /one line/],
    ['an authorization header', { providers: { p: { ...PROVIDER, headers: { Authorization: 'x' } } } }, /Invalid key/],
    ['an empty list of models', { profiles: { budget: { code: { simple: [] } } } }, /1 to 32 model ids/],
    ['a budget without a limit', { budgets: [{ scope: 'all', period: 'day' }] }, /exactly one of limitUsd and limitTokens/],
    ['a budget with two limits', { budgets: [{ scope: 'all', period: 'day', limitUsd: 1, limitTokens: 1 }] }, /exactly one of/],
    ['a budget of an unknown scope', { budgets: [{ scope: 'project', period: 'day', limitUsd: 1 }] }, /"all", "workspace", "client" or "conversation" .*, or a kind and a name/],
    ['a privacy rule that protects nothing', { privacy: { rules: [{ name: 'a' }] } }, /must say what it protects/],
    ['a privacy rule without a name', { privacy: { rules: [{ paths: ['src/**'] }] } }, /is missing; it must be a name/],
    ['a privacy rule for every path there is', { privacy: { rules: [{ name: 'a', paths: ['**/*'] }] } }, /every path there is/],
    ['a pattern that is no regular expression', { privacy: { rules: [{ name: 'a', patterns: ['(a'] }] } }, /regular expression in RE2 syntax/],
    ['providers of a rule that lets nobody see', { privacy: { rules: [{ name: 'a', paths: ['b'], action: 'refuse', providers: ['p'] }] } }, /has no meaning/],
    ['two privacy rules of one name', { privacy: { rules: [{ name: 'a', paths: ['b'] }, { name: 'a', paths: ['c'] }] } }, /name of two rules/],
    ['a classifier mode without its model', { classifier: { mode: 'hybrid' } }, /^classifier.model is missing/],
  ]; // prettier-ignore
  for (const [what, input, problem] of refused) {
    it(`refuses ${what}`, () => assert.match(messagesOf(input)[0] ?? 'accepted', problem));
  }

  for (const id of [
    'auto',
    'auto:budget',
    'claude-auto',
    'exact/m',
    'two words',
    'line\nbreak',
    'ünïcode',
    '',
  ]) {
    it(`refuses the model id ${JSON.stringify(id)}`, () => {
      assert.notDeepEqual(messagesOf({ models: { [id]: MODEL } }), []);
    });
  }

  for (const id of [
    'gpt-5.6',
    'deepseek/deepseek-chat',
    'qwen3:8b',
    'toString',
    'constructor',
    'automatic',
  ]) {
    it(`accepts the model id ${id}`, () => assert.deepEqual(messagesOf({ models: { [id]: MODEL } }), []));
  }

  it('has no key for the address to listen on', () => {
    assert.match(messagesOf({ host: '0.0.0.0' })[0] ?? '', /unknown keys/);
  });
});

describe('JSON Schema of the configuration', () => {
  const schema = configJsonSchema();

  it('describes every key', () => {
    const bare: string[] = [];
    visit(schema, '', (path, property) => {
      if (typeof property['description'] !== 'string' || property['description'] === '') bare.push(path);
    });
    assert.deepEqual(bare, []);
  });

  it('allows unknown keys nowhere', () => {
    const open: string[] = [];
    visit(schema, '', (path, property) => {
      if (property['properties'] !== undefined && property['additionalProperties'] !== false) open.push(path);
    });
    assert.deepEqual(open, []);
    assert.equal(schema['additionalProperties'], false);
  });

  it('carries the defaults and ranges that the schema enforces', () => {
    const properties = schema['properties'] as Record<string, Record<string, unknown>>;
    assert.equal(properties['port']?.['default'], DEFAULTS.port);
    assert.equal(properties['port']?.['maximum'], 65_535);
    assert.deepEqual(properties['profile']?.['enum'], ['budget', 'balanced', 'quality']);
    assert.equal(schema['required'], undefined);
  });
});

type SchemaNode = Readonly<Record<string, unknown>>;

function visit(node: SchemaNode, path: string, report: (path: string, property: SchemaNode) => void): void {
  for (const [name, property] of Object.entries((node['properties'] ?? {}) as Record<string, SchemaNode>)) {
    report(`${path}/${name}`, property);
    visit(property, `${path}/${name}`, report);
  }
  for (const key of ['items', 'additionalProperties']) {
    const inner = node[key];
    if (typeof inner === 'object' && inner !== null) visit(inner as SchemaNode, `${path}/*`, report);
  }
}
