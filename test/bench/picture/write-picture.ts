// Writes the picture: as SVG, and as PNG for where SVG is not shown (the editor's page of an extension, package sites).

import { writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { findChromium } from '../../dashboard/open-browser.ts';
import { pictureOf } from './picture.ts';
import type { BenchResults } from '../results.ts';

/** `base` without ending; the paths of what was written. */
export async function writePicture(results: BenchResults, base: string): Promise<readonly string[]> {
  const svg = pictureOf(results);
  writeFileSync(`${base}.svg`, `${svg}\n`);
  const executablePath = findChromium();
  if (executablePath === null) {
    console.log('no PNG: there is no Chromium (install one, or name it in POINTSMAN_CHROMIUM)');
    return [`${base}.svg`];
  }
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage({ deviceScaleFactor: 2 });
    await page.setContent(`<body style="margin:0">${svg}</body>`);
    await page.locator('svg').screenshot({ path: `${base}.png`, omitBackground: true });
  } finally {
    await browser.close();
  }
  return [`${base}.svg`, `${base}.png`];
}
