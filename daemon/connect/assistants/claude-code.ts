// Claude Code: the `env` block of its user settings, which its editor extension reads as well.
// Checked on 2026-11-21 with Claude Code 2.1.329 and https://code.claude.com/docs/en/env-vars, /en/settings: `env` wins over
// variables of the shell; with a key in x-api-key both headers are sent.

import { set, withOwnKey, type AssistantDefinition } from '../assistant.ts';
import type { Places } from '../places.ts';

const folder = (places: Places): string => places.placeIn('CLAUDE_CONFIG_DIR') ?? places.inHome('.claude');

export const claudeCode: AssistantDefinition = {
  id: 'claude-code',
  displayName: 'Claude Code',
  programs: ['claude'],
  traces: (places) => [folder(places), places.inHome('.claude.json')],
  files: (places) => [
    {
      path: places.join(folder(places), 'settings.json'),
      format: 'json',
      edits(context) {
        const { origin, key } = withOwnKey(context, ['env', 'ANTHROPIC_AUTH_TOKEN']);
        return [set(['env', 'ANTHROPIC_BASE_URL'], origin), ...key];
      },
    },
  ],
  notes: () => [
    'The model chosen in Claude Code is the dearest one that may answer; "claude --model claude-auto" leaves the choice to pointsman.',
    'Start Claude Code again to take it over; projects with an ANTHROPIC_BASE_URL of their own, and the editor setting claudeCode.environmentVariables, stay as they are.',
  ],
  overriddenBy: ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'],
};
