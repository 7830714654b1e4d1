import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { CLIENT_NAMES, identifyClient, requestClass } from '../../../../daemon/classify/client-identity.ts';
import type { JsonObject } from '../../../../daemon/util/json.ts';
import { dialectOfPath, neutralRequest } from './neutral-request.ts';

type Headers = Readonly<Record<string, string>>;

function clientOf(headers: Headers): string {
  return identifyClient(new Map(Object.entries(headers)));
}

const title: JsonObject = { model: 'm', messages: [{ role: 'user', content: 'Title for: x' }] };
const withTools: JsonObject = { ...title, tools: [{ name: 'read' }] };

function classOf(headers: Headers, body: JsonObject = withTools): string | undefined {
  return requestClass(new Map(Object.entries(headers)), neutralRequest(body));
}

const claudeCode = {
  'user-agent': 'claude-cli/2.0.1 (external, cli)',
  'x-app': 'cli',
  'anthropic-beta': 'claude-code-20250219,other',
};

describe('identifyClient', () => {
  it('knows Claude Code by its session header', () => {
    assert.equal(clientOf({ 'x-claude-code-session-id': 's' }), 'claude-code');
  });

  it('knows an older Claude Code by three headers together', () => {
    assert.equal(clientOf(claudeCode), 'claude-code');
  });

  it('does not call a program Claude Code because its user agent says so', () => {
    assert.equal(clientOf({ 'user-agent': claudeCode['user-agent'] }), 'unknown');
    assert.equal(
      clientOf({ 'user-agent': 'claude-cli/0.24.4 (external, cli)', authorization: 'Bearer t' }),
      'qwen',
    );
  });

  it('knows Qwen Code by a bearer whose value is not shown', () => {
    const qwen = {
      'user-agent': 'claude-cli/0.24.4 (external, cli)',
      'x-app': 'cli',
      'anthropic-beta': 'interleaved-thinking-2025-05-14',
    };
    assert.equal(clientOf({ ...qwen, authorization: '' }), 'qwen');
    assert.equal(clientOf(qwen), 'unknown');
  });

  it('does not take a program that signs in as Claude Code for it', () => {
    const imitator = {
      'user-agent': 'claude-cli/2.1.251',
      'x-app': 'cli',
      'anthropic-beta': 'claude-code-20250219,oauth-2025-04-20',
      authorization: 'Bearer t',
    };
    assert.equal(clientOf(imitator), 'unknown');
  });

  it('knows Codex with a session header that pi sends too', () => {
    const shared = { session_id: 's', 'x-client-request-id': 'r' };
    assert.equal(clientOf({ ...shared, originator: 'codex_cli_rs' }), 'codex');
    assert.equal(clientOf({ ...shared, 'user-agent': 'OpenAI/JS 6.1.0' }), 'pi');
  });

  it('knows Copilot before the SDK it is built on', () => {
    assert.equal(clientOf({ 'user-agent': 'OpenAI/JS 5.20.1', 'x-initiator': 'agent' }), 'copilot');
  });

  it('tells Cline from the SDK whose parts it uses', () => {
    assert.equal(
      clientOf({ 'user-agent': 'ai-sdk/openai/4.0.47 ai-sdk/provider-utils/5.0.30 runtime/bun/1.3' }),
      'cline',
    );
    assert.equal(
      clientOf({ 'user-agent': 'ai/6.0.326 ai-sdk/provider-utils/4.0.66 runtime/node.js/v24' }),
      'ai-sdk',
    );
  });

  it('knows our own extension in the editor', () => {
    assert.equal(clientOf({ 'user-agent': 'pointsman-vscode/0.1.0' }), 'vscode');
  });

  it('knows the plain SDKs and Gemini CLI', () => {
    assert.equal(clientOf({ 'user-agent': 'AsyncOpenAI/Python 2.1.0' }), 'openai-sdk');
    assert.equal(clientOf({ 'user-agent': 'Anthropic/JS 1.11.0' }), 'anthropic-sdk');
    assert.equal(clientOf({ 'user-agent': 'GeminiCLI/0.61.0/gemini-3 (linux; x64)' }), 'gemini-cli');
    assert.equal(clientOf({ 'user-agent': 'GeminiCLI-tui/0.61.0/gemini-3.1 (linux; x64)' }), 'gemini-cli');
    assert.equal(clientOf({ 'user-agent': 'google-genai-sdk/1.52.0 gl-node/v24' }), 'google-sdk');
    assert.equal(
      clientOf({ 'user-agent': 'ai-sdk-openai/4.0.118 ai-sdk-provider-utils/5.0.81 node.js/24' }),
      'ai-sdk',
    );
  });

  it('says unknown for headers that nobody sends', () => {
    assert.equal(clientOf({}), 'unknown');
    assert.equal(clientOf({ 'user-agent': 'curl/8.0', 'x-initiator': '' }), 'unknown');
  });

  it('gives only names of its list', () => {
    assert.equal(CLIENT_NAMES.length, 15);
    assert.equal(CLIENT_NAMES.at(-1), 'unknown');
  });
});

