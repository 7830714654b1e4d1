// How each real assistant is installed, pointed at a base URL and run headless for one task.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface AssistantRun {
  /** Folder in which it works. */
  readonly workspace: string;
  /** Its own empty home folder. */
  readonly home: string;
  /** Of the daemon (or of a provider), without a path. */
  readonly origin: string;
  readonly token: string;
  readonly model: string;
  readonly prompt: string;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface Assistant {
  readonly name: string;
  /** Registry package and the version that the suite was written with. */
  readonly package: string;
  readonly version: string;
  readonly bin: string;
  /** Name in our records. */
  readonly client: string;
  /** It leaves empty thoughts out of its history, and with them the proofs of what followed them. */
  readonly dropsEmptyThoughts?: true;
  /** Writes what it needs into its home and tells how to start it. */
  prepare(run: AssistantRun): Invocation;
}

function write(run: AssistantRun, file: string, text: string): void {
  const target = path.join(run.home, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
}

const claudeCode: Assistant = {
  name: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  version: '2.1.329',
  bin: 'claude',
  client: 'claude-code',
  prepare: (run) => ({
    args: ['-p', run.prompt, '--output-format', 'json', '--allowedTools', 'Bash'],
    environment: {
      ANTHROPIC_BASE_URL: run.origin,
      ANTHROPIC_API_KEY: run.token,
      ANTHROPIC_MODEL: run.model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
  }),
};

const codex: Assistant = {
  name: 'Codex',
  package: '@openai/codex',
  version: '0.169.0',
  bin: 'codex',
  client: 'codex',
  prepare(run) {
    write(
      run,
      '.codex/config.toml',
      [
        `model = "${run.model}"`,
        'model_provider = "local"',
        'check_for_update_on_startup = false',
        '[analytics]',
        'enabled = false',
        '[model_providers.local]',
        'name = "local"',
        `base_url = "${run.origin}/v1"`,
        'env_key = "LOCAL_KEY"',
        'wire_api = "responses"',
      ].join('\n'),
    );
    const flags = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '--json'];
    return { args: ['exec', ...flags, run.prompt], environment: { LOCAL_KEY: run.token } };
  },
};

/** The same over WebSocket. */
const codexSocket: Assistant = {
  ...codex,
  name: 'Codex over WebSocket',
  prepare(run) {
    const { args, environment } = codex.prepare(run);
    const overrides = ['-c', 'model_providers.local.supports_websockets=true'];
    return { args: [...args.slice(0, 1), ...overrides, ...args.slice(1)], environment };
  },
};

function openCode(name: string, npm: string): Assistant {
  return {
    name,
    package: 'opencode-ai',
    version: '1.18.33',
    bin: 'opencode',
    client: 'opencode',
    prepare(run) {
      const config = {
        $schema: 'https://opencode.ai/config.json',
        autoupdate: false,
        share: 'disabled',
        permission: { bash: 'allow', edit: 'allow' },
        provider: {
          local: {
            npm,
            name: 'local',
            options: { baseURL: `${run.origin}/v1`, apiKey: run.token },
            models: { [run.model]: { name: run.model, tool_call: true } },
          },
        },
      };
      write(run, '.config/opencode/opencode.json', JSON.stringify(config));
      return { args: ['run', '-m', `local/${run.model}`, run.prompt], environment: {} };
    },
  };
}

/** It has no user agent of its own: over chat and messages it looks like the SDK that it calls with. */
function pi(name: string, api: string, client: string): Assistant {
  return {
    name,
    package: '@mariozechner/pi-coding-agent',
    version: '0.73.1',
    bin: 'pi',
    client,
    prepare(run) {
      const baseUrl = api === 'anthropic-messages' ? run.origin : `${run.origin}/v1`;
      const model = { id: run.model, name: run.model, reasoning: true, input: ['text'] };
      const provider = { baseUrl, api, apiKey: run.token, models: [model] };
      write(run, '.pi/agent/models.json', JSON.stringify({ providers: { local: provider } }));
      const flags = ['--offline', '--provider', 'local', '--model', run.model, '--thinking', 'medium'];
      return { args: ['-p', ...flags, run.prompt], environment: { PI_OFFLINE: '1', PI_TELEMETRY: '0' } };
    },
  };
}

function qwenCode(name: string, kind: 'anthropic' | 'openai'): Assistant {
  return {
    name,
    package: '@qwen-code/qwen-code',
    version: '0.24.4',
    bin: 'qwen',
    client: 'qwen',
    ...(kind === 'anthropic' ? { dropsEmptyThoughts: true } : {}),
    prepare(run) {
      const settings = {
        general: { disableAutoUpdate: true },
        privacy: { usageStatisticsEnabled: false },
        security: { auth: { selectedType: kind } },
      };
      write(run, '.qwen/settings.json', JSON.stringify(settings));
      const prefix = kind.toUpperCase();
      return {
        args: ['--auth-type', kind, '-m', run.model, '--yolo', run.prompt],
        environment: {
          [`${prefix}_BASE_URL`]: kind === 'openai' ? `${run.origin}/v1` : run.origin,
          [`${prefix}_API_KEY`]: run.token,
          [`${prefix}_MODEL`]: run.model,
        },
      };
    },
  };
}

export const ASSISTANTS: readonly Assistant[] = [
  claudeCode,
  openCode('opencode (chat)', '@ai-sdk/openai-compatible'),
  openCode('opencode (Anthropic)', '@ai-sdk/anthropic'),
  openCode('opencode (Responses)', '@ai-sdk/openai'),
  codex,
  codexSocket,
  pi('pi (chat)', 'openai-completions', 'openai-sdk'),
  pi('pi (Anthropic)', 'anthropic-messages', 'anthropic-sdk'),
  pi('pi (Responses)', 'openai-responses', 'pi'),
  qwenCode('Qwen Code (chat)', 'openai'),
  qwenCode('Qwen Code (Anthropic)', 'anthropic'),
];
