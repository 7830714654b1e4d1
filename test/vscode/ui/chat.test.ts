// Copilot Chat with one of our models: an agent turn with a tool, and the books of it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { ChatView } from '../chat-view.ts';
import { AGENT_FILE, AGENT_TEXT } from '../test-home.ts';
import type { Workbench } from '../workbench.ts';
import { keepPicture, openSharedEditor, OWN_MODEL, type SharedEditor } from './shared-editor.ts';

const MODEL = 'sim-agent';
const QUESTION = `Create the file ${AGENT_FILE} with the text ${AGENT_TEXT}.`;
/** Said by the model once it has seen the result of its command. */
const CLOSING_WORDS = 'The file is there. Done.';

describe('Copilot Chat', () => {
  let editor: SharedEditor;
  let workbench: Workbench;

  before(async function () {
    editor = await openSharedEditor(this);
    workbench = await editor.openWindow('chat');
  });

  after(async () => {
    await workbench?.page.close();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepPicture(workbench.page, this.currentTest.title);
  });

  it('does a task with a tool on one of our models, and the books say who asked', async function () {
    this.timeout(240_000);
    const chat = await ChatView.openIn(workbench, MODEL, OWN_MODEL);
    await chat.askUntil(QUESTION, CLOSING_WORDS);
    const made = path.join(editor.server.folder, 'chat', AGENT_FILE);
    assert.ok(existsSync(made), 'the file was not made');
    assert.equal(readFileSync(made, 'utf8'), AGENT_TEXT);
    const turns = editor.home.agent.calls.filter(({ body }) => Array.isArray(body['tools']));
    assert.deepEqual(
      turns.slice(-2).map(({ sent }) => sent),
      ['tool-call', 'text'],
    );
    const records = (await editor.daemon.exchanges()).filter((record) => record.responseModel === MODEL);
    assert.ok(records.length >= 2, 'both requests are in the books');
    for (const record of records) {
      assert.equal(record.status, 'ok', JSON.stringify(record));
      assert.notEqual(record.initiator, null, 'the books do not say who asked');
    }
  });
});
