// The reader that does not parse what repeats, held against the parser and decoder that read everything.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

import * as fc from 'fast-check';

import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { anthropicMessages } from '../../../../daemon/dialects/anthropic-messages/dialect.ts';
import type { Dialect } from '../../../../daemon/dialects/dialect.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { openAiResponses } from '../../../../daemon/dialects/openai-responses/dialect.ts';
import { createSseParser } from '../../../../daemon/dialects/sse-parser.ts';
import { PieceReader } from '../../../../daemon/upstream/piece-reader.ts';

const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

const chat = (content: string, more: object = {}): string =>
  data({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more });

const claude = (type: string, more: object): string => `event: ${type}\n${data({ type, index: 0, ...more })}`;
const claudeText = (text: string): string =>
  claude('content_block_delta', { delta: { type: 'text_delta', text } });
const CLAUDE_OPENING = claude('content_block_start', { content_block: { type: 'text', text: '' } });

const response = (delta: string, more: object = {}): string =>
  data({
    type: 'response.output_text.delta',
    item_id: 'i',
    output_index: 0,
    content_index: 0,
    delta,
    ...more,
  });
const responseDone = (text: string): string =>
  data({ type: 'response.output_text.done', item_id: 'i', output_index: 0, content_index: 0, text });

const CALL = data({
  type: 'response.output_item.added',
  output_index: 1,
  item: { type: 'function_call', id: 'f', call_id: 'f', name: 'n' },
});
const callDone = (input: string): string =>
  data({ type: 'response.function_call_arguments.done', item_id: 'f', output_index: 1, arguments: input });

interface Read {
  readonly events: readonly StreamEvent[];
  readonly pieces: number;
}

function readByTheBook(dialect: Dialect, text: string): readonly StreamEvent[] {
  const decoder = dialect.createStreamDecoder();
  const events: StreamEvent[] = [];
  for (const frame of createSseParser().push(Buffer.from(text, 'latin1'))) {
    const given = decoder.push(frame);
    const failure = given.find((event) => event.type === 'response-failed');
    if (failure !== undefined) return [...events, failure];
    events.push(...given);
  }
  return [...events, ...decoder.end()];
}

/** `chunks`: bytes as characters. */
function read(dialect: Dialect, chunks: readonly string[], mergesWords: boolean): Read {
  const decoder = dialect.createStreamDecoder();
  const reader = new PieceReader(decoder, { mergesWords });
  const events: StreamEvent[] = [];
  let pieces = 0;
  for (const chunk of chunks) {
    const batch = reader.push(Buffer.from(chunk, 'latin1'));
    pieces += batch?.pieces.length ?? 0;
    for (const piece of batch?.pieces ?? []) events.push(...piece.events);
    if (batch?.failure == null) continue;
    return { events: [...events, { type: 'response-failed', failure: batch.failure.failure }], pieces };
  }
  return { events: [...events, ...decoder.end()], pieces };
}

function inOne(events: readonly StreamEvent[]): readonly StreamEvent[] {
  const all: StreamEvent[] = [];
  for (const event of events) {
    const last = all.at(-1);
    if (last !== undefined && 'delta' in last && 'delta' in event && last.type === event.type) {
      if (last.id === event.id) all[all.length - 1] = { ...last, delta: last.delta + event.delta };
      else all.push(event);
    } else all.push(event);
  }
  return all;
}

const bytes = (text: string): string => Buffer.from(text).toString('latin1');

function assertReadAlike(dialect: Dialect, text: string, chunks: readonly string[] = [text]): void {
  const expected = readByTheBook(dialect, text);
  assert.deepEqual(read(dialect, chunks, false).events, expected);
  assert.deepEqual(inOne(read(dialect, chunks, true).events), inOne(expected));
}

