import assert from 'node:assert/strict';

import {
  decodeFailure,
  encodeError,
  failureOf,
} from '../../../../../daemon/dialects/anthropic-messages/errors.ts';
import { RouterError, STATUS_BY_CODE } from '../../../../../daemon/errors.ts';
import type { ErrorCode } from '../../../../../daemon/protocol/vocabulary.ts';

const wire = (type: string, message: string) => JSON.stringify({ type: 'error', error: { type, message } });
const kindOf = (statusCode: number, type: string, message: string) =>
  decodeFailure(statusCode, wire(type, message)).kind;

describe('anthropic-messages errors', () => {
  it('shapes our errors as Anthropic does', () => {
    const { statusCode, body } = encodeError(new RouterError('auth.missing', 'a token is missing'));
    assert.equal(statusCode, 401);
    assert.deepEqual(body, {
      type: 'error',
      error: { type: 'authentication_error', message: 'a token is missing' },
    });
  });

  it('has a type of Anthropic for every code', () => {
    const types: Partial<Record<ErrorCode, string>> = {};
    for (const code of Object.keys(STATUS_BY_CODE) as ErrorCode[]) {
      const { error } = encodeError(new RouterError(code, 'x')).body as { error: { type: string } };
      types[code] = error.type;
    }
    assert.deepEqual(types, {
      'request.malformed': 'invalid_request_error',
      'request.unsupported': 'invalid_request_error',
      'request.too_large': 'request_too_large',
      'request.not_found': 'not_found_error',
      'auth.missing': 'authentication_error',
      'auth.forbidden': 'permission_error',
      'model.unknown': 'not_found_error',
      'privacy.refused': 'permission_error',
      'route.no_eligible_target': 'api_error',
      'budget.exceeded': 'billing_error',
      'upstream.rejected': 'invalid_request_error',
      'upstream.all_failed': 'api_error',
      'upstream.stream_interrupted': 'api_error',
      'client.closed': 'invalid_request_error',
      'config.invalid': 'invalid_request_error',
      'router.overloaded': 'overloaded_error',
      'router.shutting_down': 'overloaded_error',
      'router.internal': 'api_error',
    });
  });

  it('goes by the status that an upstream failure brings with it', () => {
    const typeOf = (statusCode: number) =>
      (
        encodeError(new RouterError('upstream.all_failed', 'x', { statusCode })).body['error'] as {
          type: string;
        }
      ).type;
    assert.deepEqual([429, 504, 529, 521, 418].map(typeOf), [
      'rate_limit_error',
      'timeout_error',
      'overloaded_error',
      'api_error',
      'invalid_request_error',
    ]);
  });

  it('tells the kind of a failure by its type', () => {
    assert.equal(kindOf(401, 'authentication_error', 'invalid x-api-key'), 'auth');
    assert.equal(kindOf(402, 'billing_error', 'pay'), 'quota');
    assert.equal(kindOf(403, 'permission_error', 'no'), 'auth');
    assert.equal(kindOf(404, 'not_found_error', 'model: claude-sonet'), 'model-not-found');
    assert.equal(kindOf(413, 'request_too_large', 'too many bytes'), 'context-length');
    assert.equal(kindOf(429, 'rate_limit_error', 'slow down'), 'rate-limited');
    assert.equal(kindOf(500, 'api_error', 'oops'), 'server-error');
    assert.equal(kindOf(504, 'timeout_error', 'late'), 'timeout');
    assert.equal(kindOf(529, 'overloaded_error', 'Overloaded'), 'overloaded');
  });

  it('tells the causes of an invalid_request_error apart by its sentence', () => {
    const invalid = (message: string) => kindOf(400, 'invalid_request_error', message);
    assert.equal(invalid('prompt is too long: 208310 tokens > 200000 maximum'), 'context-length');
    assert.equal(
      invalid('input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000'),
      'context-length',
    );
    assert.equal(invalid('Your credit balance is too low to access the Anthropic API.'), 'quota');
    assert.equal(invalid('You have reached your specified API usage limits.'), 'quota');
    assert.equal(invalid('messages.0.content: Input should be a valid list'), 'rejected');
  });

  it('goes by the status when the body says nothing', () => {
    const kinds = [401, 402, 404, 408, 409, 413, 429, 500, 502, 503, 529].map(
      (statusCode) => decodeFailure(statusCode, '<html>nginx</html>').kind,
    );
    assert.deepEqual(kinds, [
      'auth',
      'quota',
      'model-not-found',
      'timeout',
      'rejected',
      'context-length',
      'rate-limited',
      'server-error',
      'server-error',
      'overloaded',
      'overloaded',
    ]);
    assert.equal(decodeFailure(500, '').message, 'no reason given');
  });

  it('gives an error without a status the one of its type', () => {
    const statusOf = (type: string) => failureOf({ type: 'error', error: { type, message: 'x' } }).statusCode;
    assert.deepEqual(
      ['overloaded_error', 'rate_limit_error', 'invalid_request_error', 'odd'].map(statusOf),
      [529, 429, 400, 500],
    );
  });

  it('takes the sentence from wherever a gateway puts it', () => {
    assert.equal(decodeFailure(400, '{"error":"bad model"}').message, 'bad model');
    assert.equal(decodeFailure(400, '{"message":"bad field"}').message, 'bad field');
    assert.equal(decodeFailure(400, '{"error":{"code":7}}').message, '{"error":{"code":7}}');
  });

  it('cuts long sentences and takes keys out of them', () => {
    const { message } = decodeFailure(
      401,
      wire('authentication_error', `sk-ant-${'a'.repeat(40)} ${'x'.repeat(900)}`),
    );
    assert.ok(message.length <= 500);
    assert.ok(!message.includes('sk-ant-aaaa'));
  });
});
