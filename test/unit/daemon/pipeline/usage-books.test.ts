import assert from 'node:assert/strict';

import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { AnswerObserver } from '../../../../daemon/pipeline/answer-observer.ts';
import { UsageBooks } from '../../../../daemon/pipeline/usage-books.ts';
import { UsageCalibration } from '../../../../daemon/pipeline/usage-calibration.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { ask, SMALL, usageOf } from './pipeline-rig.ts';

const requestOf = (body: unknown) =>
  openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(body))));

function observed(text: string): AnswerObserver['sizes'] {
  const observer = new AnswerObserver();
  observer.observe([{ type: 'text-delta', id: 't', choice: 0, delta: text }]);
  return observer.sizes;
}

const SEEN = { answer: observed('why '.repeat(100)), routedTokens: 777, warmShare: 0.5 };

describe('the books of usage', () => {
  it('estimate the request and the answer', () => {
    const guess = new UsageBooks(requestOf(ask('why '.repeat(200))), undefined).guess(SMALL, SEEN);
    assert.ok(Math.abs(guess.inputTokens - 200) < 30, String(guess.inputTokens));
    assert.ok(Math.abs(guess.outputTokens - 100) < 15, String(guess.outputTokens));
    assert.equal(guess.warmShare, 0.5);
  });

  it('have the estimate that the request was routed by when a message cannot be read', () => {
    const request = requestOf({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
    const broken = {
      ...request,
      message: () => {
        throw new Error('broken');
      },
    };
    const target = { ...SMALL, tokenizerFactor: 2 };
    assert.equal(new UsageBooks(broken, undefined).guess(target, SEEN).inputTokens, 1554);
  });

  it('apply what was learnt to text and not to thoughts', () => {
    const calibration = new UsageCalibration();
    const request = requestOf(ask('why '.repeat(200)));
    const plain = new UsageBooks(request, undefined).guess(SMALL, SEEN);
    for (let time = 0; time < 5; time += 1) {
      const reported = usageOf(plain.inputTokens * 2, Math.round(plain.outputTokens * 1.5));
      new UsageBooks(request, calibration).learn(SMALL, SEEN.answer, reported);
    }
    const learnt = new UsageBooks(request, calibration).guess(SMALL, SEEN);
    assert.equal(learnt.inputTokens, plain.inputTokens * 2);
    assert.ok(Math.abs(learnt.outputTokens - plain.outputTokens * 1.5) <= 1);
  });

  it('learn nothing from a request that holds what nobody can see', () => {
    const calibration = new UsageCalibration();
    const sound = [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }];
    const request = requestOf({ model: 'm', messages: [{ role: 'user', content: sound }] });
    for (let time = 0; time < 5; time += 1) {
      new UsageBooks(request, calibration).learn(SMALL, SEEN.answer, usageOf(40, 100));
    }
    assert.deepEqual(calibration.ratiosOf(SMALL.id), { input: 1, output: 1 });
  });
});
