// Real assistants, headless, doing a real task through the daemon, in every translation direction: install them, point
// them at the port, let the model ask for a shell command, see the file that the assistant made, and look at our books.
// Needs the package registry; takes minutes. Run by `npm run test:assistants`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { startAgentUpstream, USAGE, type AgentUpstream, type UpstreamFormat } from './agent-upstream.ts';
import { ASSISTANTS, type Assistant } from './assistants.ts';
import { installAssistants } from './install.ts';

const FORMATS: readonly UpstreamFormat[] = ['anthropic-messages', 'openai-responses', 'openai-chat'];
const TEXT = 'made by the model';
const FILE = 'made.txt';
const PROMPT = `Create the file ${FILE} with the text "${TEXT}" in the current directory.`;

interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

/** `POINTSMAN_ONLY` limits the run to assistants whose name holds it. */
const chosen = ASSISTANTS.filter((assistant) => assistant.name.includes(process.env['POINTSMAN_ONLY'] ?? ''));

describe('real assistants through the daemon', function () {
  this.timeout(120_000);
  let programs = '';
  let upstream: AgentUpstream;
  let daemon: TestDaemon;
  let folder = '';

  before(function () {
    this.timeout(600_000);
    programs = installAssistants(chosen);
  });

  beforeEach(async () => {
    upstream = await startAgentUpstream(`printf '${TEXT}' > ${FILE}`);
    folder = mkdtempSync(path.join(tmpdir(), 'pointsman-assistant-'));
  });

  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function doTask(assistant: Assistant, format: UpstreamFormat): Promise<Ended> {
    daemon = await runDaemon({ config: configTo(upstream, format) });
    const workspace = path.join(folder, 'workspace');
    const home = path.join(folder, 'home');
    for (const made of [workspace, home]) mkdirSync(made);
    const { token, url: origin } = daemon;
    const { args, environment } = assistant.prepare({
      workspace,
      home,
      origin,
      token,
      model: 'auto',
      prompt: PROMPT,
    });
    const child = spawn(path.join(programs, assistant.bin), args, {
      cwd: workspace,
      env: { PATH: process.env['PATH'] ?? '', HOME: home, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own, so that what it leaves behind can be ended with it
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const exitCode = await new Promise<number | null>((resolve) => {
      child.on('close', resolve);
    });
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // nobody was left in the group
    }
    return { exitCode, output };
  }

  for (const assistant of chosen) {
    for (const format of FORMATS) {
      it(`[A3] ${assistant.name} ${assistant.version} does its task on a model that speaks ${format}`, async () => {
        const { exitCode, output } = await doTask(assistant, format);
        const told = `exit code ${exitCode}\n${output}\n${JSON.stringify(upstream.calls.at(-1)?.body).slice(0, 2000)}`;
        assert.equal(exitCode, 0, told);
        const made = path.join(folder, 'workspace', FILE);
        assert.ok(existsSync(made), `the file was not made: ${told}`);
        assert.equal(readFileSync(made, 'utf8'), TEXT);
        assert.deepEqual(
          upstream.calls.filter((call) => call.sent === 'refused').map((call) => call.body),
          [],
        );
        const toolCalls = upstream.calls.filter((call) => call.sent === 'tool-call');
        assert.equal(toolCalls.length, 1, told);
        for (const record of await daemon.waitForExchanges(upstream.calls.length)) {
          assert.equal(record.status, 'ok', JSON.stringify(record));
          assert.equal(record.client, assistant.client);
          assert.equal(record.usageSource, 'reported');
          assert.equal(record.usage?.inputTokens, USAGE.input);
          assert.equal(record.usage?.cacheReadInputTokens, USAGE.cached);
          assert.equal(record.usage?.outputTokens, USAGE.output);
          assert.equal(record.attempts.length, 1);
        }
      });
    }
  }
});

function configTo(upstream: AgentUpstream, format: UpstreamFormat): ReturnType<typeof configFor> {
  const base = configFor([
    { id: 'agent', baseUrl: upstream.origin, provider: 'local-provider', tier: 'complex' },
  ]);
  const path = format === 'anthropic-messages' ? '' : '/v1';
  return {
    ...base,
    baseline: 'agent',
    providers: { 'local-provider': { dialect: format, baseUrl: `${upstream.origin}${path}` } },
  };
}
