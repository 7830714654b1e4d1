import assert from 'node:assert/strict';

import type { ModelTraits } from '../../../../../daemon/conversation/model-traits.ts';
import type { ContentPart, Message, ToolDefinition } from '../../../../../daemon/conversation/request.ts';
import type { Seal, SignedHistory } from '../../../../../daemon/conversation/seal.ts';
import type { RequestSettings } from '../../../../../daemon/conversation/settings.ts';
import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { encodeRequest } from '../../../../../daemon/dialects/openai-chat/encode-request.ts';
import { foreign, requestOf } from './chat-support.ts';

const TARGET: EncodeTarget = { dialect: 'openai-chat', upstreamModel: 'up', maxOutputTokens: 100 };
const HI: Message = { role: 'user', content: [{ type: 'text', text: 'hi' }] };

function encoded(view: Parameters<typeof foreign>[0], target: Partial<EncodeTarget> = {}) {
  const { path, body, warnings } = encodeRequest(foreign(view), { ...TARGET, ...target });
  assert.equal(path, '/chat/completions');
  return { body: JSON.parse(body.toString()) as Record<string, unknown>, warnings };
}

const messagesFor = (...messages: readonly Message[]) => encoded({ messages }).body['messages'];
const text = (value: string): ContentPart => ({ type: 'text', text: value });
const call = (callId: string, name = 'f', input = '{}'): ContentPart => ({
  type: 'tool-call',
  callId,
  name,
  input,
});
const result = (callId: string, ...content: ContentPart[]): ContentPart => ({
  type: 'tool-result',
  callId,
  content,
});
const calling = (id: string, name = 'f', args = '{}') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const tool = (fields: Partial<ToolDefinition>): ToolDefinition => ({
  kind: 'function',
  name: 'f',
  parameters: { type: 'object' },
  raw: {},
  ...fields,
});
const wired = (name: string, parameters: object = { type: 'object' }) => ({
  type: 'function',
  function: { name, parameters },
});

/** What a request with these settings becomes, without what every request has. */
function settingsFor(settings: RequestSettings, traits?: ModelTraits, tools: readonly ToolDefinition[] = []) {
  const view = { settings: () => settings, tools: () => tools };
  const { body, warnings } = encoded(view, traits === undefined ? {} : { traits });
  const { model: _model, messages: _messages, stream: _stream, ...fields } = body;
  return { fields, warnings };
}

/** Owns every seal that names it; remembers one thought in front of part 0. */
function historyOf(recalled?: Extract<ContentPart, { type: 'reasoning' }>): SignedHistory {
  return {
    maker: 'me',
    owns: (seal: Seal) => seal.maker === 'me',
    recall: () => (recalled === undefined ? [] : [{ beforePart: 0, part: recalled }]),
  };
}

