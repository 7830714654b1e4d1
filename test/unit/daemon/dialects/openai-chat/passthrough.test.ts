import assert from 'node:assert/strict';

import type { ModelTraits } from '../../../../../daemon/conversation/model-traits.ts';
import type { Seal, SignedHistory } from '../../../../../daemon/conversation/seal.ts';
import { sealEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { createFrameFilter, passRequest } from '../../../../../daemon/dialects/openai-chat/passthrough.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/openai-chat/stream-decoder.ts';
import { chunk, DONE, framesOf, requestOfText } from './chat-support.ts';

const TARGET: EncodeTarget = { dialect: 'openai-chat', upstreamModel: 'up', maxOutputTokens: 100 };
const MESSAGES = '"messages" : [ {"role":"user","content":"\\u00e9"} ]';

const passed = (text: string, target = TARGET) => passRequest(requestOfText(text), target).body.toString();

describe('openai-chat passthrough of requests', () => {
  it('changes the model and not one other byte', () => {
    assert.equal(
      passed(`{ "x":1e400,"model" : "a", ${MESSAGES} , "x": 2}`),
      `{ "x":1e400,"model" : "up", ${MESSAGES} , "x": 2}`,
    );
  });

  it('names the model where the client did not', () => {
    assert.equal(passed(`{${MESSAGES}}`), `{${MESSAGES},"model":"up"}`);
    assert.equal(passed(`{${MESSAGES},"model":null}`), `{${MESSAGES},"model":"up"}`);
  });

  it('changes every occurrence of a model that is named twice', () => {
    assert.equal(
      passed(`{"model":"a","\\u006dodel":"up",${MESSAGES}}`),
      `{"model":"up","\\u006dodel":"up",${MESSAGES}}`,
    );
  });

  it('gives back the very bytes when nothing has to change', () => {
    const request = requestOfText(`{"model":"up","max_tokens":100,${MESSAGES}}`);
    const { body, warnings } = passRequest(request, TARGET);
    assert.equal(body, request.body.bytes);
    assert.deepEqual(warnings, []);
  });

  it('lowers the output limit under both of its names, and only when it is above', () => {
    for (const name of ['max_tokens', 'max_completion_tokens']) {
      assert.equal(
        passed(`{"model":"up","${name}":1e3,${MESSAGES}}`),
        `{"model":"up","${name}":100,${MESSAGES}}`,
      );
      const below = `{"model":"up","${name}":9.9e1,${MESSAGES}}`;
      assert.equal(passed(below), below);
    }
    assert.equal(
      passed(`{"model":"up","max_tokens":1e2,"max_completion_tokens":null,${MESSAGES}}`),
      `{"model":"up","max_tokens":1e2,"max_completion_tokens":null,${MESSAGES}}`,
    );
  });

  it('[B2] keeps the older name and the smaller value of an output limit that is there twice', () => {
    const both = (older: string, newer: string) =>
      passed(`{"model":"up","max_tokens":${older},"max_completion_tokens":${newer},${MESSAGES}}`);
    const only = (limit: string) => `{"model":"up","max_tokens":${limit},${MESSAGES}}`;
    assert.equal(both('101', '1e3'), only('100'));
    assert.equal(both('7', '6'), only('6'));
    assert.equal(both('6e0', '7'), only('6e0'));
  });

  it('asks for usage in a stream and keeps the other stream options', () => {
    const stream = (options: string) => `{"model":"up","stream":true${options},${MESSAGES}}`;
    assert.equal(passed(stream('')), stream('').replace(/}$/, ',"stream_options":{"include_usage":true}}'));
    assert.equal(
      passed(stream(',"stream_options":null')),
      stream(',"stream_options":{"include_usage":true}'),
    );
    assert.equal(
      passed(stream(',"stream_options": { "a" : 1.0 }')),
      stream(',"stream_options": { "a" : 1.0,"include_usage":true }'),
    );
    assert.equal(
      passed(stream(',"stream_options":{"include_usage":false,"a":1}')),
      stream(',"stream_options":{"include_usage":true,"a":1}'),
    );
    assert.equal(
      passed(stream(',"stream_options":{},"stream_options":{"include_usage":true}')),
      stream(',"stream_options":{"include_usage":true},"stream_options":{"include_usage":true}'),
    );
  });

  it('leaves stream options alone when they ask already, and in plain requests', () => {
    for (const text of [
      `{"model":"up","stream":true,"stream_options":{ "include_usage" : true },${MESSAGES}}`,
      `{"model":"up","stream_options":{"a":1},${MESSAGES}}`,
    ]) {
      assert.equal(passed(text), text);
    }
  });

  it('takes the wish for usage out where the provider refuses to be asked', () => {
    const always: EncodeTarget = { ...TARGET, usageInStream: 'always' };
    const stream = (options: string) => `{"model":"up","stream":true${options},${MESSAGES}}`;
    assert.equal(passed(stream(''), always), stream(''));
    assert.equal(passed(stream(',"stream_options":{"include_usage":true}'), always), stream(''));
    assert.equal(
      passed(stream(',"stream_options":{"include_usage":true,"a":1}'), always),
      stream(',"stream_options":{"a":1}'),
    );
  });
});

