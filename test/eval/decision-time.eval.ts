// How long a decision takes in the daemon: `node test/eval/decision-time.eval.ts`. Recorded conversations of assistants
// grown to 200 kB (one made up here where the recordings are absent), phase by phase, and hostile texts of 100 kB. Prints,
// never fails: figures depend on the machine.

import { performance } from 'node:perf_hooks';

import { expectedCostUsd } from '../../daemon/catalog/expected-cost.ts';
import { createMemoClassifier } from '../../daemon/classify/classification-memo.ts';
import type { ClassifierResult } from '../../daemon/classify/classifier.ts';
import { identifyClient, requestClass } from '../../daemon/classify/client-identity.ts';
import { extractFeatures } from '../../daemon/classify/features.ts';
import { lastAsk } from '../../daemon/classify/last-ask.ts';
import { createLearnedClassifier } from '../../daemon/classify/learned-classifier.ts';
import { findStall } from '../../daemon/classify/stall.ts';
import { textOf, type ConversationRequest } from '../../daemon/conversation/request.ts';
import { wirePaths } from '../../daemon/dialects/registry.ts';
import { createCheapestCapablePolicy } from '../../daemon/route/cheapest-capable-policy.ts';
import { ConversationIndex, type LineIdentity } from '../../daemon/route/conversation-identity.ts';
import type { ConversationState } from '../../daemon/route/conversation-store.ts';
import { decisionPoint } from '../../daemon/route/decision-point.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { loadClientTraffic, type Json } from '../conformance/wire-fixtures.ts';
import { input, table } from '../unit/daemon/route/route-fixtures.ts';

const BODY_BYTES = 200_000;
const ROUNDS = 600;
const WARM_UP_ROUNDS = 200;
const NAMES = ['claude-code.long-60', 'codex.long-60', 'cline-chat.long-60'];

interface Body {
  readonly name: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
}

const learned = createLearnedClassifier({ maxTurnsBeforeUpgrade: () => 10 });
const classifier = createMemoClassifier(learned, () => 10);
const policy = createCheapestCapablePolicy({ expectedCostUsd });
const routingTable = table();
const signal = new AbortController().signal;

const PHASES = ['decode', 'features', 'identity', 'point', 'stall', 'classify', 'policy'] as const;
type Phase = (typeof PHASES)[number];

console.log(`noise of this machine, a loop of fixed length: ${figures(noise())} (ms, p50 / p99)`);
for (const body of bodies()) measure(body);
measureHostile();

function bodies(): readonly Body[] {
  const recorded = (loadClientTraffic() ?? []).filter(({ name }) =>
    NAMES.includes(name.replace('.json', '')),
  );
  if (recorded.length === 0)
    console.log('decision-time.eval: no recorded traffic, so with a conversation made up here');
  const found = recorded.map(({ name, file }) => ({
    name: name.replace('.json', ''),
    path: String(file['path']).replace(/\?.*/, ''),
    headers: new Map(Object.entries(file['headers'] as Record<string, string>)),
    bytes: grown(file['body'] as Json),
  }));
  const madeUp = { model: 'auto', messages: [{ role: 'user', content: 'Fix the build.' }, ...madeUpStep()] };
  const own = {
    name: 'made up',
    path: '/v1/chat/completions',
    headers: new Map<string, string>(),
    bytes: grown(madeUp),
  };
  return found.length === 0 ? [own] : found;
}

/** On a busy machine the clock counts the work of others too; what this shows above its median, the rest has as well. */
function noise(): readonly number[] {
  const numbers = new Uint32Array(64);
  return Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    for (let count = 0; count < 200_000; count += 1)
      numbers[count & 63] = Math.imul(count, numbers[(count + 1) & 63] ?? 1);
    return performance.now() - started;
  });
}

function madeUpStep(): readonly Json[] {
  const call = { id: 'call_1', type: 'function', function: { name: 'read', arguments: '{"path":"a.ts"}' } };
  const lines = Array.from(
    { length: 60 },
    (_, line) => `${line}  export const value${line} = parse("${line}");`,
  );
  return [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: lines.join('\n') },
  ];
}

/** A call and its result again and again, each under another id. */
function grown(body: Json): Buffer {
  const key = Array.isArray(body['messages']) ? 'messages' : 'input';
  const messages = [...(body[key] as Json[])];
  const at = messages.findLastIndex((message, index) => index > 0 && JSON.stringify(message).length > 2000);
  const pair = messages.slice(at - 1, at + 1);
  for (
    let count = 0;
    Buffer.byteLength(JSON.stringify({ ...body, [key]: messages })) < BODY_BYTES;
    count += 1
  ) {
    const text = JSON.stringify(pair).replaceAll(/(call_|toolu_)/g, `$1${count}`);
    messages.push(...(JSON.parse(text) as Json[]));
  }
  return Buffer.from(JSON.stringify({ ...body, [key]: messages }));
}