describe('openai-chat encode-request', () => {
  it('sends the bytes of its own dialect with the model changed and no warning', () => {
    const { path, body, warnings } = encodeRequest(requestOf({ model: 'a', odd: [1] }), TARGET);
    assert.equal(path, '/chat/completions');
    assert.equal(body.toString(), '{"messages":[{"role":"user","content":"hello"}],"model":"up","odd":[1]}');
    assert.deepEqual(warnings, []);
  });

  it('builds the smallest request from a neutral view', () => {
    assert.deepEqual(encoded({}), {
      body: { model: 'up', messages: [{ role: 'user', content: 'hi' }], stream: false },
      warnings: [],
    });
  });

  it('[B2] carries limits, count and format, and asks for usage in a stream', () => {
    const { body } = encoded({
      stream: true,
      maxOutputTokens: 500,
      choiceCount: 2,
      responseFormat: { kind: 'json-schema', schema: { type: 'object' }, strict: true },
    });
    assert.equal(body['max_tokens'], 100);
    assert.equal(body['n'], 2);
    assert.equal(body['stream'], true);
    assert.deepEqual(body['stream_options'], { include_usage: true });
    assert.deepEqual(body['response_format'], {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
    });
    assert.deepEqual(encoded({ responseFormat: { kind: 'json-object' } }).body['response_format'], {
      type: 'json_object',
    });
    assert.deepEqual(
      encoded({ responseFormat: { kind: 'json-schema', schema: {}, name: 'n' } }).body['response_format'],
      { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
    );
    assert.equal(encoded({ maxOutputTokens: 50 }).body['max_tokens'], 50);
  });

  it('[B2] writes the output limit under the name that the model takes', () => {
    const { body } = encoded(
      { maxOutputTokens: 50 },
      { traits: { outputLimitField: 'max_completion_tokens' } },
    );
    assert.equal(body['max_completion_tokens'], 50);
    assert.equal(body['max_tokens'], undefined);
  });

  it('does not ask for usage where the provider refuses to be asked', () => {
    assert.equal(encoded({ stream: true }, { usageInStream: 'always' }).body['stream_options'], undefined);
  });

  it('[A5] tells a model the schema in words that can only be held to JSON', () => {
    const schema = { type: 'object' };
    const view = {
      messages: [{ role: 'system', content: [text('s')] } as const, HI],
      responseFormat: { kind: 'json-schema', schema } as const,
    };
    const { body, warnings } = encoded(view, { traits: { responseFormats: ['text', 'json-object'] } });
    assert.deepEqual(body['response_format'], { type: 'json_object' });
    const [, instruction] = body['messages'] as readonly { role: string; content: string }[];
    assert.equal(instruction?.role, 'system');
    assert.match(instruction?.content ?? '', /JSON.*\n\{"type":"object"\}$/);
    assert.deepEqual(warnings, [
      'the chosen model cannot be held to a JSON schema; it is told the schema in words',
    ]);
  });

  it('encodes the same request to the same bytes every time', () => {
    const request = foreign({ stream: true });
    assert.deepEqual(encodeRequest(request, TARGET), encodeRequest(request, TARGET));
  });
});

describe('openai-chat encode-request, messages', () => {
  it('keeps system text in its place', () => {
    assert.deepEqual(
      messagesFor(
        { role: 'system', content: [text('a'), text('b')] },
        { ...HI, name: 'n' },
        { role: 'developer', content: [text('d')] },
        { role: 'assistant', content: [text('e')], name: 'm' },
      ),
      [
        { role: 'system', content: 'a\nb' },
        { role: 'user', content: 'hi', name: 'n' },
        { role: 'system', content: 'd' },
        { role: 'assistant', content: 'e', name: 'm' },
      ],
    );
  });

  it('[A5] writes the role developer, and system text between the turns, as the model takes them', () => {
    const messages: readonly Message[] = [
      { role: 'developer', content: [text('d')] },
      HI,
      { role: 'system', content: [text('s')] },
    ];
    assert.deepEqual(encoded({ messages }, { traits: { developerRole: true } }).body['messages'], [
      { role: 'developer', content: 'd' },
      { role: 'user', content: 'hi' },
      { role: 'system', content: 's' },
    ]);
    const strict = encoded({ messages }, { traits: { systemInMessages: false } });
    assert.deepEqual(strict.body['messages'], [
      { role: 'system', content: 'd' },
      { role: 'user', content: 'hi\n<system-reminder>\ns\n</system-reminder>' },
    ]);
    assert.deepEqual(strict.warnings, ['system text between the turns became marked text of the user']);
  });

  it('writes pictures as addresses', () => {
    assert.deepEqual(
      messagesFor({
        role: 'user',
        content: [
          text('look'),
          { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' }, detail: 'low' },
          { type: 'image', source: { kind: 'url', url: 'https://x.test' } },
        ],
      }),
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://x.test' } },
          ],
        },
      ],
    );
  });

  it('writes documents as files where the model takes them, those of text as text, and names what it leaves out', () => {
    const content: readonly ContentPart[] = [
      { type: 'document', source: { kind: 'text', text: 'words' }, fileName: 'a.txt' },
      { type: 'document', source: { kind: 'base64', mediaType: 'text/plain', data: 'd29yZHM=' } },
      {
        type: 'document',
        source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' },
        fileName: 'b.pdf',
      },
    ];
    const texts = [
      { type: 'text', text: '<document name="a.txt">\nwords\n</document>' },
      { type: 'text', text: '<document>\nwords\n</document>' },
    ];
    const view = { messages: [{ role: 'user', content } as const] };
    assert.deepEqual(encoded(view, { traits: { takesFiles: true } }).body['messages'], [
      {
        role: 'user',
        content: [
          ...texts,
          { type: 'file', file: { filename: 'b.pdf', file_data: 'data:application/pdf;base64,AA' } },
        ],
      },
    ]);
    const without = encoded(view);
    assert.deepEqual(without.body['messages'], [
      { role: 'user', content: texts.map((part) => part.text).join('\n') },
    ]);
    assert.deepEqual(without.warnings, ['a document cannot be read by the chosen model and was left out']);
  });

  it('writes tool calls with their arguments as they were', () => {
    const exact = call('a', 'f', '{ "n": 1e400 }');
    const after: Message = { role: 'tool', content: [result('a', text('1'))] };
    const answer = { role: 'tool', tool_call_id: 'a', content: '1' };
    const toolCalls = [calling('a', 'f', '{ "n": 1e400 }')];
    assert.deepEqual(messagesFor(HI, { role: 'assistant', content: [exact] }, after), [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: null, tool_calls: toolCalls },
      answer,
    ]);
    assert.deepEqual(messagesFor(HI, { role: 'assistant', content: [text('x'), exact] }, after), [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'x', tool_calls: toolCalls },
      answer,
    ]);
  });

  it('makes messages of their own of tool results, before what the user says with them', () => {
    const asked: Message = { role: 'assistant', content: [call('a'), call('b')] };
    const answered: Message = {
      role: 'user',
      content: [result('a', text('1'), text('2')), result('b'), text('go on')],
    };
    assert.deepEqual((messagesFor(HI, asked, answered) as readonly unknown[]).slice(2), [
      { role: 'tool', tool_call_id: 'a', content: '1\n2' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      { role: 'user', content: 'go on' },
    ]);
  });

  it('shows the model pictures of tool results in the name of the user, behind all results', () => {
    const picture: ContentPart = { type: 'image', source: { kind: 'url', url: 'https://x.test' } };
    const image = { type: 'image_url', image_url: { url: 'https://x.test' } };
    const asked: Message = { role: 'assistant', content: [call('a'), call('b')] };
    const answered: Message = { role: 'tool', content: [result('a', picture), result('b', text('1'))] };
    const results = [
      { role: 'tool', tool_call_id: 'a', content: '(see what the user attached)' },
      { role: 'tool', tool_call_id: 'b', content: '1' },
    ];
    assert.deepEqual((messagesFor(HI, asked, answered) as readonly unknown[]).slice(2), [
      ...results,
      { role: 'user', content: [image] },
    ]);
    assert.deepEqual((messagesFor(HI, asked, answered, HI) as readonly unknown[]).slice(2), [
      ...results,
      { role: 'user', content: [image, { type: 'text', text: 'hi' }] },
    ]);
  });

  it('[A5] fits the history: assistant-first, neighbours, calls without results', () => {
    const { body, warnings } = encoded({
      messages: [
        { role: 'assistant', content: [text('one')] },
        { role: 'assistant', content: [call('a')] },
        HI,
      ],
    });
    assert.deepEqual((body['messages'] as readonly unknown[]).slice(1), [
      { role: 'assistant', content: 'one', tool_calls: [calling('a')] },
      { role: 'tool', tool_call_id: 'a', content: '(no result was recorded)' },
      { role: 'user', content: 'hi' },
    ]);
    assert.equal(warnings.length, 3); // the opening, the result, its mark of failure
  });

  it('[A5] writes ids of calls in the form that the model insists on, and shortens those that are too long', () => {
    const long = 'x'.repeat(41);
    const messages: readonly Message[] = [
      HI,
      { role: 'assistant', content: [call('call_1'), call(long)] },
      { role: 'tool', content: [result('call_1'), result(long)] },
    ];
    const ids = (traits?: ModelTraits): readonly string[] => {
      const { body } = encoded({ messages }, traits === undefined ? {} : { traits });
      const [, asked, ...results] = body['messages'] as readonly {
        tool_calls: readonly { id: string }[];
        tool_call_id: string;
      }[];
      const called = (asked?.tool_calls ?? []).map(({ id }) => id);
      assert.deepEqual(
        results.map((message) => message.tool_call_id),
        called,
      );
      return called;
    };
    for (const id of ids({ toolCallIds: 'alphanumeric-9' })) assert.match(id, /^[a-zA-Z0-9]{9}$/);
    const [kept, shortened] = ids();
    assert.equal(kept, 'call_1');
    assert.ok(shortened !== undefined && shortened.length <= 40);
  });

  it('names everything that it leaves out, once', () => {
    const odd = { type: 'other', wireType: 'input_audio', raw: {} } as const;
    const { body, warnings } = encoded({
      messages: [
        { role: 'user', content: [odd, odd, text('x')] },
        {
          role: 'assistant',
          content: [{ type: 'reasoning', text: 'hm' }, { type: 'refusal', text: 'no' }, call('a')],
        },
        { role: 'tool', content: [{ type: 'tool-result', callId: 'a', content: [odd], isError: true }] },
      ],
      unmappedFields: () => ['container'],
    });
    assert.deepEqual(warnings, [
      'container has no counterpart at the chosen model and was left out',
      'thoughts of another model were left out',
      'content of type input_audio has no place in a chat completion and was left out',
      'the mark of a failed tool result has no place in a chat completion',
    ]);
    assert.deepEqual(body['messages'], [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'no', tool_calls: [calling('a')] },
      { role: 'tool', tool_call_id: 'a', content: '' },
    ]);
  });
});

