// Codex (command line and editor extension): a provider of its own in config.toml.
// Checked on 2026-11-21 with Codex 0.169 and https://developers.openai.com/codex/config-reference: wire_api "responses" is the
// only one, a project's file cannot set model_provider, profiles are files of their own.

import { ENTRY_NAME, ENTRY_TITLE, set, type AssistantDefinition } from '../assistant.ts';
import type { Places } from '../places.ts';

const folder = (places: Places): string => places.placeIn('CODEX_HOME') ?? places.inHome('.codex');

export const codex: AssistantDefinition = {
  id: 'codex',
  displayName: 'Codex',
  programs: ['codex'],
  traces: (places) => [folder(places)],
  files: (places) => [
    {
      path: places.join(folder(places), 'config.toml'),
      format: 'toml',
      edits: (context) => [
        set(['model_provider'], ENTRY_NAME),
        // A name that Codex does not know makes it send plain function tools, which every model can be asked with.
        ...(context.userValue(['model']) === undefined ? [set(['model'], 'auto')] : []),
        set(['model_providers', ENTRY_NAME], {
          name: ENTRY_TITLE,
          base_url: `${context.origin}/v1`,
          experimental_bearer_token: context.token,
          wire_api: 'responses',
        }),
      ],
    },
  ],
  notes: (places) => [
    `A model set in ${places.join(folder(places), 'config.toml')} is the dearest one that may answer; "codex -m auto" leaves the choice to pointsman.`,
    'Profiles (codex --profile NAME) with a model_provider of their own stay as they are; a signed-in ChatGPT plan is not used while connected.',
  ],
  overriddenBy: [],
};
