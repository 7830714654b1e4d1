import assert from 'node:assert/strict';
import { conversationChoices } from '../../../../extension/commands/conversation-choices.ts';
import { ended, NOW_MS } from '../live-fixtures.ts';

describe('conversations to choose from', () => {
  it('[A23] are named by client and model, the latest first, with what they cost', () => {
    const exchanges = [
      ended('4', { conversationId: 'c_2', client: 'codex', durationMs: 0, responseModel: 'haiku' }, 2),
      ended('3', { conversationId: 'c_1', costUsd: 0.5, savedUsd: 1 }, 5),
      ended('2', { conversationId: 'c_1', costUsd: 0.25, savedUsd: -0.5 }, 6),
    ];
    const [latest, earlier] = conversationChoices(exchanges, NOW_MS);
    assert.deepEqual(
      [latest?.conversationId, latest?.label, latest?.description],
      ['c_2', 'codex · haiku', '2 min 0 s ago'],
    );
    assert.equal(earlier?.label, 'claude-code · sonnet');
    assert.match(earlier?.detail ?? '', /2 requests · cost \$0\.75 · saved \+\$0\.50$/);
  });

  it('show the model that answered last, also when the latest request got no answer', () => {
    const exchanges = [ended('2', { responseModel: null, status: 'error' }), ended('1', {}, 1)];
    assert.equal(conversationChoices(exchanges, NOW_MS)[0]?.model, 'sonnet');
  });

  it('do not add up what is unknown', () => {
    const [choice] = conversationChoices([ended('1', { costUsd: null, savedUsd: null })], NOW_MS);
    assert.match(choice?.detail ?? '', /1 request · cost unknown · saved unknown$/);
  });

  it('are at most twenty', () => {
    const exchanges = Array.from({ length: 50 }, (_, index) =>
      ended(`${index}`, { conversationId: `c_${index}` }),
    );
    assert.equal(conversationChoices(exchanges, NOW_MS).length, 20);
  });
});
