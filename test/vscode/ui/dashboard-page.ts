// The dashboard as somebody at the screen uses it, inside its webview.

import type { Frame, Locator } from 'playwright-core';

import { until } from '../code-server.ts';
import { PATIENCE_SECONDS, type Workbench } from '../workbench.ts';

export class DashboardPage {
  readonly frame: Frame;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  /** By the palette; resolves when the totals are there. */
  static async open(workbench: Workbench): Promise<DashboardPage> {
    await workbench.runCommand('Pointsman: Open dashboard');
    return await DashboardPage.find(workbench);
  }

  /** The one that is open or opening. */
  static async find(workbench: Workbench): Promise<DashboardPage> {
    const page = new DashboardPage(await workbench.webview('the dashboard did not open'));
    await until('the dashboard shows no figures', PATIENCE_SECONDS, async () =>
      /\d/.test((await page.figure('requests').allInnerTexts()).join('')),
    );
    return page;
  }

  async goTo(view: string): Promise<void> {
    const tab = this.frame.getByRole('tab', { name: view });
    await tab.click();
    await until(
      `the view ${view} did not open`,
      20,
      async () => (await tab.getAttribute('aria-selected')) === 'true',
    );
  }

  /** A figure of the strip above the views. */
  figure(id: string): Locator {
    return this.frame.locator(`[data-figure="${id}"]`);
  }

  /** All that the page shows. */
  async text(): Promise<string> {
    return (await this.frame.locator('body').innerText()).replaceAll(/\s+/g, ' ');
  }
}
