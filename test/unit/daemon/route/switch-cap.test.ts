import assert from 'node:assert/strict';
import { expectedCostUsd } from '../../../../daemon/catalog/expected-cost.ts';
import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import type {
  DecisionInput,
  EconomicsInput,
  SwitchBooks,
} from '../../../../daemon/protocol/exchange-record.ts';
import { switchCap, type SwitchCap } from '../../../../daemon/route/switch-cap.ts';
import { books, economics, OFF_PEAK_MS, PEAK_MS, priced } from './economics-fixtures.ts';
import { input } from './route-fixtures.ts';

const AUTOMATIC = { kind: 'automatic', minTokens: 1024, ttlS: 600 } as const;

/**
 * A prompt of 100,000 tokens that is warm on the baseline. Staying costs 100,000 x 1 = 0.1 USD, and 5 % more are allowed,
 * so a request takes from the allowance what it costs above 0.105 USD, times 1.2 for sizes that are estimates.
 */
const BASE = priced('base', [10, 1, 50], { tier: 'complex' });
/** Cold 0.5 USD, warm 0.05. */
const MID = priced('mid', [5, 0.5, 25]);
/** What is kept for the next requests: a fifth more than is thought, of a prompt that has grown by 16,384 tokens. */
const KEPT = 1.2 * 1.16384;
/** Cold 0.01 USD: never more than staying. */
const CHEAP = priced('cheap', [0.1, 0.01, 0.5]);

interface Given {
  readonly books?: Partial<SwitchBooks> | null;
  readonly ratio?: number | undefined;
  readonly baseline?: ModelTarget | null;
  readonly economics?: Partial<EconomicsInput>;
  readonly input?: Partial<DecisionInput>;
}

function capOf(given: Given = {}): SwitchCap | null {
  const { baseline = BASE } = given;
  const known = economics({
    warmTokens: { base: 100_000 },
    switchBooks: given.books === null ? null : books(given.books),
    ...given.economics,
  });
  const request = input({ inputTokens: 100_000, atMs: OFF_PEAK_MS, economics: known, ...given.input });
  const ratio = 'ratio' in given ? given.ratio : 0.05;
  const limit = ratio === undefined ? {} : { maxSwitchSpendRatio: ratio };
  return switchCap(expectedCostUsd, request, limit, baseline);
}

function cap(given: Given = {}): SwitchCap {
  const found = capOf(given);
  assert.ok(found !== null);
  return found;
}

