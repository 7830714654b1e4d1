import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { lastAsk } from '../../../../daemon/classify/last-ask.ts';
import type { JsonObject, JsonValue } from '../../../../daemon/util/json.ts';
import { arrayOf, isJsonObject, objectOf } from '../../../../daemon/util/json.ts';
import { dialectOfPath, neutralRequest } from './neutral-request.ts';

const ASK = 'Move the parser into its own file.';

function chat(...messages: readonly JsonObject[]): ReturnType<typeof neutralRequest> {
  return neutralRequest({ model: 'auto', messages });
}

function anthropic(...messages: readonly JsonObject[]): ReturnType<typeof neutralRequest> {
  return neutralRequest({ model: 'auto', messages }, 'anthropic-messages');
}

const toolCall = { role: 'assistant', content: null };
const toolAnswer = { role: 'tool', tool_call_id: 'c', content: 'ok' };
const toolUse = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'read', input: {} }] };
const toolResultPart = { type: 'tool_result', tool_use_id: 't', content: 'ok' };
const text = (words: string): JsonObject => ({ type: 'text', text: words });

describe('lastAsk', () => {
  it('takes the last message of the user', () => {
    const found = lastAsk(
      chat(
        { role: 'user', content: 'old' },
        { role: 'assistant', content: 'x' },
        { role: 'user', content: ASK },
      ),
    );
    assert.deepEqual(found, { ask: ASK, earlierAsks: ['old'], askIndex: 2, userTurns: 2 });
  });

  it('passes over a system message behind the prompt', () => {
    const found = lastAsk(
      chat({ role: 'user', content: ASK }, { role: 'system', content: 'Design architectures.' }),
    );
    assert.equal(found.ask, ASK);
  });

  it('passes over tool results', () => {
    const found = lastAsk(chat({ role: 'user', content: ASK }, toolCall, toolAnswer, toolCall, toolAnswer));
    assert.deepEqual([found.ask, found.askIndex, found.userTurns], [ASK, 0, 1]);
  });

  it('passes over tool results that come as messages of the user', () => {
    const found = lastAsk(
      anthropic({ role: 'user', content: ASK }, toolUse, { role: 'user', content: [toolResultPart] }),
    );
    assert.deepEqual([found.ask, found.askIndex, found.userTurns], [ASK, 0, 1]);
  });

  it('hears the user who speaks up beside a tool result', () => {
    const spoken = { role: 'user', content: [toolResultPart, text(ASK)] };
    const found = lastAsk(anthropic({ role: 'user', content: 'first' }, toolUse, spoken));
    assert.deepEqual(found, { ask: ASK, earlierAsks: ['first'], askIndex: 2, userTurns: 2 });
  });

  it('does not take a reminder beside a tool result for the user', () => {
    const reminded = { role: 'user', content: [toolResultPart, text('<a-reminder>be brief</a-reminder>')] };
    assert.equal(lastAsk(anthropic({ role: 'user', content: ASK }, toolUse, reminded)).ask, ASK);
  });

  it('passes over a message that is only a note of the assistant, and counts no turn for it', () => {
    const note = { role: 'user', content: '<environment_context>x</environment_context>' };
    const found = lastAsk(chat(note, { role: 'user', content: ASK }));
    assert.deepEqual(found, { ask: ASK, earlierAsks: [], askIndex: 1, userTurns: 1 });
  });

  it('takes the last of several texts', () => {
    const content = [text('<a-note>1</a-note>'), text('<b-note>2</b-note>'), text(ASK)];
    assert.equal(lastAsk(chat({ role: 'user', content })).ask, ASK);
  });

  it('keeps the order together with the long material that follows it', () => {
    const material = 'All work and no play. '.repeat(200).trim();
    const found = lastAsk(chat({ role: 'user', content: [text('Shorten this:'), text(material)] }));
    assert.equal(found.ask, `Shorten this:\n\n${material}`);
  });

  it('takes an image without words as the turn it is', () => {
    const image = {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
    };
    const found = lastAsk(chat({ role: 'user', content: 'old' }, { role: 'assistant', content: 'x' }, image));
    assert.deepEqual([found.ask, found.askIndex, found.userTurns], ['', 2, 2]);
  });

  it('carries three earlier turns at most, newest first, and counts all of them', () => {
    const turns = ['a', 'b', 'c', 'd', 'e'].flatMap((words) => [
      { role: 'user', content: words },
      { role: 'assistant', content: 'x' },
    ]);
    const found = lastAsk(chat(...turns));
    assert.deepEqual(found, { ask: 'e', earlierAsks: ['d', 'c', 'b'], askIndex: 8, userTurns: 5 });
  });

  it('[A15] counts a turn of many steps, with parallel calls and their results, once', () => {
    const results = { role: 'user', content: [toolResultPart, toolResultPart] };
    const steps = [toolUse, results, toolUse, results, toolUse, results];
    const found = lastAsk(
      anthropic({ role: 'user', content: 'a' }, ...steps, toolUse, { role: 'user', content: ASK }, ...steps),
    );
    assert.deepEqual([found.userTurns, found.ask], [2, ASK]);
    const parallel = [toolCall, toolAnswer, toolAnswer, toolAnswer];
    const inChat = chat(
      { role: 'user', content: 'a' },
      ...parallel,
      { role: 'user', content: ASK },
      ...parallel,
    );
    assert.equal(lastAsk(inChat).userTurns, 2);
  });

  it('[A15] counts a turn that was sent again without an answer once', () => {
    const again = { role: 'user', content: ASK };
    assert.equal(lastAsk(chat(again, again, again)).userTurns, 1);
  });

  it('[A15] counts no turn for reports of tools in the name of the user', () => {
    const report = { role: 'user', content: "[read_file for 'a.ts'] Result:\n\nconst a = 1;" };
    const answer = { role: 'assistant', content: 'Next.' };
    const found = lastAsk(chat({ role: 'user', content: ASK }, answer, report, answer, report));
    assert.deepEqual(found, { ask: ASK, earlierAsks: [], askIndex: 0, userTurns: 1 });
  });

  it('[B1] leaves out what only leads up to the ask, and files that are shown as turns', () => {
    const fence = '```';
    const files = `In the chat:\n\nsrc/a.ts\n${fence}ts\nconst a = 1;\n${fence}\n\nsrc/b.ts\n${fence}ts\nx\n${fence}`;
    const map = 'Files:\n\nsrc/a.ts:\n⋮\n│export const a\n⋮\n';
    const ok = { role: 'assistant', content: 'Ok.' };
    const turns = [{ role: 'user', content: map }, ok, { role: 'user', content: files }, ok];
    const found = lastAsk(
      chat(...turns, { role: 'user', content: 'A title for this:' }, { role: 'user', content: ASK }),
    );
    assert.deepEqual([found.ask, found.earlierAsks], [ASK, []]);
  });

  it('[B1] takes the words before a file that a tool read for the user', () => {
    const content = [
      text(ASK),
      text('Called the tool with the following input: {"path":"a.ts"}'),
      text('<file>\nx\n</file>'),
    ];
    assert.equal(lastAsk(chat({ role: 'user', content })).ask, ASK);
  });

  it('[B1] takes the words before files between rules of dashes', () => {
    const content = [
      ASK,
      '--- Content from files ---',
      'a.ts:',
      'const a = 1;',
      '--- End of content ---',
    ].map(text);
    assert.equal(lastAsk(chat({ role: 'user', content })).ask, ASK);
  });

  it('counts messages without an answer between them as one turn', () => {
    const found = lastAsk(chat({ role: 'user', content: 'a' }, { role: 'user', content: ASK }));
    assert.deepEqual([found.userTurns, found.earlierAsks], [1, ['a']]);
  });

  it('finds nothing in a request without words of a user', () => {
    const found = lastAsk(chat({ role: 'system', content: 'x' }));
    assert.deepEqual(found, { ask: '', earlierAsks: [], askIndex: -1, userTurns: 0 });
  });

  it('parses the last messages of the user only', () => {
    const turns = Array.from({ length: 20 }, (_, index) => [
      { role: 'user', content: `ask ${index}` },
      { role: 'assistant', content: 'x' },
    ]).flat();
    const request = chat(...turns);
    lastAsk(request);
    assert.deepEqual(request.parsed, [38, 36, 34, 32]);
  });

  it('does not parse tool results that are known to hold no text', () => {
    const result = { role: 'user', content: [toolResultPart] };
    const request = anthropic({ role: 'user', content: ASK }, toolUse, result, toolUse, result);
    const outline = request.outline.map((message) => ({ ...message, hasText: !message.isToolResult }));
    lastAsk({ ...request, outline });
    assert.deepEqual(request.parsed, [0]);
  });
});

