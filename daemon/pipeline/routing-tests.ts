// Runs routing tests against a configuration: each ask becomes a request that is decoded, read, classified and decided by
// the same code that serves clients, with nothing remembered and nobody called.

import type { ResolveKey } from '../catalog/catalog.ts';
import type { Classifier } from '../classify/classifier.ts';
import { extractFeatures } from '../classify/features.ts';
import { nearestName } from '../config/nearest-name.ts';
import type { RoutingTest } from '../config/routing-tests-file.ts';
import type { RouterConfig } from '../config/schema.ts';
import { openAiChat } from '../dialects/openai-chat/dialect.ts';
import { ConversationIndex } from '../route/conversation-identity.ts';
import { ConversationStore } from '../route/conversation-store.ts';
import { OverrideBoard } from '../route/override.ts';
import type { Policy } from '../route/policy.ts';
import { SuccessStatistics } from '../route/success-statistics.ts';
import type { Clock } from '../util/clock.ts';
import { parseRequestBody } from '../util/json-scan.ts';
import { PromptCacheReplay } from '../catalog/prompt-cache-replay.ts';
import { RouterError } from '../errors.ts';
import { decide } from './decide.ts';
import { privacyHold } from './privacy-gate.ts';
import { PromptBooks } from './prompt-books.ts';
import { TaskEconomics } from './task-economics.ts';
import { shortfallOf } from './judge-routing-test.ts';
import { readControls } from './request-controls.ts';
import type { CurrentSnapshot } from './snapshot-store.ts';

export interface RoutingTestDeps {
  readonly policy: Policy;
  /** The classifier on this machine, set up as `config` says. Never one that asks a model. */
  readonly classifierFor: (config: RouterConfig) => Classifier;
  readonly preview: (config: RouterConfig, resolveKey: ResolveKey) => Promise<CurrentSnapshot>;
  readonly resolveKey: ResolveKey;
  readonly clock: Clock;
}

export interface RoutingTestRun {
  /** In the order of the tests: why each fails, null where it holds. */
  readonly failures: readonly (string | null)[];
  readonly notes: readonly string[];
}

const MAX_NOTES = 20;
/** Running streams get their turn after so many tests. */
const TESTS_IN_A_ROW = 50;

/** Never rejects for what a test holds; rejects when the configuration cannot be made into a routing table at all. */
export async function runRoutingTests(
  deps: RoutingTestDeps,
  config: RouterConfig,
  tests: readonly RoutingTest[],
): Promise<RoutingTestRun> {
  if (tests.length === 0) return { failures: [], notes: [] };
  const keys = keysAsWritten(config, deps.resolveKey);
  const snapshot = await deps.preview(config, keys.resolveKey);
  const classifier = deps.classifierFor(config);
  const atMs = deps.clock.now();
  const failures: (string | null)[] = [];
  for (const [index, test] of tests.entries()) {
    if (index > 0 && index % TESTS_IN_A_ROW === 0) await new Promise((resolve) => setImmediate(resolve));
    failures.push(await failureOf(test, { deps, config, snapshot, classifier, atMs }));
  }
  const notes = [...withoutKeyNotes(keys.missing), ...unknownModelNotes(tests, snapshot)];
  return { failures, notes };
}

function withoutKeyNotes(missing: ReadonlySet<string>): readonly string[] {
  return missing.size === 0
    ? []
    : [`tested as if there were a key for ${[...missing].join(', ')}, which has none now`];
}

/** A mistyped `notModel` would hold for ever. It is no failure, since the model may have been taken out on purpose. */
function unknownModelNotes(
  tests: readonly RoutingTest[],
  { catalog }: Pick<CurrentSnapshot, 'catalog'>,
): readonly string[] {
  const named = new Set(tests.flatMap(({ expect }) => expect.notModel ?? []));
  return [...named]
    .filter((name) => !catalog.targetById.has(name))
    .slice(0, MAX_NOTES)
    .map((name) => {
      const nearest = nearestName(name, catalog.targetById.keys());
      const hint = nearest === null ? '' : `; the nearest is "${nearest}"`;
      return `notModel names "${name}", which is no model${hint}`;
    });
}

interface Running {
  readonly deps: RoutingTestDeps;
  readonly config: RouterConfig;
  readonly snapshot: CurrentSnapshot;
  readonly classifier: Classifier;
  readonly atMs: number;
}

