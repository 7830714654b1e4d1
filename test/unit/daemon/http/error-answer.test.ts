import assert from 'node:assert/strict';

import { errorDialectFor } from '../../../../daemon/dialects/registry.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { createErrorShapes } from '../../../../daemon/http/error-answer.ts';

const NO_HEADERS: ReadonlyMap<string, string> = new Map();
const ANTHROPIC: ReadonlyMap<string, string> = new Map([['anthropic-version', '2023-06-01']]);
const error = (statusCode: number): RouterError =>
  new RouterError('request.malformed', 'the sentence', { statusCode });

const shapes = createErrorShapes(errorDialectFor);
const bodyFor = (path: string, statusCode: number, headers = NO_HEADERS): unknown =>
  shapes(path, headers)(error(statusCode)).body;
const textFor = (path: string, headers = NO_HEADERS): string => JSON.stringify(bodyFor(path, 404, headers));

describe('error shapes', () => {
  it('keeps the status of the error in every shape', () => {
    for (const path of ['/v1/x', '/v1/messages', '/v1beta/x', '/api/x', '/pointsman/v1/x', '/']) {
      assert.equal(shapes(path, NO_HEADERS)(error(418)).statusCode, 418);
    }
  });

  for (const path of ['/v1/messages', '/v1/messages/count_tokens', '/v1/messages/unknown']) {
    it(`gives ${path} the Anthropic shape`, () => {
      const { type, error: inner } = bodyFor(path, 404) as { type: string; error: { message: string } };
      assert.equal(type, 'error');
      assert.equal(inner.message, 'the sentence');
    });
  }

  for (const path of ['/v1beta/models/m:generateContent', '/v1beta/nothing']) {
    it(`gives ${path} the shape of Google`, () => {
      const { error: inner } = bodyFor(path, 400) as { error: { code: number; status: string } };
      assert.equal(inner.code, 400);
      assert.equal(inner.status, 'INVALID_ARGUMENT');
    });
  }

  for (const path of ['/api/chat', '/api/nothing']) {
    it(`gives ${path} the bare sentence of Ollama`, () => {
      assert.equal((bodyFor(path, 404) as { error: string }).error, 'the sentence');
    });
  }

  for (const path of ['/v1/chat/completions', '/v1/responses', '/v1/models', '/v1/anything']) {
    it(`gives ${path} the OpenAI shape`, () => {
      const { error: inner } = bodyFor(path, 404) as { error: { message: string; type: string } };
      assert.equal(inner.message, 'the sentence');
      assert.equal(inner.type, 'invalid_request_error');
    });
  }

  it('gives shared paths the Anthropic shape when the client says that it is one of Anthropic', () => {
    assert.match(textFor('/v1/models', ANTHROPIC), /^\{"type":"error"/);
    assert.doesNotMatch(textFor('/v1/models'), /^\{"type":"error"/);
    assert.doesNotMatch(textFor('/v1/responses', ANTHROPIC), /^\{"type":"error"/);
  });

  for (const path of ['/pointsman/v1/status', '/', '/healthz', '/chat/completions', 'http://x/']) {
    it(`gives ${path} the shape of the control API`, () => {
      assert.deepEqual(bodyFor(path, 404), { error: { code: 'request.malformed', message: 'the sentence' } });
    });
  }
});
