import assert from 'node:assert/strict';

import { messageChecksums } from '../../../../daemon/conversation/message-checksums.ts';
import type { Role } from '../../../../daemon/conversation/request.ts';

interface Sent {
  readonly role: Role;
  readonly isToolResult?: boolean;
  readonly wire: object;
}

function checksums(...messages: readonly Sent[]): ReturnType<typeof messageChecksums> {
  return messageChecksums({
    outline: messages.map(({ role, isToolResult = false }) => ({
      role,
      isToolResult,
      bytes: 0,
      hasImage: false,
      hasToolCall: false,
    })),
    messageBytes: (index) => Buffer.from(JSON.stringify(messages[index]?.wire)),
  });
}

const MARK = { cache_control: { type: 'ephemeral' } };

function result(text: string, mark: object = {}): Sent {
  const part = { type: 'tool_result', tool_use_id: 't', content: text, ...mark };
  return { role: 'user', isToolResult: true, wire: { role: 'user', content: [part] } };
}

const said = (text: string): Sent => ({ role: 'assistant', wire: { role: 'assistant', content: text } });

describe('messageChecksums', () => {
  it('runs alike as long as two conversations are alike', () => {
    const one = checksums(said('a'), said('b'), said('c')).running;
    const other = checksums(said('a'), said('b'), said('x'), said('c')).running;
    assert.deepEqual(one.slice(0, 2), other.slice(0, 2));
    assert.notEqual(one[2], other[2]);
    assert.notEqual(one[2], other[3]);
  });

  it('counts the order of messages, and who said them', () => {
    const user: Sent = { role: 'tool', wire: said('a').wire };
    assert.notEqual(checksums(said('a'), said('b')).running[1], checksums(said('b'), said('a')).running[1]);
    assert.notEqual(checksums(user).running[0], checksums(said('a')).running[0]);
  });

  it('leaves marks for the prompt cache out at every length', () => {
    for (let length = 2800; length < 3800; length += 7) {
      const text = 'x'.repeat(length);
      assert.deepEqual(checksums(result(text, MARK)), checksums(result(text)), `${length}`);
    }
  });

  it('tells long messages apart by both ends', () => {
    const long = 'y'.repeat(9000);
    const found = [long, `a${long}`, `${long}a`].map((text) => checksums(result(text)).running[0]);
    assert.equal(new Set(found).size, 3);
  });

  it('takes one text for the same as a string and as a part', () => {
    const asPart = { role: 'user', content: [{ type: 'text', text: 'hi "you"', ...MARK }] };
    const asString = { role: 'user', content: 'hi "you"' };
    const twoParts = { role: 'user', content: [...asPart.content, { type: 'text', text: 'hi' }] };
    const of = (wire: object): unknown => checksums({ role: 'user', wire });
    assert.deepEqual(of(asPart), of(asString));
    assert.notDeepEqual(of(twoParts), of(asString));
  });

  it('leaves out what the program of the assistant says', () => {
    const note: Sent = { role: 'system', wire: { role: 'system', content: 'today' } };
    assert.deepEqual(checksums(note, said('a'), note), checksums(said('a')));
  });
});
