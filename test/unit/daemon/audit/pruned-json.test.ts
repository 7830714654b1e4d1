import assert from 'node:assert/strict';
import { parsePruned } from '../../../../daemon/audit/pruned-json.ts';

const GIANT = 'x'.repeat(400_000);

describe('a line with giants in it', () => {
  it('keeps the words beside a picture', () => {
    const content = [
      { type: 'image', source: { type: 'base64', data: GIANT } },
      { type: 'text', text: 'what is this?' },
    ];
    const line = Buffer.from(JSON.stringify({ type: 'user', message: { content }, tail: [1, 2] }));
    assert.deepEqual(parsePruned(line), {
      type: 'user',
      message: { content: [{ type: 'image', source: { type: 'base64', data: '' } }, content[1]] },
      tail: [1, 2],
    });
  });

  it('is nothing when it is broken', () => {
    const text = JSON.stringify({ message: { content: GIANT } });
    assert.equal(parsePruned(Buffer.from(text.slice(0, -1))), undefined);
    assert.equal(parsePruned(Buffer.from('['.repeat(300_000))), undefined);
  });

  it('is nothing when it is no object', () => {
    for (const text of ['5', '[]', 'null', 'x']) assert.equal(parsePruned(Buffer.from(text)), undefined);
  });
});