const fitted = (text: string, traits: ModelTraits, more: Partial<EncodeTarget> = {}) => {
  const { body, warnings } = passRequest(requestOfText(text), { ...TARGET, traits, ...more });
  return { text: body.toString(), warnings };
};

describe('openai-chat passthrough of requests, fitted to the model [A5]', () => {
  const body = (fields: string, messages = MESSAGES) => `{"model":"up",${fields}${messages}}`;

  it('changes nothing for a model of which nothing is known, or that takes all of it', () => {
    const text = body('"temperature": 0.5,"max_completion_tokens":5,"reasoning_effort":"high", ');
    assert.deepEqual(fitted(text, {}), { text, warnings: [] });
    const traits: ModelTraits = { efforts: ['low', 'high'], outputLimitField: 'max_completion_tokens' };
    assert.deepEqual(fitted(text, traits), { text, warnings: [] });
  });

  it('[B2] writes the output limit under the name that the model takes, clamped', () => {
    assert.equal(
      fitted(body('"max_tokens":101,'), { outputLimitField: 'max_completion_tokens' }).text,
      `{"model":"up",${MESSAGES},"max_completion_tokens":100}`,
    );
    assert.equal(
      fitted(body('"max_completion_tokens":5,"max_tokens":6,'), { outputLimitField: 'max_tokens' }).text,
      body('"max_tokens":5,'),
    );
    assert.deepEqual(
      fitted(body('"max_completion_tokens":500,"max_tokens":400,'), {
        outputLimitField: 'max_completion_tokens',
      }),
      { text: body('"max_completion_tokens":100,'), warnings: [] },
    );
    assert.equal(
      fitted(body('"max_completion_tokens":null,"max_tokens":4,'), {
        outputLimitField: 'max_completion_tokens',
      }).text,
      body('"max_completion_tokens":4,'),
    );
  });

  it('removes settings and members that the model refuses, and names what is lost by it', () => {
    const traits: ModelTraits = {
      refuses: ['temperature', 'topLogprobs'],
      refusesWhileThinking: ['topP'],
      refusesFields: ['store'],
    };
    assert.deepEqual(
      fitted(body('"temperature":1,"top_p":1,"logprobs":false,"store":true,"seed":1,'), traits),
      {
        text: body('"seed":1,'),
        warnings: [
          'temperature is refused by the chosen model and was left out',
          'top_p is refused by the chosen model and was left out',
          'store is refused by the chosen model and was left out',
        ],
      },
    );
    const awake = body('"top_p":1,"reasoning_effort":"none",');
    assert.equal(fitted(awake, traits).text, awake);
  });

  it('writes the seed under the name that the provider has for it', () => {
    assert.equal(
      fitted(body('"seed":7,'), { seedField: 'random_seed' }).text,
      `{"model":"up",${MESSAGES},"random_seed":7}`,
    );
  });

  it('maps the effort to one that the model has, and leaves words alone that only it has', () => {
    const effort = (word: string) => body(`"reasoning_effort":"${word}",`);
    const mapped = fitted(effort('xhigh'), { efforts: ['low', 'high'] });
    assert.deepEqual(mapped, { text: effort('high'), warnings: ['the reasoning effort xhigh became high'] });
    assert.equal(fitted(effort('default'), { efforts: ['low'] }).text, effort('default'));
    assert.equal(fitted(effort('low'), { efforts: [] }).text, body(''));
  });

  it('turns thinking off with the switch that the model has, unless the client used it itself', () => {
    const traits: ModelTraits = { efforts: ['none', 'low', 'high'], thinkingSwitch: 'thinking' };
    assert.equal(
      fitted(body('"reasoning_effort":"none",'), traits).text,
      `{"model":"up",${MESSAGES},"thinking":{"type":"disabled"}}`,
    );
    const own = body('"thinking":{"type":"enabled"},"reasoning_effort":"high",');
    assert.equal(fitted(own, traits).text, own);
    const enabled = '"thinking":{"type":"enabled"},';
    assert.equal(fitted(body(`${enabled}"reasoning_effort":"none",`), traits).text, body(enabled));
  });

  it('sets the effort to none beside tools where nothing else is taken', () => {
    const tools = body('"tools":[{"type":"function","function":{"name":"f"}}],');
    assert.equal(
      fitted(tools, { effortWithTools: 'none' }).text,
      tools.replace(/}$/, ',"reasoning_effort":"none"}'),
    );
    assert.equal(fitted(body(''), { effortWithTools: 'none' }).text, body(''));
  });

  it('leaves the choice of a tool to a model that does not take it', () => {
    const { text, warnings } = fitted(body('"tool_choice":"required",'), { toolChoices: ['auto'] });
    assert.equal(text, body(''));
    assert.equal(warnings.length, 1);
  });

  it('tells a model the schema in words that can only be held to JSON', () => {
    const format = '"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}},';
    const { text, warnings } = fitted(body(format), { responseFormats: ['text', 'json-object'] });
    const sent = JSON.parse(text) as { response_format: object; messages: readonly { role: string }[] };
    assert.deepEqual(sent.response_format, { type: 'json_object' });
    assert.deepEqual(
      sent.messages.map(({ role }) => role),
      ['system', 'user'],
    );
    assert.equal(warnings.length, 1);
  });

  it('keeps the instruction and the order of messages when the one behind it is taken out', () => {
    const messages =
      '"messages":[ {"role":"system","content":"s"} , {"role":"assistant","content":"","reasoning":"r"} , {"role":"user","content":"u"} ]';
    const format = '"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{}}},';
    const traits = {
      responseFormats: ['text', 'json-object'],
      refusesMessageFields: ['reasoning'],
    } as const;
    const { text } = fitted(body(format, messages), traits);
    const sent = JSON.parse(text) as { messages: readonly { role: string; content: string }[] };
    assert.deepEqual(
      sent.messages.map(({ role }) => role),
      ['system', 'system', 'user'],
    );
    assert.equal(sent.messages[0]?.content, 's');
  });

  it('gives the role system to developer messages where developer is refused', () => {
    const messages = (role: string) =>
      `"messages":[ {"role":"${role}","content":"d"} , {"role":"user","content":"1.0"}]`;
    assert.equal(
      fitted(body('', messages('developer')), { developerRole: false }).text,
      body('', messages('system')),
    );
  });

  it('removes members of messages that the model refuses, and messages that are empty then', () => {
    const messages =
      '"messages":[{"role":"assistant","content":null,"reasoning":"r"},{"role":"user","name":"n","content":"x"}]';
    assert.deepEqual(fitted(body('', messages), { refusesMessageFields: ['name', 'reasoning'] }), {
      text: body('', '"messages":[{"role":"user","content":"x"}]'),
      warnings: [
        'reasoning in messages is refused by the chosen model and was left out',
        'name in messages is refused by the chosen model and was left out',
      ],
    });
  });

  it('writes ids of calls in the form that the model insists on, on both sides', () => {
    const messages =
      '"messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{ }"}},5]},' +
      '{"role":"tool","tool_call_id":"call_1","content":"1"}]';
    const { text, warnings } = fitted(body('', messages), { toolCallIds: 'alphanumeric-9' });
    const id = /"tool_call_id":"([a-zA-Z0-9]{9})"/.exec(text)?.[1] ?? '';
    assert.equal(text.replaceAll(id, 'call_1'), body('', messages));
    assert.equal(text.split(id).length, 3);
    assert.deepEqual(warnings, []);
  });

  it('puts something in the place of reasoning where calls without it are refused', () => {
    const call = '"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]';
    const messages = `"messages":[{"role":"assistant",${call}},{"role":"assistant","reasoning_content":"r",${call}}]`;
    assert.equal(
      fitted(body('', messages), { needsReasoningWithCalls: true }).text,
      body('', messages.replace(call, `${call},"reasoning_content":"."`)),
    );
  });
});

