// Real assistants after `pointsman connect` and nothing else: each does a task through the daemon with the files that the
// command wrote into its home, and `--undo` leaves these files as they were. Needs the package registry; takes minutes.
// Run by `npm run test:assistants`; POINTSMAN_ONLY limits it to assistants whose name holds it.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { runCommandLine } from '../../daemon/cli/command-line.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { startAgentUpstream, type AgentUpstream } from './agent-upstream.ts';
import type { Assistant } from './assistants.ts';
import { installAssistants } from './install.ts';
import { endAssistants, runAssistant } from './run-assistant.ts';

interface ConnectedAssistant {
  /** As in `pointsman connect ID`. */
  readonly id: string;
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly bin: string;
  /** Name in our records. */
  readonly client: string;
  /** What somebody has in their home before; nothing in it names a provider. */
  readonly home: Readonly<Record<string, string>>;
  args(prompt: string): readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** It rewrites its own settings while it runs, so that nobody can put them back byte for byte. */
  readonly rewritesSettings?: true;
}

const ASSISTANTS: readonly ConnectedAssistant[] = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    package: '@anthropic-ai/claude-code',
    version: '2.1.329',
    bin: 'claude',
    client: 'claude-code',
    home: { '.claude/settings.json': '{\n  "permissions": { "allow": ["Bash"] }\n}\n' },
    args: (prompt) => ['-p', prompt, '--output-format', 'json', '--allowedTools', 'Bash'],
    environment: {
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', // settings win over the shell
    },
  },
  {
    id: 'codex',
    name: 'Codex',
    package: '@openai/codex',
    version: '0.169.0',
    bin: 'codex',
    client: 'codex',
    home: {
      '.codex/config.toml': '# mine\ncheck_for_update_on_startup = false\n[analytics]\nenabled = false\n',
    },
    args: (prompt) => [
      'exec',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      '--json',
      prompt,
    ],
  },
  {
    id: 'opencode',
    name: 'opencode',
    package: 'opencode-ai',
    version: '1.18.33',
    bin: 'opencode',
    client: 'opencode',
    home: {
      '.config/opencode/opencode.jsonc':
        '{\n  // mine\n  "$schema": "https://opencode.ai/config.json",\n  "autoupdate": false,\n  "share": "disabled",\n  "permission": { "bash": "allow", "edit": "allow" },\n}\n',
    },
    args: (prompt) => ['run', prompt],
  },
  {
    id: 'continue',
    name: 'Continue',
    package: '@continuedev/cli',
    version: '1.5.47',
    bin: 'cn',
    client: 'continue',
    home: {
      '.continue/config.yaml':
        '# mine\nname: Mine\nversion: 1.0.0\nschema: v1\nmodels:\n- name: Other\n  provider: openai\n  model: other\n  apiBase: http://127.0.0.1:9/v1/\n  apiKey: none\n',
    },
    args: (prompt) => ['-p', '--auto', prompt],
    environment: { CONTINUE_CLI_ENABLE_TELEMETRY: '0', CONTINUE_TELEMETRY_ENABLED: '0' },
  },
  {
    id: 'cline',
    name: 'Cline',
    package: 'cline',
    version: '3.0.65',
    bin: 'cline',
    client: 'cline',
    home: {},
    args: (prompt) => ['--json', prompt],
    environment: { CLINE_TELEMETRY_DISABLED: '1' },
    rewritesSettings: true,
  },
  {
    id: 'qwen',
    name: 'Qwen Code',
    package: '@qwen-code/qwen-code',
    version: '0.24.4',
    bin: 'qwen',
    client: 'qwen',
    home: {
      '.qwen/settings.json':
        '{\n  "general": { "disableAutoUpdate": true },\n  "privacy": { "usageStatisticsEnabled": false }\n}\n',
    },
    args: (prompt) => ['--yolo', prompt],
    rewritesSettings: true,
  },
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    package: '@google/gemini-cli',
    version: '0.61.0',
    bin: 'gemini',
    client: 'gemini-cli',
    home: {
      '.gemini/settings.json':
        '{\n  "general": { "enableAutoUpdate": false },\n  "privacy": { "usageStatisticsEnabled": false }\n}\n',
    },
    args: (prompt) => ['-m', 'auto', '--yolo', '--skip-trust', '-p', prompt, '-o', 'json'],
    environment: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
  },
];

