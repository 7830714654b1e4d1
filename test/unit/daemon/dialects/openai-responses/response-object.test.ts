import assert from 'node:assert/strict';

import { ResponseObject } from '../../../../../daemon/dialects/openai-responses/response-object.ts';
import { decodeRequest as decodeChatRequest } from '../../../../../daemon/dialects/openai-chat/decode-request.ts';
import { parseRequestBody } from '../../../../../daemon/util/json-scan.ts';
import { answering, IDENTITY } from './answer-support.ts';

describe('openai-responses response object', () => {
  it('names the answer and the model that gave it', () => {
    const {
      id,
      object,
      created_at: createdAt,
      status,
      model,
      usage,
    } = new ResponseObject(IDENTITY).running();
    assert.deepEqual(
      [id, object, createdAt, status, model, usage],
      ['resp_1', 'response', 9, 'in_progress', 'm', null],
    );
  });

  it('repeats what the client wrote, and the defaults for what it did not write', () => {
    const tools = [{ type: 'function', name: 'f', parameters: { type: 'object' }, odd: 1 }];
    const wrote = {
      tools,
      instructions: 'be',
      store: false,
      temperature: 0.5,
      metadata: { a: 'b' },
      top_p: null,
    };
    const running = new ResponseObject(answering(wrote)).running();
    assert.deepEqual({ ...running, ...wrote, top_p: 1 }, running);
    assert.deepEqual(
      [running['truncation'], running['tool_choice'], running['user']],
      ['disabled', 'auto', null],
    );
  });

  it('fills up what the client wrote in part', () => {
    const running = new ResponseObject(
      answering({ text: { verbosity: 'low' }, reasoning: { effort: 'high' } }),
    ).running();
    assert.deepEqual(running['text'], { format: { type: 'text' }, verbosity: 'low' });
    assert.deepEqual(running['reasoning'], { effort: 'high', summary: null });
  });

  it('repeats nothing of a request in another dialect', () => {
    const messages = [{ role: 'user', content: 'x' }];
    const body = parseRequestBody(Buffer.from(JSON.stringify({ messages, temperature: 0.5, store: false })));
    const foreign = { ...IDENTITY, request: decodeChatRequest(body) };
    assert.deepEqual(new ResponseObject(foreign).running(), new ResponseObject(IDENTITY).running());
  });
});
