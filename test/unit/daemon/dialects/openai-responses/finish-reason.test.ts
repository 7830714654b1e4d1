import assert from 'node:assert/strict';

import type { FinishReason } from '../../../../../daemon/conversation/stream-event.ts';
import { decodeFinish, encodeFinish } from '../../../../../daemon/dialects/openai-responses/finish-reason.ts';

const NOTHING = { hasCall: false, hasText: false, hasRefusal: false };
const reasonOf = (status: string, content: Partial<typeof NOTHING> = {}, response = {}) =>
  decodeFinish(status, response, { ...NOTHING, ...content }).finishReason;

describe('openai-responses finish reasons', () => {
  it('of a whole answer follow from what it holds', () => {
    assert.equal(reasonOf('completed', { hasText: true }), 'stop');
    assert.equal(reasonOf('completed'), 'stop');
    assert.equal(reasonOf('completed', { hasText: true, hasCall: true }), 'tool-calls');
    assert.equal(reasonOf('completed', { hasRefusal: true }), 'refusal');
    assert.equal(reasonOf('completed', { hasRefusal: true, hasText: true }), 'stop');
    assert.equal(reasonOf('complete', { hasText: true }), 'stop');
  });

  it('of a cut answer are told, also when it holds calls', () => {
    const cut = (reason: unknown) =>
      reasonOf('incomplete', { hasCall: true }, { incomplete_details: { reason } });
    assert.equal(cut('max_output_tokens'), 'length');
    assert.equal(cut('content_filter'), 'content-filter');
    assert.equal(cut('something'), 'other');
    assert.equal(cut(undefined), 'other');
  });

  it('of an answer that is still to be made are no end', () => {
    assert.deepEqual(decodeFinish('queued', {}, NOTHING), { finishReason: 'other', wireReason: 'queued' });
    assert.equal(reasonOf('in_progress'), 'other');
  });

  it('are written as a status with a reason', () => {
    const written = (reason: FinishReason, hasRefusal = false) => {
      const { status, reason: why } = encodeFinish(reason, hasRefusal);
      return why === null ? status : `${status} ${why}`;
    };
    assert.equal(written('stop'), 'completed');
    assert.equal(written('tool-calls'), 'completed');
    assert.equal(written('other'), 'completed');
    assert.equal(written('length'), 'incomplete max_output_tokens');
    assert.equal(written('content-filter'), 'incomplete content_filter');
    assert.equal(written('refusal', true), 'completed');
    assert.equal(written('refusal', false), 'incomplete content_filter');
  });
});