const FILE = 'made.txt';
const PROMPT = `Create the file ${FILE} with the text "made by the model" in the current directory.`;
const chosen = ASSISTANTS.filter(({ name }) => name.includes(process.env['POINTSMAN_ONLY'] ?? ''));

describe('real assistants after pointsman connect', function () {
  this.timeout(180_000);
  let programs = '';
  let folder = '';
  let upstream: AgentUpstream;
  let daemon: TestDaemon;

  before(function () {
    this.timeout(600_000);
    const installed = installAssistants(chosen.map((assistant) => asRun(assistant)));
    if (installed === null) {
      console.log('skipped: the package registry, from which the assistants come, cannot be reached');
      this.skip();
    }
    programs = installed;
  });

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'pointsman-connect-'));
    upstream = await startAgentUpstream({ steps: [[`printf 'made by the model' > ${FILE}`]] });
    const base = configFor([{ id: 'agent', baseUrl: upstream.origin, provider: 'p', tier: 'complex' }]);
    const providers = { p: { dialect: 'openai-chat' as const, baseUrl: `${upstream.origin}/v1` } };
    daemon = await runDaemon({ config: { ...base, baseline: 'agent', providers } });
  });

  afterEach(async () => {
    endAssistants();
    await daemon.stop();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function pointsman(...argv: readonly string[]): Promise<string> {
    const out: string[] = [];
    const context = {
      environment: { HOME: home(), PATH: programs },
      selfCommand: ['node', 'daemon.cjs'] as const,
      version: '0.0.0-test',
      print: (line: string) => void out.push(line),
      useColour: false,
    };
    const code = await runCommandLine(context, [...argv, '--home', daemon.home], (line) => out.push(line));
    assert.equal(code, 0, out.join('\n'));
    return out.join('\n');
  }

  const home = (): string => path.join(folder, 'home');
  const textAt = (file: string): string | null => (existsSync(file) ? readFileSync(file, 'utf8') : null);

  for (const assistant of chosen) {
    it(`[A1] [A6] [C1] ${assistant.name} ${assistant.version} does its task with what connect wrote, and undo takes it out`, async () => {
      mkdirSync(home());
      for (const [file, text] of Object.entries(assistant.home)) {
        mkdirSync(path.dirname(path.join(home(), file)), { recursive: true });
        writeFileSync(path.join(home(), file), text);
      }
      const { changedPaths } = JSON.parse(await pointsman('connect', assistant.id, '--json')) as {
        changedPaths: string[];
      };
      const written = changedPaths.map((file) => readFileSync(file, 'utf8'));
      const { exitCode, output } = await runAssistant(asRun(assistant), programs, {
        workspace: path.join(folder, 'workspace'),
        home: home(),
        origin: daemon.url,
        token: daemon.token,
        model: '',
        prompt: PROMPT,
      });
      const told = `exit code ${exitCode}\n${output.slice(-4000)}\n${daemon.log.slice(-5).join('\n')}`;
      assert.equal(textAt(path.join(folder, 'workspace', FILE)), 'made by the model', told);
      const records = await daemon.waitForExchanges(upstream.calls.length);
      assert.ok(records.length >= 2, told);
      for (const record of records) {
        assert.equal(record.status, 'ok', JSON.stringify(record));
        assert.equal(record.client, assistant.client);
      }

      if (assistant.rewritesSettings !== true) {
        assert.deepEqual(
          changedPaths.map((file) => readFileSync(file, 'utf8')),
          written,
        );
      }
      await pointsman('connect', assistant.id, '--undo');
      for (const file of changedPaths) {
        const left = textAt(file);
        const before = assistant.home[path.relative(home(), file)] ?? null;
        if (assistant.rewritesSettings !== true || before === null) assert.equal(left, before);
        assert.ok(left === null || !(left.includes('pm_') || left.includes(daemon.url)), left ?? '');
      }
    });
  }
});

/** The runner's own form of it: everything is configured already. */
function asRun(assistant: ConnectedAssistant): Assistant {
  return {
    ...assistant,
    prepare: ({ prompt }) => ({
      args: assistant.args(prompt),
      environment: assistant.environment ?? {},
    }),
  };
}
