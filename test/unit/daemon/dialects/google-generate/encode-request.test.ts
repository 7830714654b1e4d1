import assert from 'node:assert/strict';

import type { ModelTraits } from '../../../../../daemon/conversation/model-traits.ts';
import type {
  ContentPart,
  ConversationRequest,
  Message,
} from '../../../../../daemon/conversation/request.ts';
import type { SignedHistory } from '../../../../../daemon/conversation/seal.ts';
import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { encodeRequest } from '../../../../../daemon/dialects/google-generate/encode-request.ts';
import { chatRequest, requestOf, STREAMED, TARGET } from './google-support.ts';

type Sent = Record<string, unknown> & {
  contents: { role: string; parts: Record<string, unknown>[] }[];
  generationConfig?: Record<string, unknown>;
};

function sent(
  request: ConversationRequest,
  target: EncodeTarget = TARGET,
): { body: Sent; warnings: readonly string[] } {
  const { body, warnings } = encodeRequest(request, target);
  return { body: JSON.parse(body.toString()) as Sent, warnings };
}

/** A request of another dialect whose messages are given in the neutral model. */
function withMessages(...messages: readonly Message[]): ConversationRequest {
  const request = chatRequest({});
  const outline = messages.map(({ role }) => ({
    role,
    bytes: 1,
    hasImage: false,
    isToolResult: false,
    hasToolCall: false,
  }));
  return Object.assign(Object.create(request) as ConversationRequest, {
    outline,
    message: (index: number) => messages[index],
    settings: () => ({}),
    tools: () => [],
    unmappedFields: () => [],
  });
}

const user = (...content: readonly ContentPart[]): Message => ({ role: 'user', content });
const model = (...content: readonly ContentPart[]): Message => ({ role: 'assistant', content });
const say = (text: string): ContentPart => ({ type: 'text', text });
const call = (callId: string, input = '{}'): ContentPart => ({
  type: 'tool-call',
  callId,
  name: `n-${callId}`,
  input,
});
const result = (callId: string, ...content: readonly ContentPart[]): ContentPart => ({
  type: 'tool-result',
  callId,
  content,
});
const sealed = (value: string, text = ''): ContentPart => ({
  type: 'reasoning',
  text,
  seal: { kind: 'thought-signature', value },
});

const SKIP = 'skip_thought_signature_validator';

