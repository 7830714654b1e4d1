import assert from 'node:assert/strict';

import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { createToolNamer } from '../../../../daemon/pipeline/tool-namer.ts';

const TEXT: StreamEvent = { type: 'text-delta', id: 't', choice: 0, delta: 'hi' };
const called = (name: string): StreamEvent => ({
  type: 'tool-input-start',
  id: 'c',
  choice: 0,
  callId: 'c',
  name,
});

describe('names of tools in translated answers', () => {
  it('cost nothing before a tool is called', () => {
    const request = { tools: () => assert.fail('the tools were read') };
    const events = [TEXT];
    assert.equal(createToolNamer(request, openAiChat)(events), events);
  });

  it('are those of the client, from tools that are read for the first call alone', () => {
    const name = 'x'.repeat(70);
    let count = 0;
    const request = {
      tools: () => {
        count += 1;
        return [{ kind: 'function', name, raw: {} } as const];
      },
    };
    const namer = createToolNamer(request, openAiChat);
    const written = openAiChat.fitToolName?.(name) ?? '';
    assert.deepEqual(namer([TEXT, called(written)]), [TEXT, called(name)]);
    assert.deepEqual(namer([called('own')]), [called('own')]);
    assert.equal(count, 1);
  });
});
