// Cline's command line: its "OpenAI Compatible" provider in providers.json. The editor extension keeps its settings in the
// editor's own storage, where no other program should write.
// Checked on 2026-11-21 with Cline 3.0.65, whose file holds exactly these members.

import { companion, set, withOwnKey, type AssistantDefinition } from '../assistant.ts';
import type { Places } from '../places.ts';

const PROVIDER = 'openai-compatible';
/** Cline wants a time there and keeps it up itself; a fixed one, so that connecting again changes nothing. */
const UPDATED_AT = '2026-01-01T00:00:00.000Z';

const dataFolder = (places: Places): string =>
  places.placeIn('CLINE_DATA_DIR') ??
  places.join(places.placeIn('CLINE_DIR') ?? places.inHome('.cline'), 'data');

export const cline: AssistantDefinition = {
  id: 'cline',
  displayName: 'Cline',
  programs: ['cline'],
  traces: (places) => [dataFolder(places)],
  files: (places) => [
    {
      path:
        places.placeIn('CLINE_PROVIDER_SETTINGS_PATH') ??
        places.join(dataFolder(places), 'settings', 'providers.json'),
      format: 'json',
      startText: '{\n  "version": 1,\n  "modes": {},\n  "providers": {}\n}\n',
      edits(context) {
        const entry = ['providers', PROVIDER];
        const { origin, key } = withOwnKey(context, [...entry, 'settings', 'apiKey']);
        return [
          set(['lastUsedProvider'], PROVIDER),
          set([...entry, 'settings', 'provider'], PROVIDER),
          ...key,
          set([...entry, 'settings', 'model'], 'auto'),
          set([...entry, 'settings', 'baseUrl'], `${origin}/v1`),
          companion([...entry, 'updatedAt'], UPDATED_AT),
          companion([...entry, 'tokenSource'], 'manual'),
        ];
      },
    },
  ],
  notes: () => [
    'This connects the command line. In the editor extension choose the API provider "OpenAI Compatible", paste base URL (with /v1) and API key from the commands "Copy endpoint" and "Copy token" of pointsman, and write auto as the model ID.',
  ],
  overriddenBy: [],
};