describe('google-generate requests to Google', () => {
  it('give tools names that Google takes, in declarations, choice, calls and results', () => {
    for (const name of ['a.b/c', '1st', 'x'.repeat(70)]) {
      const base = withMessages(
        user(say('go')),
        model({ type: 'tool-call', callId: 'c', name, input: '{}' }),
        user(result('c', say('r'))),
      );
      const request = Object.assign(Object.create(base) as ConversationRequest, {
        tools: () => [{ kind: 'function', name, raw: {} }],
        settings: () => ({ toolChoice: { kind: 'tool', name } }),
      });
      const text = JSON.stringify(sent(request).body);
      const names = [...text.matchAll(/"name":"([^"]*)"|"allowedFunctionNames":\["([^"]*)"\]/g)];
      const written = new Set(names.map(([, named, allowed]) => named ?? allowed));
      assert.equal(names.length, 4);
      assert.equal(written.size, 1);
      assert.match([...written][0] ?? '', /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/);
    }
  });

  it('leave names with dots and colons as they are', () => {
    const messages = [user(say('go')), model({ type: 'tool-call', callId: 'c', name: 'a.b:c', input: '{}' })];
    assert.match(JSON.stringify(sent(withMessages(...messages)).body), /"name":"a\.b:c"/);
  });

  it('go to the method of the model, streams as server-sent events', () => {
    const pathOf = (request: ConversationRequest, upstreamModel = 'gemini-3.8-flash') =>
      encodeRequest(request, { ...TARGET, upstreamModel }).path;
    assert.equal(pathOf(chatRequest({})), '/models/gemini-3.8-flash:generateContent');
    assert.equal(
      pathOf(chatRequest({ stream: true })),
      '/models/gemini-3.8-flash:streamGenerateContent?alt=sse',
    );
    assert.equal(pathOf(requestOf({}, STREAMED)), '/models/gemini-3.8-flash:streamGenerateContent?alt=sse');
    assert.equal(pathOf(chatRequest({}), 'tunedModels/a b'), '/tunedModels/a%20b:generateContent');
  });

  it('[A3] carry system text, turns, calls and results', () => {
    const { body, warnings } = sent(
      withMessages(
        { role: 'system', content: [say('be brief')] },
        { role: 'developer', content: [say('be kind')] },
        user(say('hello')),
        model(say('let me look'), call('a', '{"x":1}'), call('b')),
        { role: 'tool', content: [result('a', say('one'))] },
        { role: 'tool', content: [{ ...(result('b', say('bad')) as object), isError: true } as ContentPart] },
        user(say('and now?')),
      ),
    );
    assert.deepEqual(body, {
      systemInstruction: { parts: [{ text: 'be brief' }, { text: 'be kind' }] },
      contents: [
        { role: 'user', parts: [{ text: 'hello' }] },
        {
          role: 'model',
          parts: [
            { text: 'let me look' },
            { functionCall: { id: 'a', name: 'n-a', args: { x: 1 } }, thoughtSignature: SKIP },
            { functionCall: { id: 'b', name: 'n-b', args: {} } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { id: 'a', name: 'n-a', response: { output: 'one' } } },
            { functionResponse: { id: 'b', name: 'n-b', response: { error: 'bad' } } },
            { text: 'and now?' },
          ],
        },
      ],
    });
    assert.deepEqual(warnings, []);
  });

  it('keep system text between the turns in place, marked', () => {
    const { body, warnings } = sent(
      withMessages(user(say('a')), { role: 'system', content: [say('b')] }, model(say('c')), user(say('d'))),
    );
    assert.equal(body['systemInstruction'], undefined);
    assert.deepEqual(body.contents[0]?.parts, [
      { text: 'a' },
      { text: '<system-reminder>\nb\n</system-reminder>' },
    ]);
    assert.equal(warnings.length, 1);
  });

  it('carry pictures and documents, those in results behind the result', () => {
    const picture: ContentPart = {
      type: 'image',
      source: { kind: 'base64', mediaType: 'image/png', data: 'AA' },
    };
    const { body, warnings } = sent(
      withMessages(
        user(
          { type: 'image', source: { kind: 'url', url: 'https://a.example/x.webp?y=1' } },
          { type: 'document', source: { kind: 'base64', mediaType: '', data: 'BB' } },
        ),
        model(call('a')),
        user(result('a', say('see'), picture)),
        user(
          { type: 'document', source: { kind: 'file-id', fileId: 'file-1' } },
          { type: 'other', wireType: 'input_audio', raw: null },
        ),
      ),
    );
    assert.deepEqual(body.contents[0]?.parts, [
      { fileData: { mimeType: 'image/webp', fileUri: 'https://a.example/x.webp?y=1' } },
      { inlineData: { mimeType: 'application/pdf', data: 'BB' } },
    ]);
    assert.deepEqual(body.contents[2]?.parts, [
      { functionResponse: { id: 'a', name: 'n-a', response: { output: 'see' } } },
      { inlineData: { mimeType: 'image/png', data: 'AA' } },
    ]);
    assert.deepEqual(warnings, [
      'a file that is stored at another provider has no counterpart at the chosen model and was left out',
      'content of type input_audio has no counterpart at the chosen model and was left out',
    ]);
  });

  it('keep every number of the arguments as it was, and say when arguments are no object', () => {
    const request = withMessages(
      user(say('x')),
      model(call('a', '{"n":12345678901234567890}'), call('b', 'oops')),
    );
    const { body, warnings } = encodeRequest(request, TARGET);
    assert.ok(body.toString().includes('"args":{"n":12345678901234567890}'));
    assert.ok(body.toString().includes('"args":{"input":"oops"}'));
    assert.ok(
      warnings.includes(
        'arguments of the tool n-b that are no JSON object were sent as its one text argument',
      ),
    );
  });

  it('[B5] put own signatures back on the parts that they sign, thoughts in front', () => {
    const { body } = sent(
      withMessages(
        user(say('x')),
        model(sealed('S1', 'hm'), call('a'), call('b'), sealed('S2'), say('t'), sealed('S3'), sealed('S4')),
      ),
    );
    assert.deepEqual(body.contents[1]?.parts, [
      { text: 'hm', thought: true },
      { functionCall: { id: 'a', name: 'n-a', args: {} }, thoughtSignature: 'S1' },
      { functionCall: { id: 'b', name: 'n-b', args: {} } },
      { text: 't', thoughtSignature: 'S2' },
      { text: '', thoughtSignature: 'S3' },
      { text: '', thoughtSignature: 'S4' },
    ]);
  });

  it('[B5] leave thoughts of other models out and put remembered ones in', () => {
    const history: SignedHistory = {
      maker: 'google/gemini',
      owns: (seal) => seal.maker === 'google/gemini',
      recall: (message) =>
        message.content.some((part) => part.type === 'tool-call')
          ? [
              {
                beforePart: 1,
                part: {
                  type: 'reasoning',
                  text: '',
                  seal: { kind: 'thought-signature', value: 'OWN', maker: 'google/gemini' },
                },
              },
            ]
          : [],
    };
    const foreign: ContentPart = {
      type: 'reasoning',
      text: 'hm',
      seal: { kind: 'thinking-signature', value: 'C', maker: 'anthropic/claude' },
    };
    const { body, warnings } = sent(withMessages(user(say('x')), model(foreign, call('a'))), {
      ...TARGET,
      history,
    });
    assert.deepEqual(body.contents[1]?.parts, [
      { functionCall: { id: 'a', name: 'n-a', args: {} }, thoughtSignature: 'OWN' },
    ]);
    assert.deepEqual(warnings, [
      'thoughts of another model were left out',
      'a tool call without a result was given one that says so',
    ]);
  });

  it('put no stand-in signature on the calls of models that want none', () => {
    const { body } = sent(withMessages(user(say('x')), model(call('a')), user(result('a'))), {
      ...TARGET,
      upstreamModel: 'gemini-2.5-flash',
    });
    assert.deepEqual(body.contents[1]?.parts, [{ functionCall: { id: 'a', name: 'n-a', args: {} } }]);
  });

  it('[A5] carry tools, also those that take free text, and name those that nobody else runs', () => {
    const { body, warnings } = sent(
      chatRequest({
        tools: [
          { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } },
          { type: 'custom', custom: { name: 'c' } },
          { type: 'web_search', web_search: {} },
        ],
        tool_choice: 'required',
      }),
    );
    const tools = body['tools'] as { functionDeclarations: Record<string, unknown>[] }[];
    const [first, second, third] = tools[0]?.functionDeclarations ?? [];
    assert.deepEqual(first, { name: 'f', description: 'd', parametersJsonSchema: { type: 'object' } });
    const schema = second?.['parametersJsonSchema'] as Record<string, unknown> | undefined;
    assert.deepEqual(schema?.['required'], ['input']);
    assert.equal(third, undefined);
    assert.ok(
      warnings.some((warning) => warning.includes('web_search is run by its provider')),
      warnings.join(),
    );
  });

  it('[A5] [B2] carry settings in the words of Google, the output limit within the model', () => {
    const request = requestOf({
      generationConfig: {
        maxOutputTokens: 5000,
        candidateCount: 2,
        temperature: 0.5,
        topP: 0.9,
        topK: 3,
        seed: 1,
        stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'],
        responseLogprobs: true,
        thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true },
        responseMimeType: 'application/json',
        responseSchema: { type: 'STRING' },
      },
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      tools: [{ functionDeclarations: [{ name: 'f' }] }],
    });
    const foreign = Object.assign(Object.create(request) as ConversationRequest, { dialect: 'openai-chat' });
    const { body, warnings } = sent(foreign);
    assert.deepEqual(body.generationConfig, {
      maxOutputTokens: 100,
      candidateCount: 2,
      temperature: 0.5,
      topP: 0.9,
      topK: 3,
      seed: 1,
      stopSequences: ['a', 'b', 'c', 'd', 'e'],
      responseLogprobs: true,
      thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true },
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'string' },
    });
    assert.deepEqual(body['toolConfig'], {
      functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] },
    });
    assert.deepEqual(warnings, ['only the first 5 stop sequences were kept']);
  });

  it('[A5] leave out what the model refuses, each with a word', () => {
    const settingsOf = (
      generationConfig: object,
      traits: ModelTraits,
      upstreamModel = TARGET.upstreamModel,
    ) => {
      const request = requestOf({ generationConfig, tools: [{ functionDeclarations: [{ name: 'f' }] }] });
      const foreign = Object.assign(Object.create(request) as ConversationRequest, {
        dialect: 'openai-chat',
      });
      const { body, warnings } = sent(foreign, { ...TARGET, upstreamModel, traits });
      return [body.generationConfig ?? {}, ...warnings];
    };
    assert.deepEqual(settingsOf({ temperature: 1 }, { refuses: ['temperature'] }), [
      {},
      'temperature is refused by the chosen model and was left out',
    ]);
    const thinking = { thinkingConfig: { thinkingLevel: 'LOW' } };
    assert.deepEqual(settingsOf({ topP: 1, ...thinking }, { refusesWhileThinking: ['topP'] }), [
      { thinkingConfig: { thinkingLevel: 'LOW' } },
      'topP is refused by the chosen model and was left out',
    ]);
    assert.deepEqual(settingsOf(thinking, { efforts: [] }), [
      {},
      'reasoning cannot be asked of the chosen model and was left out',
    ]);
    assert.deepEqual(settingsOf({ responseMimeType: 'application/json' }, {}, 'gemini-2.5-flash'), [
      {},
      'the form of the answer is refused by the chosen model and was left out',
    ]);
  });

  it('leave out a tool choice that the model or the tools left cannot serve', () => {
    const choiceOf = (fields: object, traits: ModelTraits = {}) => {
      const { body, warnings } = sent(chatRequest(fields), { ...TARGET, traits });
      return [body['toolConfig'], ...warnings];
    };
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const named = (name: string) => ({ tools, tool_choice: { type: 'function', function: { name } } });
    assert.deepEqual(choiceOf(named('f')), [
      { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
    ]);
    assert.deepEqual(choiceOf(named('g')), [undefined, 'the tool choice asks for a tool that was left out']);
    assert.deepEqual(choiceOf({ tool_choice: 'auto' }), [undefined]);
    assert.deepEqual(choiceOf({ tools, tool_choice: 'required' }, { toolChoices: ['auto'] }), [
      undefined,
      'the tool choice required is refused by the chosen model and was left out',
    ]);
  });

  it('refuse a request that is bound to another vendor', () => {
    const request = Object.assign(Object.create(chatRequest({})) as ConversationRequest, {
      boundBy: 'conversation',
    });
    assert.throws(
      () => encodeRequest(request, TARGET),
      /conversation names something that only its own provider has stored/,
    );
  });

  it('are the same bytes each time', () => {
    const request = withMessages(user(say('x')), model(call('a')), user(result('a')));
    assert.deepEqual(encodeRequest(request, TARGET), encodeRequest(request, TARGET));
  });
});