describe('requestClass', () => {
  it('believes the hint header of Claude Code', () => {
    const said = ['main', 'subagent', 'workflow', 'compaction', 'auxiliary', 'side_reply', 'new'].map(
      (value) => classOf({ 'x-claude-code-request-class': value }),
    );
    assert.deepEqual(said, [
      'main',
      'subagent',
      'subagent',
      'compaction',
      'background',
      'background',
      undefined,
    ]);
  });

  it('reads the interaction type of Copilot', () => {
    assert.equal(
      classOf({ 'x-interaction-type': 'conversation-subagent', 'x-initiator': 'agent' }),
      'subagent',
    );
    assert.equal(classOf({ 'x-interaction-type': 'conversation-user', 'x-initiator': 'user' }), 'main');
    assert.equal(classOf({ 'x-initiator': 'user' }), 'main');
  });

  it('draws nothing from an agent that goes on by itself', () => {
    assert.equal(classOf({ 'x-initiator': 'agent' }), undefined);
  });

  it('takes a small call without tools of an assistant that always has tools for background', () => {
    assert.equal(classOf({ 'user-agent': 'opencode/1.18.33' }, title), 'background');
  });

  it('does not take a call with tools, an answered one, or one of a plain SDK for background', () => {
    const answered = {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    };
    assert.equal(classOf({ 'user-agent': 'opencode/1.18.33' }, withTools), undefined);
    assert.equal(classOf({ 'user-agent': 'opencode/1.18.33' }, answered), undefined);
    assert.equal(classOf({ 'user-agent': 'OpenAI/JS 6.49.0' }, title), undefined);
  });

  it('does not take a long call for background', () => {
    const long = { messages: [{ role: 'user', content: 'x'.repeat(20_000) }] };
    assert.equal(classOf({ 'user-agent': 'opencode/1.18.33' }, long), undefined);
  });
});

const root = path.join(import.meta.dirname, '..', '..', '..', '..');
const traffic = path.join(
  process.env['POINTSMAN_SHARED'] ?? path.join(root, '..', 'shared'),
  'client-traffic',
);

describe('identifyClient on recorded traffic', () => {
  it('names the assistant of every recorded request by its headers', function () {
    if (!existsSync(traffic)) {
      console.log('      skipped: no recorded traffic beside the repository');
      this.skip();
    }
    const sdks = { 'sdk-openai': 'openai-sdk', 'sdk-anthropic': 'anthropic-sdk', 'sdk-ai': 'ai-sdk' };
    for (const name of readdirSync(traffic).filter((file) => file.endsWith('.json'))) {
      const recorded = JSON.parse(readFileSync(path.join(traffic, name), 'utf8')) as Recorded;
      const client = identifyClient(new Map(Object.entries(recorded.headers)));
      const sdk = Object.entries(sdks).find(([prefix]) => name.startsWith(prefix))?.[1];
      assert.equal(client, sdk ?? CLIENT_NAMES.find((known) => name.startsWith(known)), name);
      const hint = requestClass(
        new Map(Object.entries(recorded.headers)),
        neutralRequest(recorded.body, dialectOfPath(recorded.path)),
      );
      if (name.includes('background')) assert.equal(hint, 'background', name);
      if (name.includes('tool-result') || name.includes('long')) assert.equal(hint, undefined, name);
    }
  });
});

interface Recorded {
  readonly path: string;
  readonly headers: Headers;
  readonly body: JsonObject;
}