async function failureOf(test: RoutingTest, running: Running): Promise<string | null> {
  const { deps, config, snapshot, classifier, atMs } = running;
  try {
    const headers = headersOf(test);
    const controls = readControls({ headers, query: new URLSearchParams() });
    const bytes = requestBytes(test);
    const request = openAiChat.decodeRequest(parseRequestBody(bytes));
    const read = extractFeatures(request, { client: test.client ?? 'unknown' });
    // A request of that size would say nothing more about the ask, and take as long to read as to write.
    const features = { ...read, inputTokens: test.inputTokens ?? read.inputTokens };
    const { classification } = await classifier.classify(features, new AbortController().signal);
    const fresh = {
      policy: deps.policy,
      conversations: new ConversationStore(),
      conversationIndex: new ConversationIndex(),
      overrides: new OverrideBoard(deps.clock),
      statistics: new SuccessStatistics(), // what happened on this machine must not decide whether an edit is right
      unavailable: () => [],
      economics: new TaskEconomics(),
    };
    const policy = controls.policy;
    const nothingWarm = {
      promptCacheReplay: new PromptCacheReplay(),
      servedCacheReplay: new PromptCacheReplay(),
    };
    const prompt = new PromptBooks(nothingWarm, request, atMs);
    const privacy = privacyHold(fresh, { request, bytes, headers, snapshot });
    const given = { request, prompt, features, classification, headers, controls: policy, snapshot, atMs };
    const decided = decide(fresh, { ...given, privacy, consume: false });
    return shortfallOf(test.expect, { ...decided, snapshot, config });
  } catch (error) {
    if (error instanceof RouterError) return `cannot be asked: ${error.message}`;
    throw error;
  }
}

/** Only what any client may send: headers of a certain assistant would say more of the call than the test does. */
function headersOf({ profile, workspace }: RoutingTest): ReadonlyMap<string, string> {
  return new Map([
    ...(profile === undefined ? [] : [['x-pointsman-profile', profile] as const]),
    ...(workspace === undefined ? [] : [['x-pointsman-workspace', workspace] as const]),
  ]);
}

/** One transparent pixel. */
const IMAGE_URL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const TOOL = {
  type: 'function',
  function: {
    name: 'read_file',
    description: 'Reads a file.',
    parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  },
} as const;

function requestBytes({ ask, earlier, files, model, needs }: RoutingTest): Buffer {
  const attached = files.map((file) => `- ${file}`).join('\n');
  const content = needs.includes('vision')
    ? [
        { type: 'image_url', image_url: { url: IMAGE_URL } },
        { type: 'text', text: ask },
      ]
    : ask;
  const body = {
    model,
    messages: [
      ...(files.length === 0 ? [] : [{ role: 'system', content: `Files of this task:\n${attached}` }]),
      ...earlier.flatMap((text) => [
        { role: 'user', content: text },
        { role: 'assistant', content: 'Done.' },
      ]),
      { role: 'user', content },
    ],
    ...(needs.includes('tools') ? { tools: [TOOL] } : {}),
    ...(needs.includes('reasoning') ? { reasoning_effort: 'medium' } : {}),
    ...(needs.includes('json') ? { response_format: { type: 'json_object' } } : {}),
  };
  return Buffer.from(JSON.stringify(body));
}

interface KeysAsWritten {
  readonly resolveKey: ResolveKey;
  /** Providers that got a stand-in, known once the catalog is built. */
  readonly missing: ReadonlySet<string>;
}

/**
 * Tests are about the configuration as written. A key that happens not to be set on this machine or at this hour would
 * fail (or pass) tests that the configuration has no part in, so each provider that the configuration names counts as
 * one with a key. Providers that are only there because of a key are left as they are.
 */
export function keysAsWritten(
  config: Pick<RouterConfig, 'providers' | 'models'>,
  resolveKey: ResolveKey,
): KeysAsWritten {
  const named = new Set([
    ...Object.keys(config.providers),
    ...Object.values(config.models).map(({ provider }) => provider),
  ]);
  const missing = new Set<string>();
  return {
    missing,
    resolveKey(provider, ref) {
      const resolved = resolveKey(provider, ref);
      if (resolved.key !== null || ref === undefined || !named.has(provider)) return resolved;
      missing.add(provider);
      return { key: 'stand-in', from: 'a stand-in for routing tests' };
    },
  };
}
