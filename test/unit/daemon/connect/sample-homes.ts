// A home for each assistant as people have them, and what connecting makes of it, byte by byte.

import path from 'node:path';

export const ORIGIN = 'http://127.0.0.1:7411';
export const TOKEN = `pm_${'Abc123_-'.repeat(5)}`;
const HINT = '# written by "pointsman connect"; its --undo takes this out again';
const BEGIN = `# >>> pointsman >>>\n${HINT}`;
const END = '# <<< pointsman <<<';

export interface Sample {
  readonly id: string;
  readonly name: string;
  /** By path below the home; null = not there. */
  readonly before: Readonly<Record<string, string | null>>;
  readonly after: Readonly<Record<string, string>>;
}

const EDITOR = path.join('editor', 'User');
/** Below the home; handed in as the editor would. */
export const EDITOR_USER_FOLDER = EDITOR;

const CODEX_TABLE = [
  BEGIN,
  '[model_providers.pointsman]',
  'name = "Pointsman"',
  `base_url = "${ORIGIN}/v1"`,
  `experimental_bearer_token = "${TOKEN}"`,
  'wire_api = "responses"',
  END,
  '',
].join('\n');

const item = (indent: string): string =>
  [
    '- name: "Pointsman"',
    '  provider: "openai"',
    '  model: "auto"',
    `  apiBase: "${ORIGIN}/v1/"`,
    `  apiKey: "${TOKEN}"`,
    '  roles: ["chat","edit","apply","summarize"]',
    '  capabilities: ["tool_use","image_input"]',
  ]
    .map((line) => `${indent}${line}\n`)
    .join('');
const itemBlock = (indent: string): string =>
  `${indent}# >>> pointsman >>>\n${indent}${HINT}\n${item(indent)}${indent}${END}\n`;

const OPENCODE_PROVIDER = `"pointsman": {
      "npm": "@ai-sdk/openai-compatible",
      "name": "Pointsman",
      "options": {
        "baseURL": "${ORIGIN}/v1",
        "apiKey": "${TOKEN}"
      },
      "models": {
        "auto": {
          "name": "auto",
          "tool_call": true,
          "attachment": true,
          "limit": {
            "context": 200000,
            "output": 32000
          }
        }
      }
    }`;

const openCodeStart = (schema: string): string => `{
  "$schema": "${schema}",
  "model": "pointsman/auto",
  "provider": {
    ${OPENCODE_PROVIDER}
  }
}
`;

