import assert from 'node:assert/strict';

import { HELLO, refusalOf, requestOf, requestOfText } from './chat-support.ts';

const PICTURE = {
  role: 'user',
  content: [{ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }],
};
const TOOL = { type: 'function', function: { name: 'read' } };

describe('openai-chat decode-request', () => {
  it('[A2] takes a request without a model, or with an empty one, as auto', () => {
    assert.equal(requestOf({}).requestModel, 'auto');
    assert.equal(requestOf({ model: '' }).requestModel, 'auto');
    assert.equal(requestOf({ model: null }).requestModel, 'auto');
    assert.equal(requestOf({ model: 'gpt-x' }).requestModel, 'gpt-x');
  });

  it('streams only when asked to', () => {
    assert.equal(requestOf({}).stream, false);
    assert.equal(requestOf({ stream: null }).stream, false);
    assert.equal(requestOf({ stream: true }).stream, true);
  });

  it('takes the newer name of the output limit before the older one', () => {
    assert.equal(requestOf({}).maxOutputTokens, undefined);
    assert.equal(requestOf({ max_tokens: 5 }).maxOutputTokens, 5);
    assert.equal(requestOf({ max_tokens: 5, max_completion_tokens: 9 }).maxOutputTokens, 9);
    assert.equal(requestOf({ max_tokens: 5, max_completion_tokens: null }).maxOutputTokens, 5);
  });

  it('knows whether the client wants usage in the stream', () => {
    assert.equal(requestOf({}).wantsUsage, true);
    assert.equal(requestOf({ stream: true }).wantsUsage, false);
    assert.equal(requestOf({ stream: true, stream_options: null }).wantsUsage, false);
    assert.equal(requestOf({ stream: true, stream_options: { include_usage: true } }).wantsUsage, true);
    assert.equal(requestOf({ stream: true, stream_options: { include_usage: 'yes' } }).wantsUsage, false);
  });

  it('takes a cache key as the name of the session, and a user as nothing of the kind', () => {
    assert.equal(requestOf({ prompt_cache_key: 'ses_1' }).bodySessionId, 'ses_1');
    assert.equal(requestOf({ prompt_cache_key: '' }).bodySessionId, undefined);
    assert.equal(requestOf({ user: 'someone' }).bodySessionId, undefined);
  });

  it('counts the answers asked for', () => {
    assert.equal(requestOf({}).choiceCount, 1);
    assert.equal(requestOf({ n: 3 }).choiceCount, 3);
  });

  it('needs tools when tools or functions are declared', () => {
    assert.deepEqual(requestOf({ tools: [TOOL, TOOL] }).needs, ['tools']);
    assert.equal(requestOf({ tools: [TOOL, TOOL] }).toolCount, 2);
    assert.deepEqual(requestOf({ functions: [{ name: 'f' }] }).needs, ['tools']);
    assert.deepEqual(requestOf({ tools: [] }).needs, []);
    assert.deepEqual(requestOf({ tools: null }).needs, []);
  });

  it('[A22] needs vision when any message holds a picture', () => {
    assert.deepEqual(requestOf({ messages: [PICTURE, HELLO] }).needs, ['vision']);
    assert.deepEqual(requestOf({ messages: [{ role: 'user', content: 'the text image_url' }] }).needs, []);
  });

  it('needs reasoning for every effort but none and minimal', () => {
    for (const effort of ['low', 'medium', 'high', 'xhigh']) {
      assert.deepEqual(requestOf({ reasoning_effort: effort }).needs, ['reasoning'], effort);
    }
    for (const effort of ['none', 'minimal', null]) {
      assert.deepEqual(requestOf({ reasoning_effort: effort }).needs, [], String(effort));
    }
  });

  it('needs json for both JSON formats, and for no other', () => {
    assert.deepEqual(requestOf({ response_format: { type: 'json_object' } }).needs, ['json']);
    assert.deepEqual(requestOf({ response_format: { json_schema: {}, type: 'json_schema' } }).needs, [
      'json',
    ]);
    for (const format of [null, {}, { type: 'text' }, { type: 7 }, { kind: 'json_object' }]) {
      assert.deepEqual(requestOf({ response_format: format }).needs, [], JSON.stringify(format));
    }
  });

  it('parses a message, the tools and the format once, when they are read', () => {
    const request = requestOf({ tools: [TOOL], response_format: { type: 'json_object' } });
    assert.deepEqual(request.message(0), { role: 'user', content: [{ type: 'text', text: 'hello' }] });
    assert.equal(request.message(0), request.message(0));
    assert.equal(request.tools(), request.tools());
    assert.equal(request.responseFormat, request.responseFormat);
    assert.deepEqual(request.responseFormat, { kind: 'json-object' });
  });

  it('gives out the wire bytes of messages and of what stands before them', () => {
    const request = requestOfText(
      '{"tools" : [ {"type":"x"} ], "messages":[ {"role": "user"} ,{"role":"user"}]}',
    );
    assert.equal(request.messageBytes(0).toString(), '{"role": "user"}');
    assert.equal(request.messageBytes(1).toString(), '{"role":"user"}');
    assert.equal(request.preambleBytes().toString(), '[ {"type":"x"} ]');
    assert.equal(requestOf({}).preambleBytes().length, 0);
    assert.equal(
      requestOf({ tools: [TOOL], functions: [] })
        .preambleBytes()
        .toString(),
      `${JSON.stringify([TOOL])}[]`,
    );
    assert.throws(() => request.messageBytes(2), RangeError);
  });

  it('lets unknown fields and values of other vendors pass', () => {
    const fields = {
      thinking: { type: 'enabled' },
      top_k: 4,
      enable_thinking: true,
      reasoning_effort: 'ultra',
      x: 1,
    };
    assert.equal(refusalOf(fields), 'accepted');
  });

  const wrong: readonly (readonly [object, string])[] = [
    [{ model: 5 }, 'model: model must be a string, not a number'],
    [{ stream: 'true' }, 'stream: stream must be a boolean, not a string'],
    [{ stream: 1 }, 'stream: stream must be a boolean, not a number'],
    [{ max_tokens: '5' }, 'max_tokens: max_tokens must be a number, not a string'],
    [{ max_tokens: 0 }, 'max_tokens: max_tokens must be a whole number above 0'],
    [
      { max_completion_tokens: 1.5 },
      'max_completion_tokens: max_completion_tokens must be a whole number above 0',
    ],
    [
      { max_completion_tokens: 1e300 },
      'max_completion_tokens: max_completion_tokens must be a whole number above 0',
    ],
    [{ n: -1 }, 'n: n must be a whole number above 0'],
    [{ n: [] }, 'n: n must be a number, not an array'],
    [{ temperature: 'hot' }, 'temperature: temperature must be a number, not a string'],
    [{ top_p: {} }, 'top_p: top_p must be a number, not an object'],
    [{ presence_penalty: true }, 'presence_penalty: presence_penalty must be a number, not a boolean'],
    [{ frequency_penalty: '1' }, 'frequency_penalty: frequency_penalty must be a number, not a string'],
    [{ seed: '1' }, 'seed: seed must be a number, not a string'],
    [{ top_logprobs: '1' }, 'top_logprobs: top_logprobs must be a number, not a string'],
    [{ logprobs: 1 }, 'logprobs: logprobs must be a boolean, not a number'],
    [{ logit_bias: [] }, 'logit_bias: logit_bias must be an object, not an array'],
    [{ stop: 5 }, 'stop: stop must be a string or an array, not a number'],
    [{ tools: {} }, 'tools: tools must be an array, not an object'],
    [{ tools: [TOOL, 'x'] }, 'tools: tools[1] must be an object'],
    [{ functions: [5] }, 'functions: functions[0] must be an object'],
    [{ tool_choice: 1 }, 'tool_choice: tool_choice must be a string or an object, not a number'],
    [
      { parallel_tool_calls: 'no' },
      'parallel_tool_calls: parallel_tool_calls must be a boolean, not a string',
    ],
    [{ function_call: [] }, 'function_call: function_call must be a string or an object, not an array'],
    [{ response_format: 'json' }, 'response_format: response_format must be an object, not a string'],
    [{ stream_options: true }, 'stream_options: stream_options must be an object, not a boolean'],
    [{ reasoning_effort: 1 }, 'reasoning_effort: reasoning_effort must be a string, not a number'],
    [{ modalities: 'text' }, 'modalities: modalities must be an array, not a string'],
    [{ metadata: 'x' }, 'metadata: metadata must be an object, not a string'],
    [{ store: 'x' }, 'store: store must be a boolean, not a string'],
    [{ user: 5 }, 'user: user must be a string, not a number'],
    [{ service_tier: 5 }, 'service_tier: service_tier must be a string, not a number'],
    [{ prompt_cache_key: 5 }, 'prompt_cache_key: prompt_cache_key must be a string, not a number'],
  ];
  for (const [fields, message] of wrong) {
    it(`refuses ${JSON.stringify(fields)}, naming the field and what it must be`, () => {
      assert.equal(refusalOf(fields), message);
    });
  }
});
