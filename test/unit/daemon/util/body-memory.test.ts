// A body that is read from where it differs must come out exactly as one that is read whole: accepted or refused in the
// same words, with the same map, and with the same facts about its pieces.

import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { RouterError } from '../../../../daemon/errors.ts';
import { BodyMemory, earlierBody } from '../../../../daemon/util/body-memory.ts';
import type { ScanLimits } from '../../../../daemon/util/json-check.ts';
import { parseRequestBody, valueAt } from '../../../../daemon/util/json-scan.ts';
import { LatestPieces } from '../../../../daemon/util/latest-pieces.ts';
import { ByteSearch, PieceFacts } from '../../../../daemon/util/piece-facts.ts';
import type { RequestBody } from '../../../../daemon/util/request-body.ts';

/** Long enough to be kept, and to have enough in common. */
const system = 'You answer in short sentences. '.repeat(300);

const conversation = (texts: readonly unknown[], extra: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: 'auto',
      messages: [{ role: 'system', content: system }, ...texts],
      tools: Array.from({ length: 5 }, (_, index) => ({
        name: `tool_${index}`,
        about: system.slice(0, 400),
      })),
      ...extra,
    }),
  );

type Outcome = { readonly body: Omit<RequestBody, 'bytes'> } | { readonly refusal: string };

function outcomeOf(bytes: Buffer, memory?: BodyMemory, limits?: ScanLimits): Outcome {
  try {
    const { members, entries } = parseRequestBody(bytes, limits, memory);
    return { body: { members, entries } };
  } catch (error) {
    assert.ok(error instanceof RouterError);
    return { refusal: error.message };
  }
}

function assertSame(bytes: Buffer, memory: BodyMemory): void {
  assert.deepEqual(outcomeOf(bytes, memory), outcomeOf(bytes), bytes.toString('latin1').slice(-300));
}

