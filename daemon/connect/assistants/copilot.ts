// GitHub Copilot Chat: a "Custom Endpoint" group in the editor's list of language models. A key in that file would arrive
// empty, so the address carries the token.
// Checked on 2026-11-21 with GitHub Copilot Chat 0.67 in VS Code 1.139.1, by driving it.

import { ENTRY_TITLE, type AssistantDefinition } from '../assistant.ts';

export const LANGUAGE_MODELS_FILE = 'chatLanguageModels.json';

export const copilot: AssistantDefinition = {
  id: 'copilot',
  displayName: 'GitHub Copilot Chat',
  programs: [],
  traces: (places) => (places.editorUserFolder === null ? [] : [places.editorUserFolder]),
  files: (places) =>
    places.editorUserFolder === null
      ? []
      : [
          {
            path: places.join(places.editorUserFolder, LANGUAGE_MODELS_FILE),
            format: 'json',
            edits: ({ originWithToken }) => [
              {
                kind: 'item',
                list: [],
                item: {
                  name: ENTRY_TITLE,
                  vendor: 'customendpoint',
                  apiType: 'chat-completions',
                  models: [
                    {
                      id: 'auto',
                      name: 'Pointsman auto',
                      url: `${originWithToken}/v1`,
                      toolCalling: true,
                      vision: true,
                      maxInputTokens: 168_000,
                      maxOutputTokens: 32_000,
                    },
                  ],
                },
              },
            ],
          },
        ],
  notes: (places) =>
    places.editorUserFolder === null
      ? [
          'Copilot Chat is connected from inside the editor: run the command "Pointsman: Connect Assistant" there.',
        ]
      : ['Choose "Pointsman auto" in the model picker of the chat.'],
  overriddenBy: [],
};