describe('openai-chat encode-request, thoughts [B5]', () => {
  const own = (kind: Seal['kind'], value = ''): Seal => ({ kind, value, maker: 'me' });
  const thinking = (words: string, seal?: Seal): ContentPart => ({
    type: 'reasoning',
    text: words,
    ...(seal === undefined ? {} : { seal }),
  });
  const turn = (...content: readonly ContentPart[]): readonly Message[] => [
    HI,
    { role: 'assistant', content: [...content, call('a')] },
    { role: 'tool', content: [result('a')] },
  ];
  const assistantFor = (messages: readonly Message[], traits: ModelTraits, history = historyOf()) => {
    const { body, warnings } = encoded({ messages }, { traits, history });
    return { message: (body['messages'] as readonly Record<string, unknown>[])[1], warnings };
  };

  it('gives a model its own reasoning back that wants it, and to no other', () => {
    const messages = turn(thinking('hm', own('unsealed')));
    const wanted = assistantFor(messages, { wantsReasoningBack: true });
    assert.equal(wanted.message?.['reasoning_content'], 'hm');
    assert.deepEqual(wanted.warnings, []);
    assert.equal(assistantFor(messages, {}).message?.['reasoning_content'], undefined);
  });

  it('leaves the thoughts of another model out and says so', () => {
    const foreignSeal: Seal = { kind: 'unsealed', value: '', maker: 'other' };
    const traits = { wantsReasoningBack: true };
    for (const part of [thinking('hm', foreignSeal), thinking('hm')]) {
      const { message, warnings } = assistantFor(turn(part), traits);
      assert.equal(message?.['reasoning_content'], undefined);
      assert.deepEqual(warnings, ['thoughts of another model were left out']);
    }
  });

  it('puts something in the place of reasoning where calls without it are refused, unless thinking is off', () => {
    const traits: ModelTraits = { needsReasoningWithCalls: true, efforts: ['none', 'high', 'max'] };
    assert.equal(assistantFor(turn(), traits).message?.['reasoning_content'], '.');
    const view = { messages: turn(), settings: () => ({ reasoning: { effort: 'none' } }) as const };
    const [, off] = encoded(view, { traits }).body['messages'] as readonly Record<string, unknown>[];
    assert.equal(off?.['reasoning_content'], undefined);
  });

  it('gives its own reasoning details back as they were', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'AAAA' }];
    const { message } = assistantFor(
      turn(thinking('', own('reasoning-details', JSON.stringify(details)))),
      {},
    );
    assert.deepEqual(message?.['reasoning_details'], details);
  });

  it('puts a thought signature on the call that it seals, only where the provider takes it', () => {
    const messages = turn(thinking('', own('thought-signature', 'sig')));
    const signed = { ...calling('a'), extra_content: { google: { thought_signature: 'sig' } } };
    assert.deepEqual(assistantFor(messages, { thoughtSignatures: true }).message?.['tool_calls'], [signed]);
    assert.deepEqual(assistantFor(messages, {}).message?.['tool_calls'], [calling('a')]);
  });

  it('recalls the thoughts that the client could not carry', () => {
    const recalled = { type: 'reasoning', text: 'hm', seal: own('unsealed') } as const;
    const { message } = assistantFor(turn(), { wantsReasoningBack: true }, historyOf(recalled));
    assert.equal(message?.['reasoning_content'], 'hm');
  });
});

