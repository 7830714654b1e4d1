import assert from 'node:assert/strict';

import type { ProviderConnection } from '../../../../daemon/catalog/catalog.ts';
import { planPassedOn } from '../../../../daemon/route/passed-on.ts';
import { table, target } from './route-fixtures.ts';

const connection = (name: string, more: Partial<ProviderConnection> = {}): ProviderConnection => ({
  name,
  dialect: 'openai-chat',
  baseUrl: `https://${name}.example/v1`,
  headers: {},
  billing: 'metered',
  apiKey: null,
  usable: true,
  why: 'on this machine, no key needed',
  ...more,
});
const connected = (...connections: readonly ProviderConnection[]) =>
  new Map(connections.map((each) => [each.name, each]));
const TABLE = table({ targets: [target('coder', { provider: 'alpha', upstreamModel: 'coder-up' })] });

describe('route/passed-on', () => {
  for (const name of ['coder', 'coder-up', 'exact/coder']) {
    it(`finds a configured model by ${name}`, () => {
      const plan = planPassedOn(name, TABLE, connected(connection('alpha'), connection('beta')));
      assert.deepEqual(
        plan.targets.map(({ id }) => id),
        ['coder'],
      );
      assert.equal(plan.baseline?.id, 'coder');
      assert.equal(plan.reason, 'exact');
    });
  }

  it('finds a known embedding model at its vendor, with its price', () => {
    const plan = planPassedOn(
      'text-embedding-3-small',
      TABLE,
      connected(connection('alpha'), connection('openai')),
    );
    assert.equal(plan.targets[0]?.provider, 'openai');
    assert.equal(plan.targets[0]?.price?.inputUsdPerMtok, 0.02);
  });

  it('passes another name to the only provider that can be meant', () => {
    const plan = planPassedOn('nomic-embed-text', TABLE, connected(connection('alpha')));
    assert.equal(plan.targets[0]?.upstreamModel, 'nomic-embed-text');
    assert.equal(plan.targets[0]?.price, null);
  });

  it('does not send a name that nobody knows to one of two providers', () => {
    const plan = planPassedOn('nomic-embed-text', TABLE, connected(connection('alpha'), connection('beta')));
    assert.equal(plan.error?.code, 'model.unknown');
    assert.deepEqual(plan.targets, []);
  });

  it('leaves providers of other formats out', () => {
    const claude = connection('claude', { dialect: 'anthropic-messages' });
    assert.equal(planPassedOn('m', TABLE, connected(claude)).error?.code, 'model.unknown');
    assert.equal(
      planPassedOn('m', TABLE, connected(claude, connection('beta'))).targets[0]?.provider,
      'beta',
    );
  });

  for (const name of ['auto', 'claude-auto', 'auto:budget', 'exact/']) {
    it(`does not route ${name}`, () => {
      assert.equal(planPassedOn(name, TABLE, connected(connection('alpha'))).error?.code, 'model.unknown');
    });
  }

  it('says why a model cannot be asked', () => {
    const without = connection('openai', { usable: false, why: 'set OPENAI_API_KEY' });
    const plan = planPassedOn('text-embedding-3-small', TABLE, connected(without));
    assert.equal(plan.error?.code, 'route.no_eligible_target');
    assert.match(plan.error?.message ?? '', /set OPENAI_API_KEY/);
  });
});