function closeTo(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

describe('route/switch-cap: when there is a limit', () => {
  it('[B4] [C2] there is none before the baseline model has answered', () => {
    assert.equal(capOf({ books: null }), null);
  });

  it('[B4] there is none where none is set', () => {
    assert.equal(capOf({ ratio: undefined }), null);
    assert.equal(capOf({ ratio: Infinity }), null);
    assert.equal(capOf({ ratio: NaN }), null);
  });

  it('[B4] there is none without a baseline, or with another one than the bill is of', () => {
    assert.equal(capOf({ baseline: null }), null);
    assert.equal(capOf({ baseline: MID }), null);
    assert.equal(capOf({ books: { baselineModel: 'mid' } }), null);
  });

  it('there is none where nobody can say what staying costs', () => {
    assert.equal(capOf({ baseline: { ...BASE, price: null } }), null);
  });

  it('[B4] [C2] it is what may be billed above staying, less what was', () => {
    closeTo(cap().allowanceUsd, 0.05);
    closeTo(cap({ books: { actualUsd: 1.3 } }).allowanceUsd, -0.25);
    closeTo(cap({ books: { stayUsd: 2, actualUsd: 1 }, ratio: 0.5 }).allowanceUsd, 2);
    assert.deepEqual([cap().baselineModel, cap().ratio], ['base', 0.05]);
  });
});

describe('route/switch-cap: what a request leaves of the allowance', () => {
  it('[B4] [C2] a cold start takes what it costs above staying, and a fifth more', () => {
    closeTo(cap().leftUsd(MID), 0.05 - 1.2 * (0.5 - 0.105));
  });

  it('[B4] [C2] a cheaper request adds what it saves', () => {
    closeTo(cap().leftUsd(CHEAP), 0.05 + (0.105 - 0.01));
    closeTo(cap({ economics: { warmTokens: { mid: 100_000 } } }).leftUsd(MID), 0.05 + (0.105 - 0.05));
  });

  it('[B4] an automatic cache is taken to miss', () => {
    const automatic = { ...MID, promptCache: AUTOMATIC };
    const warm = { warmTokens: { mid: 100_000 } };
    closeTo(cap({ economics: warm }).leftUsd(automatic), 0.05 - 1.2 * (0.5 - 0.105));
  });

  it('[B4] staying is reckoned as if it had always been so, the baseline as it is', () => {
    closeTo(cap().leftUsd(BASE), 0.05 + 0.005);
    // Gone cold while others answered: 100,000 x 10
    closeTo(cap({ economics: { warmTokens: {} } }).leftUsd(BASE), 0.05 - 1.2 * (1 - 0.105));
    // Would be cold anyway.
    const cold = { books: { stayWarmTokens: 0 }, economics: { warmTokens: {} } };
    closeTo(cap({ books: cold.books }).leftUsd(MID), 0.05 + (1.05 - 0.5));
    assert.equal(cap(cold).fits(BASE), true);
  });

  it('[B4] a dearer answer is as long as it may be', () => {
    const wordy = priced('wordy', [0.1, 0.01, 100]);
    // 100 - 1.05 x 50 = 47.5 a million; at most 32,000 tokens, or as many as the client allows
    closeTo(cap().leftUsd(wordy), 0.05 - 1.2 * (0.01 + 0.0475 * 32 - 0.105));
    closeTo(cap({ input: { maxOutputTokens: 1000 } }).leftUsd(wordy), 0.05 + (0.105 - 0.01 - 0.0475));
  });

  it('[B4] what a model writes more than others makes its answer dearer', () => {
    const given = { economics: { outputRatios: { mid: 3 }, warmTokens: { mid: 100_000 } } };
    // 25 x 3 - 52.5 = 22.5 a million
    const capped = cap({ ...given, input: { maxOutputTokens: 2000 } });
    closeTo(capped.leftUsd(MID), 0.05 - (0.05 + 0.045 - 0.105));
  });

  it('[B4] near the border of a long-context price the request may lie beyond it', () => {
    const longContext = {
      aboveTokens: 110_000,
      inputUsdPerMtok: 20,
      outputUsdPerMtok: 1,
      cacheReadUsdPerMtok: 2,
    };
    const model = priced('long', [0.1, 0.01, 0.5], {}, { longContext });
    // 110,001 x 20, against 1.05 x 110,001 x 1: the whole prompt would be warm then as well
    closeTo(cap().leftUsd(model), 0.05 - 1.2 * (2.20002 - 1.05 * 0.110001));
    const far = priced(
      'long',
      [0.1, 0.01, 0.5],
      {},
      { longContext: { ...longContext, aboveTokens: 130_000 } },
    );
    closeTo(cap().leftUsd(far), 0.05 + (0.105 - 0.01));
  });

  it('[B4] staying may lie below the border of the baseline’s long-context price', () => {
    const at = (aboveTokens: number): number => {
      const longContext = { aboveTokens, inputUsdPerMtok: 20, outputUsdPerMtok: 50, cacheReadUsdPerMtok: 2 };
      return cap({ baseline: priced('base', [10, 1, 50], {}, { longContext }) }).leftUsd(MID);
    };
    // Staying would cost 0.2 beyond the border; 89,999 tokens cost 0.09 there and 0.45 on the other model.
    closeTo(at(90_000), 0.05 - 1.2 * (0.449995 - 1.05 * 0.089999));
    closeTo(at(70_000), 0.05 - 1.2 * (0.5 - 1.05 * 0.2));
  });

  it('[B4] staying may be warm where the prompt is hardly long enough to be cached', () => {
    const cold = { books: { stayWarmTokens: 0 }, input: { maxOutputTokens: 0 } };
    const left = (inputTokens: number) =>
      cap({ ...cold, input: { ...cold.input, inputTokens } }).leftUsd(MID);
    // 1,200 x 5 against 1.05 x 1,200 x 1, not x 10
    closeTo(left(1200), 0.05 - 1.2 * (0.006 - 0.00126));
    closeTo(left(2000), 0.05 - 1.2 * (0.01 - 0.0021));
    closeTo(left(2100), 0.05 + 1.05 * 0.021 - 0.0105);
    closeTo(left(1000), 0.05 + 1.05 * 0.01 - 0.005);
  });

  it('an unpriced model leaves nothing, and does not fit', () => {
    const unpriced = { ...MID, price: null };
    assert.equal(cap().leftUsd(unpriced), -Infinity);
    assert.equal(cap().fits(unpriced), false);
  });
});

describe('route/switch-cap: who fits', () => {
  const rich = (usd: number): Given => ({ books: { stayUsd: 1, actualUsd: 1.05 - usd } });
  const least = (model: ModelTarget, given: Given = {}): number => {
    let [no, yes] = [0, 100];
    for (let step = 0; step < 60; step++) {
      const middle = (no + yes) / 2;
      const isEnough = cap({ ...given, books: { ...rich(middle).books, ...given.books } }).fits(model);
      if (isEnough) yes = middle;
      else no = middle;
    }
    return yes;
  };

  it('[B4] [C2] a model whose cold start is not covered does not', () => {
    assert.equal(cap().fits(MID), false);
  });

  it('[B4] a model that never costs more than staying does', () => {
    assert.equal(cap().fits(CHEAP), true);
    assert.equal(cap({ books: { actualUsd: 50 } }).fits(CHEAP), true);
  });

  it('[B4] [C2] the baseline does, as long as it is warm', () => {
    assert.equal(cap().fits(BASE), true);
    assert.equal(cap({ books: { actualUsd: 50 } }).fits(BASE), true);
    assert.equal(cap({ economics: { warmTokens: {} } }).fits(BASE), false);
  });

  it('[B4] [C2] a move to a cache that keeps what is paid for needs no more than its cold start', () => {
    closeTo(least(MID), 1.2 * 0.395);
  });

  it('[B4] a cache that is forgotten sooner than the baseline’s may have to be paid for again and again', () => {
    const short = { ...MID, promptCache: { ...MID.promptCache, ttlS: 120 } };
    // 0.895 is the way back.
    closeTo(least(short), 1.2 * 0.395 + KEPT * 0.895);
  });

  it('[B4] a cache that misses needs enough for misses in a row, or for the way back', () => {
    const automatic = { ...MID, promptCache: AUTOMATIC };
    const sure = { economics: { cacheHitRatios: { mid: 0.995 } } };
    closeTo(least(automatic, sure), 1.2 * 0.395 + KEPT * 0.895);
    const light = priced('light', [1.4, 0.14, 10], { promptCache: AUTOMATIC });
    // 0.14 - 0.105 each. Whatever was seen, one of two may miss: twenty in a row are less likely than one in a million.
    closeTo(
      least(light, { economics: { cacheHitRatios: { light: 0.995 } } }),
      1.2 * 0.035 + KEPT * 20 * 0.035,
    );
    // Where more than half misses, 24 in a row.
    closeTo(
      least(light, { economics: { cacheHitRatios: { light: 0.45 } } }),
      1.2 * 0.035 + KEPT * 24 * 0.035,
    );
  });

  it('[B4] what is spare is what is left without what the next requests may need', () => {
    closeTo(cap().spareUsd(CHEAP), 0.05 + (0.105 - 0.01));
    const dearRead = priced('dear-read', [2, 1.2, 10]);
    closeTo(cap().spareUsd(dearRead), 0.05 - 1.2 * 0.095 - KEPT * 0.895);
  });

  it('[B4] [C2] a model that is read more dearly than the baseline needs enough for the way back', () => {
    const dearRead = priced('dear-read', [2, 1.2, 10]);
    closeTo(least(dearRead), 1.2 * 0.095 + KEPT * 0.895);
    // 0.1049 read and 0.14 at each two hundredth request are more than 0.105 in the long run.
    const hardly = priced('hardly', [1.4, 1.049, 10], { promptCache: AUTOMATIC });
    closeTo(least(hardly, { economics: { cacheHitRatios: { hardly: 0.995 } } }), 1.2 * 0.035 + KEPT * 0.895);
  });

  it('[B4] a model that is written more dearly than the baseline needs enough for the way back', () => {
    const dearWrite = priced('dear-write', [20, 0.1, 10]);
    const warm = { economics: { warmTokens: { 'dear-write': 100_000 } } };
    // Warm it adds 0.105 - 0.01.
    closeTo(least(dearWrite, warm), KEPT * 0.895 - 0.095);
  });

  it('[B4] a model that writes its answers more dearly needs enough for the way back', () => {
    const wordy = priced('wordy', [0.1, 0.01, 60]);
    // 60 - 52.5 a million, 1,000 tokens
    const given = { input: { maxOutputTokens: 1000 } };
    closeTo(least(wordy, given), KEPT * 0.895 - (0.105 - 0.01 - 0.0075));
  });

  it('[B4] a model whose answers become dearer with a long prompt needs enough for the way back', () => {
    const long = {
      aboveTokens: 150_000,
      inputUsdPerMtok: 0.2,
      outputUsdPerMtok: 60,
      cacheReadUsdPerMtok: 0.02,
    };
    const growing = priced('growing', [0.1, 0.01, 10], {}, { longContext: long });
    closeTo(least(growing), KEPT * 0.895 - (0.105 - 0.01));
  });

  it('[B4] a baseline that is dear only for long prompts is looked at with its usual price too', () => {
    const long = { aboveTokens: 80_000, inputUsdPerMtok: 20, outputUsdPerMtok: 100, cacheReadUsdPerMtok: 2 };
    const base = priced('base', [10, 1, 50], { tier: 'complex' }, { longContext: long });
    // Read for 0.15 where the baseline costs 0.2, and 0.1 once the prompt is compacted: enough for the way back, 2 - 0.21.
    const dearRead = priced('dear-read', [5, 1.5, 25]);
    closeTo(least(dearRead, { baseline: base }), 1.2 * (0.5 - 0.21) + KEPT * 1.79);
  });

  it('[B4] a model that will be dearer at another hour is looked at with that price', () => {
    const peak = { multiplier: 12, hoursUtc: [[6, 8]] as const, weekdays: [5] };
    const model = priced('peaky', [0.1, 0.01, 0.5], {}, { peak });
    // 12 x 0.01 = 0.12 cold at the peak; its reads, 0.012, stay below: the entry is kept as long as the baseline's.
    assert.equal(cap({ books: { actualUsd: 50 } }).fits(model), true);
    const short = { ...model, promptCache: { ...model.promptCache, ttlS: 60 } };
    closeTo(least(short, { books: { stayUsd: 1 } }), KEPT * 20 * (0.12 - 0.105) - (0.105 - 0.01));
    // At the peak it costs what it costs, and will not rise.
    const now = { input: { atMs: PEAK_MS } };
    closeTo(least(short, now), 1.2 * 0.015 + KEPT * 20 * 0.015);
  });

  it('[B4] a baseline that will be cheaper at another hour is looked at with that price', () => {
    const peak = { multiplier: 4, hoursUtc: [[6, 8]] as const, weekdays: [5] };
    const base = priced('base', [10, 1, 50], { tier: 'complex' }, { peak });
    const light = priced('light', [1.1, 0.11, 10], { promptCache: { ...MID.promptCache, ttlS: 60 } });
    // At the peak staying costs 0.42; off it a miss of 0.11 is compared with 0.105, times 4 in today's money.
    const given = { baseline: base, input: { atMs: PEAK_MS } };
    closeTo(least(light, given), KEPT * 20 * (0.44 - 0.42) - (0.42 - 0.11));
  });

  it('[B4] a prompt that is too short for the caches is looked at as if it were not', () => {
    const given = {
      books: { stayWarmTokens: 0 },
      economics: { warmTokens: {} },
      input: { inputTokens: 100, maxOutputTokens: 10 },
    };
    // Now 0.0005 against 0.00105; later 8,192 tokens: the way back is 8,192 x (10 - 1.05).
    const dearRead = priced('dear-read', [5, 1.2, 10]);
    closeTo(least(dearRead, given), 1.2 * (8192 + 16_384) * 8.95e-6 - (0.00105 - 0.0005));
  });

  it('[B4] both answers of an escalation are paid for', () => {
    const rest = rich(1);
    const capped = cap(rest);
    assert.equal(capped.fits(MID), true);
    assert.equal(capped.fitsBoth(CHEAP, MID), true);
    const twice = priced('twice', [5, 0.5, 25]);
    // 0.5 + 0.395, times 1.2, is 1.074
    assert.equal(capped.fitsBoth(twice, MID), false);
    assert.equal(cap(rich(1.08)).fitsBoth(twice, MID), true);
    assert.equal(capped.fitsBoth({ ...CHEAP, price: null }, MID), false);
  });
});
