import assert from 'node:assert/strict';

import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { dialectForPath, dialectOf, dialects, wirePaths } from '../../../../daemon/dialects/registry.ts';

describe('dialect registry', () => {
  it('knows a dialect by its id', () => {
    for (const dialect of dialects) assert.equal(dialectOf(dialect.id), dialect);
  });

  it('[A1] serves chat completions where OpenAI does', () => {
    assert.equal(dialectForPath('/v1/chat/completions'), openAiChat);
  });

  it('names no dialect for any other path', () => {
    for (const path of ['/', '/v1', '/v1/chat/completions/', '__proto__'])
      assert.equal(dialectForPath(path), undefined);
  });

  it('has a dialect for each path that it lists', () => {
    for (const [path, dialect] of wirePaths) assert.equal(dialectForPath(path), dialect);
  });

  it('throws for a dialect that is not built in', () => {
    const missing = (['openai-responses', 'anthropic-messages'] as const).find(
      (id) => !dialects.some((dialect) => dialect.id === id),
    );
    if (missing !== undefined) assert.throws(() => dialectOf(missing), /not built in/);
  });
});
