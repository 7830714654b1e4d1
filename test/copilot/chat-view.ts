// Copilot Chat as somebody at the screen uses it: switched on, a model chosen, a question asked, a command allowed, the
// answer read.

import { until } from './code-server.ts';
import type { Locator, Page } from './browser.ts';

/** Asks about a slow machine, not about the editor's speed. */
const PATIENCE_SECONDS = 60;

export class ChatView {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens a folder in the editor and the chat beside it, with `modelName` (of chatLanguageModels.json) chosen. */
  static async open(page: Page, serverUrl: string, folder: string, modelName: string): Promise<ChatView> {
    const view = new ChatView(page);
    await page.goto(`${serverUrl}/?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench').waitFor({ timeout: PATIENCE_SECONDS * 1000 });
    // Copilot's extension is off until somebody sets it up with an account or, as here, manages models of their own.
    await view.#runCommand('Chat: Manage Language Models');
    const models = page.locator('.models-widget');
    await until(`Copilot Chat did not list the model ${modelName}`, PATIENCE_SECONDS, async () =>
      (await models.allInnerTexts()).join('\n').includes(modelName),
    );
    await view.#runCommand('Chat: Open Chat');
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

  async #runCommand(title: string): Promise<void> {
    const row = this.#page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: title });
    // A key that is pressed while the workbench still loads is lost.
    await until(`the command "${title}" could not be run`, PATIENCE_SECONDS, async () => {
      await this.#page.keyboard.press('Escape');
      await this.#page.keyboard.press('F1');
      const input = this.#page.locator('.quick-input-widget input.input').first();
      return input
        .fill(`>${title}`, { timeout: 3000 })
        .then(() => row.waitFor({ timeout: 3000 }))
        .then(
          () => true,
          () => false,
        );
    });
    await this.#page.keyboard.press('Enter');
  }

  async #chooseModel(modelName: string): Promise<void> {
    const input = this.#page.locator('.interactive-input-part');
    const picker = input.locator('[aria-label^="Models"]').first();
    const isChosen = async (): Promise<boolean> =>
      (await input.locator(`[aria-label="Models, ${modelName}"]`).count()) > 0;
    const row = this.#page.locator('.action-widget .monaco-list-row').filter({ hasText: modelName }).last();
    await until(`the model ${modelName} could not be chosen`, PATIENCE_SECONDS, async () => {
      if (await isChosen()) return true;
      if (!(await row.isVisible())) await clickWhenThere(picker);
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
