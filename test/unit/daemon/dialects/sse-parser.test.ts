import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { createSseParser, MAX_EVENT_BYTES } from '../../../../daemon/dialects/sse-parser.ts';
import type { SseFrame } from '../../../../daemon/dialects/sse-parser.ts';
import { RouterError } from '../../../../daemon/errors.ts';

interface Parsed {
  readonly frames: readonly SseFrame[];
  readonly rest: Buffer;
}

function parse(chunks: readonly (Buffer | string)[], flush = true): Parsed {
  const parser = createSseParser();
  const frames = chunks.flatMap((chunk) => parser.push(Buffer.from(chunk)));
  if (flush) frames.push(...parser.flush());
  return { frames, rest: parser.rest() };
}

const contents = (frames: readonly SseFrame[]) => frames.map(({ event, data }) => [event, data]);

const bytesOf = ({ frames, rest }: Parsed) => Buffer.concat([...frames.map((frame) => frame.raw), rest]);

/** `bytes` cut at the given offsets, in any order and with repeats. */
function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const bounds = [
    0,
    ...offsets.map((offset) => offset % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
}

describe('sse-parser', () => {
  it('splits a stream into events with their exact bytes', () => {
    const { frames, rest } = parse(['event: delta\ndata: {"a":1}\n\ndata: two\n\n']);
    assert.deepEqual(contents(frames), [
      ['delta', '{"a":1}'],
      ['', 'two'],
    ]);
    assert.deepEqual(
      frames.map((frame) => frame.raw.toString()),
      ['event: delta\ndata: {"a":1}\n\n', 'data: two\n\n'],
    );
    assert.equal(rest.length, 0);
  });

  for (const [name, end] of [
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ] as const) {
    it(`ends lines at ${name}`, () => {
      const text = `event: a${end}data: 1${end}data: 2${end}${end}data: 3${end}${end}`;
      assert.deepEqual(contents(parse([text]).frames), [
        ['a', '1\n2'],
        ['', '3'],
      ]);
    });
  }

  it('takes a line feed that comes in the next chunk as part of the same line end', () => {
    const { frames } = parse(['data: 1\r\n\r', '\ndata: 2\r', '\n\r\n']);
    assert.deepEqual(
      frames.map((frame) => frame.raw.toString()),
      ['data: 1\r\n\r\n', 'data: 2\r\n\r\n'],
    );
  });

  it('gives comments, unknown fields and stray blank lines out as events without data', () => {
    const { frames } = parse([': ping\n\nid: 7\nretry: 10\ndatax: no\nevents: no\n\n\ndata: 1\n\n']);
    assert.deepEqual(contents(frames), [
      ['', ''],
      ['', ''],
      ['', ''],
      ['', '1'],
    ]);
  });

  it('takes one space off a value, and a field without a colon as empty', () => {
    const { frames } = parse([
      'data:  two spaces\n\ndata:none\n\ndata\n\ndata:\ndata: \n\nevent\ndata: x\n\n',
    ]);
    assert.deepEqual(contents(frames), [
      ['', ' two spaces'],
      ['', 'none'],
      ['', ''],
      ['', '\n'],
      ['', 'x'],
    ]);
  });

  it('reads past a byte order mark and keeps it in the bytes', () => {
    const parsed = parse(['\ufeffdata: 1\n\ndata: 2\n\n']);
    assert.deepEqual(contents(parsed.frames), [
      ['', '1'],
      ['', '2'],
    ]);
    assert.equal(parsed.frames[0]?.raw[0], 0xef);
  });

  it('shares memory with the chunk when an event lies in one', () => {
    const chunk = Buffer.from('data: 1\n\ndata: 2\n\n');
    for (const frame of createSseParser().push(chunk)) assert.equal(frame.raw.buffer, chunk.buffer);
  });

  it('holds an event back until its blank line is there', () => {
    const parser = createSseParser();
    assert.deepEqual(parser.push(Buffer.from('data: 1\n')), []);
    assert.deepEqual(parser.push(Buffer.alloc(0)), []);
    assert.equal(parser.rest().toString(), 'data: 1\n');
    assert.equal(parser.push(Buffer.from('\n')).length, 1);
    assert.equal(parser.rest().length, 0);
  });

  it('gives out at the end an event that only lacks its blank line', () => {
    for (const last of [
      'data: [DONE]',
      'data: [DONE]\n',
      'event: x\r\ndata: {"a":1}\r\n',
      'data: {"a":1}',
      'data: x\r\r',
    ]) {
      const parsed = parse(['data: 1\n\n', last]);
      assert.equal(parsed.frames.length, 2, last);
      assert.equal(parsed.frames[1]?.raw.toString(), last);
      assert.equal(parsed.rest.length, 0);
    }
  });

  it('never gives out a torn event', () => {
    for (const last of [
      'data: {"a":1',
      'data: [DON',
      'event: done\n',
      'event: done',
      'data: "text',
      ': comment',
      'dat',
    ]) {
      const parsed = parse(['data: 1\n\n', last]);
      assert.equal(parsed.frames.length, 1, last);
      assert.equal(parsed.rest.toString(), last);
    }
  });

  it('has nothing to give out at the end of a whole stream', () => {
    assert.equal(parse(['data: 1\n\n']).frames.length, 1);
  });

  it('gives up an event that outgrows the bound, in one chunk or in many', () => {
    const isGivenUp = (error: unknown) =>
      error instanceof RouterError && error.code === 'upstream.stream_interrupted';
    const big = Buffer.alloc(MAX_EVENT_BYTES + 1, 'x');
    assert.throws(() => createSseParser().push(big), isGivenUp);
    assert.throws(() => createSseParser().push(Buffer.concat([big, Buffer.from('\n\n')])), isGivenUp);
    const parser = createSseParser(100);
    parser.push(Buffer.alloc(60, 'x'));
    assert.throws(() => parser.push(Buffer.alloc(60, 'x')), isGivenUp);
    const many = createSseParser(100);
    for (let round = 0; round < 50; round += 1)
      assert.equal(many.push(Buffer.from('data: 123456789\n\n')).length, 1);
  });

  it('walks a large event in small pieces and a large chunk of short lines without quadratic work', () => {
    // Each of these takes minutes when any step looks at the whole again; mocha's time limit would end them.
    const parser = createSseParser();
    const piece = Buffer.alloc(16, 'x');
    parser.push(Buffer.from('data: '));
    for (let bytes = 0; bytes < 4_000_000; bytes += 16) parser.push(piece);
    assert.equal(parser.push(Buffer.from('\n\n'))[0]?.data.length, 4_000_000);
    for (const text of ['x\n', 'x\r', 'data: x\r', ':\n']) {
      const lines = Buffer.from(`${text.repeat(400_000)}\n\n`);
      assert.ok(createSseParser().push(lines).length > 0);
    }
  });

  it('finds the same events however the bytes are cut, and loses no byte', () => {
    const line = fc.constantFrom(
      'data: é😀{"a":1}',
      'data:',
      'event: x',
      ': c',
      'id',
      '',
      'data: \u2028',
      'x',
    );
    const text = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r', '\n\n')), { maxLength: 12 })
      .map((lines) => lines.map(([content, end]) => content + end).join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 10 }), (stream, offsets) => {
        const bytes = Buffer.from(stream);
        const whole = parse([bytes]);
        const torn = parse(cut(bytes, offsets));
        const drip = parse([...bytes].map((byte) => Buffer.of(byte)));
        assert.deepEqual(torn, whole);
        assert.deepEqual(drip, whole);
        assert.deepEqual(bytesOf(whole), bytes);
      }),
      { numRuns: 1_000 },
    );
  });
});
