// The rules of warmth, of switching and of its limit, each with a text that breaks it; see policy-mutations.ts.

import type { Mutation } from './policy-mutations.ts';

/** Tests that notice them, apart from those of the rest of the policy. */
export const SWITCH_TESTS: readonly string[] = [
  ...['task-cost', 'switch-cap', 'switch-economics', 'conversation-switch', 'switch-books'].map(
    (name) => `test/unit/daemon/route/${name}.test.ts`,
  ),
  ...['cache-hits', 'task-lengths'].map((name) => `test/unit/daemon/route/${name}.test.ts`),
  ...['model-habits', 'task-economics', 'prompt-books', 'settle'].map(
    (name) => `test/unit/daemon/pipeline/${name}.test.ts`,
  ),
  ...['prompt-cache-replay', 'baseline'].map((name) => `test/unit/daemon/catalog/${name}.test.ts`),
];

const of = (file: string, rules: readonly (readonly [string, string, string])[]): readonly Mutation[] =>
  rules.map(([rule, text, replacement]) => ({ file, rule, text, replacement }));

export const SWITCH_MUTATIONS: readonly Mutation[] = [
  ...of('task-cost.ts', [
    ['What is warm is read.', 'warmTokens: warmTokens * hitRatio(target, input)', 'warmTokens: 0'],
    ['Caches miss.', 'warmTokens: warmTokens * hitRatio(target, input)', 'warmTokens'],
    ['A wordy model pays for its words.', 'outputTokens * outputRatio(target, input)', 'outputTokens'],
    [
      'All before it is warm at the next request.',
      'warmTokens: input.inputTokens + (step - 1) * stepInputTokens,',
      'warmTokens: warm,',
    ],
    [
      'The prompt grows with each request.',
      'inputTokens: input.inputTokens + step * stepInputTokens,',
      'inputTokens: input.inputTokens,',
    ],
    [
      'Requests that follow are answered too.',
      'outputTokens: stepOutputTokens * outputShare',
      'outputTokens: 0 * outputShare',
    ],
    ['Less effort writes less all along.', 'stepOutputTokens * outputShare', 'stepOutputTokens'],
    [
      'A long-context price begins in the middle of a task.',
      'if (border <= 1 || border > last)',
      'if (border !== null)',
    ],
    ['The border is in the model’s own tokens.', 'aboveTokens / target.tokenizerFactor - ', 'aboveTokens - '],
    ['A task has an end.', 'Math.min(MAX_STEPS, Math.max(1, expectedSteps))', 'Math.max(1, expectedSteps)'],
    ['What was learnt of a cache counts.', 'learnt ?? assumedHitRatio', 'undefined ?? assumedHitRatio'],
    [
      'A price that is no number is none.',
      'costUsd !== null && Number.isFinite(costUsd)',
      'costUsd !== null',
    ],
  ]),
  ...of('switch-cap.ts', [
    [
      'The allowance is a share of staying.',
      '(1 + ratio) * books.stayUsd - books.actualUsd',
      'ratio * books.stayUsd - books.actualUsd',
    ],
    ['The bill is taken off.', 'books.stayUsd - books.actualUsd', 'books.stayUsd + books.actualUsd'],
    ['Sizes are estimates.', 'takenUsd > 0 ? takenUsd * MARGIN : takenUsd', 'takenUsd'],
    ['A saving is not made larger.', 'takenUsd > 0 ? takenUsd * MARGIN : takenUsd', 'takenUsd * MARGIN'],
    ['Enough is left for what may come.', 'target === this.#baseline ? 0 : MARGIN', 'true ? 0 : MARGIN'],
    ['The reserve has a margin too.', '? 0 : MARGIN * this', '? 0 : 1 * this'],
    [
      'Who costs no more than staying makes nothing worse.',
      'return costs.reserveUsd(target) === 0 && takenBy(target) <= 0;',
      'return false;',
    ],
    [
      'A cold baseline does not fit for being the baseline.',
      'return costs.reserveUsd(target) === 0 && takenBy(target) <= 0;',
      'return costs.reserveUsd(target) === 0;',
    ],
    [
      'An automatic cache misses.',
      "target.promptCache.kind === 'explicit' || target === this.#baseline;",
      'true;',
    ],
    ['A dearer answer is paid for.', 'promptUsd + this.#dearerAnswerUsd(target, 1, size)', 'promptUsd'],
    [
      'An answer is as long as it may be.',
      'Math.min(this.#input.maxOutputTokens ?? target.maxOutputTokens, target.maxOutputTokens)',
      'SAMPLE_TOKENS',
    ],
    [
      'What a model writes more than others counts.',
      'outputRatio(model, this.#input);\n    const moreUsd',
      '1;\n    const moreUsd',
    ],
    [
      'Near its border a request may lie beyond it.',
      'above > inputTokens && above <= inputTokens * MARGIN',
      'above < 0',
    ],
    [
      'Far from its border it does not.',
      'above > inputTokens && above <= inputTokens * MARGIN',
      'above > inputTokens',
    ],
    [
      'Near its border staying may lie below it.',
      'below < inputTokens && below * MARGIN >= inputTokens',
      'below < 0',
    ],
    ['What is warm grows with the prompt.', '* (size / inputTokens)', ''],
    ['Also where the prompt before it was.', 'promptCache.minTokens * BARELY', 'promptCache.minTokens * 1.2'],
    [
      'A prompt that is barely cached may be warm.',
      'if (isBarelyCached && target !== this.#baseline) return size;',
      '',
    ],
    ['A peak to come is looked at.', 'isPeak(own, atMs) ? 1 : own.multiplier', 'isPeak(own, atMs) ? 1 : 1'],
    [
      'A peak that ends is looked at.',
      'isPeak(stay, atMs) ? stay.multiplier : 1',
      'isPeak(stay, atMs) ? 1 : 1',
    ],
    [
      'A short prompt will grow.',
      'Math.max(this.#input.inputTokens, CACHED_TOKENS) +',
      'this.#input.inputTokens +',
    ],
    [
      'A dearer read needs the way back.',
      'sizes.some((size) => this.#readsAbove(target, size, later, hits))',
      'false',
    ],
    ['Misses make reads dearer.', '(hits * own.read + (1 - hits) * own.write) * later', 'own.read * later'],
    [
      'The present size is not the only one.',
      'return [tokens, this.#longTokens(target, tokens), ',
      'return [tokens, ',
    ],
    ['A prompt may become short again.', 'Math.min(tokens, Math.max(below, CACHED_TOKENS))]', 'tokens]'],
    ['A dearer write needs the way back.', ' || !this.#writesBelow(target, size, later)', ''],
    ['A dearer answer needs the way back.', 'this.#dearerAnswerUsd(target, later, size) > 0 || ', ''],
    [
      'An answer that gets dearer with the prompt needs the way back.',
      'this.#dearerAnswerUsd(target, later, size) > 0',
      'this.#dearerAnswerUsd(target, later) > 0',
    ],
    [
      'Where nothing fits, the next requests count too.',
      'leftUsd(target) - costs.reserveUsd(target)',
      'leftUsd(target)',
    ],
    [
      'An entry that dies sooner than the baseline’s is no sure one.',
      ' && target.promptCache.ttlS >= this.#baseline.promptCache.ttlS;',
      ';',
    ],
    ['The prompt may have grown by then.', 'CACHED_TOKENS) + GROWTH_TOKENS;', 'CACHED_TOKENS);'],
    ['Misses come in a row.', 'Math.min(misses * missUsd, backUsd)', 'Math.min(missUsd, backUsd)'],
    ['A good past is no promise.', '1 - Math.min(hits, PESSIMISTIC_HIT_RATIO)', '1 - hits'],
    ['A bad past counts.', '1 - Math.min(hits, PESSIMISTIC_HIT_RATIO)', '1 - PESSIMISTIC_HIT_RATIO'],
    ['The way back is the most that is needed.', 'Math.min(misses * missUsd, backUsd)', 'misses * missUsd'],
    ['Both answers are paid for.', ' + (costs.worstUsd(first) ?? Infinity)', ''],
    [
      'The limit is of one baseline.',
      'baseline === null || baseline.id !== books.baselineModel',
      'baseline === null',
    ],
  ]),
  ...of('switch-economics.ts', [
    ['A move must save a share.', ' || gainUsd < LEAST_RATIO * stayCostUsd', ''],
    ['A move must save something.', 'Math.min(LEAST_USD, LEAST_RATIO_OF_LITTLE * stayCostUsd)', '0'],
    ['Of little, half is enough.', 'Math.min(LEAST_USD, LEAST_RATIO_OF_LITTLE * stayCostUsd)', 'LEAST_USD'],
    ['The way back is paid for.', 'moveUsd + returnCost(costOf, input, from)', 'moveUsd'],
    ['A failure costs.', 'ownUsd + failure * takeOverCost(costOf, input, candidate, stronger)', 'ownUsd'],
    ['Only a stronger model takes over.', 'tierRank(target.tier) > rank && taskCostUsd', 'taskCostUsd'],
    ['Half of the task is left then.', 'const further = Math.max(0, half - 1);', 'const further = 0;'],
    [
      'What the weaker half would have cost is not paid.',
      '(cost(stronger, usual) - cost(candidate, usual))',
      'cost(stronger, usual)',
    ],
    [
      'An entry that would have died anyway is no loss.',
      '- steps * STEP_S) - pauseLongerThan(ttlS)',
      '- steps * STEP_S)',
    ],
    ['Not every move is followed by a return.', 'RETURN_PROBABILITY * Math.max', 'Math.max'],
    ['The payback is exact.', 'if (hasPaid(middle)) first = middle;', 'if (hasPaid(middle)) return middle;'],
    ['A short gain is found.', 'first = topOf(gain);', ''],
  ]),
  ...of('conversation-switch.ts', [
    ['It stays where moving does not pay.', 'kept: moved ? undefined : current', 'kept: undefined'],
    ['It moves where that pays.', 'kept: moved ? undefined : current', 'kept: current'],
    [
      'It leaves a model that is not trusted.',
      'current !== first && isAsGood(current, first)',
      'current !== first',
    ],
    [
      'A title has a prompt of its own.',
      "if (input.decisionPoint === 'background') return NOTHING_TO_WEIGH;",
      '',
    ],
    [
      'Old records are planned as they were.',
      'first === undefined || input.economics === undefined',
      'first === undefined',
    ],
    [
      'A list does not lead away from what is warm.',
      'first.isListed && current !== first ? warmest(ordered, first) : undefined',
      'undefined',
    ],
    [
      'A list that leads to where the conversation is does not lead away.',
      'first.isListed && current !== first ? warmest',
      'first.isListed ? warmest',
    ],
    ['Those that fit go first.', '[...fitting, ...others]', '[...others, ...fitting]'],
    [
      'Where nobody fits the one that leaves most goes first.',
      ' : leftOfB - leftOfA',
      ' : leftOfA - leftOfB',
    ],
    ['Then the one with most for the next requests.', 'leftOfA >= 0 && leftOfB >= 0', 'false'],
    ['What breaks the limit at once does so first.', 'leftOfA >= 0 && leftOfB >= 0', 'true'],
    ['Who fits keeps its place.', '|| cap.fits(first.target)) return', ') return'],
  ]),
  ...of('switch-books.ts', [
    ['The comparison begins with the baseline.', 'if (isBaseline)\n', 'if (billed)\n'],
    [
      'It begins with what was billed.',
      'stayUsd: costUsd, hasLeft: false',
      'stayUsd: stayCostUsd, hasLeft: false',
    ],
    [
      'Until somebody else answers staying is what was billed.',
      'hasLeft ? stayCostUsd : costUsd',
      'stayCostUsd',
    ],
    ['Nobody’s answer is no leaving.', 'servedModel !== null && !isBaseline', '!isBaseline'],
    ['Another name begins anew.', ' || known.baselineModel !== baselineModel', ''],
    [
      'What cannot be told on both sides adds to neither.',
      'costUsd === null || stayCostUsd === null',
      'costUsd === null',
    ],
  ]),
  ...of('cache-hits.ts', [
    ['An assumption is worth something.', 'PRIOR_TOKENS = 20_000', 'PRIOR_TOKENS = 1'],
    ['Old answers fade.', 'seen.warmTokens * MEMORY + warmTokens', 'seen.warmTokens + warmTokens'],
    [
      'No more is read than was warm.',
      'Math.min(Math.max(0, readTokens), warmTokens)',
      'Math.max(0, readTokens)',
    ],
    ['A few tokens say nothing.', 'if (!(warmTokens >= LEAST_TOKENS)) return;', ''],
    [
      'Automatic caches miss.',
      "kind === 'automatic' ? AUTOMATIC_HIT_RATIO : 1",
      "kind === 'automatic' ? 1 : 1",
    ],
  ]),
  ...of('task-lengths.ts', [
    ['A tenth is learnt of each task.', 'NEW_TASK = 0.1', 'NEW_TASK = 1'],
    ['Assistants differ.', 'const key = `${kind} ${client}`;', 'const key = kind;'],
    ['No length is no lesson.', 'Number.isFinite(value) && value >= 0 ?', 'true ?'],
  ]),
  ...of('../pipeline/model-habits.ts', [
    ['A few answers say little.', 'LEAST_ANSWERS = 60', 'LEAST_ANSWERS = 1'],
    ['Chance is no habit.', 'difference >= 0 || error >= -difference', 'difference >= 0'],
    [
      'Nothing is claimed for a terse model.',
      'difference >= 0 || error >= -difference',
      'error >= Math.abs(difference)',
    ],
    [
      'Words are counted in one tokenizer.',
      'usage.outputTokens / target.tokenizerFactor',
      'usage.outputTokens',
    ],
  ]),
  ...of('../pipeline/task-economics.ts', [
    [
      'Staying lies on the cheaper side of a border that is near.',
      'costUsd === null || costUsd >= baselineCostUsd ? record',
      'costUsd !== null ? record',
    ],
    [
      'A cold start on the way back is the switch’s doing.',
      'costUsd - (Math.min(1, coldShare)',
      'costUsd - (0 * Math.min(1, coldShare)',
    ],
    ['Another model may be the wordier one.', 'UNMEASURED_WORDINESS = 0.35', 'UNMEASURED_WORDINESS = 0'],
    [
      'A wish is not the router’s to answer for.',
      "decision.reason === 'override' || decision.reason === 'exact' || ",
      '',
    ],
    [
      'A title is one request.',
      "point === 'background' || point === 'continuation';",
      "point === 'continuation';",
    ],
  ]),
  ...of('../pipeline/prompt-books.ts', [
    [
      'What is written for an hour lives for one.',
      'writtenForAnHour ? Math.max(ONE_HOUR_S, promptCache.ttlS)',
      'false ? 0',
    ],
    [
      'A short prefix is not cached.',
      'tokens > 0 && tokens * tokenizerFactor >= promptCache.minTokens',
      'tokens > 0',
    ],
  ]),
  ...of('../catalog/prompt-cache-replay.ts', [
    ['What has expired is cold.', 'if (entry.expiresAtMs > atMs && !warm', 'if (!warm'],
    ['The longest prefix counts.', ' && !warm.has(entry.modelId)', ''],
    ['A life that was paid for is not shortened.', 'Math.max(own.expiresAtMs, expiresAtMs)', 'expiresAtMs'],
  ]),
  ...of('../catalog/baseline.ts', [
    [
      'The baseline’s cache misses as well.',
      'Math.min(1, baselineWarmTokens / promptTokens) * hitRatio',
      'Math.min(1, baselineWarmTokens / promptTokens)',
    ],
    ['The baseline is not made wordier.', 'tokenRatio * (input.outputRatio ?? 1)', 'tokenRatio'],
  ]),
  ...of('../pipeline/settle.ts', [
    ['A hit is worth what routing would have paid.', 'routing: savedUsd - hitUsd', 'routing: savedUsd'],
    ['Marks have their own part.', 'routing: savedUsd - injectionUsd', 'routing: savedUsd'],
  ]),
];
