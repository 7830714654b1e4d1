import assert from 'node:assert/strict';

import { decodeFailure, encodeError } from '../../../../../daemon/dialects/google-generate/errors.ts';
import { RouterError } from '../../../../../daemon/errors.ts';

const kindOf = (code: number, error: object | string): string =>
  decodeFailure(code, typeof error === 'string' ? error : JSON.stringify({ error: { code, ...error } })).kind;

describe('google-generate errors', () => {
  it('of ours have the form of Google, with our code and the time to wait', () => {
    const error = new RouterError('budget.exceeded', 'the budget is used up', {
      retryAfterMs: 1500,
      param: 'model',
    });
    assert.deepEqual(encodeError(error), {
      statusCode: 429,
      body: {
        error: {
          code: 429,
          message: 'the budget is used up',
          status: 'RESOURCE_EXHAUSTED',
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
              reason: 'BUDGET_EXCEEDED',
              domain: 'pointsman',
              metadata: { code: 'budget.exceeded', param: 'model' },
            },
            { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' },
          ],
        },
      },
    });
  });

  it('of Google have a kind each', () => {
    const bad = { status: 'INVALID_ARGUMENT' };
    assert.equal(kindOf(402, { status: 'RESOURCE_EXHAUSTED', message: 'no credit' }), 'quota');
    assert.equal(kindOf(400, { ...bad, message: 'Please use a valid role' }), 'rejected');
    assert.equal(
      kindOf(400, {
        ...bad,
        message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      }),
      'context-length',
    );
    assert.equal(kindOf(400, { ...bad, message: 'API key not valid. Please pass a valid API key.' }), 'auth');
    assert.equal(kindOf(400, { ...bad, message: 'x', details: [{ reason: 'API_KEY_INVALID' }] }), 'auth');
    assert.equal(
      kindOf(400, { status: 'FAILED_PRECONDITION', message: 'User location is not supported' }),
      'auth',
    );
    assert.equal(kindOf(403, { status: 'PERMISSION_DENIED' }), 'auth');
    assert.equal(kindOf(404, { status: 'NOT_FOUND' }), 'model-not-found');
    assert.equal(kindOf(429, { status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' }), 'rate-limited');
    assert.equal(
      kindOf(429, { status: 'RESOURCE_EXHAUSTED', message: 'Your prepayment credits are depleted.' }),
      'quota',
    );
    assert.equal(kindOf(503, { status: 'UNAVAILABLE' }), 'overloaded');
    assert.equal(kindOf(504, { status: 'DEADLINE_EXCEEDED' }), 'timeout');
    assert.equal(kindOf(500, { status: 'INTERNAL' }), 'server-error');
  });

  it('of a proxy in between are told by their status', () => {
    assert.deepEqual(
      [401, 402, 404, 413, 429, 502, 503].map((code) => kindOf(code, '<html>')),
      ['auth', 'quota', 'model-not-found', 'context-length', 'rate-limited', 'server-error', 'overloaded'],
    );
    assert.equal(decodeFailure(502, '').message, 'no reason given');
  });

  it('say how long to wait, and nothing absurd', () => {
    const waitOf = (retryDelay: string) =>
      decodeFailure(429, JSON.stringify({ error: { details: [{ retryDelay }] } })).retryAfterMs;
    assert.equal(waitOf('34.4s'), 34_400);
    assert.equal(waitOf('-1s'), undefined);
    assert.equal(waitOf('99999999999999s'), undefined);
  });

  it('are short and hold no key', () => {
    const { message } = decodeFailure(
      400,
      JSON.stringify({
        error: { message: `key AIzaSyA1234567890abcdefghijklmnopqrstuv ${'x'.repeat(900)}` },
      }),
    );
    assert.ok(message.length <= 500);
    assert.ok(!message.includes('AIzaSyA1234567890abcdefghijklmnopqrstuv'), message);
  });
});
