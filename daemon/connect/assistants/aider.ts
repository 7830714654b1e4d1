// aider: options in the user's own .aider.conf.yml.
// Checked on 2026-11-21 with https://aider.chat/docs/config/aider_conf.html and /docs/llms/openai-compat.html: files of the git
// root and the current folder win over the one in the home, AIDER_… variables over all of them.

import { set, withOwnKey, type AssistantDefinition } from '../assistant.ts';

export const aider: AssistantDefinition = {
  id: 'aider',
  displayName: 'aider',
  programs: ['aider'],
  traces: (places) => [places.inHome('.aider.conf.yml'), places.inHome('.aider')],
  files: (places) => [
    {
      path: places.inHome('.aider.conf.yml'),
      format: 'yaml',
      edits(context) {
        const { origin, key } = withOwnKey(context, ['openai-api-key']);
        return [set(['model'], 'openai/auto'), set(['openai-api-base'], `${origin}/v1`), ...key];
      },
    },
  ],
  notes: () => [
    'A .aider.conf.yml or .env in a project, and options on the command line, still win there.',
    'weak-model and editor-model, where you have set them, stay as they are.',
  ],
  overriddenBy: ['AIDER_MODEL', 'AIDER_OPENAI_API_BASE', 'AIDER_OPENAI_API_KEY'],
};
