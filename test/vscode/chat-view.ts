// Copilot Chat as somebody at the screen uses it: switched on, a model chosen, a question asked, a command allowed, the
// answer read.

import type { Locator, Page } from 'playwright-core';

import { until } from './code-server.ts';
import { PATIENCE_SECONDS, Workbench } from './workbench.ts';

export class ChatView {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens a folder in the editor and the chat beside it, with the model of this name chosen. */
  static async open(page: Page, serverUrl: string, folder: string, modelName: string): Promise<ChatView> {
    return await ChatView.openIn(await Workbench.open(page, serverUrl, folder), modelName);
  }

  /**
   * Opens the chat beside what is open already. `ownModel` is one of chatLanguageModels.json: it is listed once Copilot's
   * extension is on, which it is not until somebody signs in or, as here, manages models of their own.
   */
  static async openIn(workbench: Workbench, modelName: string, ownModel = modelName): Promise<ChatView> {
    const view = new ChatView(workbench.page);
    await workbench.runCommand('Chat: Manage Language Models');
    const models = workbench.page.locator('.models-widget');
    for (const name of new Set([ownModel, modelName])) {
      await until(`Copilot Chat did not list the model ${name}`, PATIENCE_SECONDS, async () =>
        (await models.allInnerTexts()).join('\n').includes(name),
      );
    }
    await workbench.runCommand('Chat: Open Chat');
    await view.#chooseModel(modelName);
    return view;
  }

  /** Everything that the chat shows of the conversation. */
  async text(): Promise<string> {
    return (await this.#page.locator('.interactive-item-container').allInnerTexts()).join('\n---\n');
  }

  /** Asks, allows the commands that the agent wants to run, and resolves when the text is there. */
  async askUntil(question: string, expected: string): Promise<void> {
    await this.#page.locator('.interactive-input-part .monaco-editor').last().click();
    await this.#page.keyboard.type(question);
    await this.#page.keyboard.press('Enter');
    await until(`the chat did not show "${expected}"`, 2 * PATIENCE_SECONDS, async () => {
      await clickWhenThere(this.#page.locator('.interactive-session .monaco-button').filter(ALLOW).first());
      return (await this.text()).includes(expected);
    });
  }

  async #chooseModel(modelName: string): Promise<void> {
    const input = this.#page.locator('.interactive-input-part');
    const picker = input.locator('[aria-label^="Models"]').first();
    const isChosen = async (): Promise<boolean> =>
      (await input.locator(`[aria-label="Models, ${modelName}"]`).count()) > 0;
    const row = this.#page.locator('.action-widget .monaco-list-row').filter({ hasText: modelName }).last();
    const search = this.#page.locator('.action-widget input').first();
    await until(`the model ${modelName} could not be chosen`, PATIENCE_SECONDS, async () => {
      if (await isChosen()) return true;
      if (!(await search.isVisible())) await clickWhenThere(picker);
      // Models that were not used lately are only found by their name.
      if (await search.isVisible()) await search.fill(modelName, { timeout: 3000 }).catch(() => undefined);
      await clickWhenThere(row);
      return isChosen();
    });
  }
}

const ALLOW = { hasText: /^Allow/, visible: true } as const;

/** Not there, or gone before the click came: nothing happens. */
async function clickWhenThere(target: Locator): Promise<void> {
  if (await target.isVisible()) await target.click({ timeout: 3000 }).catch(() => undefined);
}
