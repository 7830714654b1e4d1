import assert from 'node:assert/strict';

import { refusalOf, requestOf, requestOfText, STREAMED } from './google-support.ts';

const settingsOf = (generationConfig: object, more: object = {}) =>
  requestOf({ generationConfig, ...more }).settings();

describe('google-generate requests', () => {
  it('takes model and streaming from the path, and from the body where there is no path', () => {
    const { requestModel, stream } = requestOf({ model: 'models/other' }, STREAMED);
    assert.deepEqual([requestModel, stream], ['gemini-3.8-flash', true]);
  });

  it('reads the settings in both spellings', () => {
    const neutral = {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      seed: 7,
      stopSequences: ['x'],
      reasoning: { effort: 'low', showsThoughts: true },
      topLogprobs: 3,
    };
    const { frequencyPenalty, presencePenalty, ...rest } = neutral;
    const wire = { ...rest, frequencyPenalty, presencePenalty, responseLogprobs: true, logprobs: 3 };
    const { reasoning: _r, topLogprobs: _t, ...plain } = wire;
    assert.deepEqual(
      settingsOf({ ...plain, thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true } }),
      neutral,
    );
    const snake = {
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      seed: 7,
      stop_sequences: ['x'],
      response_logprobs: true,
      logprobs: 3,
      thinking_config: { thinking_level: 'low', include_thoughts: true },
    };
    assert.deepEqual(requestOf({ generation_config: snake }).settings(), neutral);
  });

  it('reads a thinking budget: none, some, and as the model likes', () => {
    const reasoning = (thinkingBudget: number) =>
      settingsOf({ thinkingConfig: { thinkingBudget } }).reasoning;
    assert.deepEqual(reasoning(0), { effort: 'none' });
    assert.deepEqual(reasoning(512), { budgetTokens: 512 });
    assert.deepEqual(reasoning(-1), { isAdaptive: true });
  });

  it('reads the tool choice, and names what it cannot keep of it', () => {
    const choice = (functionCallingConfig: object) => requestOf({ toolConfig: { functionCallingConfig } });
    const kindOf = (config: object) => choice(config).settings().toolChoice;
    assert.deepEqual(kindOf({ mode: 'AUTO' }), { kind: 'auto' });
    assert.deepEqual(kindOf({ mode: 'VALIDATED' }), { kind: 'auto' });
    assert.deepEqual(kindOf({ mode: 'NONE' }), { kind: 'none' });
    assert.deepEqual(kindOf({ mode: 'ANY' }), { kind: 'required' });
    assert.deepEqual(kindOf({ mode: 'ANY', allowedFunctionNames: ['f'] }), { kind: 'tool', name: 'f' });
    const several = { mode: 'ANY', allowed_function_names: ['f', 'g'] };
    assert.deepEqual(kindOf(several), { kind: 'required' });
    assert.deepEqual(choice(several).unmappedFields(), [
      'toolConfig.functionCallingConfig.allowedFunctionNames',
    ]);
  });

  it('reads functions in both schema dialects, and every tool that Google runs itself', () => {
    const request = requestOf({
      tools: [
        {
          functionDeclarations: [
            {
              name: 'f',
              description: 'd',
              parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } },
            },
          ],
        },
        {
          function_declarations: [
            { name: 'g', parameters_json_schema: { type: 'object', additionalProperties: false } },
          ],
        },
        { googleSearch: {}, codeExecution: {} },
      ],
    });
    assert.equal(request.toolCount, 4);
    assert.deepEqual(
      request.tools().map(({ kind, name, parameters }) => [kind, name, parameters]),
      [
        ['function', 'f', { type: 'object', properties: { a: { type: 'string' } } }],
        ['function', 'g', { type: 'object', additionalProperties: false }],
        ['server', 'googleSearch', undefined],
        ['server', 'codeExecution', undefined],
      ],
    );
  });

  it('reads the form of the answer', () => {
    const formatOf = (generationConfig: object) => requestOf({ generationConfig }).responseFormat;
    const json = { responseMimeType: 'application/json' };
    assert.deepEqual(formatOf({}), { kind: 'text' });
    assert.deepEqual(formatOf(json), { kind: 'json-object' });
    assert.deepEqual(formatOf({ ...json, responseSchema: { type: 'ARRAY', items: { type: 'NUMBER' } } }), {
      kind: 'json-schema',
      schema: { type: 'array', items: { type: 'number' } },
    });
    assert.deepEqual(formatOf({ ...json, responseJsonSchema: { type: 'string' } }), {
      kind: 'json-schema',
      schema: { type: 'string' },
    });
  });

  it('names every member that another dialect loses, and none that says nothing', () => {
    const request = requestOf({
      safetySettings: [],
      labels: { a: 'b' },
      cached_content: null,
      toolConfig: { retrievalConfig: {} },
      generationConfig: {
        responseModalities: ['TEXT'],
        mediaResolution: 'LOW',
        responseMimeType: 'text/x.enum',
      },
    });
    assert.deepEqual(request.unmappedFields(), [
      'safetySettings',
      'labels',
      'generationConfig.mediaResolution',
      'generationConfig.responseMimeType',
      'toolConfig.retrievalConfig',
    ]);
  });

  it('binds a request to Google when a part of it is stored there', () => {
    assert.equal(requestOf({ cachedContent: 'cachedContents/1' }).boundBy, 'cachedContent');
    assert.equal(requestOf({}).boundBy, undefined);
  });

  it('knows what a model must be able to do', () => {
    assert.deepEqual(requestOf({}).needs, []);
    assert.deepEqual(
      requestOf({
        contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'A' } }] }],
        tools: [{ functionDeclarations: [{ name: 'f' }] }],
        generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH' }, responseMimeType: 'application/json' },
      }).needs,
      ['tools', 'vision', 'reasoning', 'json'],
    );
    const little = { thinkingConfig: { thinkingBudget: -1, includeThoughts: true } };
    assert.deepEqual(requestOf({ generationConfig: little }).needs, []);
  });

  it('names a field of the wrong type', () => {
    const refused = (fields: object) => refusalOf(() => requestOf(fields));
    assert.equal(
      refused({ tools: 'x' }),
      'request.malformed tools: tools must be an array or an object, not a string',
    );
    assert.match(refused({ tools: ['x'] }), /tools\[0\] must be an object/);
    assert.match(refused({ generationConfig: [] }), /generationConfig must be an object, not an array/);
    assert.match(
      refused({ generationConfig: { temperature: 'hot' } }),
      /generationConfig\.temperature must be a number, not a string/,
    );
    assert.match(
      refused({ generation_config: { max_output_tokens: 0 } }),
      /maxOutputTokens must be a whole number above 0/,
    );
    assert.match(
      refused({ generationConfig: { candidateCount: 1.5 } }),
      /candidateCount must be a whole number above 0/,
    );
  });

  it('gives the tools as what comes before the messages', () => {
    const request = requestOfText('{"tools":[{"a":1}],"contents":[{"parts":[{"text":"x"}]}]}');
    assert.equal(request.preambleBytes().toString(), '[{"a":1}]');
    assert.equal(requestOf({}).preambleBytes().length, 0);
  });
});
