import assert from 'node:assert/strict';
import { endpointChoices } from '../../../../extension/commands/endpoint-choices.ts';
import { errorNotice, sentenceOf } from '../../../../extension/commands/error-notice.ts';
import { answerDocument, resendTitle } from '../../../../extension/commands/resend-text.ts';
import type { ResendSide } from '../../../../daemon/protocol/control-api.ts';

describe('addresses for assistants', () => {
  it('name the one that each dialect wants', () => {
    const copied = endpointChoices('http://127.0.0.1:7411', 'tok').map((choice) => choice.copied);
    assert.deepEqual(copied, [
      'http://127.0.0.1:7411/v1',
      'http://127.0.0.1:7411',
      'http://127.0.0.1:7411',
      'http://127.0.0.1:7411',
      'http://127.0.0.1:7411/k/tok/v1',
    ]);
  });

  it('never show the token', () => {
    const shown = endpointChoices('http://127.0.0.1:7411', 'secret').map(
      ({ label, detail }) => label + detail,
    );
    assert.doesNotMatch(shown.join(), /secret/);
  });
});

describe('what went wrong', () => {
  it('is a sentence with a beginning and an end', () => {
    assert.equal(sentenceOf('no model "x" is configured'), 'No model "x" is configured.');
    assert.equal(sentenceOf('Done already.'), 'Done already.');
    assert.equal(sentenceOf(''), '.');
  });

  for (const [code, title] of [
    ['daemon.unreachable', 'Restart'],
    ['route.no_eligible_target', 'Set a provider key'],
    ['budget.exceeded', 'Change the budget'],
    ['config.invalid', 'Run doctor'],
    ['anything.else', 'Show log'],
    [null, 'Show log'],
  ] as const) {
    it(`has a button for ${code ?? 'an error without a code'}`, () => {
      assert.equal(errorNotice(code, 'x').actions[0]?.title, title);
    });
  }
});

describe('a request that was sent twice', () => {
  const side = (extra: Partial<ResendSide> = {}): ResendSide => ({
    exchangeId: 'x_1',
    model: 'sonnet',
    text: 'Forty-two.',
    costUsd: 0.0123,
    durationMs: 812,
    usage: {
      inputTokens: 1200,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      outputTokens: 50,
      reasoningOutputTokens: 0,
    },
    status: 'ok',
    ...extra,
  });

  it('names both models and both costs in the title', () => {
    assert.equal(
      resendTitle(side(), side({ model: 'haiku', costUsd: null })),
      'sonnet ($0.012) ↔ haiku (unknown)',
    );
  });

  it('begins with the answer and ends with its figures', () => {
    assert.equal(
      answerDocument(side()),
      'Forty-two.\n\n---\nsonnet: $0.012, 812 ms, 1,200 tokens in, 50 out\n',
    );
  });

  it('says so where the answer is not kept, was cut off or has no usage', () => {
    const text = answerDocument(side({ text: null, usage: null, status: 'interrupted' }));
    assert.match(text, /^This answer is not kept any more/);
    assert.match(text, /tokens unknown, interrupted\n$/);
  });
});
