// Qwen Code: the `env` block of its user settings, its OpenAI-compatible way to sign in, and the model.
// Checked on 2026-11-21 with Qwen Code 0.24.4 and https://qwenlm.github.io/qwen-code-docs/en/users/configuration/settings: variables
// of the shell and .env files win over `env`.

import { set, withOwnKey, type AssistantDefinition } from '../assistant.ts';
import type { Places } from '../places.ts';

const folder = (places: Places): string => places.placeIn('QWEN_HOME') ?? places.inHome('.qwen');

export const qwenCode: AssistantDefinition = {
  id: 'qwen',
  displayName: 'Qwen Code',
  programs: ['qwen'],
  traces: (places) => [folder(places)],
  files: (places) => [
    {
      path: places.join(folder(places), 'settings.json'),
      format: 'json',
      edits(context) {
        const { origin, key } = withOwnKey(context, ['env', 'OPENAI_API_KEY']);
        return [
          set(['env', 'OPENAI_BASE_URL'], `${origin}/v1`),
          ...key,
          set(['security', 'auth', 'selectedType'], 'openai'),
          set(['model', 'name'], 'auto'),
        ];
      },
    },
  ],
  notes: (places) => [
    `An OPENAI_BASE_URL or OPENAI_API_KEY in ${places.join(folder(places), '.env')} or in a project's .env wins over this.`,
  ],
  overriddenBy: ['OPENAI_BASE_URL', 'OPENAI_API_KEY', 'OPENAI_MODEL'],
};
