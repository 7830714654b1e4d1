import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { RouterError } from '../../../../daemon/errors.ts';
import { NO_CONTROLS, readControls } from '../../../../daemon/pipeline/request-controls.ts';

function read(headers: Readonly<Record<string, string>>, query = ''): ReturnType<typeof readControls> {
  return readControls({ headers: new Map(Object.entries(headers)), query: new URLSearchParams(query) });
}

function refusal(headers: Readonly<Record<string, string>>, query = ''): RouterError {
  try {
    read(headers, query);
  } catch (error) {
    assert.ok(error instanceof RouterError);
    return error;
  }
  throw new Error('it was accepted');
}

describe('the controls of a request', () => {
  it('are none without headers and query', () => {
    assert.deepEqual(read({}), NO_CONTROLS);
  });

  it('are none for empty values, which scripts send for unset variables', () => {
    const names = ['model', 'profile', 'max-cost-usd', 'cache', 'workspace', 'metadata'];
    const headers = Object.fromEntries(names.map((name) => [`x-pointsman-${name}`, '  ']));
    assert.deepEqual(read(headers, 'model='), NO_CONTROLS);
  });

  it('[A21] [A23] are read from headers and query', () => {
    const headers = {
      'x-pointsman-model': ' large ',
      'x-pointsman-profile': 'Budget',
      'x-pointsman-max-cost-usd': '0.02',
      'x-pointsman-cache': 'off',
      'x-pointsman-workspace': 'billing-api',
      'x-pointsman-allow-dearer': '1',
      'x-pointsman-metadata': 'body',
    };
    assert.deepEqual(read(headers, 'model=small&beta=true'), {
      policy: { headerModel: 'large', queryModel: 'small', profile: 'budget', maxCostUsd: 0.02 },
      initiator: null,
      bypassCache: true,
      allowsDearer: true,
      workspaceId: 'billing-api',
      metadata: 'body',
    });
  });

  it('take a highest cost of 0 as a cost', () => {
    assert.equal(read({ 'x-pointsman-max-cost-usd': '0' }).policy.maxCostUsd, 0);
  });

  it('keep the cache when told so', () => {
    assert.equal(read({ 'x-pointsman-cache': 'on' }).bypassCache, false);
  });

  for (const [name, value, hint] of [
    ['x-pointsman-profile', 'cheapest', /budget, balanced, quality/],
    ['x-pointsman-cache', 'no', /off, on/],
    ['x-pointsman-metadata', 'both', /body, headers/],
    ['x-pointsman-max-cost-usd', 'two cents', /0\.02/],
    ['x-pointsman-max-cost-usd', '-1', /0\.02/],
    ['x-pointsman-max-cost-usd', 'Infinity', /0\.02/],
    ['x-pointsman-max-cost-usd', 'NaN', /0\.02/],
    ['x-pointsman-model', 'm'.repeat(257), /shorten/],
    ['x-pointsman-workspace', 'w'.repeat(257), /shorten/],
  ] as const) {
    it(`refuse ${name}: ${value.slice(0, 12)} by name, saying what to do`, () => {
      const error = refusal({ [name]: value });
      assert.deepEqual([error.code, error.param], ['request.malformed', name]);
      assert.match(error.message, hint);
      assert.ok(error.message.startsWith(name));
    });
  }

  it('take the name of a workspace in any script', () => {
    const sent = (bytes: Buffer): string => bytes.toString('latin1'); // as Node hands headers over
    const of = (value: string): string | null => read({ 'x-pointsman-workspace': value }).workspaceId;
    assert.equal(of(sent(Buffer.from('проект é'))), 'проект é');
    assert.equal(of(sent(Buffer.from([0x63, 0xe9]))), 'cé');
  });

  it('refuse a model name in the query that is too long', () => {
    assert.equal(refusal({}, `model=${'m'.repeat(257)}`).param, '?model=');
  });

  it('are read or refused as malformed for any values', () => {
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('body', 'off', 'quality', '1e-3', '0x10', '__proto__'),
    );
    const names = ['model', 'profile', 'max-cost-usd', 'cache', 'workspace', 'metadata'];
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, text) => {
        try {
          const { maxCostUsd } = read({ [`x-pointsman-${name}`]: text }).policy;
          assert.ok(maxCostUsd === null || (Number.isFinite(maxCostUsd) && maxCostUsd >= 0));
        } catch (error) {
          assert.ok(error instanceof RouterError && error.code === 'request.malformed');
        }
      }),
    );
  });
});
