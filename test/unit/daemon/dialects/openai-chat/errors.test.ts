import assert from 'node:assert/strict';

import { decodeFailure, encodeError, failureOf } from '../../../../../daemon/dialects/openai-chat/errors.ts';
import { RouterError } from '../../../../../daemon/errors.ts';
import type { FailureKind } from '../../../../../daemon/protocol/vocabulary.ts';

const kindOf = (statusCode: number, body: unknown) => decodeFailure(statusCode, JSON.stringify(body)).kind;
const withCode = (statusCode: number, code: string | number) =>
  kindOf(statusCode, { error: { message: 'm', code } });

describe('openai-chat errors to the client', () => {
  it('[A28] have the shape that the official SDK reads', () => {
    assert.deepEqual(
      encodeError(new RouterError('request.malformed', 'n must be a number', { param: 'n' })),
      {
        statusCode: 400,
        body: {
          error: {
            message: 'n must be a number',
            type: 'invalid_request_error',
            param: 'n',
            code: 'request.malformed',
          },
        },
      },
    );
  });

  it('keep the status that the error carries', () => {
    const error = new RouterError('upstream.all_failed', 'all 3 models failed', { statusCode: 529 });
    const { statusCode, body } = encodeError(error);
    assert.equal(statusCode, 529);
    assert.deepEqual(body['error'], {
      message: 'all 3 models failed',
      type: 'server_error',
      param: null,
      code: 'upstream.all_failed',
    });
  });

  it("use OpenAI's own code where clients act on it", () => {
    const codeOf = (code: 'auth.missing' | 'model.unknown' | 'budget.exceeded') =>
      (encodeError(new RouterError(code, 'm')).body['error'] as { code: string }).code;
    assert.equal(codeOf('auth.missing'), 'invalid_api_key');
    assert.equal(codeOf('model.unknown'), 'model_not_found');
    assert.equal(codeOf('budget.exceeded'), 'insufficient_quota');
  });

  it('hold nothing of the cause', () => {
    const error = new RouterError('router.internal', 'm', { cause: new Error('secret') });
    assert.ok(!JSON.stringify(encodeError(error)).includes('secret'));
  });
});