const root = path.join(import.meta.dirname, '..', '..', '..', '..');
const traffic = path.join(
  process.env['POINTSMAN_SHARED'] ?? path.join(root, '..', 'shared'),
  'client-traffic',
);

/** Texts that stand for what the user typed when the traffic was recorded, as it came after quotes and prefixes. */
const RECORDED =
  /^(Create a file|say hi|title\?|foo|What is wrong in this screenshot|Write a one-line comment|The build takes)/;

describe('lastAsk inside the wrapping of every recorded assistant', () => {
  const names = existsSync(traffic) ? readdirSync(traffic).filter((name) => name.endsWith('.json')) : [];
  if (names.length === 0) {
    it('finds the same ask bare and wrapped (skipped: no recorded traffic beside the repository)', function () {
      this.skip();
    });
  }
  for (const name of names) {
    const recorded = JSON.parse(readFileSync(path.join(traffic, name), 'utf8')) as {
      path: string;
      body: JsonObject;
    };
    const dialect = dialectOfPath(recorded.path);
    // A frame of a continued connection has no user message; a token count has the system text as its only message.
    const found = lastAsk(neutralRequest(recorded.body, dialect));
    if (found.askIndex < 0 || name.startsWith('claude-code.count-tokens-text')) continue;

    it(`finds the user's words in ${name}`, () => {
      assert.match(found.ask, RECORDED);
      for (const earlier of found.earlierAsks) assert.doesNotMatch(earlier, /stands in for/);
    });

    it(`finds the same ask bare and inside ${name}`, () => {
      const asks = [
        ASK,
        'why?',
        'Explain the <Grid> component:\n```tsx\n<Grid />\n```',
        'Übersetze das bitte.',
      ];
      for (const ask of asks) {
        const body = replaceText(recorded.body, found.ask, ask);
        assert.equal(lastAsk(neutralRequest(body, dialect)).ask, ask);
      }
    });
  }
});

/** The body with the user's words exchanged wherever they stand in a string. */
function replaceText(body: JsonObject, from: string, to: string): JsonObject {
  const replace = (value: JsonValue | undefined): JsonValue => {
    if (typeof value === 'string') return value.split(from).join(to);
    if (Array.isArray(value)) return arrayOf(value).map(replace);
    if (!isJsonObject(value)) return value ?? null;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item)]));
  };
  return objectOf(replace(body)) ?? {};
}
