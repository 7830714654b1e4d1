import assert from 'node:assert/strict';
import type { ProviderConnection } from '../../../../daemon/catalog/catalog.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { NO_CONTROLS } from '../../../../daemon/pipeline/request-controls.ts';
import { requestKeyOf } from '../../../../daemon/pipeline/shared-answer.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { ask, SMALL, tableOf } from './pipeline-rig.ts';

const request = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(ask()))));

function connection(name: string, baseUrl: string): ProviderConnection {
  return {
    name,
    baseUrl,
    dialect: 'openai-chat',
    headers: {},
    billing: 'metered',
    apiKey: null,
    usable: true,
    why: 'no key is needed',
  };
}

function keyWith(...connections: readonly ProviderConnection[]): string {
  return requestKeyOf(null, {
    request,
    path: '/v1/chat/completions',
    headers: new Map(),
    controls: NO_CONTROLS,
    snapshot: {
      table: tableOf([SMALL]),
      connections: new Map(connections.map((each) => [each.name, each])),
      dearerFallback: 'ask',
    },
  }).key;
}

describe('[A31] the key of a stored answer', () => {
  const [one, two] = [connection('one', 'http://127.0.0.1:1/v1'), connection('two', 'http://127.0.0.1:2/v1')];

  it('is another one when a provider has moved: the same name may be another model there', () => {
    assert.notEqual(keyWith(one, two), keyWith(one, { ...two, baseUrl: 'http://127.0.0.1:3/v1' }));
    assert.notEqual(keyWith(one, two), keyWith(one, { ...two, dialect: 'openai-responses' }));
  });

  it('does not depend on the order of the providers, nor on anything that changes no answer', () => {
    assert.equal(keyWith(one, two), keyWith(two, one));
    assert.equal(keyWith(one, two), keyWith(one, { ...two, usable: false, why: 'its key is missing' }));
  });
});
