// Roo Code keeps its settings in the editor's own storage, where no other program should write: steps by hand only.
// Checked on 2026-11-21 with https://docs.roocode.com/providers/openai-compatible; its makers have ended it.

import type { AssistantDefinition } from '../assistant.ts';

export const roo: AssistantDefinition = {
  id: 'roo',
  displayName: 'Roo Code',
  programs: [],
  traces: (places) =>
    places.editorUserFolder === null
      ? []
      : [places.join(places.editorUserFolder, 'globalStorage', 'rooveterinaryinc.roo-cline')],
  files: () => [],
  notes: () => [
    'Roo Code keeps its settings inside the editor: open its settings, choose the API provider "OpenAI Compatible", paste base URL (with /v1) and API key from the commands "Copy endpoint" and "Copy token" of pointsman, and write auto as the model.',
  ],
  overriddenBy: [],
};
