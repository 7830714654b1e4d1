// GitHub Copilot Chat in the real VS Code does a task through the daemon, in each wire format that it can be told to
// speak, on a model whose provider speaks another one. Run by `npm run test:copilot`; takes minutes, needs a Chromium
// and, the first time, the package registry; says so and skips where it cannot run.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

import type { DialectId } from '../../daemon/protocol/vocabulary.ts';
import {
  startAgentUpstream,
  USAGE,
  type AgentUpstream,
  type SeenCall,
  type UpstreamFormat,
} from '../assistants/agent-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { ChatView } from '../vscode/chat-view.ts';
import { launchBrowser, startCodeServer, type RunningCodeServer } from '../vscode/code-server.ts';
import { CannotRunHere, prepareEditorKit, type EditorKit } from '../vscode/editor-kit.ts';

const TEXT = 'made by the model';
const FILE = 'made.txt';
const QUESTION = `Create the file ${FILE} with the text ${TEXT}.`;
/** Said by the model once it has seen the result of its command. */
const CLOSING_WORDS = 'The file is there. Done.';

interface Route {
  /** As in chatLanguageModels.json. */
  readonly apiType: 'chat-completions' | 'responses' | 'messages';
  readonly clientDialect: DialectId;
  readonly providerDialect: UpstreamFormat;
}

const ROUTES: readonly Route[] = [
  {
    apiType: 'chat-completions',
    clientDialect: 'openai-chat',
    providerDialect: 'anthropic-messages',
  },
  { apiType: 'responses', clientDialect: 'openai-responses', providerDialect: 'openai-chat' },
  { apiType: 'messages', clientDialect: 'anthropic-messages', providerDialect: 'openai-responses' },
];

describe('GitHub Copilot Chat in the real VS Code', function () {
  this.timeout(300_000);
  let kit: EditorKit;
  let upstream: AgentUpstream;
  let daemon: TestDaemon | undefined;
  let editor: RunningCodeServer | undefined;
  let browser: Browser | undefined;

  before(function () {
    this.timeout(900_000);
    try {
      kit = prepareEditorKit();
    } catch (error) {
      if (!(error instanceof CannotRunHere)) throw error;
      console.log(`skipped: Copilot Chat cannot be tried here: ${error.message}`);
      this.skip();
    }
  });

  beforeEach(async () => {
    upstream = await startAgentUpstream({ steps: [[`printf '${TEXT}' > ${FILE}`]] });
  });

  afterEach(async () => {
    await browser?.close();
    await editor?.stop();
    await daemon?.stop();
    await upstream.close();
    daemon = undefined;
    browser = undefined;
    editor = undefined;
  });

  async function openEditor(
    apiType: string,
    modelName: string,
    daemon: TestDaemon,
  ): Promise<RunningCodeServer> {
    const model = {
      id: 'auto',
      name: modelName,
      // Such a group sends no key without an account: the token is part of the URL.
      url: `${daemon.url}/k/${daemon.token}/v1`,
      toolCalling: true,
      vision: true,
      maxInputTokens: 100_000,
      maxOutputTokens: 8_000,
    };
    return startCodeServer(kit, {
      languageModels: [{ name: 'Pointsman', vendor: 'customendpoint', apiType, models: [model] }],
    });
  }

  for (const { apiType, clientDialect, providerDialect } of ROUTES) {
    it(`[A3] does its task by ${apiType} on a model that speaks ${providerDialect}`, async () => {
      daemon = await runDaemon({ config: configTo(upstream, providerDialect) });
      const modelName = `Pointsman by ${apiType}`;
      editor = await openEditor(apiType, modelName, daemon);
      const workspace = path.join(editor.folder, 'workspace');
      mkdirSync(workspace);
      browser = await launchBrowser(kit);
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      try {
        const chat = await ChatView.open(page, editor.url, workspace, modelName);
        await chat.askUntil(QUESTION, CLOSING_WORDS);
        const made = path.join(workspace, FILE);
        assert.ok(existsSync(made), 'the file was not made');
        assert.equal(readFileSync(made, 'utf8'), TEXT);
        checkWhatTheProviderSaw(upstream.calls);
        await checkBooks(daemon, upstream.calls.length, clientDialect);
      } catch (error) {
        throw new Error(await account(error, page, upstream, daemon), { cause: error });
      } finally {
        const pictures = process.env['POINTSMAN_SCREENSHOTS'];
        if (pictures !== undefined) await page.screenshot({ path: path.join(pictures, `${apiType}.png`) });
      }
    });
  }
});

