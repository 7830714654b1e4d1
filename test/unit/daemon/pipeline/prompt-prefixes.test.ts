import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { promptMarks, promptPrefixes } from '../../../../daemon/pipeline/prompt-prefixes.ts';
import { tinyRequest } from '../upstream/tiny-dialect.ts';

const OUTLINE = { role: 'user', bytes: 0, hasImage: false, isToolResult: false, hasToolCall: false } as const;

/** A request of these wire pieces, the tools first. */
function prefixesOf(pieces: readonly string[], inputTokens = 1000) {
  const [preamble = '', ...messages] = pieces;
  const request = tinyRequest({
    outline: messages.map(() => ({ ...OUTLINE })),
    preambleBytes: () => Buffer.from(preamble),
    messageBytes: (index) => Buffer.from(messages[index] ?? ''),
  });
  return promptPrefixes(promptMarks(request), inputTokens);
}

const hashes = (pieces: readonly string[]): readonly string[] => prefixesOf(pieces).map(({ hash }) => hash);

const anyPieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '1', ':', 'é'), maxLength: 6 }), {
  minLength: 1,
  maxLength: 6,
});

describe('the prefixes of a prompt', () => {
  it('are one for the tools and one for each message', () => {
    assert.deepEqual(
      prefixesOf(['tools', 'hello', '0123456789']).map(({ tokens }) => tokens),
      [250, 500, 1000],
    );
  });

  it('stay the same whatever follows', () => {
    fc.assert(
      fc.property(anyPieces, anyPieces, (pieces, more) => {
        assert.deepEqual(hashes([...pieces, ...more]).slice(0, pieces.length), hashes(pieces));
      }),
    );
  });

  it('differ from the first difference on', () => {
    fc.assert(
      fc.property(anyPieces, fc.nat(5), anyPieces, (pieces, position, more) => {
        const at = position % pieces.length;
        const changed = pieces.with(at, `${pieces[at]}!`);
        const [before, after] = [hashes([...pieces, ...more]), hashes([...changed, ...more])];
        assert.deepEqual(after.slice(0, at), before.slice(0, at));
        assert.ok(before.slice(at).every((hash, index) => hash !== after[at + index]));
      }),
    );
  });

  it('differ for different splits of the same bytes', () => {
    assert.notEqual(hashes(['', 'ab', 'c']).at(-1), hashes(['', 'a', 'bc']).at(-1));
    fc.assert(
      fc.property(anyPieces, anyPieces, (left, right) => {
        fc.pre(JSON.stringify(left) !== JSON.stringify(right));
        assert.notEqual(hashes(left).at(-1), hashes(right).at(-1));
      }),
    );
  });

  it('grow, and the last holds all tokens', () => {
    fc.assert(
      fc.property(anyPieces, fc.nat(1_000_000), (pieces, inputTokens) => {
        fc.pre(pieces.join('') !== '');
        const tokens = prefixesOf(pieces, inputTokens).map((prefix) => prefix.tokens);
        assert.deepEqual(
          tokens,
          tokens.toSorted((left, right) => left - right),
        );
        assert.equal(tokens.at(-1), inputTokens);
      }),
    );
  });

  it('are the same wherever a client marks them to be cached', () => {
    const plain = ['[{"name":"t"}]', '{"content":[{"type":"text","text":"a"}]}', '{"role":"user"}'];
    const mark = '"cache_control":{"type":"ephemeral","ttl":"1h"}';
    const marked = [
      `[{"name":"t", ${mark}}]`,
      `{"content":[{${mark},"type":"text","text":"a"}]}`,
      '{"role":"user","cache_control" : null}',
    ];
    assert.deepEqual(hashes(marked), hashes(plain));
  });

  it('differ when the words of a mark stand in a text', () => {
    const text = String.raw`{"content":"{\"a\":1,\"cache_control\":{\"type\":\"ephemeral\"}}"}`;
    assert.notDeepEqual(hashes(['', text]), hashes(['', String.raw`{"content":"{\"a\":1}"}`]));
  });

  it('hold nothing when the prompt has no bytes', () => {
    assert.deepEqual(
      prefixesOf(['', '']).map(({ tokens }) => tokens),
      [0, 0],
    );
  });
});
