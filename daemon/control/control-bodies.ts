// What callers may send to the control API, and the sentences they get when it is something else. Values never appear
// in a sentence: one of them may be a key.

import { clientDialects } from '../dialects/registry.ts';
import * as z from 'zod';

import { RouterError } from '../errors.ts';
import type { ExchangesQuery, RowFilter, SeriesQuery, TotalsQuery } from '../ledger/ledger.ts';
import { FILTER_KEYS } from '../ledger/row-filter.ts';
import {
  MAX_DRAIN_MS,
  MAX_FEEDBACK_REASON_CHARS,
  type ResendRequest,
  type TotalsGroupBy,
} from '../protocol/control-api.ts';
import type { Profile } from '../protocol/vocabulary.ts';
import { isJsonObject } from '../util/json.ts';
import type { JsonObject, JsonValue } from '../util/json.ts';
import { parseRequestBody, valueAt } from '../util/json-scan.ts';
import type {
  ClearOverrideInput,
  ExplainInput,
  ExplainPatchInput,
  FeedbackInput,
  OverrideInput,
} from './control-surface.ts';
import type { ReplayInput } from './time-machine.ts';

const SCOPES = ['next', 'conversation', 'always'] as const;
const GROUPS: readonly TotalsGroupBy[] = ['model', 'task', 'complexity', 'client', 'workspace', 'day'];
const MAX_PAGE = 500;
const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** A slice of a series. */
const LEAST_BUCKET_MS = 1000;
/** Below this a bare number is a day count or a mistake, not a time: 2001-09-09 in epoch ms. */
const EARLIEST_EPOCH_MS = 1_000_000_000_000;

const name = z.string().min(1).max(500);
const overrideSchema = z.strictObject({
  model: name,
  scope: z.enum(SCOPES),
  conversationId: name.nullish(),
  ttlMs: z.number().int().positive().nullish(),
});
const clearOverrideSchema = z.strictObject({
  scope: z.enum(SCOPES).nullish(),
  conversationId: name.nullish(),
});
// Printable ASCII without spaces: what can travel in a header, which is where every provider wants it.
const credentialSchema = z.strictObject({
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,8192}$/)
    .nullable(),
});
const explainSchema = z.strictObject({
  dialect: z.enum(clientDialects.map(({ id }) => id)),
  request: z.record(z.string(), z.unknown()),
  headers: z.record(z.string(), z.string()).optional(),
});

const budgetsSchema = z.strictObject({ budgets: z.array(z.record(z.string(), z.json())).max(1000) });

const explainPatchSchema = z.strictObject({
  exchangeId: name,
  patch: z.record(z.string(), z.unknown()),
});

const feedbackSchema = z.strictObject({
  exchangeId: name,
  verdict: z.enum(['good', 'bad']),
  reason: z.string().max(MAX_FEEDBACK_REASON_CHARS).nullish(),
});

const profileSchema = z.strictObject({ profile: z.enum(['budget', 'balanced', 'quality']) });

const replaySchema = z.strictObject({
  policy: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  profile: z.enum(['budget', 'balanced', 'quality']).nullish(),
  since: z.union([z.string().max(100), z.number()]).nullish(),
});

const resendSchema = z.strictObject({ exchangeId: name, model: name });

const shutdownSchema = z.strictObject({ drainMs: z.number().int().min(0).max(MAX_DRAIN_MS).nullish() });

/** null = as a signal does. */
export function parseShutdown(bytes: Buffer): number | null {
  return bytes.length === 0 ? null : (checkBody(shutdownSchema, parseObject(bytes)).drainMs ?? null);
}

export function parseResend(bytes: Buffer): ResendRequest {
  return checkBody(resendSchema, parseObject(bytes));
}

/** No body at all asks for the policy in force, as `{}` does. */
export function parseReplay(bytes: Buffer, nowMs: number): ReplayInput {
  const body = bytes.length === 0 ? {} : checkBody(replaySchema, parseObject(bytes));
  const since = body.since ?? '';
  return {
    policy: body.policy ?? null,
    profile: body.profile ?? null,
    sinceAtMs: since === '' ? null : parseSince(String(since), nowMs),
  };
}

export function parseOverride(bytes: Buffer): OverrideInput {
  const { model, scope, conversationId, ttlMs } = checkBody(overrideSchema, parseObject(bytes));
  if (scope === 'conversation' && (conversationId ?? null) === null) {
    throw malformed('the scope "conversation" needs a conversationId', 'conversationId');
  }
  return {
    model,
    scope,
    conversationId: scope === 'conversation' ? (conversationId ?? null) : null,
    ttlMs: ttlMs ?? null,
  };
}