/** One change somewhere in the bytes: cut out, put in, or replaced, with what matters to the grammar. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat({ max: 40 }),
  put: fc.oneof(
    fc.constantFrom(
      '',
      '"',
      '\\',
      ',',
      '{',
      '}',
      '[',
      ']',
      '1',
      '\u0001',
      '{"role":"user"},',
      ',"x":[1,2]',
      ' ',
    ),
    fc.json(),
  ),
});

const message = fc.oneof(
  fc.record({ role: fc.constant('user'), content: fc.string({ maxLength: 60 }) }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer(),
);

describe('memory of bodies', () => {
  it('reads a longer body of the same conversation as if it had never seen the shorter one', () => {
    const memory = new BodyMemory();
    for (let turns = 0; turns < 30; turns += 1) {
      const texts = Array.from({ length: turns }, (_, index) => ({ role: 'user', content: `turn ${index}` }));
      assertSame(conversation(texts), memory);
    }
    assert.equal(memory.size, 1);
  });

  it('accepts, refuses and maps whatever follows exactly as a reading of the whole does', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (messages, changes, isNumberLast) => {
          const memory = new BodyMemory();
          let bytes = conversation(messages, isNumberLast ? { n: 12 } : {});
          assertSame(bytes, memory);
          for (const { at, cut, put } of changes) {
            // Mostly behind the system text, where the structure is.
            const start = Math.floor(bytes.length * (at < 0.1 ? at : 1 - (1 - at) * 0.4));
            bytes = Buffer.concat([bytes.subarray(0, start), Buffer.from(put), bytes.subarray(start + cut)]);
            assertSame(bytes, memory);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('does not take a number for complete that goes on', () => {
    const memory = new BodyMemory();
    const text = (end: string): Buffer => Buffer.from(`{"system":"${system}","n":12${end}`);
    for (const end of ['}', '3}', '.5}', '.}', ',"n":1}', ',', '}}', '} ']) assertSame(text(end), memory);
    const list = (end: string): Buffer => Buffer.from(`{"system":"${system}","n":[1,12${end}`);
    for (const end of [']}', '3]}', 'e}', ',4]}', '],"m":2}']) assertSame(list(end), memory);
  });

  it('counts the members that it did not read again', () => {
    const memory = new BodyMemory();
    const limits = { maxDepth: 128, maxKeys: 20 };
    const members = (count: number): string =>
      Array.from({ length: count }, (_, index) => `"m${index}":"${index}"`).join(',');
    for (const [head, tail] of [
      [8, 5],
      [8, 11],
      [8, 12],
      [9, 11],
      [14, 11],
      [14, 5],
    ] as const) {
      const text = `{"system":"${system}",${members(head)},"text":"${head}",${members(tail)}}`;
      const outcome = outcomeOf(Buffer.from(text), memory, limits);
      assert.deepEqual(outcome, outcomeOf(Buffer.from(text), undefined, limits), `${head} and ${tail}`);
    }
  });

  it('bounds what it keeps in number and in bytes, forgetting the oldest', () => {
    const memory = new BodyMemory({ maxBodies: 3, maxBytes: 60_000 });
    const other = (index: number, length: number): Buffer =>
      Buffer.from(JSON.stringify({ id: `${index} `.repeat(2000), pad: 'x'.repeat(length) }));
    for (let index = 10; index < 30; index += 1) {
      parseRequestBody(other(index, 4000 + 500 * (index % 7)), undefined, memory);
      assert.ok(memory.size <= 3 && memory.heldBytes <= 60_000);
    }
    assert.equal(memory.recall(other(10, 4000)), undefined);
    assert.notEqual(memory.recall(other(29, 4000)), undefined);
  });

  it('keeps nothing of small bodies, of refused ones, and of those that would fill it', () => {
    const memory = new BodyMemory({ maxBodies: 8, maxBytes: 100_000 });
    outcomeOf(Buffer.from('{"model":"auto"}'), memory);
    outcomeOf(Buffer.from(`{"system":"${system}"`), memory);
    outcomeOf(Buffer.from(JSON.stringify({ pad: 'x'.repeat(60_000) })), memory);
    assert.equal(memory.size, 0);
  });

  it('remembers one generation: the body before the last is let go', () => {
    const memory = new BodyMemory();
    const parse = (turns: number): RequestBody =>
      parseRequestBody(
        conversation(Array.from({ length: turns }, () => ({ role: 'user' }))),
        undefined,
        memory,
      );
    const [, second, third] = [parse(1), parse(2), parse(3)];
    assert.equal(earlierBody(second), undefined);
    assert.equal(earlierBody(third)?.body, second);
  });

  it('finds the conversation among others that begin alike', () => {
    const memory = new BodyMemory();
    const turn = (name: string, turns: number): Buffer =>
      conversation(
        Array.from({ length: turns }, () => ({ role: 'user', content: `${name} ${'y'.repeat(4000)}` })),
      );
    for (const name of ['a', 'b', 'c']) parseRequestBody(turn(name, 8), undefined, memory);
    assert.equal(memory.size, 3);
    for (const name of ['a', 'b', 'c']) {
      const next = turn(name, 9);
      assert.ok((memory.recall(next)?.sameHeadBytes ?? 0) > turn(name, 7).length - 3000, name);
    }
  });
});

describe('facts about pieces of a body', () => {
  it('are worked out once for what stays, wherever it moves, and are those of the bytes', () => {
    const memory = new BodyMemory();
    const facts = new PieceFacts<string>();
    let workedOut = 0;
    const textsOf = (bytes: Buffer): readonly string[] => {
      const body = parseRequestBody(bytes, undefined, memory);
      const spans = ['tools', 'messages'].flatMap(
        (key) => body.entries.find((entry) => entry.key === key)?.elements ?? [],
      );
      const texts = facts.all(body, spans, (span) => {
        workedOut += 1;
        return JSON.stringify(valueAt(body, span));
      });
      assert.deepEqual(
        texts,
        spans.map((span) => JSON.stringify(valueAt(body, span))),
      );
      return texts;
    };
    textsOf(conversation([{ role: 'user', content: 'one' }]));
    assert.equal(workedOut, 7);
    textsOf(
      conversation([
        { role: 'user', content: 'one' },
        { role: 'user', content: 'two' },
      ]),
    );
    assert.equal(workedOut, 8);
    textsOf(
      conversation([
        { role: 'user', content: 'six' },
        { role: 'user', content: 'two' },
      ]),
    );
    assert.equal(workedOut, 9);
  });

  it('say of a word whether it is there as a search of all bytes does', () => {
    const word = '"mark"';
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom('"mark"', '"ma', 'rk"', 'mark', '"'), { maxLength: 4 }), {
          minLength: 2,
          maxLength: 5,
        }),
        fc.boolean(),
        (turns, isLastKept) => {
          const memory = new BodyMemory();
          const search = new ByteSearch(word);
          for (const pieces of turns) {
            const text = `{"system":"${system}","n":${JSON.stringify(pieces)},${
              pieces.includes('"mark"') ? '"mark":1,' : ''
            }"end":"${isLastKept ? system : pieces.join('').replaceAll('"', '')}"}`;
            const body = parseRequestBody(Buffer.from(text), undefined, memory);
            assert.equal(search.isIn(body), body.bytes.includes(word));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('find a word that lies across the border of what is new', () => {
    const memory = new BodyMemory();
    const search = new ByteSearch('needle');
    const texts = ['nee', 'need', 'needle', 'needl', 'eedle', 'x', 'dle', 'ne', 'xneedlex'];
    for (const one of texts) {
      for (const other of texts) {
        for (const text of [one, other]) {
          const body = parseRequestBody(
            Buffer.from(`{"system":"${system}","text":"${text}","end":"${system}"}`),
            undefined,
            memory,
          );
          assert.equal(search.isIn(body), text.includes('needle'), `${one} ${other}`);
        }
      }
    }
  });
});

describe('the latest pieces', () => {
  const pieceOf = (fill: string, length = 2000): Buffer => Buffer.from(fill.repeat(length));

  it('are told apart by their bytes, and worked through once', () => {
    const latest = new LatestPieces<string>();
    const seen: string[] = [];
    const workOut = (bytes: Buffer): string => {
      seen.push(bytes.toString().slice(0, 1));
      return bytes.toString();
    };
    for (const fill of ['a', 'b', 'a', 'b', 'c', 'a']) {
      assert.equal(latest.of(pieceOf(fill), workOut), fill.repeat(2000));
    }
    assert.deepEqual(seen, ['a', 'b', 'c']);
  });

  it('are copies, and no more than eight, of pieces that are neither small nor huge', () => {
    const latest = new LatestPieces<number>();
    let workedOut = 0;
    const workOut = (): number => (workedOut += 1);
    const first = pieceOf('a');
    latest.of(first, workOut);
    first.fill('z');
    latest.of(first, workOut);
    assert.equal(workedOut, 2);
    for (const fill of ['b', 'c', 'd', 'e', 'f', 'g', 'h']) latest.of(pieceOf(fill), workOut);
    latest.of(pieceOf('a'), workOut);
    assert.equal(workedOut, 10, 'the oldest was forgotten');
    for (const length of [1000, 300_000]) {
      for (let round = 0; round < 2; round += 1) latest.of(pieceOf('a', length), workOut);
    }
    assert.equal(workedOut, 14);
  });
});