describe('openai-chat failures of providers', () => {
  const byStatus: readonly (readonly [number, FailureKind])[] = [
    [400, 'rejected'],
    [401, 'auth'],
    [402, 'quota'],
    [403, 'auth'],
    [404, 'model-not-found'],
    [405, 'rejected'],
    [408, 'timeout'],
    [409, 'rejected'],
    [413, 'context-length'],
    [422, 'rejected'],
    [429, 'rate-limited'],
    [500, 'server-error'],
    [502, 'server-error'],
    [503, 'overloaded'],
    [504, 'timeout'],
    [524, 'timeout'],
    [529, 'overloaded'],
  ];
  for (const [statusCode, kind] of byStatus) {
    it(`[A30] take ${statusCode} for ${kind} when the body says nothing else`, () => {
      assert.equal(kindOf(statusCode, { error: { message: 'm', type: null, code: null } }), kind);
      assert.equal(decodeFailure(statusCode, '').kind, kind);
      assert.equal(decodeFailure(statusCode, '<html>no</html>').kind, kind);
    });
  }

  const byCode: readonly (readonly [number, string | number, FailureKind])[] = [
    [400, 'context_length_exceeded', 'context-length'],
    [400, 'exceed_context_size_error', 'context-length'],
    [400, 1261, 'context-length'],
    [429, 'insufficient_quota', 'quota'],
    [429, '1113', 'quota'],
    [400, 'Arrearage', 'quota'],
    [400, 'invalid_model', 'model-not-found'],
    [404, 'DeploymentNotFound', 'model-not-found'],
    [400, 'model_decommissioned', 'model-not-found'],
    [400, 'invalid_api_key', 'auth'],
    [400, 'content_filter', 'refusal'],
    [400, 'data_inspection_failed', 'refusal'],
    [429, 'engine_overloaded_error', 'overloaded'],
    [500, 'overloaded_error', 'overloaded'],
    [400, 'rate_limit_exceeded', 'rate-limited'],
    [413, 'rate_limit_exceeded', 'context-length'],
  ];
  for (const [statusCode, code, kind] of byCode) {
    it(`take ${statusCode} ${code} for ${kind}, as code or as type`, () => {
      assert.equal(withCode(statusCode, code), kind);
      assert.equal(kindOf(statusCode, { error: { message: 'm', type: code } }), kind);
    });
  }

  it('know a conversation that is too long from its sentence where the code says nothing', () => {
    for (const message of [
      "This model's maximum context length is 1048565 tokens.",
      'Invalid request: Your request exceeded model token limit: 262144',
      '<400> InternalError: Range of input length should be [1, 129024]',
      'the request exceeds the available context size',
    ]) {
      assert.equal(
        kindOf(400, { error: { message, code: 'invalid_request_error' } }),
        'context-length',
        message,
      );
      assert.equal(kindOf(429, { error: { message } }), 'rate-limited', 'only for a refusal of the request');
    }
  });

  it('tell flagged input from a refused key', () => {
    assert.equal(
      kindOf(403, { error: { code: 403, message: 'm', metadata: { reasons: ['x'] } } }),
      'refusal',
    );
    assert.equal(
      kindOf(403, { error: { code: 403, message: 'm', metadata: { flagged_input: 'x' } } }),
      'refusal',
    );
    assert.equal(kindOf(403, { error: { code: 403, message: 'm', metadata: {} } }), 'auth');
  });

  it('read the sentence in every shape that providers use', () => {
    const sentence = (body: unknown) => decodeFailure(400, JSON.stringify(body)).message;
    assert.equal(sentence({ error: { message: 'a' } }), 'a');
    assert.equal(sentence({ error: 'a' }), 'a');
    assert.equal(sentence([{ error: { message: 'a', status: 'INVALID_ARGUMENT' } }]), 'a');
    assert.equal(sentence({ message: 'a', object: 'error' }), 'a');
    assert.equal(sentence({ detail: 'a' }), 'a');
    assert.equal(sentence({ detail: [{ msg: 'a' }] }), '[{"msg":"a"}]');
    assert.equal(
      sentence({ error: { message: 'Provider returned error', metadata: { raw: 'a' } } }),
      'Provider returned error: a',
    );
    assert.equal(sentence({ odd: 1 }), '{"odd":1}');
    assert.equal(decodeFailure(502, ' <html> ').message, '<html>');
    assert.equal(decodeFailure(502, ' ').message, 'no reason given');
  });

  it('cut long sentences and take keys out of them', () => {
    assert.equal(decodeFailure(500, 'x'.repeat(10_000)).message.length, 500);
    const key = `sk-${'a1'.repeat(20)}`;
    assert.ok(
      !decodeFailure(
        401,
        JSON.stringify({ error: { message: `Incorrect API key: ${key}` } }),
      ).message.includes('a1a1'),
    );
  });

  it('keep the status of an HTTP error', () => {
    assert.equal(decodeFailure(418, '{}').statusCode, 418);
  });

  it('find the status of an error that came with 200', () => {
    const inside = (error: object) => {
      const { kind, statusCode } = failureOf({ error: { message: 'm', ...error } });
      return [kind, statusCode];
    };
    assert.deepEqual(inside({ status_code: 400, code: 'tool_use_failed' }), ['rejected', 400]);
    assert.deepEqual(inside({ code: 429 }), ['rate-limited', 429]);
    assert.deepEqual(inside({ code: '503' }), ['overloaded', 503]);
    assert.deepEqual(inside({ status: 402, code: 'x' }), ['quota', 402]);
    assert.deepEqual(inside({ type: 'invalid_request_error' }), ['rejected', 400]);
    assert.deepEqual(inside({ type: 'overloaded_error' }), ['overloaded', 500]);
    assert.deepEqual(inside({}), ['server-error', 500]);
    assert.deepEqual(inside({ code: 7, innererror: { code: 'content_filter' } }), ['refusal', 500]);
  });
});
