import assert from 'node:assert/strict';

import { extractFeatures } from '../../../../daemon/classify/features.ts';
import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { AnswerReview } from '../../../../daemon/pipeline/answer-review.ts';
import type { Responded } from '../../../../daemon/upstream/attempt-loop.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { classification } from '../route/route-fixtures.ts';
import { tinyDialect, tinyTarget } from '../upstream/tiny-dialect.ts';
import { ESCALATION } from './pipeline-rig.ts';

const EMPTY: readonly StreamEvent[] = [
  { type: 'choice-end', choice: 0, finishReason: 'stop', wireReason: 'stop' },
];
const WORDS: readonly StreamEvent[] = [{ type: 'text-delta', id: 't', choice: 0, delta: 'Four.' }, ...EMPTY];

function review(n = 1): AnswerReview {
  const body = { model: 'auto', n, messages: [{ role: 'user', content: 'What is 2 + 2?' }] };
  const request = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));
  const features = extractFeatures(request, { client: 'tester' });
  return new AnswerReview({
    settings: ESCALATION,
    request,
    features,
    classification: classification('simple'),
  });
}

function answer(events: readonly StreamEvent[]): Responded {
  return {
    status: 'responded',
    target: tinyTarget('small'),
    dialect: tinyDialect(),
    timeToFirstChunkMs: 1,
    headers: {},
    warnings: [],
    answer: { kind: 'plain', bytes: Buffer.from('{}'), events: [...events] },
  };
}

describe('the review of answers', () => {
  it('[C9] does not look again at what it has looked at', () => {
    const one = review();
    const weak = answer(EMPTY);
    assert.equal(one.check(weak)?.kind, 'empty');
    const watching = one.watch(weak);
    watching?.observe(WORDS); // would make it a good one
    assert.equal(watching?.finding()?.kind, 'empty');
  });

  it('[C9] watches an answer that was not looked at', () => {
    const watching = review().watch(answer(WORDS));
    watching?.observe(WORDS);
    assert.equal(watching?.finding(), null);
    const weak = review().watch(answer(EMPTY));
    weak?.observe(EMPTY);
    assert.equal(weak?.finding()?.kind, 'empty');
  });

  it('puts none of several answers aside', () => {
    assert.equal(review(2).check(answer(EMPTY)), null);
  });
});
