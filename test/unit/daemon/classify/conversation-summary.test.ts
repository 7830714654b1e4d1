import assert from 'node:assert/strict';
import { asksForConversationSummary } from '../../../../daemon/classify/conversation-summary.ts';

describe('an ask for a summary of the conversation', () => {
  for (const ask of [
    'Your task is to create a detailed summary of the conversation so far, paying close attention to what was asked.',
    'You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary for another model that will resume.',
    'Provide a detailed prompt for continuing our conversation above. Summarize what we did and which files we work on.',
    'Write a detailed summary of this session, with the files that were looked at and what is left to do.',
  ]) {
    it(`[B3] is seen in ${JSON.stringify(ask.slice(0, 50))}`, () => {
      assert.equal(asksForConversationSummary(ask), true);
    });
  }

  for (const ask of [
    'summarize this conversation',
    'Write a summary of src/parser.ts and of how the errors in it are handled by its callers.',
    'The conversation view loses its scroll position after a message arrives; find out why and mend it.',
    `${'x'.repeat(5000)} Your task is to create a detailed summary of the conversation so far.`,
  ]) {
    it(`[B3] is not seen in ${JSON.stringify(ask.slice(0, 50))}`, () => {
      assert.equal(asksForConversationSummary(ask), false);
    });
  }
});
