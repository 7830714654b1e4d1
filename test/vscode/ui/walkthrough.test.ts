// The way from the installation to the first saved cent.

import assert from 'node:assert/strict';

import { until } from '../code-server.ts';
import { keepPicture, openSharedEditor, type SharedEditor } from './shared-editor.ts';

describe('the walkthrough', () => {
  let editor: SharedEditor;

  before(async function () {
    editor = await openSharedEditor(this);
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await keepPicture(editor.workbench.page, this.currentTest.title);
  });

  it('has four steps, each with a picture', async () => {
    const { workbench } = editor;
    await workbench.runCommand('Welcome: Open Walkthrough...');
    await workbench.pick('Get started with Pointsman');
    const steps = workbench.page.locator('.gettingStartedContainer .getting-started-step');
    await steps.first().waitFor();
    assert.equal(await steps.count(), 4);
    for (let index = 0; index < 4; index++) {
      await steps.nth(index).click();
      await until(`step ${index + 1} shows no picture`, 20, async () => {
        const media = workbench.page.locator('.gettingStartedContainer .getting-started-media');
        return (await media.locator('img:visible, iframe:visible').count()) > 0;
      });
    }
    await workbench.closeAllEditors();
  });
});
