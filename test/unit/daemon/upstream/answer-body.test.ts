import assert from 'node:assert/strict';
import { answerBody, readUpTo, readWhole, type AnswerBody } from '../../../../daemon/upstream/answer-body.ts';
import type { HttpCall } from '../../../../daemon/upstream/http-call.ts';

function bodyOf(...reads: readonly (readonly string[])[]): AnswerBody & { readonly dropped: () => boolean } {
  const left = reads.map((read) => read.map((text) => Buffer.from(text)));
  let isDropped = false;
  return {
    read: () => Promise.resolve(left.shift() ?? null),
    destroy: () => {
      isDropped = true;
    },
    dropped: () => isDropped,
  };
}

describe('readUpTo', () => {
  it('gives the whole of a body that is short enough', async () => {
    const body = bodyOf(['ab', 'c'], ['d']);
    const { bytes, isCut } = await readUpTo(body, 4);
    assert.deepEqual([bytes.toString(), isCut, body.dropped()], ['abcd', false, false]);
  });

  it('gives the beginning of a longer one, and drops the connection', async () => {
    const body = bodyOf(['ab', 'c'], ['de'], ['never read']);
    const { bytes, isCut } = await readUpTo(body, 4);
    assert.deepEqual([bytes.toString(), isCut, body.dropped()], ['abcd', true, true]);
    assert.equal((await body.read())?.toString(), 'never read');
  });

  it('gives an empty body as such', async () => {
    assert.equal((await readUpTo(bodyOf(), 4)).bytes.length, 0);
  });
});

describe('answerBody', () => {
  it('fails where the answer goes on beyond any real one [C19]', async () => {
    const call = { ...bodyOf(['ab'], ['c'], ['d']), headers: {} };
    const body = answerBody(call as unknown as HttpCall, 3);
    assert.equal((await body.read())?.length, 1);
    assert.equal((await body.read())?.length, 1);
    await assert.rejects(body.read(), /does not end/);
  });
});

describe('readWhole', () => {
  it('gives the body', async () => {
    assert.equal((await readWhole(bodyOf(['ab']), 4)).toString(), 'ab');
  });

  it('fails on a body that is longer than any real one, and drops the connection', async () => {
    const body = bodyOf(['abcde']);
    await assert.rejects(readWhole(body, 4), /longer than 4 bytes/);
    assert.equal(body.dropped(), true);
  });
});
