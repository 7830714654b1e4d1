import assert from 'node:assert/strict';

import type { Seal } from '../../../../daemon/conversation/seal.ts';
import { isEnvelope, openEnvelope, sealEnvelope } from '../../../../daemon/dialects/envelope.ts';

const MAKER = 'openai/gpt-5.6-sol';
const SEAL: Seal = { kind: 'encrypted-reasoning', value: 'gAAAA?>~ü', itemId: 'rs_1' };

describe('dialects/envelope', () => {
  it('[B5] gives back the seal that was put in, with its maker', () => {
    assert.deepEqual(openEnvelope(sealEnvelope(SEAL, MAKER)), { ...SEAL, maker: MAKER });
  });

  it('[B5] is valid base64 throughout, since clients take signatures for bytes', () => {
    for (const value of ['', 'a', 'ab', 'abc', 'ü?>~']) {
      const text = sealEnvelope({ ...SEAL, value }, MAKER);
      assert.match(text, /^[A-Za-z0-9+/]+={0,2}$/);
      assert.equal(text.length % 4, 0);
      assert.equal(Buffer.from(text, 'base64').toString('base64'), text);
    }
  });

  it('[B5] is opened after a client wrote its bytes in the other alphabet', () => {
    const rewritten = Buffer.from(sealEnvelope(SEAL, MAKER), 'base64').toString('base64url');
    assert.equal(isEnvelope(rewritten), true);
    assert.deepEqual(openEnvelope(rewritten), { ...SEAL, maker: MAKER });
  });

  it('leaves texts of vendors alone, and opens nothing that was tampered with', () => {
    assert.equal(isEnvelope('EqQBCkYIARgCKkDg'), false);
    assert.equal(openEnvelope('EqQBCkYIARgCKkDg'), undefined);
    assert.equal(openEnvelope(`${sealEnvelope(SEAL, MAKER).slice(0, 16)}broken`), undefined);
  });
});
