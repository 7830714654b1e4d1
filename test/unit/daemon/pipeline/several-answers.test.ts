import assert from 'node:assert/strict';

import type { ModelTarget } from '../../../../daemon/catalog/model-target.ts';
import { withoutSeveralAnswers } from '../../../../daemon/pipeline/several-answers.ts';
import { tinyTarget } from '../upstream/tiny-dialect.ts';

const CHAT: ModelTarget = { ...tinyTarget('chat'), dialect: 'openai-chat' };
const MESSAGES: ModelTarget = { ...tinyTarget('messages'), dialect: 'anthropic-messages' };

const unable = (choiceCount: number, targets: readonly ModelTarget[]): readonly string[] =>
  withoutSeveralAnswers({ choiceCount, dialect: 'openai-chat' }, targets, new Map()).map(
    ({ model }) => model,
  );

describe('a request for several answers', () => {
  it('[B2] does not go to a model whose format knows one only', () => {
    assert.deepEqual(unable(2, [CHAT, MESSAGES]), ['messages']);
  });

  it('goes to it when there is nobody else, and then says so', () => {
    assert.deepEqual(unable(2, [MESSAGES]), []);
  });

  it('says nothing of requests for one', () => {
    assert.deepEqual(unable(1, [CHAT, MESSAGES]), []);
  });
});
