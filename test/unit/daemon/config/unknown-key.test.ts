import assert from 'node:assert/strict';
import { describeUnknownKey } from '../../../../daemon/config/unknown-key.ts';

describe('unknown key', () => {
  const cases: readonly (readonly [readonly (string | number)[], string, string])[] = [
    [[], 'prot', 'port'],
    [[], 'provider', 'providers'],
    [['retries'], 'maxAttemps', 'maxAttempts'],
    [['providers', 'x'], 'baseURL', 'baseUrl'],
    [['providers', 'x', 'apiKey'], 'environment', 'env'],
    [['models', 'gpt-5.6', 'price'], 'inputUsd', 'inputUsdPerMtok'],
    [['profiles', 'budget'], 'coding', 'code'],
    [['budgets', 3], 'limitUSD', 'limitUsd'],
    [['cache', 'semantic'], 'treshold', 'threshold'],
  ];
  for (const [parent, key, nearest] of cases) {
    it(`"${key}" in ${parent.join('.') || 'the file'} is nearest to "${nearest}"`, () => {
      assert.ok(
        describeUnknownKey(parent, key).startsWith(
          `is not a known key; the nearest known key is "${nearest}"`,
        ),
      );
    });
  }

  it('says where a key belongs that exists at another level', () => {
    assert.match(describeUnknownKey([], 'maxAttempts'), /"maxAttempts" exists as retries\.maxAttempts$/);
    assert.match(describeUnknownKey([], 'limitUsd'), /exists as budgets\[\]\.limitUsd$/);
    assert.match(describeUnknownKey([], 'upstreamModel'), /exists as models\.<name>\.upstreamModel$/);
  });

  it('says how the address to listen on is given', () => {
    assert.match(describeUnknownKey([], 'host'), /serve --host/);
  });

  it('copes with names of the language', () => {
    assert.match(
      describeUnknownKey(['models', 'constructor'], 'toString'),
      /^is not a known key; the nearest/,
    );
  });
});
