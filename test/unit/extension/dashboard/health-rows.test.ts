import assert from 'node:assert/strict';
import {
  daemonFindings,
  healthSentence,
  modelRows,
  nextRetryMs,
  priceAge,
  priceFindings,
  providerRows,
  withHealthUpdate,
} from '../../../../extension/dashboard/health-rows.ts';
import { emptyStatus, NOW_MS, richStatus } from '../../../dashboard/analysis-data.ts';

const status = richStatus();

describe('health', () => {
  it('puts the provider that is out first, with the time at which it is tried again', () => {
    const [first] = providerRows(status);
    assert.equal(first?.name, 'deepseek');
    assert.match(first?.state ?? '', /^Out until \d\d:\d\d:42$/);
    assert.match(first?.detail ?? '', /is overloaded \(529\)\. Others answer meanwhile\./);
    assert.equal(first?.remedy, null);
  });

  it('offers to set the key of a provider that has none', () => {
    const openai = providerRows(status).find(({ name }) => name === 'openai');
    assert.equal(openai?.state, 'Not usable');
    assert.equal(openai?.detail, 'The environment variable OPENAI_API_KEY is not set.');
    assert.equal(openai?.remedy?.command, 'pointsman.setProviderKey');
  });

  it('offers to set the key of a provider that refuses the one it has', () => {
    const providers = status.providers.map((provider) => ({
      ...provider,
      why: 'gpt-large refuses its key (401)',
    }));
    const refused = providerRows({ ...status, providers }).find(({ name }) => name === 'deepseek');
    assert.equal(refused?.remedy?.command, 'pointsman.setProviderKey');
  });

  it('lists the models that can be asked, those that are out first', () => {
    const rows = modelRows(status);
    assert.deepEqual(
      rows.slice(0, 2).map(({ name }) => name),
      ['deepseek-flash', 'deepseek-pro'],
    );
    assert.ok(!rows.some(({ name }) => name === 'gpt-large'));
  });

  it('takes a change of health in before the daemon is asked again', () => {
    const event = {
      type: 'health-update',
      model: 'claude-opus',
      provider: 'anthropic',
      health: 'ejected',
      retryAtMs: NOW_MS + 5000,
    } as const;
    const changed = withHealthUpdate(status, event);
    assert.equal(modelRows(changed)[0]?.name, 'claude-opus');
    assert.equal(nextRetryMs(changed), NOW_MS + 5000);
  });

  it('says in one sentence how things stand', () => {
    assert.equal(healthSentence(status), 'deepseek is out for now; requests go to the others.');
    assert.match(healthSentence(emptyStatus()), /^No provider can be used yet\. Set the key of one/);
    const well = {
      ...status,
      providers: status.providers.map((provider) => ({ ...provider, health: 'ok' as const })),
      models: status.models.map((model) => ({ ...model, health: 'ok' as const })),
    };
    assert.equal(healthSentence(well), '4 providers with 7 models can be used, and none is out.');
  });

  it('says how old a price is, and that there is none', () => {
    assert.equal(priceAge({ inputUsdPerMtok: 1, priceAgeDays: 0 }), 'today');
    assert.equal(priceAge({ inputUsdPerMtok: 1, priceAgeDays: 48 }), '48 days old');
    assert.equal(priceAge({ inputUsdPerMtok: 1, priceAgeDays: null }), 'age unknown');
    assert.equal(priceAge({ inputUsdPerMtok: null, priceAgeDays: null }), 'unpriced');
  });

  it('names the models whose price is missing or older than a month', () => {
    const findings = priceFindings(status);
    assert.match(findings[0]?.sentence ?? '', /unknown for qwen-coder/);
    assert.match(findings[1]?.sentence ?? '', /month for gemini-flash/);
    assert.equal(findings.length, 3);
  });

  it('says what is wrong with configuration and books, with a command that mends it', () => {
    const books = { ...status.ledger, ok: false, error: 'the disk is full' };
    const [ledger, config] = daemonFindings({ ...status, ledger: books });
    assert.match(
      ledger?.sentence ?? '',
      /cannot be kept: the disk is full\. Requests are routed all the same/,
    );
    assert.equal(ledger?.remedy?.command, 'pointsman.runDoctor');
    assert.match(config?.sentence ?? '', /The last good one stays in force, because .* line 12/);
    assert.equal(config?.remedy?.command, 'pointsman.runDoctor');
  });

  it('says which routing test does not hold', () => {
    const sentence = 'routing-tests.jsonc line 4: expected simple, got complex';
    const routingTests = {
      ...status.routingTests,
      tests: 3,
      failingCount: 1,
      failing: [{ path: '/x', line: 4, sentence }],
    };
    const finding = daemonFindings({ ...status, routingTests }).at(-1);
    assert.equal(finding?.sentence, `1 of 3 tests does not hold. ${sentence}.`);
  });

  it('[A23] says which model was chosen by hand, and how that ends', () => {
    const override = {
      model: 'claude-opus',
      scope: 'always',
      conversationId: null,
      expiresAtMs: null,
    } as const;
    const [finding] = daemonFindings({ ...status, override });
    assert.match(
      finding?.sentence ?? '',
      /^Every request goes to claude-opus, because you chose it\. "Clear the/,
    );
  });

  it('has no remedy to offer where everything is well', () => {
    assert.ok(daemonFindings(emptyStatus()).every(({ remedy, tone }) => remedy === null && tone === 'good'));
  });
});