describe('openai-chat passthrough of requests, thoughts [B5]', () => {
  const details = '[{"type":"reasoning.encrypted","data":"AAAA"}]';
  const signed =
    '{"id":"a","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}';
  const text =
    `{"model":"up","messages":[{"role":"assistant","content":"x","reasoning_details":${details}},` +
    `{"role":"assistant","content":"","reasoning_details":${details}},` +
    `{"role":"assistant","content":null,"tool_calls":[${signed}]}]}`;
  const history = (owns: boolean): SignedHistory => ({ maker: 'me', owns: () => owns, recall: () => [] });

  it('leaves thoughts of the target, and all where nothing is remembered, as they are', () => {
    assert.equal(fitted(text, {}, { history: history(true) }).text, text);
    assert.equal(fitted(text, {}).text, text);
  });

  it('cuts thoughts of other models out, and messages that hold nothing else', () => {
    assert.deepEqual(fitted(text, {}, { history: history(false) }), {
      text:
        '{"model":"up","messages":[{"role":"assistant","content":"x"},' +
        '{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}]}',
      warnings: ['thoughts of another model were left out'],
    });
  });

  it('cuts out seals of other models that a client took along from another dialect', () => {
    const envelope = sealEnvelope({ kind: 'thinking-signature', value: 'x' }, 'elsewhere/model');
    const enveloped = text
      .replaceAll('"AAAA"', JSON.stringify(envelope))
      .replace('"s"', JSON.stringify(envelope));
    // As the vault answers for a seal that nobody remembers.
    const asked = (seal: Seal): boolean => seal.maker === undefined;
    const fit = fitted(enveloped, {}, { history: { maker: 'me', owns: asked, recall: () => [] } });
    assert.ok(!fit.text.includes(envelope), fit.text);
  });
});

