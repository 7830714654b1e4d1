// The rules of the policy, each with a text that breaks it. The text must stand in the file exactly once: a rule that is
// rewritten takes its line here along.

export interface Mutation {
  /** Which rule is broken, as a sentence. */
  readonly rule: string;
  /** Below daemon/route/. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

const of = (file: string, rules: readonly (readonly [string, string, string])[]): readonly Mutation[] =>
  rules.map(([rule, text, replacement]) => ({ file, rule, text, replacement }));

export const POLICY_MUTATIONS: readonly Mutation[] = [
  ...of('success-probability.ts', [
    [
      'The cheapest tier is expected to do what needs no stronger one.',
      'return 1 - needsStronger;',
      'return 1 - needsStrongest;',
    ],
    [
      'The strongest tier fails on part of what the middle one cannot do.',
      'STRONGEST_FAILS = 0.35',
      'STRONGEST_FAILS = 1',
    ],
    [
      'Background calls are simple work.',
      "if (input.decisionPoint === 'background') return BACKGROUND_NEEDS;",
      '',
    ],
    ['Outcomes of the tier correct the expectation.', 'countsOf(evidence.tiers, target.tier)', 'undefined'],
    [
      'The model’s own outcomes correct it further.',
      'return corrected(ofTier, countsOf(evidence.models, target.id));',
      'return ofTier;',
    ],
    ['An expectation is worth 20 observations.', 'PRIOR_OBSERVATIONS = 20', 'PRIOR_OBSERVATIONS = 200'],
    [
      'Failures lower the probability.',
      'PRIOR_OBSERVATIONS + successes + failures',
      'PRIOR_OBSERVATIONS + successes',
    ],
    ['Counts that are no counts say nothing.', 'value > 0 ? Math.min(value, MAX_COUNT) : 0', 'value'],
    [
      'More thinking leaves fewer failures.',
      '(1 - probability) * share ** levels',
      '(1 - probability) / share ** levels',
    ],
    ['Thinking pays more for code.', 'code: 0.9, ', ''],
    [
      'needsStrongest is never above needsStronger.',
      'needsStrongest: Math.min(stronger, Math.max(0, needsStrongest))',
      'needsStrongest',
    ],
  ]),
  ...of('candidate-order.ts', [
    [
      'A model must reach the threshold.',
      'successProbability >= threshold - EPSILON',
      'successProbability >= 0',
    ],
    [
      'Reaching the threshold exactly is enough.',
      'successProbability >= threshold - EPSILON',
      'successProbability > threshold',
    ],
    [
      'Who reaches the threshold goes before who does not.',
      'return a.reachesThreshold ? -1 : 1;',
      'return a.reachesThreshold ? 1 : -1;',
    ],
    [
      'Of those likely enough the cheapest goes first.',
      'keyA.costUsd < keyB.costUsd ? -1 : 1',
      'keyA.costUsd < keyB.costUsd ? 1 : -1',
    ],
    [
      'When nobody reaches it the likeliest goes first.',
      'a.reachesThreshold ? 0 : compareLikelihood(a, b)',
      '0',
    ],
    ['The user’s own list decides the order.', 'if (placeA !== placeB) return placeA - placeB;', ''],
    ['Models of the user’s own list are trusted.', 'const isCapable = isListed ||', 'const isCapable ='],
    [
      'A list of `default` holds for tasks without one.',
      "of [taskType, 'default'] as const",
      'of [taskType] as const',
    ],
    [
      'An unpriced model stands behind the priced ones of its tier.',
      'return { costUsd: assumed(tierRank(target.tier)), group:',
      'return { costUsd: 0, group:',
    ],
    [
      'A model nobody vouched for is not taken for free.',
      'taskCostUsd !== null && !isUnvetted',
      'taskCostUsd !== null',
    ],
    [
      'Of equals the lower tier goes first.',
      'keyA.group - keyB.group || compareTier(a, b)',
      'keyA.group - keyB.group || compareTier(b, a)',
    ],
    ['Effort is raised only where it stands in for a dearer model.', '!isListed && isSomebodyLikely', 'true'],
    [
      'Effort is raised only where that makes it likely enough.',
      'return isAffordable && reaches(raised, ask) ? raised : own;',
      'return isAffordable ? raised : own;',
    ],
    ['Raised effort keeps below the ceiling.', 'return isAffordable && reaches', 'return reaches'],
    [
      'Effort is lowered only as far as it stays likely enough.',
      'levels.find((figures) => reaches(figures, ask))',
      'levels[0]',
    ],
    ['Effort is lowered for simple work only.', "gradeOfNeeds(reckoning.needs) === 'simple'", 'true'],
  ]),
  ...of('effort.ts', [
    ['Quality keeps the effort.', "isSimple && profile !== 'quality'", 'isSimple'],
    ['The configuration may leave the effort alone.', '!table.adjustsEffort || ', ''],
    ['Effort changes only where reasoning is asked for.', '!reasons || ', ''],
    [
      'A client that wants no thinking gets none.',
      'if (requestedEffort !== null && rank(requestedEffort) < rank(LOWEST)) return null;',
      '',
    ],
    ['Effort never goes below low.', 'rank(effort) >= rank(LOWEST)', 'true'],
    ['Effort goes down two levels at most.', 'Math.max(0, index - MOST_LEVELS_DOWN)', '0'],
    ['Effort is never raised above high.', ' && rank(next) <= rank(HIGHEST_RAISED)', ''],
    ['More thinking costs more output.', 'OUTPUT_PER_ANSWER[to] / OUTPUT_PER_ANSWER[from]', '1'],
  ]),
  ...of('escalation.ts', [
    [
      'Escalation leaves only higher tiers.',
      'tierRank(target.tier) > tierRank(from.tier)',
      'tierRank(target.tier) >= tierRank(from.tier)',
    ],
    [
      'Without a stronger model the task stays.',
      '{ ...unchanged, staysOn: fromModel, note }',
      '{ ...unchanged, note }',
    ],
    [
      'Escalation keeps to the max cost.',
      'maxCostUsd === null || fitsMaxCost(figures, maxCostUsd))',
      'true)',
    ],
    [
      'A higher tier takes over from a weak answer.',
      'tierRank(candidate.target.tier) > rank',
      'tierRank(candidate.target.tier) >= rank',
    ],
    [
      'Both answers keep to the max cost.',
      'fitsMaxCost(candidate, maxCostUsd - paidUsd)',
      'fitsMaxCost(candidate, maxCostUsd)',
    ],
    [
      'The next tier takes over first.',
      '.toSorted((a, b) => tierRank(a.target.tier) - tierRank(b.target.tier))',
      '',
    ],
  ]),
  ...of('cheapest-capable-policy.ts', [
    [
      'Inside a task the model stays.',
      "input.decisionPoint === 'continuation' ? input.affinityModel : null",
      'null',
    ],
    [
      'Between tasks the model may change.',
      "input.decisionPoint === 'continuation' ? input.affinityModel : null",
      'input.affinityModel',
    ],
    [
      'Inside a task no effort changes.',
      "input.decisionPoint === 'continuation' ? { ...reckoning, rangeOf: () => null } : reckoning",
      'reckoning',
    ],
    [
      'Inside a task its effort is kept.',
      'return { ...staying, ...reckoning.atLevel(staying, range, affinityEffort) };',
      'return staying;',
    ],
    ['A task that leaves its model says so.', 'noteLostAffinity(input, rejections, notes);\n  if', 'if'],
    [
      'The named model goes before those not trusted with the ask.',
      'const wanted = underCeiling(priced, intent.ceiling);',
      'const wanted = priced;',
    ],
    [
      'The max cost steers the choice.',
      'const limited = applyMaxCost(ordered, maxCostUsd);',
      'const limited = applyMaxCost(ordered, null);',
    ],
    ['The max cost holds for fallbacks too.', 'capped.note === null ? maxCostUsd : null,', 'null,'],
    [
      'Models that are out are kept when nobody else can answer.',
      'if (isWaiting) pool = waitForRecovery',
      'if (isWaiting && notes.length > 9) pool = waitForRecovery',
    ],
    [
      'The wish to reason gives way before the request does.',
      "pool.length === 0 && input.needs.includes('reasoning')",
      "pool.length === 9 && input.needs.includes('reasoning')",
    ],
    ['An escalated choice says so.', "if (isEscalated) return 'escalated';", ''],
    [
      'A choice of nobody likely enough says so.',
      'noteUnlikely(chosen, ask, isStaying, ordered, notes);\n',
      '\n',
    ],
    [
      'A background call takes the list for simple work.',
      "complexity: input.decisionPoint === 'background' ? 'simple' : complexity",
      'complexity',
    ],
    [
      'The threshold is that of profile and task.',
      'threshold: thresholdOf(table, intent.profile, taskType)',
      "threshold: thresholdOf(table, table.profile, 'general')",
    ],
  ]),
  ...of('eligible-pool.ts', [
    [
      'Hard filters rule models out.',
      'else if (rejection !== null) rejections.set',
      'else if (rejection === undefined) rejections.set',
    ],
    [
      'The ceiling rules models out.',
      'if (isPassing && above !== null) rejections',
      'if (isPassing && above === undefined) rejections',
    ],
  ]),
  ...of('ceiling.ts', [
    [
      'The ceiling bounds the tier.',
      'tierRank(target.tier) > tierRank(ceiling.tier)',
      'tierRank(target.tier) > 9',
    ],
    ['The ceiling bounds the cost.', 'if (coldCostUsd <= limit.coldCostUsd) return null;', 'return null;'],
    [
      'An unpriced model may be above the ceiling.',
      'if (coldCostUsd === null) return `has no price',
      'if (coldCostUsd === undefined) return `has no price',
    ],
  ]),
  ...of('pinned-plan.ts', [
    [
      'An exact model has no stand-ins unless the configuration says so.',
      'table.exactFallback\n',
      '!table.exactFallback\n',
    ],
    ['The context of an exact model is its provider’s to judge.', 'inputTokens: 0, ', ''],
    ['An outage of an exact model is the attempt loop’s to report.', 'unavailable: [] }', '}'],
  ]),
  ...of('cost-limit.ts', [
    [
      'An unpriced model does not fit a limit.',
      'expectedCostUsd !== null && expectedCostUsd <= maxCostUsd',
      '(expectedCostUsd ?? 0) <= maxCostUsd',
    ],
    [
      'Capable models that fit go before weaker ones.',
      '[...capable.filter(fits), ...weak.filter(fits), ...tooDear]',
      '[...weak.filter(fits), ...capable.filter(fits), ...tooDear]',
    ],
    ['When nobody fits the cheapest goes first.', '.toSorted(compareCost)', ''],
  ]),
  ...of('fallback-chain.ts', [
    [
      'The model’s own fallbacks go first.',
      'const ownOnce = [...new Set(own)];',
      'const ownOnce: typeof own = [];',
    ],
    [
      'Another provider goes before the same one.',
      'const isElsewhere = (candidate: Ordered): boolean => candidate.target.provider !== provider;',
      'const isElsewhere = (candidate: Ordered): boolean => candidate.target.provider === provider;',
    ],
    [
      'A model below the grade is no rescue.',
      'isElsewhere(candidate) && candidate.isCapable',
      'isElsewhere(candidate)',
    ],
  ]),
  ...of('eligibility.ts', [
    [
      'A model must have what the request needs.',
      'if (!target.supports.includes(need)) return',
      'if (false) return',
    ],
    [
      'The context must hold the request.',
      'neededTokens > target.contextTokens',
      'neededTokens > target.contextTokens * 2',
    ],
    ['A model that is out is not planned with.', 'return outage(target, input);', 'return null;'],
    [
      'A provider without a key is not planned with.',
      'if (!target.usable) {',
      'if (target.usable === null) {',
    ],
  ]),
  ...of('thresholds.ts', [
    [
      'The user’s threshold moves all profiles.',
      'const sum = threshold + distance;',
      'const sum = 0.75 + distance;',
    ],
    ['A task may have its own threshold.', 'row?.[taskType] ?? row?.default', 'row?.default'],
  ]),
  ...of('why-lost.ts', [
    ['The constraint is that of the next cheaper model.', 'costUsd <= nextUsd', 'false'],
    [
      'A model below the threshold is told so.',
      '(chosen.reachesThreshold || choice.isNamed)',
      'choice.isNamed',
    ],
    [
      'Moving is no reason where it would have paid.',
      'wasWeighed && !isWorthMoving(economics)',
      'wasWeighed',
    ],
    ['Inside a task the task is the reason.', 'if (choice.isStaying) return', 'if (choice.isNamed) return'],
  ]),
  ...of('flip-numbers.ts', [
    [
      'The nearest border is told.',
      'if (at(middle, 0) === null) same = middle;',
      'if (at(middle, 0) !== null) same = middle;',
    ],
    ['The grade goes along with the number.', '...(grade === complexity ? {} : { complexity: grade }),', ''],
  ]),
  ...of('merge-patch.ts', [['null removes.', 'if (change === null) members.delete(name);\n    else ', '']]),
  ...of('complete-input.ts', [
    [
      'What a merge patch took away counts as null.',
      'standingOverride: given.standingOverride ?? null',
      'standingOverride: given.standingOverride as null',
    ],
  ]),
  ...of('budget-pressure.ts', [
    ['A budget that runs out goes past the user’s lists.', 'profiles: NO_LISTS, ', ''],
    [
      'At the end the cheapest that can answer at all is taken.',
      'least * (1 - (pressure - BUDGET_PROFILE_AT) / (1 - BUDGET_PROFILE_AT))',
      'least',
    ],
    ['A task leaves its dear model when nothing is left.', 'affinityModel: null, ', ''],
    ['An empty budget asks no stronger model.', 'escalation: null }', '}'],
    ['An empty budget pays for one answer only.', '{ ...bent, escalation: [] }', 'bent'],
    ['A choice that a budget changed has the reason budget.', "reason: 'budget', ", ''],
  ]),
];