describe('openai-chat encode-request, settings [A5]', () => {
  it('carries what every provider of the dialect knows', () => {
    const settings: RequestSettings = {
      temperature: 0.5,
      topP: 0.9,
      frequencyPenalty: 1,
      presencePenalty: -1,
      seed: 7,
      stopSequences: ['a', 'b'],
      reasoning: { effort: 'high' },
    };
    assert.deepEqual(settingsFor(settings), {
      fields: {
        temperature: 0.5,
        top_p: 0.9,
        frequency_penalty: 1,
        presence_penalty: -1,
        seed: 7,
        stop: ['a', 'b'],
        reasoning_effort: 'high',
      },
      warnings: [],
    });
  });

  const RARE: RequestSettings = {
    topK: 5,
    verbosity: 'low',
    topLogprobs: 2,
    logitBias: { 5: 1 },
    serviceTier: 'flex',
    userId: 'u',
    promptCacheKey: 'k',
  };
  const names = Object.keys(RARE) as (keyof RequestSettings)[];

  it('keeps what only some providers know from all others, and says so', () => {
    const { fields, warnings } = settingsFor(RARE);
    assert.deepEqual(fields, {});
    assert.deepEqual(
      warnings,
      names.map((name) => `${name} has no counterpart at the chosen model and was left out`),
    );
  });

  it('sends what only some providers know to those that take it', () => {
    assert.deepEqual(settingsFor(RARE, { takes: names }), {
      fields: {
        top_k: 5,
        verbosity: 'low',
        logprobs: true,
        top_logprobs: 2,
        logit_bias: { 5: 1 },
        service_tier: 'flex',
        user: 'u',
        prompt_cache_key: 'k',
      },
      warnings: [],
    });
  });

  it('sends no id or tier that the provider could not take, and shortens a key', () => {
    const settings = { serviceTier: 'standard_only', userId: 'u'.repeat(65), promptCacheKey: 'k'.repeat(65) };
    const { fields, warnings } = settingsFor(settings, { takes: names });
    assert.deepEqual(Object.keys(fields), ['prompt_cache_key']);
    assert.equal(String(fields['prompt_cache_key']).length, 64);
    assert.equal(warnings.length, 2);
  });

  it('leaves out what the model refuses, always or while it thinks', () => {
    const settings: RequestSettings = { temperature: 0.5, topP: 0.9, stopSequences: ['a'] };
    const traits: ModelTraits = { refuses: ['stopSequences'], refusesWhileThinking: ['temperature'] };
    assert.deepEqual(settingsFor(settings, traits), {
      fields: { top_p: 0.9 },
      warnings: [
        'stopSequences is refused by the chosen model and was left out',
        'temperature is refused by the chosen model and was left out',
      ],
    });
    const awake = settingsFor({ ...settings, reasoning: { effort: 'none' } }, traits);
    assert.deepEqual(awake.fields, { temperature: 0.5, top_p: 0.9, reasoning_effort: 'none' });
  });

  it('keeps the first four stop sequences and says so', () => {
    const { fields, warnings } = settingsFor({ stopSequences: ['1', '2', '3', '4', '5'] });
    assert.deepEqual(fields['stop'], ['1', '2', '3', '4']);
    assert.deepEqual(warnings, ['only the first 4 stop sequences were kept']);
  });

  it('writes the seed under the name that the provider has for it', () => {
    assert.deepEqual(settingsFor({ seed: 7 }, { seedField: 'random_seed' }).fields, { random_seed: 7 });
  });

  const effortFor = (
    reasoning: RequestSettings['reasoning'],
    traits: ModelTraits,
    tools?: ToolDefinition[],
  ) => settingsFor(reasoning === undefined ? {} : { reasoning }, traits, tools);

  it('asks for the nearest effort that the model has', () => {
    assert.deepEqual(effortFor({ effort: 'xhigh' }, { efforts: ['low', 'medium', 'high'] }), {
      fields: { reasoning_effort: 'high' },
      warnings: ['the reasoning effort xhigh became high'],
    });
    assert.deepEqual(effortFor({ effort: 'high' }, { efforts: [] }), {
      fields: {},
      warnings: ['the reasoning effort has no counterpart at the chosen model and was left out'],
    });
  });

  it('makes an effort of a budget', () => {
    const effort = (budgetTokens: number) => effortFor({ budgetTokens }, {}).fields['reasoning_effort'];
    assert.deepEqual([0, 1024, 8192, 32_000].map(effort), ['none', 'low', 'medium', 'high']);
  });

  it('says nothing of effort beside tools, or that there is none, where the model wants it so', () => {
    const tools = [tool({})];
    const absent = effortFor({ effort: 'high' }, { effortWithTools: 'absent' }, tools);
    assert.equal(absent.fields['reasoning_effort'], undefined);
    assert.equal(absent.warnings.length, 1);
    assert.equal(effortFor(undefined, { effortWithTools: 'none' }, tools).fields['reasoning_effort'], 'none');
    assert.equal(
      effortFor({ effort: 'high' }, { effortWithTools: 'none' }).fields['reasoning_effort'],
      'high',
    );
  });

  it('turns thinking on and off with the switch that the model has', () => {
    const levels: ModelTraits = { thinkingSwitch: 'thinking', efforts: ['none', 'low', 'high'] };
    assert.deepEqual(effortFor({ effort: 'none' }, levels).fields, { thinking: { type: 'disabled' } });
    assert.deepEqual(effortFor({ effort: 'high' }, levels).fields, { reasoning_effort: 'high' });
    const toggle: ModelTraits = { thinkingSwitch: 'thinking', efforts: ['none', 'high'] };
    assert.deepEqual(effortFor({ effort: 'high' }, toggle).fields, { thinking: { type: 'enabled' } });
    const qwen: ModelTraits = { thinkingSwitch: 'enable_thinking', efforts: ['none', 'high'] };
    assert.deepEqual(effortFor({ effort: 'none' }, qwen).fields, { enable_thinking: false });
    assert.deepEqual(effortFor({ effort: 'high' }, qwen), {
      fields: {},
      warnings: ['the chosen model need not think in an answer that is not streamed'],
    });
  });
});

