// Opens the analysis views in a real Chromium, under the content security policy of the editor.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Filter } from '../../extension/dashboard/page-filter.ts';
import { richAnswer, type Answer, type Call } from './analysis-answers.ts';

const root = path.join(import.meta.dirname, '..', '..');
export const CHROMIUM = '/usr/bin/chromium';
export const NO_CHROMIUM = existsSync(CHROMIUM) ? null : `there is no ${CHROMIUM} on this machine`;

export type Theme = 'light' | 'dark' | 'high-contrast' | 'high-contrast-light';
export const THEMES: readonly Theme[] = ['light', 'dark', 'high-contrast', 'high-contrast-light'];

export type ViewId = 'savings' | 'models' | 'health' | 'budgets' | 'replay';
export const VIEWS: readonly ViewId[] = ['savings', 'models', 'health', 'budgets', 'replay'];

export interface Opening {
  readonly view: ViewId;
  readonly kind?: 'editor' | 'browser';
  readonly filter?: Partial<Filter>;
  readonly answer?: (call: Call) => Answer | Promise<Answer>;
}

/** A page in which views are opened one after the other. */
export class AnalysisPage {
  readonly page: Page;
  /** What went wrong in the page, refusals of the policy included. */
  readonly faults: string[] = [];
  #answer: NonNullable<Opening['answer']> = richAnswer;

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', ({ message }) => this.faults.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(message.text());
    });
  }

  /** To be called once, before the first view. */
  async begin(html: string): Promise<void> {
    await this.page.exposeFunction('answerCall', async (text: string) =>
      JSON.stringify(await this.#answer(JSON.parse(text) as Call)),
    );
    await this.page.setContent(html);
  }

  async open({ view, kind = 'editor', filter = {}, answer = richAnswer }: Opening): Promise<void> {
    this.#answer = answer;
    await this.page.evaluate(`openView(${JSON.stringify(view)}, ${JSON.stringify({ kind, filter })})`);
    await this.settled();
  }

  answerWith(answer: NonNullable<Opening['answer']>): void {
    this.#answer = answer;
  }

  /** Until nothing loads any more, and everything is drawn. */
  async settled(): Promise<void> {
    await this.until(
      `document.querySelector('[aria-busy="true"]') === null &&
       (document.querySelector('.running')?.textContent ?? '') === ''`,
    );
    await this.page.evaluate(
      'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))',
    );
  }

  /** Asked from here: the page's policy allows no evaluation of text inside it. */
  async until(condition: string): Promise<void> {
    const endMs = Date.now() + 10_000;
    while (!(await this.page.evaluate<boolean>(condition))) {
      assert.ok(Date.now() < endMs, `never came true: ${condition}`);
      await setTimeout(10);
    }
  }

  async said(): Promise<readonly string[]> {
    return await this.page.evaluate<string[]>('opened.page.said');
  }

  async calls(): Promise<readonly (Call & { readonly atMs: number })[]> {
    return await this.page.evaluate<(Call & { atMs: number })[]>('opened.page.calls');
  }

  async send(event: object): Promise<void> {
    await this.page.evaluate(`opened.view.onEvent(${JSON.stringify(event)})`);
  }

  /** Serious and critical faults only; the rest is for people to judge. */
  async axeFaults(): Promise<readonly string[]> {
    return await this.page.evaluate<string[]>(
      `axe.run('main').then(({ violations }) => violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 120)).slice(0, 3).join(' | ')))`,
    );
  }
}

export class AnalysisBrowser {
  readonly #browser: Browser;
  readonly #script: string;
  readonly #style: string;
  readonly #axe: string;

  private constructor(browser: Browser, script: string, style: string) {
    this.#browser = browser;
    this.#script = script;
    this.#style = style;
    this.#axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  }

  static async launch(): Promise<AnalysisBrowser> {
    const [script, style] = await Promise.all([
      bundle('test/dashboard/analysis-page.mjs'),
      bundle('media/dashboard.css'),
    ]);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    return new AnalysisBrowser(browser, script, style);
  }

  async newPage(theme: Theme = 'light', widthPx = 1100): Promise<AnalysisPage> {
    const isDark = theme === 'dark' || theme === 'high-contrast';
    const page = await this.#browser.newPage({
      viewport: { width: widthPx, height: 900 },
      colorScheme: isDark ? 'dark' : 'light',
    });
    const opened = new AnalysisPage(page);
    await opened.begin(this.#html(theme));
    await page.evaluate(`${this.#axe};0`);
    return opened;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  #html(theme: Theme): string {
    const policy = "default-src 'none'; script-src 'nonce-n'; style-src 'nonce-n'; connect-src 'none'";
    const classes =
      theme === 'high-contrast-light' ? 'vscode-high-contrast vscode-high-contrast-light' : `vscode-${theme}`;
    return `<!doctype html><html lang="en"><head><title>Pointsman</title>
      <meta http-equiv="content-security-policy" content="${policy}"><style nonce="n">${this.#style}</style></head>
      <body class="${classes}"><main></main><script nonce="n">${this.#script.replaceAll('</script', '<\\/script')}</script></body></html>`;
  }
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    outdir: 'unused',
    ...(entry.endsWith('.css')
      ? {}
      : { format: 'iife' as const, platform: 'browser' as const, target: 'es2022' }),
    external: ['*.svg'],
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
