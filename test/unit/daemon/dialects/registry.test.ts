import assert from 'node:assert/strict';

import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import {
  clientDialectOf,
  clientDialects,
  dialectForPath,
  likelyDialectOf,
  upstreamDialectOf,
  upstreamDialects,
  wirePaths,
} from '../../../../daemon/dialects/registry.ts';

describe('dialect registry', () => {
  it('knows a dialect by its id, on either side', () => {
    for (const dialect of upstreamDialects) assert.equal(upstreamDialectOf(dialect.id), dialect);
    for (const dialect of clientDialects) assert.equal(clientDialectOf(dialect.id), dialect);
  });

  it('[A1] serves chat completions where OpenAI does', () => {
    assert.equal(dialectForPath('/v1/chat/completions'), openAiChat);
  });

  it('names no dialect for any other path', () => {
    for (const path of ['/', '/v1', '/v1/chat/completions/', '__proto__'])
      assert.equal(dialectForPath(path), undefined);
  });

  it('has a dialect for each path that it lists, each for clients', () => {
    for (const [path, dialect] of wirePaths) {
      assert.equal(dialectForPath(path.replace('*', 'm:generateContent')), dialect);
      assert.equal(clientDialectOf(dialect.id), dialect);
    }
  });

  it('throws for a dialect that no provider speaks', () => {
    assert.throws(() => upstreamDialectOf('ollama-chat'), /not spoken to providers/);
  });

  for (const [dialect, body] of [
    ['google-generate', { contents: [] }],
    ['openai-responses', { input: 'x' }],
    ['anthropic-messages', { system: 'x', messages: [] }],
    ['anthropic-messages', { messages: [], tools: [{ name: 'f', input_schema: {} }] }],
    ['openai-chat', { messages: [], tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['openai-chat', {}],
  ] as const) {
    it(`takes ${JSON.stringify(body)} for ${dialect}`, () => {
      assert.equal(likelyDialectOf(body), dialect);
    });
  }
});
