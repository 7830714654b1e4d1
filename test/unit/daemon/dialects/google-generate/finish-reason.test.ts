import assert from 'node:assert/strict';

import {
  decodeFinishReason,
  encodeFinishReason,
  isBlunder,
  wireReasonOf,
} from '../../../../../daemon/dialects/google-generate/finish-reason.ts';

describe('google-generate finish reasons', () => {
  it('have a neutral word each', () => {
    const reasons = [
      'STOP',
      'MAX_TOKENS',
      'SAFETY',
      'RECITATION',
      'PROHIBITED_CONTENT',
      'SPII',
      'LANGUAGE',
      'NEW_ONE',
    ];
    assert.deepEqual(
      reasons.map((reason) => decodeFinishReason(reason, false)),
      [
        'stop',
        'length',
        'content-filter',
        'content-filter',
        'content-filter',
        'content-filter',
        'other',
        'other',
      ],
    );
    assert.equal(decodeFinishReason('STOP', true), 'tool-calls');
    assert.equal(decodeFinishReason('MAX_TOKENS', true), 'length');
    assert.ok(isBlunder('MALFORMED_FUNCTION_CALL') && !isBlunder('STOP'));
  });

  it('are read as numbers too, and unspecified ones as none', () => {
    assert.deepEqual([1, 2, 99, 'FINISH_REASON_UNSPECIFIED', null].map(wireReasonOf), [
      'STOP',
      'MAX_TOKENS',
      'OTHER',
      '',
      '',
    ]);
  });

  it('come back as Google writes them', () => {
    const neutral = ['stop', 'length', 'tool-calls', 'content-filter', 'refusal', 'other'] as const;
    assert.deepEqual(
      neutral.map((reason) => encodeFinishReason(reason)),
      ['STOP', 'MAX_TOKENS', 'STOP', 'SAFETY', 'SAFETY', 'OTHER'],
    );
  });
});
