// Gemini CLI: variables in its own .env, and the way to sign in with a key in its settings.
// Checked on 2026-11-21 with Gemini CLI 0.61 and its reference/configuration.md: only the first .env found from the working
// folder upwards is read, variables of the shell win over it; GEMINI_CLI_HOME is the folder that holds .gemini.

import { set, withOwnKey, type AssistantDefinition } from '../assistant.ts';
import type { Places } from '../places.ts';

const folder = (places: Places): string => {
  const moved = places.placeIn('GEMINI_CLI_HOME');
  return moved === undefined ? places.inHome('.gemini') : places.join(moved, '.gemini');
};

export const geminiCli: AssistantDefinition = {
  id: 'gemini-cli',
  displayName: 'Gemini CLI',
  programs: ['gemini'],
  traces: (places) => [folder(places)],
  files: (places) => [
    {
      path: places.join(folder(places), '.env'),
      format: 'env',
      edits(context) {
        const { origin, key } = withOwnKey(context, ['GEMINI_API_KEY']);
        return [set(['GOOGLE_GEMINI_BASE_URL'], origin), ...key];
      },
    },
    {
      path: places.join(folder(places), 'settings.json'),
      format: 'json',
      edits: () => [set(['security', 'auth', 'selectedType'], 'gemini-api-key')],
    },
  ],
  notes: () => [
    'A project with a .env file of its own hides this one from Gemini CLI: put the same two lines there, or remove that file.',
    'Gemini CLI reads it in folders that it trusts only.',
  ],
  overriddenBy: ['GOOGLE_GEMINI_BASE_URL', 'GEMINI_API_KEY', 'GOOGLE_GENAI_USE_VERTEXAI', 'GEMINI_MODEL'],
};