describe('a stream whose frames repeat', () => {
  it('is one piece for all that carry on the words, and has an event for each where they are not merged', () => {
    const text = Array.from({ length: 100 }, (_, index) => chat(`word${index} `)).join('');
    const merged = read(openAiChat, [text], true);
    // The first opens the answer, the second is learnt from.
    assert.equal(merged.pieces, 3);
    assert.equal(merged.events.filter(({ type }) => type === 'text-delta').length, 3);
    const each = read(openAiChat, [text], false);
    assert.equal(each.pieces, 3);
    assert.equal(each.events.filter(({ type }) => type === 'text-delta').length, 100);
    assertReadAlike(openAiChat, text);
  });

  it('is recognised read by read, when each frame comes alone', () => {
    const frames = Array.from({ length: 20 }, (_, index) => chat(`word${index} `));
    assertReadAlike(openAiChat, frames.join(''), frames);
  });

  it('is recognised in spite of padding and counts that no decoder reads', () => {
    const padded = Array.from({ length: 50 }, (_, index) =>
      response(`w${index} `, { obfuscation: 'x'.repeat(index % 7), sequence_number: index + 8 }),
    ).join('');
    assert.equal(read(openAiResponses, [padded], true).pieces, 3);
    assertReadAlike(openAiResponses, padded);
    const spaced = [CLAUDE_OPENING, claudeText('a'), claudeText('b').replace('}}', '}  }')].join('');
    const spaces = Array.from({ length: 30 }, (_, index) =>
      claudeText(`w${index} `).replace('}}', `}${' '.repeat(1 + (index % 5))}}`),
    );
    assert.equal(read(anthropicMessages, [spaced + spaces.join('')], true).pieces, 3);
    assertReadAlike(anthropicMessages, spaced + spaces.join(''));
  });

  it('gives the words as they are meant: escapes, other scripts, halves of a character', () => {
    const words = [
      'plain',
      'a "quoted" word',
      'tab\t and \n line',
      'ümläut',
      '日本語',
      '\\',
      '\ud83d\ude00',
      '\u0000',
    ];
    const spelled = ['\\ud83d', '\\ude00', '\\u00e9', '\\/'].map((one) => chat('_').replace('_', one));
    const text = bytes([chat('a'), chat('b'), ...words.map((word) => chat(word)), ...spelled].join(''));
    assertReadAlike(openAiChat, text);
    assert.equal(read(openAiChat, [text], true).pieces, 3);
  });

  it('keeps what the decoder compares with the end: words that were given out do not come again', () => {
    const text = [response('one '), response('two '), response('three'), responseDone('one two three')].join(
      '',
    );
    assertReadAlike(openAiResponses, text);
  });

  const STRANGE: readonly (readonly [what: string, dialect: Dialect, frames: readonly string[]])[] = [
    ['another choice', openAiChat, [chat('c').replace('"index":0', '"index":1')]],
    ['no words', openAiChat, [chat('')]],
    ['an end', openAiChat, [chat('c').replace('null', '"stop"'), chat('behind')]],
    ['an error', openAiChat, [chat('c', { error: { message: 'no' } }), chat('behind')]],
    ['usage', openAiChat, [chat('c', { usage: { prompt_tokens: 1, completion_tokens: 2 } })]],
    ['broken JSON', openAiChat, [chat('_').replace('_', 'a\u0001b')]],
    ['a string that ends early', openAiChat, [chat('_').replace('_', 'a","role":"x')]],
    ['a wrong escape', openAiChat, [chat('_').replace('_', '\\x')]],
    ['a number that is none', openAiResponses, [response('c', { sequence_number: 9 }).replace(':9', ':09')]],
    ['a line end of another kind', openAiChat, [chat('c').replaceAll('\n', '\r\n'), chat('d')]],
    ['a comment between', openAiChat, [': ping\n\n', chat('c')]],
    [
      'the words of another member',
      openAiChat,
      [': p\n\n', chat('c'), chat('c').replace('"id":"c"', '"id":"zz"')],
    ],
    ['a summary instead of words', openAiResponses, [responseDone('abc'), responseDone('abcd')]],
    ['the whole input of a call, twice', openAiResponses, [CALL, callDone('ab'), callDone('abc')]],
    ['words behind the end', openAiResponses, [response('c'), responseDone('abx'), response('d')]],
  ];
  for (const [what, dialect, frames] of STRANGE) {
    it(`is read by the book where a frame differs: ${what}`, () => {
      const one = dialect === openAiChat ? chat : (words: string) => response(words, { sequence_number: 7 });
      assertReadAlike(dialect, bytes([one('a'), one('b'), ...frames, one('y'), one('z')].join('')));
    });
  }

  it('is read by the book where its words are needed again for a seal', () => {
    const detail = (text: string, more: object = {}): string => {
      const details = [{ type: 'reasoning.text', text, index: 0, ...more }];
      return data({ id: 'c', choices: [{ index: 0, delta: { reasoning_details: details } }] });
    };
    const frames = [detail('a'), detail('b'), detail('d'), detail('e', { signature: 's' }), chat('x')];
    assert.match(JSON.stringify(readByTheBook(openAiChat, frames.join(''))), /abde/u);
    assertReadAlike(openAiChat, frames.join(''));
  });

  it('is read alike whatever byte is another one, and however it is cut', () => {
    const pools: readonly (readonly [Dialect, readonly string[]])[] = [
      [openAiChat, [chat('a'), chat('word '), chat('w"\n'), chat('ü'), 'data: [DONE]\n\n', ': c\n\n']],
      [
        anthropicMessages,
        [CLAUDE_OPENING, claudeText('a'), claudeText('b c'), claudeText('d').replace('}}', '} }')],
      ],
      [openAiResponses, [response('a'), response('bc', { obfuscation: 'x' }), responseDone('abc')]],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...pools),
        fc.array(fc.nat(), { minLength: 4, maxLength: 12 }),
        fc.option(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })),
        fc.array(fc.nat(), { maxLength: 4 }),
        ([dialect, pool], picks, change, cuts) => {
          let text = bytes(picks.map((pick) => pool[pick % pool.length] ?? '').join(''));
          if (change !== null) {
            const at = change.at % text.length;
            text = text.slice(0, at) + String.fromCharCode(change.byte) + text.slice(at + 1);
          }
          const ends = [...cuts.map((cut) => cut % text.length), text.length].toSorted((a, b) => a - b);
          const chunks = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
          const expected = readByTheBook(dialect, text);
          return (
            isDeepStrictEqual(read(dialect, chunks, false).events, expected) &&
            isDeepStrictEqual(inOne(read(dialect, chunks, true).events), inOne(expected))
          );
        },
      ),
      { numRuns: 1500 },
    );
  });
});
