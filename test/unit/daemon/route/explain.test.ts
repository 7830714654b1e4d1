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
  controls,
  FLASH,
  input,
  MINI,
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

  it('[C5] states only changes that really flip the choice, in 1,000 random cases', () => {
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
      { numRuns: 1000 },
    );
    assert.ok(stated > 1000, `only ${stated} changes were stated`);
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
    );
  });

  it('[C5] changes one thing at a time', () => {
    fc.assert(
      fc.property(anyInput, anyTable, (request, given) => {
        for (const probe of flipProbes(request, given, cheapestCapablePolicy)) {
          const changed = leavesOf(probe.input).filter(([path, value]) => leaf(request, path) !== value);
          const keys = new Set(changed.map(([path]) => path));
          const removed = leavesOf(request).filter(([path]) => leaf(probe.input, path) === undefined);
          const isList = (path: string): boolean =>
            path.startsWith('unavailable') || path.startsWith('needs');
          const single = [...keys].filter((path) => !isList(path));
          const lists = new Set(
            [...keys, ...removed.map(([path]) => path)].filter(isList).map((path) => path.split('.')[0]),
          );
          assert.ok(single.length + lists.size <= 1, `${probe.change}: ${[...keys].join(', ')}`);
        }
      }),
    );
  });
});

/** Paths and values of everything below a decision's input that is no object. */
function leavesOf(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, member]) =>
    leavesOf(member, path === '' ? key : `${path}.${key}`),
  );
}

function leaf(root: unknown, path: string): unknown {
  return leavesOf(root).find(([other]) => other === path)?.[1];
}
