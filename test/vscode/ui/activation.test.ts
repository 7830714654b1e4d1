// What the extension costs the editor at its start, by the editor's own watch.

import assert from 'node:assert/strict';

import { until } from '../code-server.ts';
import { recordFigure } from '../figures.ts';
import type { Workbench } from '../workbench.ts';
import { openSharedEditor, type SharedEditor } from './shared-editor.ts';

const LIMIT_MS = 100;
const WINDOWS = 3;

describe('the start of the extension', () => {
  let editor: SharedEditor;

  before(async function () {
    editor = await openSharedEditor(this);
  });

  it('takes less than 100 ms of the extension host', async function () {
    this.timeout(180_000);
    // What else the machine does can only make it longer: of three windows the best one counts.
    const measured: number[] = [];
    while (measured.length < WINDOWS && !measured.some((ms) => ms < LIMIT_MS)) {
      const workbench =
        measured.length === 0 ? editor.workbench : await editor.openWindow(`activation-${measured.length}`);
      measured.push(await activationMs(workbench));
      if (workbench !== editor.workbench) await workbench.page.close();
    }
    const value = Math.min(...measured);
    recordFigure({ name: 'activation', value, unit: 'ms', limit: LIMIT_MS });
    assert.ok(value < LIMIT_MS, `${measured.join(', ')} ms`);
  });
});

/** As "Show Running Extensions" says it: loading the code and calling `activate`. */
async function activationMs(workbench: Workbench): Promise<number> {
  await workbench.runCommand('Developer: Show Running Extensions');
  const rows = workbench.page.locator('.runtime-extensions-editor .monaco-list-row');
  const row = rows.filter({ hasText: 'Pointsman' }).first();
  await row.waitFor();
  let text = '';
  await until('the editor did not say how long the start took', 30, async () => {
    text = (await row.innerText()).replaceAll(/\s+/g, ' ');
    return /Activation: \d+ms/.test(text);
  });
  assert.doesNotMatch(text, /uncaught error/i);
  await workbench.closeAllEditors();
  return Number(/Activation: (\d+)ms/.exec(text)?.[1]);
}
