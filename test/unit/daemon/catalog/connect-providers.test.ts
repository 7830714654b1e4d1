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

  it('adds the version to a bare host of Google, and takes both forms for one endpoint', () => {
    const host = 'https://generativelanguage.googleapis.com';
    const google = (baseUrl: string) =>
      ({ dialect: 'google-generate', baseUrl, headers: {}, billing: 'metered' }) as const;
    const connections = connectProviders({
      config: {
        providers: {
          bare: google(host),
          slash: google(`${host}/`),
          full: google(`${host}/v1beta`),
          vertex: google('https://aiplatform.googleapis.com/v1/publishers/google'),
        },
        models: {},
      },
      localModels: [],
      // A key for the shipped provider is there: it must not be added beside the configured ones.
      resolveKey: () => ({ key: 'k', from: 'test' }),
    });
    assert.deepEqual(
      connections.slice(0, 4).map(({ baseUrl }) => baseUrl),
      [
        `${host}/v1beta`,
        `${host}/v1beta`,
        `${host}/v1beta`,
        'https://aiplatform.googleapis.com/v1/publishers/google',
      ],
    );
    assert.equal(
      connections.find(({ name }) => name === 'gemini'),
      undefined,
    );
  });
});
