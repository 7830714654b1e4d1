// Our models as any other extension meets them: through `vscode.lm`, in a real extension host, with the daemon that the
// installed extension has started.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';

import type { ExchangeRecord } from '../../../daemon/protocol/exchange-record.ts';

const VENDOR = 'pointsman';
const START_MS = 30_000;
/** A picture of one red point. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==',
  'base64',
);
const SHELL: vscode.LanguageModelChatTool = {
  name: 'bash',
  description: 'Runs a command in a shell.',
  inputSchema: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
};

type Part = vscode.LanguageModelTextPart | vscode.LanguageModelToolCallPart;

describe('our models for other extensions', function () {
  this.timeout(START_MS);
  before(async () => {
    await vscode.extensions.getExtension('pointsman.pointsman')?.activate();
    await until('no model was offered', async () => (await models()).length > 0);
  });

  async function ask(
    model: vscode.LanguageModelChat,
    messages: vscode.LanguageModelChatMessage[],
    options: vscode.LanguageModelChatRequestOptions = {},
  ) {
    const token = new vscode.CancellationTokenSource().token;
    const response = await model.sendRequest(messages, options, token);
    const parts: Part[] = [];
    for await (const part of response.stream) parts.push(part as Part);
    const said = parts.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ''));
    return { parts, said: said.join(''), pieces: said.length };
  }

  it('[C1] are auto in its profiles and each configured model, with what they can do', async () => {
    const offered = await models();
    const ids = offered.map(({ id }) => id);
    assert.deepEqual(ids.slice(0, 3), ['auto', 'auto:budget', 'auto:quality']);
    for (const id of ['sim-large', 'sim-medium', 'sim-small', 'sim-agent']) assert.ok(ids.includes(id), id);
    const auto = await modelOf('auto');
    assert.equal(auto.family, 'pointsman-auto');
    assert.ok(auto.maxInputTokens > 50_000);
  });

  it('[C1] [A51] stream text, and the books name the extension that asked', async () => {
    const { said, pieces } = await ask(await modelOf('auto'), [fromUser('Say hello to the world, please.')]);
    assert.ok(said.length > 0);
    assert.ok(pieces > 1, 'it came in one piece');
    const [record] = await exchanges();
    assert.equal(record?.client, 'vscode');
    // Who that is depends on where the suite was loaded from; what counts is that the editor's word is kept.
    assert.match(record?.initiator ?? '', /^[\w.-]+$/);
    assert.equal(record?.workspaceId, vscode.workspace.workspaceFolders?.[0]?.name);
    assert.equal(record?.requestModel, 'auto');
    assert.ok((record?.costUsd ?? -1) >= 0);
  });

  it('[C1] call a tool, take its result and come to an end', async () => {
    const model = await modelOf('sim-agent');
    const opener = fromUser('Create the file made.txt.');
    const tools = [SHELL];
    const first = await ask(model, [opener], { tools });
    const call = first.parts.find((part) => part instanceof vscode.LanguageModelToolCallPart);
    assert.ok(call, 'no call came');
    assert.equal(call.name, 'bash');
    assert.match(JSON.stringify(call.input), /made\.txt/);
    const done = new vscode.LanguageModelToolResultPart(call.callId, [
      new vscode.LanguageModelTextPart('done'),
    ]);
    const second = await ask(model, [opener, fromAssistant([call]), fromUser([done])], { tools });
    assert.ok(second.said.length > 0);
    assert.ok(second.parts.every((part) => part instanceof vscode.LanguageModelTextPart));
    const [last, before] = await exchanges();
    assert.equal(last?.conversationId, before?.conversationId);
  });

  it('[C1] see a picture, also in the result of a tool', async () => {
    const model = await modelOf('sim-agent');
    const picture = vscode.LanguageModelDataPart.image(PIXEL, 'image/png');
    const question = fromUser([new vscode.LanguageModelTextPart('What is this?'), picture]);
    assert.ok((await ask(model, [question])).said.length > 0);
    const call = new vscode.LanguageModelToolCallPart('call_1', 'bash', { command: 'shot' });
    const result = new vscode.LanguageModelToolResultPart('call_1', [picture]);
    const messages = [fromUser('Look at the screen.'), fromAssistant([call]), fromUser([result])];
    assert.ok((await ask(model, messages, { tools: [SHELL] })).said.length > 0);
    const seen = await agentCalls();
    const shown = seen.slice(-2).filter((body) => body.includes(PIXEL.toString('base64')));
    assert.equal(shown.length, 2);
  });

  it('count tokens of texts and messages without asking anybody', async () => {
    const model = await modelOf('sim-agent');
    const before = (await exchanges()).length;
    const words = 'one two three four five six seven eight nine ten';
    const counted = await model.countTokens(words);
    assert.ok(counted >= 9 && counted <= 11, String(counted));
    assert.ok((await model.countTokens(fromUser(words))) > counted);
    assert.equal((await exchanges()).length, before);
  });

  it('stop when the caller cancels, and the books say so', async () => {
    const source = new vscode.CancellationTokenSource();
    const before = (await exchanges()).length;
    const words = 'Write a long story about a railway, with many chapters. '.repeat(20);
    const response = await (await modelOf('sim-large')).sendRequest([fromUser(words)], {}, source.token);
    const reading = (async () => {
      for await (const _ of response.stream) source.cancel();
    })();
    await reading.catch(() => {});
    await until('the request was not booked', async () => (await exchanges()).length > before);
    const [record] = await exchanges();
    assert.ok(record?.status === 'cancelled' || record?.status === 'ok', record?.status);
  });

  it('say in a sentence why a request cannot be answered', async () => {
    const model = await modelOf('auto');
    await assert.rejects(ask(model, [fromUser('')]), /holds no text and no picture/);
  });
});

type Message = vscode.LanguageModelChatMessage;
const fromUser = (content: Parameters<typeof vscode.LanguageModelChatMessage.User>[0]): Message =>
  vscode.LanguageModelChatMessage.User(content);
const fromAssistant = (content: Parameters<typeof vscode.LanguageModelChatMessage.Assistant>[0]): Message =>
  vscode.LanguageModelChatMessage.Assistant(content);

async function models(): Promise<readonly vscode.LanguageModelChat[]> {
  return await vscode.lm.selectChatModels({ vendor: VENDOR });
}

async function modelOf(id: string): Promise<vscode.LanguageModelChat> {
  const [model] = await vscode.lm.selectChatModels({ vendor: VENDOR, id });
  assert.ok(model, `${id} is not offered`);
  return model;
}

/** Newest first, from the daemon that the extension has started. */
async function exchanges(): Promise<readonly ExchangeRecord[]> {
  const home = process.env['POINTSMAN_HOME'] ?? '';
  const read = (name: string): string => readFileSync(path.join(home, name), 'utf8').trim();
  const { url } = JSON.parse(read('daemon.json')) as { url: string };
  const response = await fetch(`${url}/pointsman/v1/exchanges?limit=100`, {
    headers: { authorization: `Bearer ${read('admin-token')}` },
  });
  return ((await response.json()) as { exchanges: ExchangeRecord[] }).exchanges;
}

/** Bodies that the provider of the model `agent` has seen, as text. */
async function agentCalls(): Promise<readonly string[]> {
  const response = await fetch(process.env['POINTSMAN_TEST_WITNESS'] ?? '');
  return ((await response.json()) as { body: unknown }[]).map(({ body }) => JSON.stringify(body));
}

async function until(problem: string, isMet: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_MS - 2000;
  while (!(await isMet())) {
    if (Date.now() > deadline) throw new Error(problem);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
