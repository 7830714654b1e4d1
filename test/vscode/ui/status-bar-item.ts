// Our item in the status bar, as somebody at the screen meets it.

import type { Locator } from 'playwright-core';

import { until } from '../code-server.ts';
import type { Workbench } from '../workbench.ts';

const ITEM = '.statusbar-item[id="pointsman.pointsman.pointsman.status"]';

export class StatusBarItem {
  readonly #workbench: Workbench;
  readonly #item: Locator;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
    this.#item = workbench.page.locator(ITEM);
  }

  async text(): Promise<string> {
    return (await this.#item.innerText()).replaceAll(/\s+/g, ' ').trim();
  }

  /** What a screen reader says of it. */
  async label(): Promise<string> {
    return (await this.#item.locator('[aria-label]').first().getAttribute('aria-label')) ?? '';
  }

  async waitForText(words: string): Promise<void> {
    let text = '';
    await until(`the status bar did not show "${words}"`, 20, async () => {
      text = await this.text();
      return text.includes(words);
    }).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : ''}; it shows "${text}"`, { cause: error });
    });
  }

  async click(): Promise<void> {
    await this.#item.locator('a').first().click();
  }

  /** Rests the pointer on it. */
  async openTooltip(): Promise<Locator> {
    const tooltip = this.#workbench.page.locator('.monaco-hover:visible, .workbench-hover:visible').last();
    await until('no tooltip came', 20, async () => {
      await this.#workbench.page.mouse.move(400, 400);
      await this.#item.hover();
      return await tooltip.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      );
    });
    return tooltip;
  }

  /** It lies over messages. */
  async closeTooltip(): Promise<void> {
    const { page } = this.#workbench;
    await page.mouse.move(400, 400);
    await page
      .locator('.monaco-hover:visible, .workbench-hover:visible')
      .first()
      .waitFor({ state: 'hidden' });
  }
}

/** Resolves when the item is there and the daemon answers. */
export async function statusBarOf(workbench: Workbench): Promise<StatusBarItem> {
  const item = new StatusBarItem(workbench);
  await workbench.page.locator(ITEM).waitFor();
  await until('Pointsman did not become ready', 60, async () => /ready/i.test(await item.label()));
  return item;
}