describe('openai-chat encode-request, tools', () => {
  const toolsFor = (...tools: readonly ToolDefinition[]) => settingsFor({}, undefined, tools);

  it('declares functions, and custom tools as functions of one string', () => {
    const { fields, warnings } = toolsFor(
      tool({ description: 'd', strict: true }),
      tool({ name: 'g', strict: false }),
      { kind: 'function', name: 'h', raw: {} },
      { kind: 'custom', name: 'c', description: 'free', raw: {} },
    );
    const [first, second, third, custom] = fields['tools'] as readonly {
      function: { parameters: unknown };
    }[];
    assert.deepEqual(first, {
      type: 'function',
      function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
    });
    assert.deepEqual(second, wired('g'));
    assert.deepEqual(third, wired('h', { type: 'object', properties: {} }));
    assert.match(JSON.stringify(custom), /"name":"c","description":"free".*"required":\["input"\]/);
    assert.deepEqual(warnings, []);
  });

  it('writes calls of custom tools as calls of the function that stands in for them', () => {
    const custom: ContentPart = { type: 'tool-call', callId: 'a', name: 'c', input: 'say "x"', isText: true };
    const messages = [HI, { role: 'assistant', content: [custom] }, { role: 'tool', content: [result('a')] }];
    const [, message] = messagesFor(...(messages as Message[])) as readonly { tool_calls: unknown }[];
    assert.deepEqual(message?.tool_calls, [calling('a', 'c', '{"input":"say \\"x\\""}')]);
  });

  it('leaves out tools of other providers, and the second of two of one name', () => {
    const { fields, warnings } = toolsFor(tool({}), tool({}), {
      kind: 'server',
      name: 'web_search',
      raw: {},
    });
    assert.deepEqual(fields['tools'], [wired('f')]);
    assert.deepEqual(warnings, [
      'the tool f is declared twice; the second one was left out',
      'the tool web_search is run by its provider and was left out',
    ]);
  });

  it('carries the choice of a tool and whether calls may be parallel, only beside tools', () => {
    const settings: RequestSettings = { toolChoice: { kind: 'tool', name: 'f' }, parallelToolCalls: false };
    assert.deepEqual(settingsFor(settings, undefined, [tool({})]).fields, {
      tools: [wired('f')],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
    });
    assert.deepEqual(settingsFor(settings).fields, {});
    const required = settingsFor({ toolChoice: { kind: 'required' } }, undefined, [tool({})]);
    assert.equal(required.fields['tool_choice'], 'required');
  });

  it('[A5] leaves the choice to a model that does not take it, and does not demand a tool that is not sent', () => {
    const required: RequestSettings = { toolChoice: { kind: 'required' } };
    const picky = settingsFor(required, { toolChoices: ['auto', 'none'] }, [tool({})]);
    assert.equal(picky.fields['tool_choice'], undefined);
    assert.deepEqual(picky.warnings, [
      'the chosen model does not take the tool choice required; it chooses itself',
    ]);
    const gone = settingsFor({ toolChoice: { kind: 'tool', name: 'x' } }, undefined, [tool({})]);
    assert.equal(gone.fields['tool_choice'], undefined);
    assert.equal(gone.warnings.length, 1);
  });

  it('calls a tool by a name that the dialect allows, the same in the declaration and in the history', () => {
    const { body, warnings } = encoded({
      messages: [
        HI,
        { role: 'assistant', content: [call('a', 'a.b')] },
        { role: 'tool', content: [result('a')] },
      ],
      tools: () => [tool({ name: 'a.b' })],
    });
    const [declared] = body['tools'] as readonly { function: { name: string } }[];
    const [, message] = body['messages'] as readonly {
      tool_calls: readonly { function: { name: string } }[];
    }[];
    assert.match(declared?.function.name ?? '', /^[a-zA-Z0-9_-]{1,64}$/);
    assert.equal(message?.tool_calls[0]?.function.name, declared?.function.name);
    assert.deepEqual(warnings, []);
  });
});
