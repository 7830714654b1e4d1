import assert from 'node:assert/strict';
import { isRoutineStep } from '../../../../daemon/classify/routine-step.ts';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

type Call = readonly [tool: string, result: string];

function routine(...calls: readonly Call[]): boolean {
  const messages = [
    { role: 'user', content: 'look around' },
    {
      role: 'assistant',
      content: null,
      tool_calls: calls.map(([name], index) => ({
        id: `c${index}`,
        type: 'function',
        function: { name, arguments: '{}' },
      })),
    },
    ...calls.map(([, content], index) => ({ role: 'tool', tool_call_id: `c${index}`, content })),
  ];
  const bytes = Buffer.from(JSON.stringify({ model: 'auto', messages }));
  return isRoutineStep(openAiChat.decodeRequest(parseRequestBody(bytes)));
}

describe('a routine step', () => {
  it('follows calls that only read and went well', () => {
    assert.equal(routine(['read_file', 'const x = 1;'], ['grep', 'a.ts:3']), true);
  });

  it('does not follow a change, an error, or a long result', () => {
    assert.equal(routine(['edit_file', 'ok']), false);
    assert.equal(routine(['read_file', 'fine'], ['bash', '3 passing']), false);
    assert.equal(routine(['read_file', 'Error: no such file']), false);
    assert.equal(routine(['read_file', 'x'.repeat(40_000)]), false);
  });

  it('does not follow words of the user', () => {
    const bytes = Buffer.from(JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'hi' }] }));
    assert.equal(isRoutineStep(openAiChat.decodeRequest(parseRequestBody(bytes))), false);
  });
});
