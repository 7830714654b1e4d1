// The whole of `config.jsonc`: one schema gives the types, the messages and the JSON Schema that editors read. Names
// and defaults are fixed by the product's contract. Objects are strict: a key nobody knows is an error, because a
// setting that is silently ignored is worse than one that is refused. `host` is deliberately absent: which address the
// daemon listens on is decided on its command line, never by a file.

import * as z from 'zod';
import { model, modelId, provider, providerName } from './schema-models.ts';
import { privacyRules } from './schema-privacy.ts';
import { choice, decimal, flag, group, list, table, text, wholeNumber } from './schema-fields.ts';

export type { ApiKeyRef } from './schema-models.ts';

/** Longest a timer of Node can run is 24.8 days; one day is more than any answer takes. */
const MAX_TIMEOUT_MS = 86_400_000;

const grades = (() => {
  const ids = (grade: string) =>
    list(modelId, 'model ids', 1, 32).exactOptional().describe(`Model ids for ${grade} work, best first.`);
  return group({ simple: ids('simple'), moderate: ids('moderate'), complex: ids('complex') });
})();

const profileTasks = (() => {
  const task = (what: string) => grades.exactOptional().describe(`Models for ${what}, by grade.`);
  return group({
    code: task('code'),
    classification: task('classification'),
    reasoning: task('reasoning'),
    translation: task('translation'),
    creative: task('creative writing'),
    vision: task('images'),
    general: task('general work'),
    default: task('every task that is not named'),
  });
})();

const policy = group({
  decideAt: choice(['task', 'request', 'conversation'])
    .default('task')
    .describe('When the model may change: at each task of the user, each request, or once per conversation.'),
  maxSwitchSpendRatio: decimal(0, 100)
    .default(0.05)
    .describe('A conversation never bills more than (1 + this) times staying on the baseline model.'),
  mixedPlan: flag().default(false).describe('Lets single steps of a task go to a cheaper model.'),
  maxTurnsBeforeUpgrade: wholeNumber(1, 10_000, 'user turns')
    .default(10)
    .describe('With more user turns than this a request counts as at least moderate.'),
  successThreshold: decimal(0, 1)
    .default(0.75)
    .describe('Least probability of success of a chosen model, 0 to 1.'),
  effort: choice(['adjust', 'follow'])
    .default('adjust')
    .describe(
      'adjust: reasoning effort may be lowered or raised before another model is taken. follow: as the client asks.',
    ),
  escalation: group({
    weakAnswer: flag().default(true).describe('A weak answer lets the next tier answer.'),
    stall: flag().default(true).describe('A task that does not get on moves to the next tier.'),
    verify: choice(['off', 'mechanical'])
      .default('mechanical')
      .describe('Mechanical checks that a cheap answer must pass.'),
  })
    .prefault({})
    .describe('When a stronger model takes over.'),
}).describe('How the router decides.');

const budget = group({
  scope: text(
    '"all", "workspace", "client" or "conversation" (each one by itself), or a kind and a name such as "workspace:my-project" (kinds: workspace, client, conversation, model, provider)',
    /^(?:all|workspace|client|conversation|(?:workspace|client|conversation|model|provider|user):[^\0\r\n]{1,256})$/,
  ).describe(
    'What is counted: "all"; one of workspace:, client:, conversation:, model: or provider: and a name; or "workspace", "client" or "conversation" alone, where each one has the limit for itself.',
  ),
  period: choice(['day', 'week', 'month']).describe(
    'How long until it starts again: at midnight, on Monday or on the first of the month, by the clock of this machine.',
  ),
  limitUsd: decimal(0, 1_000_000, 'USD')
    .exactOptional()
    .describe('Limit in USD; either this or limitTokens. Flat-rate and free providers cost 0.'),
  limitTokens: wholeNumber(0, Number.MAX_SAFE_INTEGER, 'tokens')
    .exactOptional()
    .describe('Limit in tokens, input and output; either this or limitUsd.'),
  onReach: choice(['warn', 'downgrade', 'block'])
    .default('warn')
    .describe(
      'warn: only say so. downgrade: lean to cheaper models as it runs out, the cheapest that can answer at the end. block: refuse with 429.',
    ),
})
  .superRefine((value, context) => {
    if ((value.limitUsd === undefined) === (value.limitTokens === undefined)) {
      context.addIssue({ code: 'custom', message: 'must have exactly one of limitUsd and limitTokens' });
    }
  })
  .describe('A limit on spending.');

const milliseconds = (value: number, min: number, what: string) =>
  wholeNumber(min, MAX_TIMEOUT_MS, 'ms').default(value).describe(`${what}, ms.`);

