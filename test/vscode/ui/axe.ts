// Asks axe-core what keeps people from using a page, inside the webview's own frame.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame } from 'playwright-core';

interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const SERIOUS: readonly (string | null)[] = ['serious', 'critical'];

/** One line per serious fault and the first element that has it. */
export async function seriousFaults(frame: Frame): Promise<readonly string[]> {
  const require = createRequire(import.meta.url);
  await frame.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = (await frame.evaluate(`axe.run(document, { resultTypes: ['violations'] })`)) as {
    violations: readonly AxeViolation[];
  };
  return violations
    .filter(({ impact }) => SERIOUS.includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.length} times, e.g. ${describe(nodes[0])}`);
}

function describe(node: AxeViolation['nodes'][number] | undefined): string {
  return `${node?.html.slice(0, 200)} (${node?.failureSummary?.replaceAll(/\s+/g, ' ').slice(0, 300)})`;
}
