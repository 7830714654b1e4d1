import assert from 'node:assert/strict';
import { statusLines } from '../../../../daemon/cli/status.ts';
import type { StatusBody } from '../../../../daemon/protocol/control-api.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const MODEL = {
  id: 'small',
  provider: 'p',
  upstreamModel: 'up-small',
  tier: 'simple',
  usable: true,
  health: 'ok',
  retryAtMs: null,
  inputUsdPerMtok: 0.25,
  outputUsdPerMtok: 1.5,
  priceAsOf: '2026-11-21',
  priceAgeDays: 0,
  contextTokens: 128_000,
  maxOutputTokens: 16_000,
  supports: ['tools'],
  tokenizerFactor: 1,
  priceSource: 'https://example.com/prices',
} as const;
const STATUS: StatusBody = {
  version: '0.1.0',
  protocolVersion: 1,
  pid: 7,
  startedAt: new Date(NOW_MS - 3_725_000).toISOString(),
  url: 'http://127.0.0.1:7411',
  home: '/home/u/pointsman',
  providers: [{ name: 'p', usable: true, why: 'key from file p.key', health: 'ok', retryAtMs: null }],
  knownProviders: ['openai'],
  models: [MODEL],
  priceList: { version: '2026-11-21', ageDays: 0, staleModels: [], unpricedModels: [] },
  override: null,
  profile: 'balanced',
  baseline: 'small',
  config: { path: '/home/u/pointsman/config.jsonc', valid: true, error: null },
  routingTests: { files: [], tests: 0, failingCount: 0, failing: [], notes: [] },
  ledger: { path: '/home/u/pointsman/ledger.db', rows: 1, ok: true, error: null },
};

function textOf(changes: Partial<StatusBody> = {}): string {
  return statusLines({ ...STATUS, ...changes }, NOW_MS).join('\n');
}

describe('status for a person', () => {
  it('says where, who and how long in the first line', () => {
    assert.equal(
      statusLines(STATUS, NOW_MS)[0],
      'pointsman 0.1.0 at http://127.0.0.1:7411, pid 7, up 1 h 2 min',
    );
  });

  it('writes spans of time in their two largest units', () => {
    const upFor = (ms: number): string =>
      /up (.*)/.exec(textOf({ startedAt: new Date(NOW_MS - ms).toISOString() }))?.[1] ?? '';
    assert.deepEqual([0, 59_000, 60_000, 3_599_000, 86_399_000, 90_000_000].map(upFor), [
      '0 s',
      '59 s',
      '1 min 0 s',
      '59 min 59 s',
      '23 h 59 min',
      '1 d 1 h',
    ]);
  });

  it('makes a rejected configuration stand out, with its reason', () => {
    const config = { ...STATUS.config, valid: false, error: 'config.jsonc line 2: basline' };
    assert.match(textOf({ config }), /config\.jsonc is NOT in force: config\.jsonc line 2: basline/);
  });

  it('makes books that cannot be written stand out', () => {
    const ledger = { ...STATUS.ledger, ok: false, error: 'disk full' };
    assert.match(textOf({ ledger }), /ledger\.db, 1 request; NOT WRITING: disk full/);
  });

  it('tells an override, its scope and how long it lasts', () => {
    const override = { model: 'large', scope: 'always', conversationId: null, expiresAtMs: null } as const;
    assert.match(textOf({ override }), /^override +large \(always\)$/m);
    const ending = { ...override, expiresAtMs: NOW_MS + 90_000 };
    assert.match(textOf({ override: ending }), /^override +large \(always, for 1 min 30 s more\)$/m);
  });

  it('tells a provider that is out from one that cannot be used', () => {
    const providers = [
      { name: 'a', usable: true, why: 'small 529', health: 'ejected', retryAtMs: NOW_MS + 5000 },
      { name: 'b', usable: false, why: 'no key', health: 'ok', retryAtMs: null },
      { name: 'c', usable: true, why: 'key refused', health: 'ejected', retryAtMs: null },
    ] as const;
    const text = textOf({ providers });
    assert.match(text, /^a +OUT, tried again in 5 s +small 529$/m);
    assert.match(text, /^b +UNUSABLE +no key$/m);
    assert.match(text, /^c +OUT +key refused$/m);
  });

  it('says "unpriced" where nothing is known of a price, never 0', () => {
    const model = { ...MODEL, inputUsdPerMtok: null, outputUsdPerMtok: null, priceAsOf: null };
    assert.match(textOf({ models: [model] }), /^small +p +simple +ok +unpriced +unpriced +-$/m);
  });

  it('tells how old the price list is, and which prices are older than a month', () => {
    assert.match(textOf(), /^prices +list of 2026-11-21, 0 days old$/m);
    assert.match(textOf(), /^small .* 2026-11-21, 0 days old$/m);
    const priceList = { version: '2026-11-20', ageDays: 1, staleModels: ['a', 'b'], unpricedModels: [] };
    assert.match(textOf({ priceList }), /^prices +list of 2026-11-20, 1 day old; older than a month: a, b$/m);
  });

  it('says what to do when there is no provider', () => {
    assert.match(textOf({ providers: [], models: [], baseline: null }), /OPENAI_API_KEY.*config file$/);
  });
});
