import assert from 'node:assert/strict';

import { writtenCallId } from '../../../../../daemon/dialects/openai-chat/call-ids.ts';

describe('openai-chat call-ids [A5]', () => {
  it('leaves ids of up to 40 characters alone and shortens longer ones, the same way every time', () => {
    const written = writtenCallId(undefined);
    assert.equal(written('functions.bash:0'), 'functions.bash:0');
    assert.equal(written('x'.repeat(40)), 'x'.repeat(40));
    assert.match(written('x'.repeat(41)), /^call_[0-9A-Za-z]{24}$/);
    assert.equal(written('x'.repeat(41)), written('x'.repeat(41)));
    assert.notEqual(written('x'.repeat(41)), written('x'.repeat(42)));
  });

  it('makes nine letters and digits where the model insists on them', () => {
    const written = writtenCallId({ toolCallIds: 'alphanumeric-9' });
    assert.equal(written('abcDEF123'), 'abcDEF123');
    assert.match(written('call_1'), /^[0-9A-Za-z]{9}$/);
    const ids = Array.from({ length: 2000 }, (_, index) => written(`call_${index}`));
    assert.equal(new Set(ids).size, ids.length);
  });
});