function configTo(upstream: AgentUpstream, dialect: UpstreamFormat): ReturnType<typeof configFor> {
  const model = {
    id: 'agent',
    baseUrl: upstream.origin,
    provider: 'local-provider',
    tier: 'complex' as const,
  };
  const prefix = dialect === 'anthropic-messages' ? '' : '/v1';
  return {
    ...configFor([model]),
    baseline: 'agent',
    providers: { 'local-provider': { dialect, baseUrl: `${upstream.origin}${prefix}` } },
  };
}

/** It was Copilot's own agent (not a bare question), and nothing that it said got lost in translation. */
function checkWhatTheProviderSaw(calls: readonly SeenCall[]): void {
  assert.deepEqual(
    calls.filter((call) => call.sent === 'refused').map((call) => call.body),
    [],
  );
  const turns = calls.filter((call) => Array.isArray(call.body['tools']) && call.body['tools'].length > 0);
  assert.deepEqual(
    turns.map((call) => call.sent),
    ['tool-call', 'text'],
  );
  for (const { format, body } of turns) {
    const tools = body['tools'] as readonly unknown[];
    assert.ok(tools.length >= 30, `only ${tools.length} tools arrived`);
    const system = systemText(format, body);
    assert.ok(system.length > 10_000, `only ${system.length} characters of system text arrived`);
    assert.ok(JSON.stringify(body).includes('<userRequest>'));
    assert.ok(JSON.stringify(body).includes(QUESTION));
  }
}

type Json = Readonly<Record<string, unknown>>;

/** The text of whatever has a system's or developer's authority in this format, as JSON. */
function systemText(format: UpstreamFormat, body: Json): string {
  const messages = (format === 'openai-responses' ? body['input'] : body['messages']) as readonly Json[];
  return JSON.stringify([
    body['system'],
    body['instructions'],
    ...messages.filter(({ role }) => role === 'system' || role === 'developer'),
  ]);
}

/** What may be left out without the model being told anything else: how it samples, and what to cache. */
const HARMLESS = /^(topP|temperature|cache_control|the header anthropic-beta) /;

async function checkBooks(daemon: TestDaemon, calls: number, clientDialect: DialectId): Promise<void> {
  const records = await daemon.waitForExchanges(calls);
  assert.equal(new Set(records.map((record) => record.conversationId)).size, 1);
  for (const record of records) {
    assert.equal(record.status, 'ok', JSON.stringify(record));
    assert.equal(record.client, 'copilot');
    assert.equal(record.clientDialect, clientDialect);
    assert.equal(record.usageSource, 'reported');
    assert.equal(record.usage?.inputTokens, USAGE.input);
    assert.equal(record.usage?.cacheReadInputTokens, USAGE.cached);
    assert.equal(record.usage?.outputTokens, USAGE.output);
    assert.equal(record.attempts.length, 1);
    assert.deepEqual(
      record.warnings.filter((warning) => !HARMLESS.test(warning)),
      [],
    );
  }
}

/** Everything that helps to find out why it failed. */
async function account(
  problem: unknown,
  page: Page,
  upstream: AgentUpstream,
  daemon: TestDaemon,
): Promise<string> {
  const shown = await page.locator('.interactive-item-container').allInnerTexts();
  return [
    problem instanceof Error ? problem.message : String(problem),
    `--- chat\n${shown.join('\n')}`,
    `--- ${upstream.calls.length} calls, the last\n${JSON.stringify(upstream.calls.at(-1)?.body).slice(-3000)}`,
    `--- records\n${(await daemon.exchanges()).map((record) => JSON.stringify(record)).join('\n')}`,
    `--- daemon\n${daemon.log.slice(-20).join('\n')}`,
  ].join('\n');
}
