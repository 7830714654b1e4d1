// What a decision's input must look like before a policy is asked about one that somebody changed by hand. Every sentence
// names the member; values are never repeated.

import * as z from 'zod';
import { nearestName } from '../config/nearest-name.ts';
import { RouterError } from '../errors.ts';
import type { DecisionInput } from '../protocol/exchange-record.ts';

const name = z.string().max(500);
const count = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const probability = z.number().min(0).max(1);
const grade = z.enum(['simple', 'moderate', 'complex']);
const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullable();
const outcomes = z.strictObject({ successes: count, failures: count });

const classification = z.strictObject({
  taskType: z.enum(['code', 'classification', 'reasoning', 'translation', 'creative', 'vision', 'general']),
  complexity: grade,
  liftedFrom: grade.exactOptional(),
  confidence: probability,
  needsStronger: probability,
  needsStrongest: probability,
  classifierName: name,
  signals: z.array(z.string().max(10_000)).max(1000),
});

const unavailable = z.strictObject({
  model: name,
  why: z.string().max(10_000),
  retryAtMs: count.nullable().exactOptional(),
  isLasting: z.boolean().exactOptional(),
});

const decisionInput = z.strictObject({
  requestModel: name,
  classification,
  decisionPoint: z.enum([
    'new-conversation',
    'new-task',
    'compaction',
    'cache-expired',
    'subagent',
    'background',
    'continuation',
  ]),
  needs: z.array(z.enum(['tools', 'vision', 'reasoning', 'json'])).max(4),
  inputTokens: count,
  maxOutputTokens: count.nullable(),
  expectedOutputTokens: count,
  controls: z.strictObject({
    headerModel: name.nullable(),
    queryModel: name.nullable(),
    profile: z.enum(['budget', 'balanced', 'quality']).nullable(),
    maxCostUsd: count.nullable(),
  }),
  standingOverride: z
    .strictObject({ model: name, scope: z.enum(['next', 'conversation', 'always']) })
    .nullable(),
  affinityModel: name.nullable(),
  affinityEffort: effort,
  requestedEffort: effort,
  evidence: z.strictObject({
    cohort: name,
    tiers: z.partialRecord(grade, outcomes),
    models: z.record(z.string(), outcomes),
  }),
  escalation: z.strictObject({ fromModel: name, why: z.string().max(10_000) }).nullable(),
  unavailable: z.array(unavailable).max(1000),
  economics: z
    .strictObject({
      expectedSteps: z.number().min(1).max(10_000),
      stepInputTokens: count,
      stepOutputTokens: count,
      warmTokens: z.record(z.string(), count),
      cacheHitRatios: z.record(z.string(), probability),
      outputRatios: z.record(z.string(), z.number().min(0).max(1000)).exactOptional(),
      switchBooks: z
        .strictObject({ baselineModel: name, actualUsd: count, stayUsd: count, stayWarmTokens: count })
        .nullable(),
    })
    .exactOptional(),
  isRoutineStep: z.boolean().exactOptional(),
  budgetPressure: z.strictObject({ budget: name, pressure: probability }).nullable().exactOptional(),
  atMs: count,
}) satisfies z.ZodType<DecisionInput>; // a member that is new there is missed here by the compiler

/** Throws `request.malformed` naming the member that does not fit. */
export function decodeDecisionInput(value: unknown): DecisionInput {
  const checked = decisionInput.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const at = (...path: readonly PropertyKey[]): string => ['input', ...path].map(String).join('.');
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = issue.path.length === 0 ? nearestName(key, Object.keys(decisionInput.shape)) : null;
    const hint = known === null ? '' : `; the nearest member is "${known}"`;
    throw malformed(`the patch gives ${at(...issue.path, key.slice(0, 50))}, which does not exist${hint}`);
  }
  const path = issue?.path ?? [];
  throw malformed(
    `with the patch ${at(...path)} is missing or has a value that it cannot have${allowed(issue)}`,
  );
}

function allowed(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_value') return `; it must be one of ${issue.values.join(', ')}`;
  if (issue?.code === 'invalid_type') return `; it must be of type ${issue.expected}`;
  return '';
}

function malformed(message: string): RouterError {
  return new RouterError('request.malformed', message, { param: 'patch' });
}
