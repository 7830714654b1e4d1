import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { DecisionInput } from '../../../../daemon/protocol/exchange-record.ts';
import { cheapestCapablePolicy } from '../../../../daemon/route/cheapest-capable-policy.ts';
import { flipProbes } from '../../../../daemon/route/explain.ts';
import type { RoutingTable } from '../../../../daemon/route/policy.ts';
import {
  anyInput,
  anyTable,
  classification,
  classified,
  controls,
  FLASH,
  input,
  MINI,
  NOTHING_SEEN,
  OPUS,
  PRO,
  SONNET,
  table,
} from './route-fixtures.ts';

/** "change -> model" */
function flips(
  request: Partial<DecisionInput> = {},
  overrides: Partial<RoutingTable> = {},
): readonly string[] {
  return cheapestCapablePolicy
    .wouldFlip(input(request), table(overrides))
    .map(({ change, to }) => `${change} -> ${to}`);
}

function firstChoice(request: DecisionInput, given: RoutingTable): string | null {
  return cheapestCapablePolicy.plan(request, given).targets[0]?.id ?? null;
}

describe('route/explain', () => {
  it('[C5] tells the neighbouring grades', () => {
    const all = flips({ classification: classification('moderate') });
    assert.ok(all.includes('complexity simple -> flash'));
    assert.ok(all.includes('complexity complex -> opus'));
  });

  it('[C5] tells which wish to take back', () => {
    const request = {
      requestModel: 'exact/sol',
      controls: controls({ headerModel: 'flash', queryModel: 'mini' }),
    };
    assert.deepEqual(flips(request)[0], 'without the header x-pointsman-model -> mini');
    const named = { requestModel: 'exact/sol' };
    assert.ok(flips(named).includes('with the model name auto -> pro'));
    const overridden = { standingOverride: { model: 'sol', scope: 'always' } } as const;
    assert.ok(flips(overridden).includes('without the override -> pro'));
    assert.ok(
      flips({ controls: controls({ queryModel: 'mini' }) }).includes('without ?model= in the query -> pro'),
    );
  });

  it('[C5] tells which model is missed', () => {
    const unavailable = [
      { model: 'pro', why: 'is overloaded' },
      { model: 'sol', why: 'is overloaded' },
    ];
    const all = flips({ unavailable });
    assert.ok(all.includes('pro available again -> pro'));
    assert.ok(!all.some((flip) => flip.startsWith('sol available')));
  });

  it('[C5] tells that a task is under way', () => {
    const request = { decisionPoint: 'continuation', affinityModel: 'sol' } as const;
    assert.ok(flips(request).includes('at the start of a task instead of inside one -> pro'));
  });

  it('[C5] tells what an image or tools change', () => {
    const targets = [
      { ...PRO, supports: ['tools'] as const },
      { ...SONNET, supports: ['vision'] as const },
    ];
    assert.ok(flips({ needs: ['tools'] }, { targets }).every((flip) => !flip.startsWith('with an image')));
    assert.ok(flips({}, { targets }).includes('with an image -> sonnet'));
    const sighted = { ...PRO, supports: ['vision'] as const };
    const toolUser = { ...SONNET, supports: ['tools', 'vision'] as const };
    assert.ok(flips({ needs: ['tools'] }, { targets: [sighted, toolUser] }).includes('without tools -> pro'));
  });

  it('[C5] finds the input size at which the window ends, to the token', () => {
    const targets = [{ ...PRO, contextTokens: 64_000 }, SONNET];
    const [probe] = flipProbes(input(), table({ targets }), cheapestCapablePolicy).filter(({ change }) =>
      change.startsWith('the input grows'),
    );
    assert.equal(probe?.change, 'the input grows to 63901 tokens');
    assert.equal(probe?.to, 'sonnet');
    assert.equal(probe?.input.inputTokens, 63_901);
  });

  it('[C5] finds the size below which a smaller model would do', () => {
    const targets = [{ ...PRO, contextTokens: 64_000 }, SONNET];
    assert.ok(
      flips({ inputTokens: 90_000 }, { targets }).includes('the input shrinks to 63900 tokens -> pro'),
    );
  });

  it('[C5] [A21] finds the max cost that would change the choice, in numbers a person would write', () => {
    const all = flips({ classification: classification('complex') }, { targets: [FLASH, PRO, OPUS] });
    assert.ok(all.includes('max cost set to 0.0015 USD -> pro'), all.join('\n'));
    const capped = { classification: classification('complex'), controls: controls({ maxCostUsd: 0.002 }) };
    const ofCapped = flips(capped, { targets: [FLASH, PRO, OPUS] });
    assert.ok(ofCapped.includes('max cost raised to 0.006 USD -> opus'), ofCapped.join('\n'));
    assert.ok(ofCapped.includes('max cost lowered to 0.00015 USD -> flash'), ofCapped.join('\n'));
  });

  it('[C5] says nothing where nothing helps', () => {
    assert.deepEqual(flips({}, { targets: [MINI], baseline: null }), []);
  });

  it('[C5] tells what would make a request servable at all', () => {
    const targets = [{ ...PRO, supports: [] }];
    assert.deepEqual(flips({ needs: ['tools'] }, { targets }), ['without tools -> pro']);
  });

  it('[C5] states only changes that really flip the choice, in random cases', () => {
    let stated = 0;
    fc.assert(
      fc.property(anyInput, anyTable, (request, given) => {
        const before = firstChoice(request, given);
        for (const probe of flipProbes(request, given, cheapestCapablePolicy)) {
          stated++;
          assert.notEqual(probe.to, before, probe.change);
          assert.equal(firstChoice(probe.input, given), probe.to, probe.change);
        }
      }),
      { numRuns: 200 },
    );
    assert.ok(stated > 60, `only ${stated} changes were stated`);
  });

  it('[C5] states numbers that flip the choice when they are read back from the sentence', () => {
    fc.assert(
      fc.property(anyInput, anyTable, (request, given) => {
        for (const { change, to } of flipProbes(request, given, cheapestCapablePolicy)) {
          const amount = Number(/ to ([\d.e-]+) (?:USD|tokens)$/.exec(change)?.[1] ?? NaN);
          if (Number.isNaN(amount)) continue;
          const changed = change.startsWith('max cost')
            ? { ...request, controls: { ...request.controls, maxCostUsd: amount } }
            : { ...request, inputTokens: amount };
          assert.equal(firstChoice(changed, given), to, change);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('[C5] tells the border of needsStronger and needsStrongest', () => {
    const at = (stronger: number, strongest: number) =>
      flips({ classification: classified('code', stronger, strongest) });
    assert.ok(at(0.34, 0.1).includes('needsStronger below 0.25 -> flash'), at(0.34, 0.1).join('\n'));
    assert.ok(at(0.1, 0.05).includes('needsStronger above 0.25 -> pro'));
    assert.ok(at(0.6, 0.2).includes('needsStrongest above 0.25 -> opus'));
    assert.ok(at(0.6, 0.4).includes('needsStrongest below 0.25 -> pro'));
    const all = at(0.6, 0.4).join();
    assert.ok(!all.includes('needsStrongest above'));
  });

  it('[C5] tells a border that outcomes moved, with the digits it takes', () => {
    const evidence = { ...NOTHING_SEEN, tiers: { simple: { successes: 8, failures: 2 } } };
    const request = { classification: classified('code', 0.34, 0.1), evidence };
    // (20 x (1 - s) + 8) / 30 = 0.75
    assert.ok(flips(request).includes('needsStronger below 0.275 -> flash'), flips(request).join('\n'));
    const failing = { ...NOTHING_SEEN, models: { pro: { successes: 0, failures: 9 } } };
    const other = flips({ classification: classified('code', 0.34, 0.1), evidence: failing });
    assert.ok(other.includes('without the outcomes seen on this machine -> pro'), other.join('\n'));
  });

  it('[C5] patches all of a classification that goes with the number', () => {
    const request = input({ classification: classified('code', 0.34, 0.3) });
    const all = cheapestCapablePolicy.wouldFlip(request, table());
    assert.deepEqual(all.find(({ change }) => change === 'needsStronger below 0.25')?.patch, {
      classification: { needsStronger: 0.249, needsStrongest: 0.249, complexity: 'simple' },
    });
  });

  it('[C5] tells the profiles that would choose otherwise', () => {
    assert.ok(flips({ classification: classified('code', 0.34, 0.1) }).includes('profile budget -> flash'));
    assert.ok(flips({ classification: classified('code', 0.2, 0.05) }).includes('profile quality -> pro'));
  });

  it('[C5] tells that the task goes badly, and who answers when the choice is out', () => {
    const escalation = { fromModel: 'flash', why: 'the same error 3 times' };
    const all = flips({ classification: classified('code', 0.1), escalation });
    assert.ok(all.includes('the task going well on flash -> flash'), all.join('\n'));
    assert.ok(all.includes('pro out -> sonnet'), all.join('\n'));
  });

  it('[C5] states each change once', () => {
    fc.assert(
      fc.property(anyInput, anyTable, (request, given) => {
        const changes = flipProbes(request, given, cheapestCapablePolicy).map(({ change }) => change);
        assert.equal(new Set(changes).size, changes.length, changes.join('\n'));
      }),
      { numRuns: 30 },
    );
  });

  it('[C5] changes one member of the input at a time', () => {
    fc.assert(
      fc.property(anyInput, anyTable, (request, given) => {
        for (const { change, patch } of flipProbes(request, given, cheapestCapablePolicy)) {
          assert.equal(Object.keys(patch).length, 1, change);
        }
      }),
      { numRuns: 30 },
    );
  });
});
