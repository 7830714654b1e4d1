import assert from 'node:assert/strict';
import { AttemptError, isOurBug, transportFailure } from '../../../../daemon/upstream/transport-failure.ts';

function coded(code: string, more: object = {}): Error {
  return Object.assign(new Error('low level'), { code }, more);
}

describe('transportFailure', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['ECONNREFUSED', /nothing listens/],
    ['ENOTFOUND', /host name is not known/],
    ['EAI_AGAIN', /cannot be resolved/],
    ['CERT_HAS_EXPIRED', /certificate has expired/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another host name/],
    ['UND_ERR_CONNECT_TIMEOUT', /too long to accept/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /TLS failed with ERR_SSL/],
    ['EWHATEVER', /failed with EWHATEVER/],
  ];
  for (const [code, message] of cases) {
    it(`[A30] says ${code} before the headers in a sentence that names the provider`, () => {
      const failure = transportFailure(coded(code), 'acme', 'before-head');
      assert.equal(failure.kind, 'connect');
      assert.match(failure.message, message);
      assert.match(failure.message, /^cannot reach acme: /);
      assert.doesNotMatch(failure.message, /low level/);
    });
  }

  it('knows that a certificate does not get better by being looked at again', () => {
    for (const code of [
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ]) {
      assert.equal(transportFailure(coded(code), 'acme', 'before-head').isLasting, true);
    }
    assert.equal(transportFailure(coded('ECONNREFUSED'), 'acme', 'before-head').isLasting, undefined);
  });

  it('takes a break inside the body for an invalid answer', () => {
    const failure = transportFailure(coded('ECONNRESET'), 'acme', 'in-body');
    assert.deepEqual(failure, {
      kind: 'invalid-response',
      message: 'the answer of acme broke off: it reset the connection',
    });
  });

  it('takes headers without bound for an invalid answer', () => {
    assert.equal(
      transportFailure(coded('UND_ERR_HEADERS_OVERFLOW'), 'acme', 'before-head').kind,
      'invalid-response',
    );
  });

  it('looks into the causes and the collected errors of a connection', () => {
    const wrapped = new Error('outer', { cause: new AggregateError([coded('ECONNREFUSED')]) });
    assert.match(transportFailure(wrapped, 'acme', 'before-head').message, /nothing listens/);
  });

  it('has a sentence for an answer that our own decoder cannot read', () => {
    assert.equal(
      transportFailure(new TypeError('x is not a function'), 'acme', 'in-body').message,
      'what acme answered cannot be read',
    );
  });

  it('keeps a failure that is known already', () => {
    const known = { kind: 'overloaded', statusCode: 529, message: 'm', retryAfterMs: 5 } as const;
    assert.deepEqual(transportFailure(AttemptError.of(known), 'acme', 'in-body'), known);
  });
});

describe('isOurBug', () => {
  it('tells a bug from what a network can do', () => {
    assert.equal(isOurBug(new TypeError('x')), true);
    assert.equal(isOurBug(coded('ECONNRESET')), false);
    assert.equal(isOurBug(new AttemptError('auth', 'm')), false);
    assert.equal(isOurBug('text'), true);
  });
});