function measure(body: Body): void {
  const times = new Map<Phase, number[]>(PHASES.map((phase) => [phase, []]));
  const after: number[] = [];
  const anew: number[] = [];
  const index = new ConversationIndex();
  let state: ConversationState | null = null;
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const lap = stopwatch(round >= 0 ? times : undefined);
    const request = decode(body.path, body.bytes);
    lap('decode');
    const started = performance.now();
    const features = extractFeatures(request, { client: identifyClient(body.headers) });
    lap('features');
    const hint = requestClass(body.headers, request);
    const found = identify(index, body, request);
    lap('identity');
    decisionPoint({ features, state, hint, atMs: 0, isSide: found.isSide });
    lap('point');
    findStall(request);
    lap('stall');
    const { classification } = classifier.classify(features, signal) as ClassifierResult;
    lap('classify');
    policy.plan(input({ classification, inputTokens: features.inputTokens }), routingTable);
    lap('policy');
    if (round >= 0) after.push(performance.now() - started);
    if (round >= 0) anew.push(timeOf(() => learned.classify(features, signal)));
    state = { ...features, model: 'pro', lastSeenAtMs: 0, ttlS: 300 };
  }
  console.log(`${body.name}, ${Math.round(body.bytes.length / 1000)} kB (ms, p50 / p99)`);
  for (const [phase, values] of times) console.log(`  ${phase.padEnd(9)} ${figures(values)}`);
  console.log(`  all but decoding: ${figures(after)}; an ask not seen before takes ${figures(anew)} more`);
  const own = after.map((_, round) =>
    (['features', 'identity', 'point'] as const).reduce(
      (sum, phase) => sum + (times.get(phase)?.[round] ?? 0),
      0,
    ),
  );
  console.log(`  features, identity and point: ${figures(own)}`);
}

function timeOf(action: () => unknown): number {
  const started = performance.now();
  action();
  return performance.now() - started;
}

function stopwatch(times: ReadonlyMap<Phase, number[]> | undefined): (phase: Phase) => void {
  let last = performance.now();
  return (phase) => {
    const now = performance.now();
    times?.get(phase)?.push(now - last);
    last = performance.now();
  };
}

function decode(path: string, bytes: Buffer): ConversationRequest {
  const dialect = wirePaths.get(path);
  if (dialect === undefined) throw new Error(`no dialect at ${path}`);
  return dialect.decodeRequest(parseRequestBody(bytes), path);
}

function identify(index: ConversationIndex, body: Body, request: ConversationRequest): LineIdentity {
  const opener = request.outline.findIndex(({ role, isToolResult }) => role === 'user' && !isToolResult);
  const firstUserText = opener < 0 ? '' : textOf(request.message(opener).content);
  return index.identify({ headers: body.headers, request, firstUserText, hint: undefined, remember: true });
}

function figures(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(3);
  return `${at(0.5)} / ${at(0.99)}`;
}

function measureHostile(): void {
  const size = 100_000;
  const fill = (piece: string): string => piece.repeat(Math.ceil(size / piece.length));
  const texts: Readonly<Record<string, string>> = {
    'opening tags': fill('<a-b>'),
    'nested tags': fill('<a-b>') + fill('</a-b>'),
    'closed tags': fill('<a-b></a-b>'),
    'tags on lines': fill('\n<a-b>y</a-b>'),
    'less-than signs': fill('<'),
    'closing marks': fill('</'),
    'closing words tags': fill('</userRequest>'),
    'words tags': fill('<userRequest>x</userRequest>'),
    'one name': `<${fill('a-')}`,
    'one line': fill('x'),
    'one quote': `"${fill('\\"')}"`,
    quotes: fill('"'),
    brackets: fill('['),
    'bracketed times': fill('[12:00] '),
    headings: fill('# My request:\n'),
    'headings of rules': `x${fill('\n\n# rules rules')}`,
    fences: fill('```a.b\nx\n```\n'),
    'open fences': fill('```a.b\n'),
    'rules of dashes': `${fill('--- a b c ---\n')}--- End of x ---`,
    dates: fill('2026-01-01 '),
    'bars and dots': fill('\n│\n⋮'),
    emoji: fill('😀🏳️‍🌈'),
    'broken surrogates': fill('\ud83d'),
    newlines: fill('\n'),
    'not to be broken': fill('\u00a0\u200b'),
  };
  console.log('hostile texts of 100 kB (ms, best and worst of 5 reads of the ask, after decoding)');
  for (const [name, text] of Object.entries(texts)) {
    const spent: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const body = { model: 'auto', messages: [{ role: 'user', content: text }] };
      const request = decode('/v1/chat/completions', Buffer.from(JSON.stringify(body)));
      const started = performance.now();
      lastAsk(request);
      spent.push(performance.now() - started);
    }
    console.log(`  ${name.padEnd(20)} ${Math.min(...spent).toFixed(2)} ${Math.max(...spent).toFixed(2)}`);
  }
}
