import assert from 'node:assert/strict';

import * as fc from 'fast-check';
import { RunningTokenCount } from '../../../../daemon/classify/running-token-count.ts';
import { NO_RUN, PLACE_BITS, type Run, step, tableOfSteps } from '../../../../daemon/classify/token-runs.ts';
import { CHARACTERS, CLASS_BITS } from '../../../../daemon/classify/token-weights.ts';

/** As the definition has it, without the table of steps. */
function slowTokens(text: string): number {
  let run: Run = NO_RUN;
  let hundredths = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = CHARACTERS[text.charCodeAt(at)] ?? 0;
    const { run: after, cost } = step(run, character & ((1 << CLASS_BITS) - 1));
    hundredths += cost + (character >> CLASS_BITS);
    run = after;
  }
  return hundredths / 100;
}

function fastTokens(text: string): number {
  const count = new RunningTokenCount();
  count.add(text);
  return count.tokens;
}

describe('the table of steps', () => {
  it('counts as the definition does', () => {
    const unit = fc.constantFrom(...Array.from('aeikzBC09 \n\t.,{"\'éßłđÄпіъ你這かカ한กअسپַא—😀'));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
        assert.equal(fastTokens(text), slowTokens(text));
      }),
    );
  });

  it('stays small enough for its numbers', () => {
    assert.ok(tableOfSteps().length <= 1 << PLACE_BITS);
  });

  it('keeps the end of a contraction with its word, and takes an elided word apart', () => {
    assert.ok(fastTokens("don't") < 1.3);
    assert.ok(fastTokens("l'homme") > 2);
  });
});
