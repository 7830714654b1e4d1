// The editor's window as somebody at the screen uses it: commands by the palette, the status bar, lists to pick from,
// webviews. Every wait has a bound.

import path from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';

import { until } from './code-server.ts';

/** Says something of a slow machine, not of the editor's speed. */
export const PATIENCE_SECONDS = 40;

export class Workbench {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens a folder, or a workspace file. */
  static async open(page: Page, serverUrl: string, opened: string): Promise<Workbench> {
    page.setDefaultTimeout(PATIENCE_SECONDS * 1000);
    const kind = opened.endsWith('.code-workspace') ? 'workspace' : 'folder';
    await page.goto(`${serverUrl}/?${kind}=${encodeURIComponent(path.resolve(opened))}`);
    await page.locator('.monaco-workbench').waitFor();
    if (kind === 'workspace') await openFolders(page);
    return new Workbench(page);
  }

  /** By the palette, where `title` is all that the line says, e.g. `Pointsman: Open Dashboard`. */
  async runCommand(title: string): Promise<void> {
    const row = this.#rowOf(title);
    // A key that is pressed while the workbench still loads is lost. Longer each time, since a window that is merely slow
    // would begin anew for ever.
    let patienceMs = 3000;
    await until(`the command "${title}" could not be run`, PATIENCE_SECONDS, async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      const input = this.page.locator('.quick-input-widget input.input').first();
      return input
        .fill(`>${title}`, { timeout: patienceMs })
        .then(() => row.click({ timeout: patienceMs }))
        .then(
          () => true,
          () => {
            patienceMs *= 2;
            return false;
          },
        );
    });
  }

  /** Titles of all commands that the palette offers for these words. */
  async offeredCommands(words: string): Promise<readonly string[]> {
    await this.page.keyboard.press('Escape');
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input.input').first().fill(`>${words}`);
    await this.quickPickRows().first().waitFor();
    const titles = await this.quickPickRows().locator('.label-name').allInnerTexts();
    await this.page.keyboard.press('Escape');
    return titles.map((title) => title.trim());
  }

  quickPickRows(): Locator {
    return this.page.locator('.quick-input-widget .quick-input-list .monaco-list-row');
  }

  #rowOf(label: string): Locator {
    const name = this.page.locator('.label-name').filter({ hasText: exactly(label) });
    return this.quickPickRows().filter({ has: name }).first();
  }

  /** Takes the first line of the open list whose text has `words`. */
  async pick(words: string | RegExp): Promise<void> {
    const row = this.quickPickRows().filter({ hasText: words }).first();
    await row.waitFor();
    await row.click();
  }

  /** Writes into the open input box and confirms. */
  async answerInput(text: string): Promise<void> {
    await this.page.locator('.quick-input-widget input.input').first().fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Of an extension: `publisher.name.itemId`. */
  statusBarItem(id: string): Locator {
    return this.page.locator(`.statusbar-item[id="${id}"]`);
  }

  notifications(): Locator {
    return this.page.locator('.notification-list-item');
  }

  /** The document of the visible webview. */
  async webview(problem = 'no webview is open'): Promise<Frame> {
    let found: Frame | null = null;
    await until(problem, PATIENCE_SECONDS, async () => {
      const outer = await this.page
        .locator('iframe.webview.ready:visible')
        .first()
        .elementHandle({ timeout: 2000 })
        .catch(() => null);
      const inner = await (await outer?.contentFrame())?.$('iframe#active-frame');
      found = (await inner?.contentFrame()) ?? null;
      return found !== null;
    });
    if (found === null) throw new Error(problem);
    return found;
  }

  /** By its name in the list, e.g. `Dark High Contrast`. */
  async chooseTheme(name: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input[placeholder^="Select Color Theme"]');
    // The list stays empty when it is opened before the editor knows its themes, and words that come before its rows
    // find none of them.
    await until(`the theme ${name} could not be chosen`, PATIENCE_SECONDS, async () => {
      await this.runCommand('Preferences: Color Theme');
      return await this.#rowOf('Light Modern')
        .waitFor({ timeout: 3000 })
        .then(() => input.fill(name, { timeout: 3000 }))
        .then(() => this.#rowOf(name).click({ timeout: 3000 }))
        .then(
          () => true,
          () => false,
        );
    });
    await input.waitFor({ state: 'hidden' });
  }

  async closeAllEditors(): Promise<void> {
    await this.runCommand('View: Close All Editors');
    await until(
      'the editors stayed open',
      PATIENCE_SECONDS,
      async () => (await this.page.locator('.tabs-container .tab').count()) === 0,
    );
  }
}

/** The editor sometimes reads a workspace file before its server can, and then shows a workspace without folders. */
async function openFolders(page: Page): Promise<void> {
  await until('the folders of the workspace file were not opened', PATIENCE_SECONDS, async () => {
    const folder = page.locator('.explorer-folders-view .monaco-list-row').first();
    return await folder.waitFor({ timeout: 6000 }).then(
      () => true,
      async () => {
        await page.reload();
        return false;
      },
    );
  });
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}