/** From the body, else from the query, else everything. */
export function parseClearOverride(bytes: Buffer, query: URLSearchParams): ClearOverrideInput {
  const value = bytes.length > 0 ? parseObject(bytes) : Object.fromEntries(query);
  const { scope, conversationId } = checkBody(clearOverrideSchema, value);
  return { scope: scope ?? null, conversationId: conversationId ?? null };
}

export function parseProfile(bytes: Buffer): Profile {
  return checkBody(profileSchema, parseObject(bytes)).profile;
}

export function parseCredential(bytes: Buffer): string | null {
  return checkBody(credentialSchema, parseObject(bytes)).apiKey;
}

/** A reason of spaces only is none. */
export function parseFeedback(bytes: Buffer): FeedbackInput {
  const { exchangeId, verdict, reason } = checkBody(feedbackSchema, parseObject(bytes));
  const words = (reason ?? '').trim();
  return { exchangeId, verdict, reason: words === '' ? null : words };
}

/** What `GET budgets` adds to each, so that its answer can be edited and sent back. */
const BUDGET_STATE_KEYS: ReadonlySet<string> = new Set([
  'spentUsd',
  'spentTokens',
  'resetsAt',
  'state',
  'pressure',
  'instances',
  'error',
]);

/** What a budget may say is judged by the configuration's own schema. */
export function parseBudgets(bytes: Buffer): readonly JsonValue[] {
  const { budgets } = checkBody(budgetsSchema, parseObject(bytes));
  return budgets.map((budget) =>
    Object.fromEntries(Object.entries(budget).filter(([key]) => !BUDGET_STATE_KEYS.has(key))),
  );
}

/** The configuration itself is judged by the configuration's own schema. */
export function parseConfigBody(bytes: Buffer): JsonObject {
  return parseObject(bytes);
}

/** Cuts the request out as bytes, so that the decision is made on what the caller wrote and not on a copy of it. */
export function parseExplain(bytes: Buffer): ExplainInput {
  const body = parseRequestBody(bytes);
  const { dialect, headers } = checkBody(explainSchema, parseObject(bytes));
  const span = body.members.get('request');
  if (span === undefined) throw malformed('the field "request" is missing', 'request');
  const lowerCase = Object.entries(headers ?? {}).map(
    ([header, value]) => [header.toLowerCase(), value] as const,
  );
  return { dialect, bytes: bytes.subarray(span.start, span.end), headers: new Map(lowerCase) };
}

/** The other form of an explain body; null when it is not that one. */
export function parseExplainPatch(bytes: Buffer): ExplainPatchInput | null {
  const { members } = parseRequestBody(bytes);
  if (!members.has('exchangeId') && !members.has('patch')) return null;
  const { exchangeId } = checkBody(explainPatchSchema, parseObject(bytes));
  const span = members.get('patch');
  // Taken from the text again: the schema would drop a member called __proto__ without a word.
  const patch = span === undefined ? undefined : valueAt({ bytes }, span);
  return { exchangeId, patch: isJsonObject(patch) ? patch : {} };
}

/** Times: ISO 8601, epoch ms, or a span back from now such as `90m`, `24h`, `7d`, `2w`. */
export function parseTotalsQuery(query: URLSearchParams, nowMs: number): TotalsQuery {
  checkQueryKeys(query, ['since', 'groupBy', 'details', 'until', ...FILTER_KEYS]);
  const groupBy = query.get('groupBy') ?? '';
  const details = query.get('details') ?? '';
  if (!['', '0', '1'].includes(details)) throw malformed('details must be 1 or 0', 'details');
  return {
    ...parseRange(query, nowMs),
    ...parseFilter(query),
    ...(details === '1' ? { withDetails: true } : {}),
    ...(groupBy === '' ? {} : { groupBy: parseGroupBy(groupBy) }),
  };
}

/** As for `totals`, and the length of a slice. */
export function parseSeriesQuery(query: URLSearchParams, nowMs: number): SeriesQuery {
  checkQueryKeys(query, ['since', 'until', 'bucketMs', ...FILTER_KEYS]);
  const bucketText = query.get('bucketMs') ?? '';
  const bucketMs = Number(bucketText);
  if (bucketText !== '' && !(Number.isSafeInteger(bucketMs) && bucketMs >= LEAST_BUCKET_MS)) {
    throw malformed(
      `bucketMs must be a whole number of milliseconds, ${LEAST_BUCKET_MS} or more`,
      'bucketMs',
    );
  }
  return {
    ...parseRange(query, nowMs),
    ...parseFilter(query),
    ...(bucketText === '' ? {} : { bucketMs }),
  };
}

