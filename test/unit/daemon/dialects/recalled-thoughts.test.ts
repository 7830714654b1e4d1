import assert from 'node:assert/strict';

import type { ContentPart, Message } from '../../../../daemon/conversation/request.ts';
import type { RecalledThought, SignedHistory } from '../../../../daemon/conversation/seal.ts';
import type { EncodeTarget } from '../../../../daemon/dialects/dialect.ts';
import { Losses } from '../../../../daemon/dialects/losses.ts';
import { withOwnThoughts, withRecalled } from '../../../../daemon/dialects/recalled-thoughts.ts';

const text = (said: string): ContentPart => ({ type: 'text', text: said });
const thought = (said: string, value?: string): Extract<ContentPart, { type: 'reasoning' }> => ({
  type: 'reasoning',
  text: said,
  ...(value === undefined ? {} : { seal: { kind: 'encrypted-reasoning', value } }),
});
const assistant = (...content: ContentPart[]): Message => ({ role: 'assistant', content });

function historyOf(...recalled: RecalledThought[]): SignedHistory {
  return { maker: 'p/m', owns: () => true, recall: () => recalled };
}

describe('dialects/recalled-thoughts', () => {
  it('[B5] puts sealed thoughts back in their places, in order', () => {
    const history = historyOf(
      { beforePart: 0, part: thought('a', '1') },
      { beforePart: 0, part: thought('b', '2') },
      { beforePart: 9, part: thought('c', '3') },
    );
    assert.deepEqual(withRecalled(assistant(text('x'), text('y')), history).content, [
      thought('a', '1'),
      thought('b', '2'),
      text('x'),
      text('y'),
      thought('c', '3'),
    ]);
  });

  it('[B5] takes the readable copies of them out, and no other sealed thought', () => {
    const history = historyOf({ beforePart: 0, part: thought('a', '1') });
    const message = assistant(thought('a'), text('x'), thought('b', 'of another'));
    assert.deepEqual(withRecalled(message, history).content, [
      thought('a', '1'),
      text('x'),
      thought('b', 'of another'),
    ]);
  });

  it('leaves messages alone that nothing is recalled for', () => {
    const message = assistant(thought('a'), text('x'));
    assert.equal(withRecalled(message, historyOf()), message);
    assert.equal(withRecalled(message, undefined), message);
    const asked: Message = { role: 'user', content: [text('x')] };
    assert.equal(withRecalled(asked, historyOf({ beforePart: 0, part: thought('a', '1') })), asked);
  });

  it('[B5] leaves the thoughts of other models out, says so, and counts no copy as lost', () => {
    const history: SignedHistory = {
      maker: 'p/m',
      owns: ({ value }) => value === '1',
      recall: () => [{ beforePart: 0, part: thought('a', '1') }],
    };
    const dialect = 'openai-responses';
    const target: EncodeTarget = { dialect, upstreamModel: 'm', maxOutputTokens: 1000, history };
    const losses = new Losses();
    const own = withOwnThoughts(assistant(thought('a'), text('x')), target, losses);
    assert.deepEqual(own.content, [thought('a', '1'), text('x')]);
    assert.deepEqual(losses.list(), []);
    const mixed = withOwnThoughts(assistant(text('x'), thought('b', 'of another')), target, losses);
    assert.deepEqual(mixed.content, [thought('a', '1'), text('x')]);
    assert.deepEqual(losses.list(), ['thoughts of another model were left out']);
  });
});
