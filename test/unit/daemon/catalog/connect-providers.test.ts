// Which providers there are is tested through build-catalog; here is what is known of single endpoints.

import assert from 'node:assert/strict';
import { connectProviders } from '../../../../daemon/catalog/connect-providers.ts';
describe('catalog/connect-providers: quirks', () => {
  it('knows by the endpoint, under any name, that Mistral must not be asked for usage in a stream', () => {
    const config = {
      providers: {
        mine: {
          dialect: 'openai-chat',
          baseUrl: 'https://api.mistral.ai/v1',
          headers: {},
          billing: 'metered',
        },
        other: { dialect: 'openai-chat', baseUrl: 'https://example.com/v1', headers: {}, billing: 'metered' },
      },
      models: {},
    } as const;
    const connections = connectProviders({
      config,
      localModels: [],
      resolveKey: () => ({ key: null, why: 'none' }),
    });
    assert.equal(connections.find(({ name }) => name === 'mine')?.usageInStream, 'always');
    assert.equal(connections.find(({ name }) => name === 'other')?.usageInStream, undefined);
  });
});
