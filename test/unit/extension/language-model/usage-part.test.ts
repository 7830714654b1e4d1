import assert from 'node:assert/strict';

import { usagePart } from '../../../../extension/language-model/usage-part.ts';

const USAGE = { inputTokens: 10, cacheReadInputTokens: 80, cacheCreationInputTokens: 5, outputTokens: 7 };

describe('what Copilot Chat is told of usage', () => {
  it('[A51] counts what came out of caches as part of the prompt', () => {
    const part = usagePart('github.copilot-chat', USAGE);
    assert.equal(part?.mimeType, 'usage');
    assert.deepEqual(JSON.parse(new TextDecoder().decode(part?.data)), {
      prompt_tokens: 95,
      completion_tokens: 7,
      total_tokens: 102,
      prompt_tokens_details: { cached_tokens: 80 },
    });
  });

  it('is told to nobody else, who would not know what it is', () => {
    assert.equal(usagePart('someone.else', USAGE), null);
    assert.equal(usagePart(null, USAGE), null);
    assert.equal(usagePart('github.copilot-chat', null), null);
  });
});
