// opencode and what is built on it (Kilo): a provider of its own, and the default model, in the user's global file.
// Checked on 2026-11-21 with opencode 1.18.33, https://opencode.ai/docs/config/ and https://opencode.ai/docs/providers/; Kilo with its
// command line 7.7.9 (same keys, files of both names) and https://kilo.ai/docs/code-with-ai/platforms/cli.

import { ENTRY_NAME, ENTRY_TITLE, set, type AssistantDefinition, type EditContext } from '../assistant.ts';
import type { Places } from '../places.ts';

/** A window that models of every tier have, and no more than the largest answer of most. */
const LIMIT = { context: 200_000, output: 32_000 };

const edits = ({ origin, token }: EditContext): ReturnType<AssistantFile['edits']> => [
  set(['model'], `${ENTRY_NAME}/auto`),
  set(['provider', ENTRY_NAME], {
    npm: '@ai-sdk/openai-compatible',
    name: ENTRY_TITLE,
    options: { baseURL: `${origin}/v1`, apiKey: token },
    models: { auto: { name: 'auto', tool_call: true, attachment: true, limit: LIMIT } },
  }),
];

type AssistantFile = ReturnType<AssistantDefinition['files']>[number];

/** Later ones win where several are there, so the last that exists is the one to edit; else one of the usual name. */
function globalFile(places: Places, folder: string, names: readonly string[], usual: string): string {
  const existing = names
    .map((name) => places.inConfigHome(folder, name))
    .filter((file) => places.exists(file));
  return existing.at(-1) ?? places.inConfigHome(folder, usual);
}

const OPENCODE_FILES = ['opencode.json', 'opencode.jsonc'] as const;

const startText = (schema: string): string => `{\n  "$schema": "${schema}"\n}\n`;

export const openCode: AssistantDefinition = {
  id: 'opencode',
  displayName: 'opencode',
  programs: ['opencode'],
  traces: (places) => [places.inConfigHome('opencode'), places.inHome('.local', 'share', 'opencode')],
  files: (places) => [
    {
      path: globalFile(places, 'opencode', ['config.json', ...OPENCODE_FILES], 'opencode.json'),
      format: 'json',
      startText: startText('https://opencode.ai/config.json'),
      edits,
    },
  ],
  notes: () => [
    'Projects with an opencode.json of their own, agents with a model of their own and OPENCODE_CONFIG files still choose their model themselves.',
  ],
  overriddenBy: ['OPENCODE_CONFIG', 'OPENCODE_CONFIG_CONTENT'],
};

export const kilo: AssistantDefinition = {
  id: 'kilo',
  displayName: 'Kilo Code',
  programs: ['kilo', 'kilocode'],
  traces: (places) => [places.inConfigHome('kilo')],
  files: (places) => [
    {
      path: globalFile(
        places,
        'kilo',
        ['config.json', 'kilo.json', 'kilo.jsonc', ...OPENCODE_FILES],
        'kilo.jsonc',
      ),
      format: 'json',
      startText: startText('https://app.kilo.ai/config.json'),
      edits,
    },
  ],
  notes: () => [
    'Older editor extensions of Kilo keep their settings in the editor: choose "OpenAI Compatible" there, copy the endpoint and the token with the commands of pointsman, and take auto as the model.',
  ],
  overriddenBy: ['KILO_CONFIG', 'KILO_CONFIG_CONTENT'],
};
