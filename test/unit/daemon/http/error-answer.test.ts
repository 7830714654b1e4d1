import assert from 'node:assert/strict';

import type { Dialect } from '../../../../daemon/dialects/dialect.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { createErrorShapes } from '../../../../daemon/http/error-answer.ts';
import { errorDialect } from '../../../support/front-door.ts';

const NO_HEADERS: ReadonlyMap<string, string> = new Map();
const ANTHROPIC: ReadonlyMap<string, string> = new Map([['anthropic-version', '2023-06-01']]);
const error = (statusCode: number): RouterError =>
  new RouterError('request.malformed', 'the sentence', { statusCode });

const shapes = createErrorShapes({ dialectOf: () => undefined, openAi: errorDialect });
const bodyFor = (path: string, statusCode: number, headers = NO_HEADERS): unknown =>
  shapes(path, headers)(error(statusCode)).body;

describe('error shapes', () => {
  it('keeps the status of the error in every shape', () => {
    for (const path of ['/v1/x', '/v1/messages', '/v1beta/x', '/api/x', '/pointsman/v1/x', '/']) {
      assert.equal(shapes(path, NO_HEADERS)(error(418)).statusCode, 418);
    }
  });

  for (const [statusCode, type] of [
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [405, 'invalid_request_error'],
    [413, 'request_too_large'],
    [415, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [503, 'overloaded_error'],
    [529, 'overloaded_error'],
  ] as const) {
    it(`calls ${statusCode} ${type} towards Anthropic clients`, () => {
      assert.deepEqual(bodyFor('/v1/messages', statusCode), {
        type: 'error',
        error: { type, message: 'the sentence' },
      });
    });
  }

  for (const [statusCode, status] of [
    [400, 'INVALID_ARGUMENT'],
    [401, 'UNAUTHENTICATED'],
    [404, 'NOT_FOUND'],
    [405, 'INVALID_ARGUMENT'],
    [503, 'UNAVAILABLE'],
    [504, 'INTERNAL'],
  ] as const) {
    it(`calls ${statusCode} ${status} towards Gemini clients`, () => {
      assert.deepEqual(bodyFor('/v1beta/models/m:generateContent', statusCode), {
        error: { code: statusCode, message: 'the sentence', status },
      });
    });
  }

  it('gives Ollama clients a bare sentence', () => {
    assert.deepEqual(bodyFor('/api/chat', 404), { error: 'the sentence' });
  });

  for (const path of ['/v1/chat/completions', '/v1/responses', '/v1/models', '/v1/anything']) {
    it(`gives ${path} the OpenAI shape`, () => {
      assert.deepEqual(bodyFor(path, 404), errorDialect.encodeError(error(404)).body);
    });
  }

  it('gives shared paths the Anthropic shape when the client says that it is one of Anthropic', () => {
    assert.equal((bodyFor('/v1/models', 404, ANTHROPIC) as { type: string }).type, 'error');
  });

  for (const path of ['/pointsman/v1/status', '/', '/healthz', '/chat/completions', 'http://x/']) {
    it(`gives ${path} the shape of the control API`, () => {
      assert.deepEqual(bodyFor(path, 404), { error: { code: 'request.malformed', message: 'the sentence' } });
    });
  }

  it('leaves a path to its own dialect as soon as there is one', () => {
    const own = {
      id: 'anthropic-messages',
      encodeError: () => ({ statusCode: 299, body: {} }),
    } as unknown as Dialect;
    const later = createErrorShapes({
      dialectOf: (path) => (path === '/v1/messages' ? own : undefined),
      openAi: errorDialect,
    });
    assert.equal(later('/v1/messages', NO_HEADERS)(error(400)).statusCode, 299);
    assert.equal(later('/v1/messages/unknown', NO_HEADERS)(error(400)).statusCode, 299);
    assert.equal(later('/v1/models', ANTHROPIC)(error(400)).statusCode, 299);
  });
});
