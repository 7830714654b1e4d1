import assert from 'node:assert/strict';

import { refusalOf, requestOf, requestOfText } from './google-support.ts';

const outlineOf = (fields: object) =>
  requestOf(fields).outline.map(({ role, hasImage, isToolResult, hasToolCall, hasText }) => {
    const marks = { hasImage, isToolResult, hasToolCall, hasText };
    const names = Object.entries(marks).filter(([, isSet]) => isSet === true);
    return [role, ...names.map(([name]) => name)].join(' ');
  });

const contents = (...entries: readonly object[]) => ({ contents: entries });

describe('google-generate outline', () => {
  it('counts the system instruction as a first message, in every form it comes in', () => {
    const wanted = ['system hasText', 'user hasText'];
    assert.deepEqual(outlineOf({ systemInstruction: { parts: [{ text: 'be brief' }] } }), wanted);
    assert.deepEqual(outlineOf({ system_instruction: { parts: { text: 'be brief' } } }), wanted);
    assert.deepEqual(outlineOf({ systemInstruction: 'be brief' }), wanted);
    assert.deepEqual(outlineOf({ systemInstruction: null }), ['user hasText']);
  });

  it('tells calls, results, pictures and thoughts apart in both spellings', () => {
    assert.deepEqual(
      outlineOf(
        contents(
          { parts: [{ inlineData: { mimeType: 'image/png', data: 'AA' } }] },
          { role: 'model', parts: [{ text: 'hm', thought: true }, { function_call: { name: 'f' } }] },
          {
            role: 'function',
            parts: [{ functionResponse: { name: 'f', parts: [{ file_data: { mime_type: 'image/png' } }] } }],
          },
          { role: 'user', parts: [{ inlineData: { mimeType: 'application/pdf', data: 'AA' } }] },
        ),
      ),
      ['user hasImage', 'assistant hasToolCall', 'tool hasImage isToolResult', 'user'],
    );
  });

  it('makes one message of neighbouring contents of the model, which are chunks of one answer', () => {
    const request = requestOfText(
      '{"contents":[{"parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]} , {"role":"model","parts":[{"text":"c"}]},{"parts":[{"text":"d"}]}]}',
    );
    assert.deepEqual(
      request.outline.map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
    assert.equal(
      request.messageBytes(1).toString(),
      '{"role":"model","parts":[{"text":"b"}]} , {"role":"model","parts":[{"text":"c"}]}',
    );
    assert.equal(request.outline[1]?.bytes, request.messageBytes(1).length);
    assert.deepEqual(request.message(1).content, [{ type: 'text', text: 'bc' }]);
  });

  it('names what is no conversation', () => {
    const refused = (fields: object) => refusalOf(() => requestOf(fields));
    assert.match(refused({ contents: undefined }), /^request\.malformed contents: contents is missing/);
    assert.match(refused(contents()), /contents is empty/);
    assert.match(refused({ contents: 'hello' }), /contents must be an array/);
    assert.match(refused({ contents: ['hello'] }), /contents\[0\] must be an object/);
    assert.match(
      refused(contents({ role: 'assistant', parts: [] })),
      /contents\[0\]\.role must be one of user, model, function/,
    );
    assert.match(refused(contents({ parts: 'x' })), /contents\[0\]\.parts must be an array/);
    assert.match(refused(contents({ parts: ['x'] })), /contents\[0\]\.parts\[0\] must be an object/);
    assert.match(refused({ systemInstruction: 5 }), /systemInstruction must be/);
  });
});