describe('openai-chat passthrough of requests, readable thoughts [B5]', () => {
  const messages = (...texts: readonly string[]) => `"messages":[ ${texts.join(' , ')} ]}`;
  const thought = (field: string) => `{"role":"assistant", "content" : "\\u00e9","${field}":"t","x":1.0}`;
  const plain = '{"role":"assistant", "content" : "\\u00e9","x":1.0}';
  const user = '{"role":"user","content":"u","reasoning":"of the user"}';
  const WARNING = 'thoughts of another model were left out';

  for (const field of ['reasoning_content', 'reasoning', 'thinking']) {
    it(`cuts ${field} out for a model that does not want it back, and not one other byte`, () => {
      const text = (message: string, model: string) => `{"model":"${model}",${messages(message, user)}`;
      assert.deepEqual(fitted(text(thought(field), 'auto'), {}), {
        text: text(plain, 'up'),
        warnings: [WARNING],
      });
    });
  }

  it('leaves readable thoughts as they are where the model wants them or the client names it', () => {
    const text = (model: string) => `{"model":"${model}",${messages(thought('reasoning_content'), user)}`;
    const untouched = { text: text('up'), warnings: [] };
    assert.deepEqual(fitted(text('up'), {}), untouched);
    assert.deepEqual(fitted(text('auto'), { wantsReasoningBack: true }), untouched);
    assert.deepEqual(fitted(text('auto'), { needsReasoningWithCalls: true }), untouched);
  });

  it('leaves readable thoughts as they are for a model of which nothing is known', () => {
    const text = (model: string) => `{"model":"${model}",${messages(thought('reasoning_content'), user)}`;
    assert.equal(passed(text('auto')), text('up'));
  });

  it('takes empty thoughts out without a word', () => {
    const message = '{"role":"assistant","content":"","reasoning_content":null,"reasoning":""}';
    assert.deepEqual(fitted(`{"model":"auto",${messages(message, user)}`, {}), {
      text: `{"model":"up",${messages('{"role":"assistant","content":""}', user)}`,
      warnings: [],
    });
  });

  it('takes out messages that held nothing but thoughts, and keeps refusals', () => {
    const text = messages(
      user,
      '{"role":"assistant","content":null,"reasoning":"r"}',
      '{"role":"assistant","content":null,"refusal":"no","reasoning":"r"}',
    );
    assert.deepEqual(fitted(`{"model":"auto",${text}`, {}), {
      text: `{"model":"up",${messages(user, '{"role":"assistant","content":null,"refusal":"no"}')}`,
      warnings: [WARNING],
    });
  });

  it('keeps proven thoughts of the target when their readable text goes', () => {
    const details = '"reasoning_details":[{"type":"reasoning.encrypted","data":"AAAA"}]';
    const message = (more: string) => `{"role":"assistant","content":""${more},${details}}`;
    const history: SignedHistory = { maker: 'me', owns: () => true, recall: () => [] };
    assert.equal(
      fitted(`{"model":"auto",${messages(message(',"reasoning":"r"'))}`, {}, { history }).text,
      `{"model":"up",${messages(message(''))}`,
    );
  });
});

const META = { exchange_id: 'x_1' };
const USAGE = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const USAGE_CHUNK = { id: 'c1', choices: [], usage: USAGE };
const FINISH = chunk({}, 'stop');