export const SAMPLES: readonly Sample[] = [
  {
    id: 'claude-code',
    name: 'without settings',
    before: { '.claude/settings.json': null },
    after: {
      '.claude/settings.json': `{
  "env": {
    "ANTHROPIC_BASE_URL": "${ORIGIN}",
    "ANTHROPIC_AUTH_TOKEN": "${TOKEN}"
  }
}
`,
    },
  },
  {
    id: 'claude-code',
    name: 'with comments, tabs and variables of the user',
    before: {
      '.claude/settings.json':
        '{\n\t// mine\n\t"model": "opus",\n\t"env": {\n\t\t"FOO": "1" // kept\n\t},\n\t"hooks": {}\n}',
    },
    after: {
      '.claude/settings.json': `{\n\t// mine\n\t"model": "opus",\n\t"env": {\n\t\t"FOO": "1", // kept\n\t\t"ANTHROPIC_BASE_URL": "${ORIGIN}",\n\t\t"ANTHROPIC_AUTH_TOKEN": "${TOKEN}"\n\t},\n\t"hooks": {}\n}`,
    },
  },
  {
    id: 'claude-code',
    name: 'with another gateway and its key',
    before: {
      '.claude/settings.json':
        '{\n  "env": {\n    "ANTHROPIC_BASE_URL": "https://gateway.example",\n    "ANTHROPIC_AUTH_TOKEN": "sk-of-the-user-1234567890"\n  }\n}\n',
    },
    after: {
      '.claude/settings.json': `{\n  "env": {\n    "ANTHROPIC_BASE_URL": "${ORIGIN}/k/${TOKEN}",\n    "ANTHROPIC_AUTH_TOKEN": "sk-of-the-user-1234567890"\n  }\n}\n`,
    },
  },
  {
    id: 'codex',
    name: 'without a configuration',
    before: { '.codex/config.toml': null },
    after: {
      '.codex/config.toml': `${BEGIN}\nmodel_provider = "pointsman"\nmodel = "auto"\n${END}\n${CODEX_TABLE}`,
    },
  },
  {
    id: 'codex',
    name: 'with comments, tables, texts over lines and a provider of the user',
    before: {
      '.codex/config.toml': [
        '# my codex',
        'model = "gpt-5.6-sol" # the big one',
        'model_provider = "azure"',
        'notify = [',
        '  "a", # one',
        '  "b",',
        ']',
        'instructions = """',
        'model_provider = "not this one"',
        '[not.a.table]',
        '"""',
        '[model_providers.azure]',
        'base_url = "https://azure.example/v1"',
        'query_params = { "api-version" = "2026-01-01" }',
        "[projects.'/a b']",
        'trust_level = "trusted"',
      ].join('\n'),
    },
    after: {
      '.codex/config.toml': [
        '# my codex',
        'model = "gpt-5.6-sol" # the big one',
        BEGIN,
        'model_provider = "pointsman"',
        END,
        'notify = [',
        '  "a", # one',
        '  "b",',
        ']',
        'instructions = """',
        'model_provider = "not this one"',
        '[not.a.table]',
        '"""',
        '[model_providers.azure]',
        'base_url = "https://azure.example/v1"',
        'query_params = { "api-version" = "2026-01-01" }',
        "[projects.'/a b']",
        'trust_level = "trusted"',
        CODEX_TABLE,
      ].join('\n'),
    },
  },
  {
    id: 'copilot',
    name: 'without a list of models',
    before: { [`${EDITOR}/chatLanguageModels.json`]: null },
    after: {
      [`${EDITOR}/chatLanguageModels.json`]: `[
  {
    "name": "Pointsman",
    "vendor": "customendpoint",
    "apiType": "chat-completions",
    "models": [
      {
        "id": "auto",
        "name": "Pointsman auto",
        "url": "${ORIGIN}/k/${TOKEN}/v1",
        "toolCalling": true,
        "vision": true,
        "maxInputTokens": 168000,
        "maxOutputTokens": 32000
      }
    ]
  }
]
`,
    },
  },
  {
    id: 'continue',
    name: 'without a configuration',
    before: { '.continue/config.yaml': null },
    after: {
      '.continue/config.yaml': `name: Local Config\nversion: 1.0.0\nschema: v1\n${BEGIN}\nmodels:\n${item('  ')}${END}\n`,
    },
  },
  {
    id: 'continue',
    name: 'with a list at the left edge',
    before: {
      '.continue/config.yaml':
        '# mine\nname: Mine\nversion: 0.0.1\nschema: v1\nmodels:\n- name: GPT\n  provider: openai\n  apiKey: sk-of-the-user-1234567890\nrules:\n- be kind\n',
    },
    after: {
      '.continue/config.yaml': `# mine\nname: Mine\nversion: 0.0.1\nschema: v1\nmodels:\n${itemBlock('')}- name: GPT\n  provider: openai\n  apiKey: sk-of-the-user-1234567890\nrules:\n- be kind\n`,
    },
  },
  {
    id: 'continue',
    name: 'with comments and a list that is moved in',
    before: {
      '.continue/config.yaml':
        'name: Mine\nschema: v1\nmodels: # all of them\n\n    # the first\n    - name: "GPT: big"\n      provider: openai\ndocs: [\n  { name: a },\n]\nversion: 0.0.1',
    },
    after: {
      '.continue/config.yaml': `name: Mine\nschema: v1\nmodels: # all of them\n${itemBlock('    ')}\n    # the first\n    - name: "GPT: big"\n      provider: openai\ndocs: [\n  { name: a },\n]\nversion: 0.0.1`,
    },
  },
  {
    id: 'continue',
    name: 'with an empty list',
    before: { '.continue/config.yaml': 'name: Mine\nmodels: []\nversion: 0.0.1\n' },
    after: {
      '.continue/config.yaml': `name: Mine\n${BEGIN}\nmodels:\n${item('  ')}${END}\nversion: 0.0.1\n`,
    },
  },
  {
    id: 'continue',
    name: 'with the old JSON form only',
    before: {
      '.continue/config.json': '{\n  "models": [\n    { "title": "GPT", "provider": "openai" }\n  ]\n}\n',
    },
    after: {
      '.continue/config.json': `{\n  "models": [\n    {\n      "title": "Pointsman",\n      "provider": "openai",\n      "model": "auto",\n      "apiBase": "${ORIGIN}/v1/",\n      "apiKey": "${TOKEN}"\n    },\n    { "title": "GPT", "provider": "openai" }\n  ]\n}\n`,
    },
  },
  {
    id: 'cline',
    name: 'without settings',
    before: { '.cline/data/settings/providers.json': null },
    after: {
      '.cline/data/settings/providers.json': `{
  "version": 1,
  "modes": {},
  "providers": {
    "openai-compatible": {
      "settings": {
        "provider": "openai-compatible",
        "apiKey": "${TOKEN}",
        "model": "auto",
        "baseUrl": "${ORIGIN}/v1"
      },
      "updatedAt": "2026-01-01T00:00:00.000Z",
      "tokenSource": "manual"
    }
  },
  "lastUsedProvider": "openai-compatible"
}
`,
    },
  },
  {
    id: 'cline',
    name: 'with a provider of the same kind and its key',
    before: {
      '.cline/data/settings/providers.json':
        '{"version":1,"lastUsedProvider":"anthropic","providers":{"openai-compatible":{"settings":{"provider":"openai-compatible","apiKey":"sk-of-the-user-1234567890","model":"m","baseUrl":"https://x.example/v1"},"updatedAt":"2026-11-21T09:30:17.781Z","tokenSource":"manual"}}}',
    },
    after: {
      '.cline/data/settings/providers.json': `{"version":1,"lastUsedProvider":"openai-compatible","providers":{"openai-compatible":{"settings":{"provider":"openai-compatible","apiKey":"sk-of-the-user-1234567890","model":"auto","baseUrl":"${ORIGIN}/k/${TOKEN}/v1"},"updatedAt":"2026-11-21T09:30:17.781Z","tokenSource":"manual"}}}`,
    },
  },
  {
    id: 'opencode',
    name: 'without a configuration',
    before: { '.config/opencode/opencode.json': null },
    after: { '.config/opencode/opencode.json': openCodeStart('https://opencode.ai/config.json') },
  },
  {
    id: 'opencode',
    name: 'with comments, providers and a model of the user',
    before: {
      '.config/opencode/opencode.jsonc':
        '{\n  // mine\n  "model": "anthropic/claude-opus-5-5", // big\n  "provider": {\n    "z": { "options": { "apiKey": "{env:Z_KEY}" } },\n  },\n}\n',
    },
    after: {
      '.config/opencode/opencode.jsonc': `{\n  // mine\n  "model": "pointsman/auto", // big\n  "provider": {\n    "z": { "options": { "apiKey": "{env:Z_KEY}" } },\n    ${OPENCODE_PROVIDER},\n  },\n}\n`,
    },
  },
  {
    id: 'kilo',
    name: 'without a configuration',
    before: { '.config/kilo/kilo.jsonc': null },
    after: { '.config/kilo/kilo.jsonc': openCodeStart('https://app.kilo.ai/config.json') },
  },
  {
    id: 'aider',
    name: 'without a configuration',
    before: { '.aider.conf.yml': null },
    after: {
      '.aider.conf.yml': `${BEGIN}\nmodel: "openai/auto"\nopenai-api-base: "${ORIGIN}/v1"\nopenai-api-key: "${TOKEN}"\n${END}\n`,
    },
  },
  {
    id: 'aider',
    name: 'with options and a key of the user, and no end of the last line',
    before: {
      '.aider.conf.yml':
        '## mine\nopenai-api-key: sk-of-the-user-1234567890\nmodel: sonnet # nice\nread: [a.md, b.md]\nauto-commits: false',
    },
    after: {
      '.aider.conf.yml': `## mine\nopenai-api-key: sk-of-the-user-1234567890\n${BEGIN}\nmodel: "openai/auto"\n${END}\nread: [a.md, b.md]\nauto-commits: false\n${BEGIN}\nopenai-api-base: "${ORIGIN}/k/${TOKEN}/v1"\n${END}\n`,
    },
  },
  {
    id: 'qwen',
    name: 'with settings of the user',
    before: {
      '.qwen/settings.json':
        '{\n    "$version": 4,\n    "security": {\n        "auth": {\n            "selectedType": "qwen-oauth"\n        }\n    }\n}\n',
    },
    after: {
      '.qwen/settings.json': `{\n    "$version": 4,\n    "security": {\n        "auth": {\n            "selectedType": "openai"\n        }\n    },\n    "env": {\n        "OPENAI_BASE_URL": "${ORIGIN}/v1",\n        "OPENAI_API_KEY": "${TOKEN}"\n    },\n    "model": {\n        "name": "auto"\n    }\n}\n`,
    },
  },
  {
    id: 'gemini-cli',
    name: 'without settings',
    before: { '.gemini/.env': null, '.gemini/settings.json': null },
    after: {
      '.gemini/.env': `${BEGIN}\nGOOGLE_GEMINI_BASE_URL=${ORIGIN}\nGEMINI_API_KEY=${TOKEN}\n${END}\n`,
      '.gemini/settings.json':
        '{\n  "security": {\n    "auth": {\n      "selectedType": "gemini-api-key"\n    }\n  }\n}\n',
    },
  },
  {
    id: 'gemini-cli',
    name: 'with a key of the user and values over lines',
    before: {
      '.gemini/.env':
        'export GEMINI_API_KEY="AIzaOfTheUser1234567890"\nNOTE="a\nGOOGLE_GEMINI_BASE_URL=no"\nGOOGLE_GEMINI_BASE_URL=https://other.example # old',
      '.gemini/settings.json': '{ "security": { "auth": { "selectedType": "oauth-personal" } }, "ui": {} }',
    },
    after: {
      '.gemini/.env': `export GEMINI_API_KEY="AIzaOfTheUser1234567890"\nNOTE="a\nGOOGLE_GEMINI_BASE_URL=no"\n${BEGIN}\nGOOGLE_GEMINI_BASE_URL=${ORIGIN}/k/${TOKEN}\n${END}\n`,
      '.gemini/settings.json': '{ "security": { "auth": { "selectedType": "gemini-api-key" } }, "ui": {} }',
    },
  },
];
