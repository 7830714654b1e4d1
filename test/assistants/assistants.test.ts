// Real assistants, headless, doing a real task through the daemon, in every translation direction: install them, point
// them at the port, let the model ask for shell commands, see the file that the assistant made, and look at our books.
// Needs the package registry; takes minutes. Run by `npm run test:assistants`.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import {
  type AgentPlan,
  type AgentUpstream,
  startAgentUpstream,
  type UpstreamFormat,
  USAGE,
} from './agent-upstream.ts';
import { type Assistant, ASSISTANTS } from './assistants.ts';
import { installAssistants } from './install.ts';
import { type Ended, endAssistants, runAssistant } from './run-assistant.ts';

const FORMATS: readonly UpstreamFormat[] = [
  'anthropic-messages',
  'openai-responses',
  'openai-chat',
  'google-generate',
];
const SWITCHES: readonly (readonly [UpstreamFormat, UpstreamFormat])[] = [
  ['anthropic-messages', 'openai-responses'],
  ['openai-responses', 'google-generate'],
  ['openai-chat', 'anthropic-messages'],
];
const FILE = 'made.txt';
const PROMPT = `Create the file ${FILE} with the text "made by the model" in the current directory.`;

/** Two calls at once, then one more. */
const TASK: AgentPlan['steps'] = [
  [`printf 'made ' > ${FILE}`, `printf 'aside' > aside.txt`],
  [`printf 'by the model' >> ${FILE}`],
];
/** One call after the other, so that each model of two is asked again after the other one was. */
const LONG_TASK: AgentPlan['steps'] = ['made ', 'by ', 'the ', 'model'].map((word) => [
  `printf '${word}' >> ${FILE}`,
]);

/** `POINTSMAN_ONLY` limits the run to assistants whose name holds it. */
const chosen = ASSISTANTS.filter((assistant) => assistant.name.includes(process.env['POINTSMAN_ONLY'] ?? ''));
const switching = chosen.filter(({ client }) => client === 'claude-code' || client === 'codex');

describe('real assistants through the daemon', function () {
  this.timeout(120_000);
  let programs = '';
  let upstream: AgentUpstream;
  let daemon: TestDaemon;
  let folder = '';

  before(function () {
    this.timeout(600_000);
    const installed = installAssistants(chosen);
    if (installed === null) {
      console.log('skipped: the package registry, from which the assistants come, cannot be reached');
      this.skip();
    }
    programs = installed;
  });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pointsman-assistant-'));
  });

  afterEach(async () => {
    endAssistants();
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(plan: AgentPlan, ...formats: readonly UpstreamFormat[]): Promise<void> {
    upstream = await startAgentUpstream(plan);
    daemon = await runDaemon({ config: configTo(upstream.origin, formats) });
  }

  function doTask(assistant: Assistant): Promise<Ended> {
    return runAssistant(assistant, programs, {
      workspace: path.join(folder, 'workspace'),
      home: path.join(folder, 'home'),
      origin: daemon.url,
      token: daemon.token,
      model: 'auto',
      prompt: PROMPT,
    });
  }

  function assertDone({ exitCode, output }: Ended, plan: AgentPlan['steps']): void {
    const told = `exit code ${exitCode}\n${output}\n${JSON.stringify(upstream.calls.at(-1)?.body).slice(0, 2000)}`;
    assert.deepEqual(
      upstream.calls.flatMap(({ refusal }) => refusal ?? []),
      [],
      told,
    );
    assert.equal(exitCode, 0, told);
    const made = path.join(folder, 'workspace', FILE);
    assert.ok(existsSync(made), `the file was not made: ${told}`);
    assert.equal(readFileSync(made, 'utf8'), 'made by the model');
    assert.equal(upstream.calls.filter((call) => call.sent === 'tool-call').length, plan.length, told);
  }

  async function assertBooked(assistant: Assistant): Promise<void> {
    for (const record of await daemon.waitForExchanges(upstream.calls.length)) {
      assert.equal(record.status, 'ok', JSON.stringify(record));
      assert.equal(record.client, assistant.client);
      assert.equal(record.usageSource, 'reported');
      assert.equal(record.usage?.inputTokens, USAGE.input);
      assert.equal(record.usage?.cacheReadInputTokens, USAGE.cached);
      assert.equal(record.usage?.outputTokens, USAGE.output);
      assert.equal(record.attempts.length, 1);
    }
  }

  async function warnings(): Promise<readonly string[]> {
    return (await daemon.exchanges()).flatMap((record) => record.warnings);
  }

  for (const assistant of chosen) {
    for (const format of FORMATS) {
      it(`[A3] ${assistant.name} ${assistant.version} does its task on a model that speaks ${format}`, async () => {
        await start({ steps: TASK }, format);
        assertDone(await doTask(assistant), TASK);
        await assertBooked(assistant);
        if (assistant.dropsEmptyThoughts === true && format === 'google-generate') return;
        const lost = (await warnings()).filter((warning) => warning.includes('thoughts of another'));
        assert.deepEqual(lost, [], 'the only model’s own thoughts are not foreign');
      });
    }
  }

  for (const assistant of switching) {
    for (const [first, second] of SWITCHES) {
      it(`[B5] ${assistant.name} ${assistant.version} does its task while its model changes between ${first} and ${second} at every step`, async () => {
        const use = async (model: string): Promise<void> => {
          const { status } = await daemon.control('PUT', 'override', { model, scope: 'always' });
          assert.equal(status, 200);
        };
        const before = (step: number): Promise<void> => use(step % 2 === 0 ? 'second' : 'first');
        await start({ steps: LONG_TASK, before }, first, second);
        await use('first');
        assertDone(await doTask(assistant), LONG_TASK);
        await assertBooked(assistant);
        const models = upstream.calls.map(({ model }) => model);
        assert.deepEqual(models, ['up-first', 'up-second', 'up-first', 'up-second', 'up-first']);
        // Each model sees its own thoughts and not the other's: signatures are checked, and what is foreign is named.
        assert.ok((await warnings()).some((warning) => warning.includes('thoughts of another')));
      });
    }
  }
});

function configTo(origin: string, formats: readonly UpstreamFormat[]): ReturnType<typeof configFor> {
  const ids = formats.map((_, index) => ['first', 'second'][index] ?? 'other');
  const base = configFor(
    ids.map((id) => ({ id, baseUrl: origin, provider: `p-${id}`, tier: 'complex' as const })),
  );
  const providers = formats.map((dialect, index) => [
    `p-${ids[index]}`,
    { dialect, baseUrl: `${origin}${PATHS[dialect]}` },
  ]);
  return { ...base, baseline: 'first', providers: Object.fromEntries(providers) };
}

const PATHS: Readonly<Record<UpstreamFormat, string>> = {
  'anthropic-messages': '',
  'openai-chat': '/v1',
  'openai-responses': '/v1',
  'google-generate': '/v1beta',
};