interface Filtered {
  /** What each frame let through, at once. */
  readonly steps: readonly string[];
  readonly end: string;
}

function filtered(
  options: { readonly stripUsage?: boolean; readonly holdLast?: boolean },
  metadata: typeof META | undefined,
  ...parts: readonly (object | string)[]
): Filtered {
  const filter = createFrameFilter({
    stripUsage: options.stripUsage ?? false,
    holdLast: options.holdLast ?? false,
  });
  const decoder = createStreamDecoder();
  const steps = framesOf(...parts).map((frame) =>
    Buffer.concat([...filter.push(frame, decoder.push(frame))]).toString(),
  );
  return { steps, end: Buffer.concat([...filter.end(metadata)]).toString() };
}

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;

describe('openai-chat passthrough of streams', () => {
  it('passes every frame at once, as it came', () => {
    const parts = [': ping\n\n', chunk({ content: 'a' }), FINISH, USAGE_CHUNK, DONE];
    const { steps, end } = filtered({}, undefined, ...parts);
    assert.deepEqual(steps, [
      ': ping\n\n',
      data(chunk({ content: 'a' })),
      data(FINISH),
      data(USAGE_CHUNK),
      DONE,
    ]);
    assert.equal(end, '');
  });

  it('takes out the usage chunk that only we asked for', () => {
    const { steps } = filtered(
      { stripUsage: true },
      undefined,
      chunk({ content: 'a' }),
      FINISH,
      USAGE_CHUNK,
      DONE,
    );
    assert.deepEqual(steps, [data(chunk({ content: 'a' })), data(FINISH), '', DONE]);
  });

  it('leaves usage on a chunk with choices, and chunks that hold anything but usage', () => {
    const withChoice = chunk({}, 'stop', { usage: USAGE });
    const azure = { id: '', choices: [], prompt_filter_results: [] };
    const first = { id: 'c1', choices: [], usage: USAGE, error: { message: 'x' } };
    const { steps } = filtered({ stripUsage: true }, undefined, azure, withChoice, first);
    assert.deepEqual(steps, [data(azure), data(withChoice), data(first)]);
    const running = chunk({}, null, { usage: USAGE });
    assert.equal(filtered({ stripUsage: true }, undefined, FINISH, running).steps[1], data(running));
    const odd = { id: 'c1', usage: USAGE };
    assert.deepEqual(
      filtered({ stripUsage: true }, undefined, chunk({ content: 'a' }), odd).steps[1],
      data(odd),
    );
  });

  it('holds frames back from the finish chunk on, and nothing before it', () => {
    const { steps, end } = filtered(
      { holdLast: true },
      undefined,
      chunk({ content: 'a' }),
      FINISH,
      USAGE_CHUNK,
      DONE,
    );
    assert.deepEqual(steps, [data(chunk({ content: 'a' })), '', '', '']);
    assert.equal(end, data(FINISH) + data(USAGE_CHUNK) + DONE);
  });

  it('puts metadata into the last data chunk', () => {
    const all = filtered({ holdLast: true }, META, FINISH, USAGE_CHUNK, ': bye\n\n', DONE);
    assert.equal(all.end, `${data(FINISH)}${data({ ...USAGE_CHUNK, _pointsman: META })}: bye\n\n${DONE}`);
    const stripped = filtered({ holdLast: true, stripUsage: true }, META, FINISH, USAGE_CHUNK, DONE);
    assert.equal(stripped.end, data({ ...FINISH, _pointsman: META }) + DONE);
  });

  it('lets held frames go when another choice goes on', () => {
    const other = { id: 'c1', choices: [{ index: 1, delta: { content: 'b' }, finish_reason: null }] };
    const otherFinish = { id: 'c1', choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] };
    const { steps, end } = filtered({ holdLast: true }, META, FINISH, other, otherFinish, DONE);
    assert.deepEqual(steps, ['', data(FINISH) + data(other), '', '']);
    assert.equal(end, data({ ...otherFinish, _pointsman: META }) + DONE);
  });

  it('lets a finish chunk go when the next choice finishes', () => {
    const otherFinish = { id: 'c1', choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] };
    const { steps } = filtered({ holdLast: true }, META, FINISH, otherFinish);
    assert.deepEqual(steps, ['', data(FINISH)]);
  });

  it('ends a stream without a finish chunk unchanged, since its last data chunk is gone', () => {
    const { steps, end } = filtered({ holdLast: true }, META, chunk({ content: 'a' }), DONE);
    assert.equal(steps.join('') + end, data(chunk({ content: 'a' })) + DONE);
  });
});
