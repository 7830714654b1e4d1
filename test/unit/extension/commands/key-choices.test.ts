import assert from 'node:assert/strict';

import { keyChoices } from '../../../../extension/commands/key-choices.ts';
import { provider } from '../live-fixtures.ts';

describe('providers that a key can be set for', () => {
  it('are those that are configured and those that need nothing but a key', () => {
    const choices = keyChoices({ providers: [provider('mine')], knownProviders: ['openai', 'mine'] }, []);
    assert.deepEqual(
      choices.map(({ provider: name, description }) => [name, description]),
      [
        ['mine', 'key from the environment'],
        ['openai', 'no key yet'],
      ],
    );
  });

  it('begin with those that lack a key or refuse the one they have', () => {
    const providers = [
      provider('works'),
      provider('locked', { usable: false, why: 'environment variable X is not set; set it' }),
      provider('refused', { health: 'ejected', why: 'm refuses its key (401)' }),
    ];
    assert.deepEqual(
      keyChoices({ providers, knownProviders: ['new'] }, ['works']).map(({ label, description }) => [
        label,
        description,
      ]),
      [
        ['locked', 'cannot be used: environment variable X is not set'],
        ['refused', 'out for now: m refuses its key (401)'],
        ['works', 'key kept in this editor'],
        ['new', 'no key yet'],
      ],
    );
  });

  it('tell of a key that is kept for a provider that is no more', () => {
    const [choice] = keyChoices({ providers: [], knownProviders: [] }, ['gone']);
    assert.equal(choice?.isKept, true);
    assert.match(choice?.description ?? '', /does not use it/);
  });
});