/** Text of the user's file (parsed) -> the whole configuration with every default filled in. */
export const configSchema = group({
  $schema: text('the address of the schema', /^[^\0\r\n]{0,2048}$/)
    .exactOptional()
    .describe('Address of the JSON Schema, for editors.'),
  port: wholeNumber(0, 65_535).default(7411).describe('Port on 127.0.0.1; 0 = a free one.'),
  baseline: modelId
    .exactOptional()
    .describe('Model id that `auto` and unknown names are compared with; absent = the strongest configured.'),
  profile: choice(['budget', 'balanced', 'quality']).default('balanced').describe('Price or quality first.'),
  bareModelNames: choice(['ceiling', 'exact'])
    .default('ceiling')
    .describe('ceiling: a model named by the client is the dearest that may answer. exact: it answers.'),
  providers: table(providerName, provider)
    .default(() => ({}))
    .describe('Providers by name.'),
  models: table(modelId, model)
    .default(() => ({}))
    .describe('Models by id.'),
  profiles: group({
    budget: profileTasks.exactOptional().describe('Models of the profile "budget".'),
    balanced: profileTasks.exactOptional().describe('Models of the profile "balanced".'),
    quality: profileTasks.exactOptional().describe('Models of the profile "quality".'),
  })
    .default(() => ({}))
    .describe('Model ids per profile, task and grade.'),
  policy: policy.prefault({}),
  classifier: group({
    mode: choice(['local', 'hybrid', 'model'])
      .default('local')
      .describe('local: on this machine. hybrid: a model is asked when unsure. model: always.'),
    model: modelId.exactOptional().describe('Model id that is asked; needed for hybrid and model.'),
    timeoutMs: milliseconds(1500, 1, 'Longest wait for that model'),
  })
    .superRefine((value, context) => {
      if (value.mode !== 'local' && value.model === undefined) {
        context.addIssue({
          code: 'custom',
          path: ['model'],
          message: `is missing; mode "${value.mode}" needs the id of the model to ask`,
        });
      }
    })
    .prefault({})
    .describe('How requests are graded.'),
  timeouts: group({
    connectMs: milliseconds(3000, 1, 'To connect to a provider'),
    firstEventMs: milliseconds(
      30_000,
      1,
      'To the first part of an answer; a long plain answer, which shows nothing before it is whole, gets four times as long',
    ),
    firstEventReasoningMs: milliseconds(
      300_000,
      1,
      'The same for a request that asks for reasoning, and for the last model of a chain',
    ),
    idleMs: milliseconds(60_000, 1, 'Between two parts of an answer'),
    totalMs: milliseconds(1_800_000, 1, 'For a whole answer'),
  })
    .prefault({})
    .describe('How long a provider is waited for.'),
  retries: group({
    maxAttempts: wholeNumber(1, 20).default(3).describe('Attempts per request, the first included.'),
    pauseMs: milliseconds(500, 0, 'Pause before the next attempt'),
    exactFallback: flag().default(false).describe('Lets `exact/` requests fall back to other models.'),
    dearerFallback: choice(['allow', 'ask'])
      .default('allow')
      .describe(
        'ask: a model that is expected to cost over 1.5 times the chosen one, or anything where that one is free, stands in only for requests with the header x-pointsman-allow-dearer: 1.',
      ),
  })
    .prefault({})
    .describe('What happens when an attempt fails.'),
  cache: group({
    exact: group({
      enabled: flag().default(true).describe('Whether equal requests are answered from memory.'),
      ttlS: wholeNumber(1, 31_536_000, 's').default(3600).describe('How long an answer is kept, seconds.'),
      maxBytes: wholeNumber(0, 17_179_869_184, 'bytes').default(33_554_432).describe('Memory for it, bytes.'),
      onDisk: flag()
        .default(false)
        .describe('Whether answers are also kept in the file cache.db (mode 0600), over restarts.'),
    })
      .prefault({})
      .describe('Answers to equal requests.'),
    semantic: group({
      enabled: flag().default(false).describe('Whether similar requests are answered from memory.'),
      threshold: decimal(0, 1).default(0.9).describe('Least similarity, 0 to 1.'),
      embeddingModel: modelId
        .exactOptional()
        .describe(
          'Model that is asked how alike two questions are, by its id or as POST /v1/embeddings would name it; without one this machine says so. What that costs is counted as grading is.',
        ),
    })
      .prefault({})
      .describe('Answers to similar requests.'),
  })
    .prefault({})
    .describe('Caches of whole answers.'),
  budgets: list(budget, 'budgets', 0, 1000)
    .default(() => [])
    .describe('Limits on spending.'),
  privacy: group({
    storePrompts: flag().default(false).describe('Whether prompts and answers are kept on disk.'),
    rules: privacyRules,
  })
    .prefault({})
    .describe('What is kept and what may leave the machine.'),
  metadata: choice(['headers', 'body'])
    .default('headers')
    .describe('Where routing facts are given: answer headers only, or the body too.'),
  limits: group({
    maxBodyBytes: wholeNumber(1024, 268_435_456, 'bytes')
      .default(33_554_432)
      .describe('Largest request, bytes.'),
    maxConcurrent: wholeNumber(1, 100_000).default(256).describe('Requests served at the same time.'),
    maxQueued: wholeNumber(0, 100_000)
      .default(256)
      .describe(
        'Requests that may wait, up to 30 s, for one of those to end; further ones are refused at once.',
      ),
  })
    .prefault({})
    .describe('Bounds on what clients may send.'),
  routingTests: list(
    text(
      'an absolute path such as "/home/me/project/routing.test.jsonl"',
      /^(?:\/|[A-Za-z]:[\\/]|\\\\)[^\0\r\n]{0,4095}$/,
    ),
    'paths',
    0,
    32,
  )
    .default(() => [])
    .describe(
      'Further files with routing tests, beside routing.test.jsonl in the home folder: absolute paths.',
    ),
  logLevel: choice(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least important line in the log.'),
});

type DeepReadonly<Value> = Value extends readonly unknown[] | object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;

/** The configuration as the daemon sees it: complete, and frozen by `decodeConfig`. */
export type RouterConfig = DeepReadonly<z.output<typeof configSchema>>;
/** The configuration as the user writes it: everything may be left out that has a default. */
export type RouterConfigInput = DeepReadonly<z.input<typeof configSchema>>;
export type ProviderConfig = RouterConfig['providers'][string];
export type ModelConfig = RouterConfig['models'][string];
export type BudgetConfig = RouterConfig['budgets'][number];

/** JSON Schema (2020-12) of what the user writes, with a description, default and range for every key. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input' });
  return { $schema, title: 'Pointsman configuration', ...rest };
}
