import assert from 'node:assert/strict';

import { maskSecrets } from '../../../../daemon/connect/mask-secrets.ts';

describe('masking the secrets of a configuration file', () => {
  const MASKED: readonly (readonly [text: string, shown: string])[] = [
    ['"apiKey": "abcdef-123456"', '"apiKey": "…"'],
    ['api_key = "hello world 1"', 'api_key = "…"'],
    ["openai-api-key: 'plain-but-long'", "openai-api-key: '…'"],
    ['OPENAI_API_KEY=plainbutlong1234', 'OPENAI_API_KEY=…'],
    ['export MY_TOKEN=plainbutlong1234 # x', 'export MY_TOKEN=… # x'],
    ['"url": "https://x.example/sk-1234567890abcdefgh"', '"url": "https://x.example/…"'],
    ['"password": "hunter"', '"password": "…"'],
    ['"password":"correct horse"', '"password":"…"'],
  ];
  for (const [text, shown] of MASKED) {
    it(`hides the value of ${text}`, () => assert.equal(maskSecrets(text, []), shown));
  }

  for (const text of [
    '"maxTokens": 4096',
    'max_tokens = 100000',
    '"apiKey": "{env:X}"',
    '"tokenizer": "o200k_base"',
    'env_key = "OPENAI_API_KEY"',
    '"tokenSource": "manual"',
  ]) {
    it(`shows ${text}`, () => assert.equal(maskSecrets(text, []), text));
  }

  it('hides what it is told to hide, wherever it stands', () => {
    assert.equal(maskSecrets('url: http://h/k/qwertyuiop/v1', ['qwertyuiop']), 'url: http://h/k/…/v1');
  });
});
