// Continue (command line and editor extensions): a model in front of the others in its global file.
// Checked on 2026-11-21 with Continue CLI 1.5.47, https://docs.continue.dev/reference and https://docs.continue.dev/yaml-migration:
// config.yaml, where it is there, is read instead of config.json.

import { ENTRY_TITLE, type AssistantDefinition, type FileRecipe } from '../assistant.ts';
import type { Places } from '../places.ts';

const folder = (places: Places): string =>
  places.placeIn('CONTINUE_GLOBAL_DIR') ?? places.inHome('.continue');

function yamlFile(path: string): FileRecipe {
  return {
    path,
    format: 'yaml',
    startText: 'name: Local Config\nversion: 1.0.0\nschema: v1\n',
    edits: ({ origin, token }) => [
      {
        kind: 'item',
        list: ['models'],
        item: {
          name: ENTRY_TITLE,
          provider: 'openai',
          model: 'auto',
          apiBase: `${origin}/v1/`,
          apiKey: token,
          roles: ['chat', 'edit', 'apply', 'summarize'],
          capabilities: ['tool_use', 'image_input'],
        },
      },
    ],
  };
}

/** The old form, where it is all there is: a new config.yaml would hide it. */
function jsonFile(path: string): FileRecipe {
  return {
    path,
    format: 'json',
    edits: ({ origin, token }) => [
      {
        kind: 'item',
        list: ['models'],
        item: {
          title: ENTRY_TITLE,
          provider: 'openai',
          model: 'auto',
          apiBase: `${origin}/v1/`,
          apiKey: token,
        },
      },
    ],
  };
}

export const continueDev: AssistantDefinition = {
  id: 'continue',
  displayName: 'Continue',
  programs: ['cn'],
  traces: (places) => [folder(places)],
  files(places) {
    const [yaml, json] = ['config.yaml', 'config.json'].map((name) => places.join(folder(places), name));
    if (yaml === undefined || json === undefined) return [];
    return [!places.exists(yaml) && places.exists(json) ? jsonFile(json) : yamlFile(yaml)];
  },
  notes: () => ['Choose the model "Pointsman" in Continue if another one is still chosen there.'],
  overriddenBy: [],
};
