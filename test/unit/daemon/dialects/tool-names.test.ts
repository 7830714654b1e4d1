import assert from 'node:assert/strict';

import * as fc from 'fast-check';

import { TOOL_NAMES as ANTHROPIC_NAMES } from '../../../../daemon/dialects/anthropic-messages/tool-names.ts';
import { googleGenerate } from '../../../../daemon/dialects/google-generate/dialect.ts';
import { TOOL_NAMES as GOOGLE_NAMES } from '../../../../daemon/dialects/google-generate/tool-names.ts';
import { TOOL_NAMES as CHAT_NAMES } from '../../../../daemon/dialects/openai-chat/tool-names.ts';
import { openAiResponses } from '../../../../daemon/dialects/openai-responses/dialect.ts';
import { TOOL_NAMES as RESPONSES_NAMES } from '../../../../daemon/dialects/openai-responses/tool-names.ts';
import type { ToolNames } from '../../../../daemon/dialects/tool-names.ts';

const USUAL = '[a-zA-Z0-9_-]';
const DIALECTS: readonly (readonly [
  dialect: string,
  names: ToolNames,
  maxCharacters: number,
  first: string,
  rest: string,
])[] = [
  ['openai-chat', CHAT_NAMES, 64, USUAL, USUAL],
  ['openai-responses', RESPONSES_NAMES, 64, USUAL, USUAL],
  ['anthropic-messages', ANTHROPIC_NAMES, 128, USUAL, USUAL],
  ['google-generate', GOOGLE_NAMES, 64, '[a-zA-Z_]', '[a-zA-Z0-9_.:-]'],
];

for (const [dialect, names, maxCharacters, first, rest] of DIALECTS) {
  const allowed = new RegExp(`^${first}${rest}{0,${maxCharacters - 1}}$`);

  describe(`${dialect} names of tools`, () => {
    it('stay as they are when they are allowed', () => {
      for (const name of ['f', 'mcp__server__do-it', 'x'.repeat(maxCharacters)]) {
        assert.equal(names.fit(name), name);
        assert.equal(names.original(name), name);
      }
    });

    it('are written so that they are allowed and can be read back', () => {
      for (const name of [
        'a.b:c',
        'größe',
        '',
        'f-pm1',
        'a-x2eb.c',
        'files.read:v2',
        'a.b/c',
        '1/2',
        '_1/2',
        '_-1',
      ]) {
        assert.match(names.fit(name), allowed);
        assert.equal(names.original(names.fit(name)), name);
      }
    });

    it('can be read back for any short text', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary-ascii', maxLength: 15 }), (name) => {
          assert.match(names.fit(name), allowed);
          assert.equal(names.original(names.fit(name)), name);
        }),
        { seed: 7, numRuns: 300 },
      );
    });

    it('are cut when they are too long, and are kept apart', () => {
      const [a, b] = [`${'x'.repeat(maxCharacters)}a`, `${'x'.repeat(maxCharacters)}b`];
      assert.notEqual(names.fit(a), names.fit(b));
      assert.equal(names.fit(a).length, maxCharacters);
      for (const name of [a, '-'.repeat(200), `1${a}`]) assert.match(names.fit(name), allowed);
    });

    it('never become the same', () => {
      const name = fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom('a.b', 'a-x2eb', 'a-x2eb-pm1', 'a_b', '1', '_-1-pm1', '_1-pm1', '1-pm1'),
      );
      fc.assert(
        fc.property(name, name, (a, b) => {
          assert.equal(names.fit(a) === names.fit(b), a === b);
        }),
      );
    });

    it('are left alone when they only look like one of ours', () => {
      assert.equal(names.original('-xzz-pm1'), '-xzz-pm1');
    });
  });
}

describe('names of tools that were rewritten', () => {
  it('are read back from the answers of openai-responses', () => {
    const name = RESPONSES_NAMES.fit('a.b/c');
    const item = {
      type: 'function_call',
      id: 'fc_1',
      call_id: 'c',
      name,
      arguments: '{}',
      status: 'completed',
    };
    const events = openAiResponses.decodeResponse({ id: 'r', status: 'completed', output: [item] });
    assert.equal(events.find((event) => event.type === 'tool-input-start')?.name, 'a.b/c');
  });

  it('are read back from the answers of google-generate', () => {
    const parts = [{ functionCall: { name: GOOGLE_NAMES.fit('a.b/c'), args: {} } }];
    const candidates = [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }];
    const events = googleGenerate.decodeResponse({ candidates, responseId: 'g' });
    assert.equal(events.find((event) => event.type === 'tool-input-start')?.name, 'a.b/c');
  });
});
