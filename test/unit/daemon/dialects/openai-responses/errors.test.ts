import assert from 'node:assert/strict';

import {
  decodeFailure,
  encodeError,
  failureOf,
  responseFailure,
} from '../../../../../daemon/dialects/openai-responses/errors.ts';
import { RouterError } from '../../../../../daemon/errors.ts';

describe('openai-responses errors', () => {
  it('[A28] have the shape that the official SDK reads', () => {
    assert.deepEqual(
      encodeError(new RouterError('request.malformed', 'input is missing', { param: 'input' })),
      {
        statusCode: 400,
        body: {
          error: {
            message: 'input is missing',
            type: 'invalid_request_error',
            param: 'input',
            code: 'request.malformed',
          },
        },
      },
    );
  });

  it('of providers are told apart by code before status', () => {
    const kindOf = (status: number, code: string) =>
      decodeFailure(status, JSON.stringify({ error: { message: 'm', code } })).kind;
    assert.equal(kindOf(429, 'insufficient_quota'), 'quota');
    assert.equal(kindOf(429, 'usage_limit_reached'), 'quota');
    assert.equal(kindOf(500, 'slow_down'), 'overloaded');
    assert.equal(kindOf(400, 'cyber_policy'), 'refusal');
    assert.equal(kindOf(400, 'invalid_image'), 'rejected');
  });

  it('inside an answer blame the request only where the code does', () => {
    const kindOf = (code: string) => failureOf({ error: { code, message: 'm' } }).kind;
    assert.equal(kindOf('image_too_large'), 'rejected');
    assert.equal(kindOf('vector_store_timeout'), 'server-error');
    assert.equal(kindOf('never_heard_of'), 'server-error');
  });

  it('of an answer that failed are told even when it does not say why', () => {
    assert.equal(responseFailure({ error: { code: 'rate_limit_exceeded' } }, 'failed').kind, 'rate-limited');
    assert.equal(responseFailure({ error: null }, 'failed').kind, 'server-error');
    assert.equal(responseFailure({}, 'cancelled').kind, 'interrupted');
  });
});