export function parseExchangesQuery(query: URLSearchParams): ExchangesQuery {
  checkQueryKeys(query, ['limit', 'before', 'conversation', ...FILTER_KEYS]);
  const before = query.get('before') ?? '';
  const conversationId = query.get('conversation') ?? '';
  const limitText = query.get('limit') ?? '';
  const limit = Number(limitText);
  if (limitText !== '' && !(Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE)) {
    throw malformed(`limit must be a whole number from 1 to ${MAX_PAGE}`, 'limit');
  }
  return {
    ...(limitText === '' ? {} : { limit }),
    ...(before === '' ? {} : { before }),
    ...(conversationId === '' ? {} : { conversationId }),
    ...parseFilter(query),
  };
}

/** An empty name is none. */
function parseFilter(query: URLSearchParams): RowFilter {
  return Object.fromEntries(
    FILTER_KEYS.flatMap((key) => {
      const wanted = query.get(key) ?? '';
      return wanted === '' ? [] : [[key, wanted]];
    }),
  );
}

function parseRange(
  query: URLSearchParams,
  nowMs: number,
): { readonly sinceAtMs?: number; readonly untilAtMs?: number } {
  const since = query.get('since') ?? '';
  const until = query.get('until') ?? '';
  return {
    ...(since === '' ? {} : { sinceAtMs: parseTime(since, nowMs, 'since') }),
    ...(until === '' ? {} : { untilAtMs: parseTime(until, nowMs, 'until') }),
  };
}

function parseSince(text: string, nowMs: number): number {
  return parseTime(text, nowMs, 'since');
}

function parseTime(text: string, nowMs: number, param: 'since' | 'until'): number {
  const span = /^(\d{1,6})([mhdw])$/.exec(text);
  if (span !== null) return Math.max(0, nowMs - Number(span[1]) * (UNIT_MS[span[2] ?? ''] ?? 0));
  const atMs = /^\d+$/.test(text) ? Number(text) : isoToMs(text);
  if (Number.isSafeInteger(atMs) && (atMs === 0 || atMs >= EARLIEST_EPOCH_MS || !/^\d+$/.test(text)))
    return atMs;
  const examples = '7d, 24h, 90m, 2026-11-01, 2026-11-01T08:00:00Z or Unix milliseconds';
  throw malformed(`${param} is not a time that can be read; write it like ${examples}`, param);
}

function isoToMs(text: string): number {
  return /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/.test(text) ? Date.parse(text) : Number.NaN;
}

function parseGroupBy(text: string): TotalsGroupBy {
  const group = GROUPS.find((candidate) => candidate === text);
  if (group !== undefined) return group;
  throw malformed(`groupBy must be one of ${GROUPS.join(', ')}`, 'groupBy');
}

export function checkQueryKeys(query: URLSearchParams, known: readonly string[]): void {
  for (const key of query.keys()) {
    if (known.includes(key)) continue;
    throw malformed(`unknown query parameter "${key.slice(0, 50)}"; known are ${known.join(', ')}`, key);
  }
}

/** Depth and key count are checked before anything is built from the text. */
export function parseObject(bytes: Buffer): JsonObject {
  parseRequestBody(bytes);
  const value = valueAt({ bytes }, { start: 0, end: bytes.length });
  return isJsonObject(value) ? value : {}; // parseRequestBody has refused everything but an object
}

export function checkBody<Schema extends z.ZodObject>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw malformed('the body is not what this endpoint takes');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = Object.keys(schema.shape).join(', ');
    throw malformed(`unknown field "${key.slice(0, 50)}" in the body; known fields are ${known}`, key);
  }
  const path = issue.path.join('.');
  throw malformed(`the field "${path}" ${expectation(issue)}`, path);
}

/** zod's own sentences quote what they got, so only what is expected is said. */
function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'invalid_type':
      return `is missing or has the wrong type; it must be ${issue.expected === 'record' ? 'an object' : `of type ${issue.expected}`}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be above ${String(issue.minimum)}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${String(issue.maximum)} characters`
        : 'is too large';
    case 'invalid_format':
      return 'must be 1 to 8192 printable characters without spaces';
    default:
      return 'has a value that cannot be used';
  }
}

export function malformed(message: string, param?: string): RouterError {
  return new RouterError('request.malformed', message, param === undefined ? {} : { param });
}
