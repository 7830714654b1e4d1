import assert from 'node:assert/strict';

import { decodeResponse } from '../../../../../daemon/dialects/google-generate/decode-response.ts';
import { brief, chunk } from './google-support.ts';

describe('google-generate plain answers', () => {
  it('are read like one large chunk, usage last', () => {
    const usageMetadata = { promptTokenCount: 5, toolUsePromptTokenCount: 2, candidatesTokenCount: 1 };
    const events = decodeResponse(
      chunk([{ text: 'a' }, { functionCall: { name: 'f' } }], 'STOP', { usageMetadata }),
    );
    assert.deepEqual(brief(events).slice(-3), ['choice-end 0 tool-calls "STOP"', 'usage 7 0 0 1 0', 'end']);
  });

  it('end also where nobody says why', () => {
    assert.deepEqual(brief(decodeResponse(chunk([{ text: 'a' }]))).slice(-2), [
      'choice-end 0 stop ""',
      'end',
    ]);
  });

  it('fail when they are an error in disguise, or no answer', () => {
    assert.deepEqual(
      brief(decodeResponse({ error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT' } })),
      ['failed rejected: no'],
    );
    assert.deepEqual(brief(decodeResponse({})), ['failed invalid-response: the answer has no candidates']);
  });
});
