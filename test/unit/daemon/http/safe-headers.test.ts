import assert from 'node:assert/strict';
import { validateHeaderValue } from 'node:http';

import { safeHeaders, safeHeaderValue } from '../../../../daemon/http/safe-headers.ts';

describe('safeHeaders', () => {
  it('gives every character a form that a header can carry on one line', () => {
    for (let code = 0; code < 0x3000; code += 1) {
      const value = safeHeaderValue(`a${String.fromCodePoint(code)}b`);
      validateHeaderValue('x', value);
      assert.doesNotMatch(value, /[\r\n\0\x7f]/);
    }
    assert.equal(safeHeaderValue('\ud800😀'), '???');
  });

  it('leaves ordinary values alone', () => {
    const headers = {
      'x-pointsman-model': 'qwen/qwen3:8b',
      'content-type': 'text/event-stream; charset=utf-8',
    };
    assert.deepEqual(safeHeaders(headers), headers);
  });

  it('lower-cases names and drops those that are not names', () => {
    assert.deepEqual(safeHeaders({ 'X-A': '1', 'x y': '2', 'x\r\ny': '3', '': '4' }), { 'x-a': '1' });
  });

  for (const name of [
    'Set-Cookie',
    'Location',
    'Access-Control-Allow-Origin',
    'Access-Control-Expose-Headers',
    'Connection',
    'Transfer-Encoding',
    'Upgrade',
    'Keep-Alive',
  ]) {
    it(`never sends ${name}`, () => {
      assert.deepEqual(safeHeaders({ [name]: 'x' }), {});
    });
  }
});
