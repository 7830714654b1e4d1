import assert from 'node:assert/strict';

import { failureClass } from '../../../../extension/language-model/failure-class.ts';
import { MessagesFailure } from '../../../../extension/language-model/messages-request.ts';

describe('the class of a failure', () => {
  const classOf = (statusCode: number) => failureClass(new MessagesFailure('refused', 'no', { statusCode }));

  it('follows the status of the daemon', () => {
    assert.deepEqual([401, 402, 403, 404, 429, 400, 502, 529].map(classOf), [
      'no-permissions',
      'blocked',
      'no-permissions',
      'not-found',
      'blocked',
      'other',
      'other',
      'other',
    ]);
  });

  it('is none of these where nothing was refused', () => {
    assert.equal(failureClass(new MessagesFailure('broken', 'lost')), 'other');
    assert.equal(failureClass(new Error('x')), 'other');
  });
});
