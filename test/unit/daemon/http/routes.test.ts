import assert from 'node:assert/strict';

import type { RouterError } from '../../../../daemon/errors.ts';
import type { Route } from '../../../../daemon/http/request-context.ts';
import { createRouteTable } from '../../../../daemon/http/routes.ts';

const route = (methods: readonly string[], pattern: string): Route => ({
  methods,
  pattern,
  kind: 'quick',
  handle: () => {},
});

const table = createRouteTable([
  route(['GET'], '/'),
  route(['POST'], '/v1/chat/completions'),
  route(['GET'], '/v1/models'),
  route(['GET'], '/v1/models/*'),
  route(['HEAD'], '/api/hello'),
]);

function found(method: string, path: string): readonly [string, string] {
  const match = table.match(method, path);
  assert.ok('route' in match, `${method} ${path} was not found`);
  return [match.route.pattern, match.tail];
}

function missed(method: string, path: string): { readonly error: RouterError; readonly allow?: string } {
  const match = table.match(method, path);
  assert.ok('error' in match, `${method} ${path} was found`);
  return match;
}

describe('route table', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['GET', '/', '/', ''],
    ['HEAD', '/', '/', ''],
    ['HEAD', '/api/hello', '/api/hello', ''],
    ['POST', '/v1/chat/completions', '/v1/chat/completions', ''],
    ['POST', '/v1/chat/completions/', '/v1/chat/completions', ''],
    ['GET', '/v1/models', '/v1/models', ''],
    ['GET', '/v1/models/', '/v1/models', ''],
    ['GET', '/v1/models/auto', '/v1/models/*', 'auto'],
    ['GET', '/v1/models/auto:budget', '/v1/models/*', 'auto:budget'],
    ['GET', '/v1/models/exact/a/b', '/v1/models/*', 'exact/a/b'],
    ['GET', '/v1/models/exact%2Fa', '/v1/models/*', 'exact/a'],
    ['GET', '/v1/models/100%', '/v1/models/*', '100%'],
    ['GET', '/v1/models/__proto__', '/v1/models/*', '__proto__'],
  ];
  for (const [method, path, pattern, tail] of cases) {
    it(`sends ${method} ${path} to ${pattern}`, () => {
      assert.deepEqual(found(method, path), [pattern, tail]);
    });
  }

  for (const path of [
    '/v1/nothing',
    '/V1/models',
    '/v1/chat/completions/x',
    '/constructor',
    '//',
    '',
    '/v1/chat%2Fcompletions',
  ]) {
    it(`answers 404 for "${path}" and names what it serves`, () => {
      const { error, allow } = missed('POST', path);
      assert.equal(error.statusCode, 404);
      assert.equal(allow, undefined);
      assert.match(error.message, /POST \/v1\/chat\/completions, GET \/v1\/models, GET \/v1\/models\/:id/);
    });
  }

  it('names the endpoints of the prefix that was asked under', () => {
    const { error } = missed('POST', '/api/generate');
    assert.match(error.message, /one of: HEAD \/api\/hello$/);
  });

  for (const [method, path, allow] of [
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/models', 'GET, HEAD'],
    ['POST', '/v1/models/x', 'GET, HEAD'],
    ['GET', '/api/hello', 'HEAD'],
  ] as const) {
    it(`answers 405 with allow for ${method} ${path}`, () => {
      const match = missed(method, path);
      assert.equal(match.error.statusCode, 405);
      assert.equal(match.allow, allow);
    });
  }
});
