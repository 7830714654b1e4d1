import assert from 'node:assert/strict';

import type { AttemptFailure } from '../../../../daemon/conversation/attempt-failure.ts';
import { decodeFailure, failureOf } from '../../../../daemon/dialects/openai-errors.ts';
import { allFailed } from '../../../../daemon/upstream/exhausted.ts';

/** Status that a client gets when one target failed so. */
function statusAfter(...failures: readonly AttemptFailure[]): number {
  const attempts = failures.map((failure, index) => ({
    target: { id: `m${index}`, provider: `p${index}`, upstreamModel: `u${index}` },
    failure,
  }));
  return allFailed(attempts, [], { outage: () => null }).statusCode;
}

const failure = (kind: AttemptFailure['kind'], statusCode?: number): AttemptFailure => ({
  kind,
  message: 'x',
  ...(statusCode === undefined ? {} : { statusCode }),
});

describe('upstream/exhausted: the status of a chain that failed', () => {
  it('is the last one that tells the client something true', () => {
    assert.equal(statusAfter(failure('overloaded', 529), failure('connect')), 529);
    assert.equal(statusAfter(failure('server-error', 500), failure('overloaded', 503)), 503);
    assert.equal(statusAfter(failure('server-error', 504)), 504);
    assert.equal(statusAfter(failure('connect')), 502);
    assert.equal(statusAfter(failure('timeout')), 504);
    assert.equal(statusAfter(failure('auth', 401)), 502);
    assert.equal(statusAfter(failure('context-length', 413)), 413);
  });

  it('names the key that was refused by its end', () => {
    const target = { id: 'm', provider: 'p', upstreamModel: 'u' };
    const refused = { ...failure('auth', 401), keyEnding: 'wxyz' };
    const { message } = allFailed([{ target, failure: refused }], [], { outage: () => null });
    assert.match(message, /^the only attempt failed: m auth \(401, the key that ends in wxyz\)/);
  });

  for (const [code, statusCode] of [
    ['rate_limit_exceeded', 429],
    ['overloaded_error', 503],
    ['context_length_exceeded', 400],
    ['server_error', 500],
  ] as const) {
    it(`is ${statusCode} for ${code} in a stream, which has no status of its own`, () => {
      assert.equal(statusAfter(failureOf({ error: { code, message: 'x' } })), statusCode);
    });
  }

  it('is the one of the provider where it sent one', () => {
    const body = JSON.stringify({ error: { code: 'context_length_exceeded', message: 'x' } });
    assert.equal(statusAfter(decodeFailure(422, body)), 422);
  });
});
