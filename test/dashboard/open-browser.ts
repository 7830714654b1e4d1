// A Chromium for tests that look at the dashboard; where there is none they are skipped with the reason.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** null = there is none. `POINTSMAN_CHROMIUM` names another one. */
export function findChromium(): string | null {
  const named = process.env['POINTSMAN_CHROMIUM'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const files = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return files.find((file) => existsSync(file)) ?? null;
}

/** Skips the suite that calls it where there is no browser. */
export async function openBrowser(suite: Mocha.Context): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) {
    console.log('    skipped: there is no Chromium (install one, or name it in POINTSMAN_CHROMIUM)');
    return suite.skip();
  }
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}
