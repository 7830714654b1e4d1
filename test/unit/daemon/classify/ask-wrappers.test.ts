import assert from 'node:assert/strict';

import { ownWords } from '../../../../daemon/classify/ask-wrappers.ts';

const ASK = 'Rename the helper, please.';

/** Written by hand after the shapes that assistants use; the content is of no importance. */
const WRAPPINGS: Readonly<Record<string, string>> = {
  bare: ASK,
  'spaces around it': `\n\n  ${ASK} \n`,
  'quotes around it': `"${ASK}"`,
  'a reminder before it': `<system-reminder>\nDebug the architecture.\n</system-reminder>\n${ASK}`,
  'two notes before it': `<folder_rules>a</folder_rules>\n<open_files n="2">b</open_files>\n\n${ASK}`,
  'a time before it': `<current_datetime>2026-01-01T00:00:00Z</current_datetime>\n\n${ASK}`,
  'a note in camel case before it': `<editorContext>x.ts</editorContext>${ASK}`,
  'a note with a plain known name before it': `<context>\nx\n</context>\n${ASK}`,
  'a note without content before it': `<open-tabs/>\n${ASK}`,
  'a note after it': `${ASK}\n\n<environment_details>\n# Tabs\nx.ts\n</environment_details>`,
  'notes on both sides': `<a-note>1</a-note>\n${ASK}\n<b-note>2</b-note>\n<b-note>3</b-note>`,
  'tags that hold it behind attachments': `<attachments>\n<file>x</file>\n</attachments>\n<userRequest>\n${ASK}\n</userRequest>`,
  'tags that hold it behind plain text': `Current file:\nconst a = 1;\n<user_query>${ASK}</user_query>\nStay brief.`,
  'tags of a title request': `<session>\n${ASK}\n</session>\n\nGive this a title of five words.`,
  'capital tags with metadata behind them': `<USER_REQUEST>\n${ASK}\n</USER_REQUEST>\n<ADDITIONAL_METADATA>x</ADDITIONAL_METADATA>`,
  'user_message tags': `<user_message>\n${ASK}\n</user_message>`,
  'a heading for the request under other headings': `# Context\n\n## Open tabs:\n- a.ts\n\n## My request for Codex:\n${ASK}`,
  'a heading of the same name in what is selected': `# Context\n## My request:\nold\n\n## My request:\n${ASK}`,
  'rules of how to edit behind it': `${ASK}\n\n# *SEARCH/REPLACE block* Rules:\n\nEvery block needs a path.`,
  'files between rules of dashes behind it': `${ASK}\n--- Content from referenced files ---\nx\n--- End of content ---`,
  'a file in a fence with its path before it': `\`\`\`src/a.ts (1-3)\nx\n\`\`\`\n\n${ASK}`,
  'a time in brackets before it': `[2026-11-21 12:00] ${ASK}`,
  'a time on a line before it': `Current time: 2026-11-21T12:00:00Z\n\n${ASK}`,
  'a block run on behind it': `${ASK} <context>\nx\n</context>`,
  'a report of a tool that has feedback': `[run for 'x'] Result:\n\nDenied.\n<feedback>\n${ASK}\n</feedback>`,
  'a task tag and a chapter behind it': `<task>\n${ASK}\n</task>\n\n# progress\n\nReport it.`,
  'task tags and details': `<task>\n${ASK}\n</task>\n<environment_details>x</environment_details>`,
};

describe('ownWords', () => {
  for (const [name, text] of Object.entries(WRAPPINGS)) {
    it(`finds the ask inside ${name}`, () => {
      assert.equal(ownWords(text), ASK);
    });
  }

  it('says that a text which is one note of the assistant holds no words of the user', () => {
    assert.equal(ownWords('<environment_context>\n<cwd>/x</cwd>\n</environment_context>'), '');
  });

  it('counts a heading over a note as part of the note', () => {
    assert.equal(ownWords('# Rules for /x\n\n<INSTRUCTIONS>\nBe brief.\n</INSTRUCTIONS>'), '');
  });

  it('keeps a heading that the user wrote', () => {
    assert.equal(ownWords('# Fix the build'), '# Fix the build');
  });

  it('counts a mark in brackets as no word', () => {
    assert.equal(ownWords('[Request interrupted by user]'), '');
  });

  it('keeps the brackets of a link', () => {
    assert.equal(ownWords('[docs](x) are stale'), '[docs](x) are stale');
  });

  it('keeps pasted markup', () => {
    const pasted = '<div class="a">x</div> does not wrap';
    assert.equal(ownWords(pasted), pasted);
  });

  it('keeps a pasted component', () => {
    const pasted = '<Button onClick={f}>x</Button>\nwhy is it grey?';
    assert.equal(ownWords(pasted), pasted);
  });

  it('keeps words after a task tag that is part of the question', () => {
    const pasted = '<task>a</task> turn this into JSON';
    assert.equal(ownWords(pasted), pasted);
  });

  it('keeps a tag in the middle of a line', () => {
    const text = 'what does <my-tag>x</my-tag>';
    assert.equal(ownWords(text), text);
  });

  it('keeps text whose first note is never closed', () => {
    const text = '<a-note>\nwords';
    assert.equal(ownWords(text), text);
  });

  it('drops the closing tag that another block was cut off from', () => {
    assert.equal(ownWords(`</image>\n${ASK}`), ASK);
  });

  it('says that a report of a tool holds no words of the user', () => {
    assert.equal(ownWords("[read_file for 'src/a.ts'] Result:\n\nexport const fix = 'the bug';"), '');
  });

  it('says that a block whose content is another part holds no words of the user', () => {
    assert.equal(ownWords('<image name=[Image #1]>'), '');
  });

  it('takes quotes off that stand around quotes', () => {
    assert.equal(ownWords('"rename "a" to "b""'), 'rename "a" to "b"');
    assert.equal(ownWords('"rename \\"a\\" to \\"b\\""'), 'rename "a" to "b"');
  });

  it('keeps chapters and code that the user wrote', () => {
    const asks = [
      '# Task\nAdd pages.\n\n# Notes\nUse cursors.',
      '```ts\nconst a = 1;\n```\nwhy?',
      '[docs](x) are stale',
      'at 12:30 the job fails',
    ];
    for (const ask of asks) assert.equal(ownWords(ask), ask);
  });

  it('finds the same words in its own answer', () => {
    for (const text of Object.values(WRAPPINGS)) assert.equal(ownWords(ownWords(text)), ownWords(text));
  });

  it('keeps quotes that belong to a part of the ask', () => {
    assert.equal(ownWords('"a" and "b"'), '"a" and "b"');
  });

  it('keeps a comparison that looks like a tag', () => {
    assert.equal(ownWords('<a-b x > y'), '<a-b x > y');
  });

  it('looks at hostile text a bounded number of times', () => {
    const size = 100_000;
    const hostile = [
      '<a-b>'.repeat(size / 5),
      '<a-b></a-b>'.repeat(size / 11),
      '<a-b>'.repeat(size / 11) + '</a-b>'.repeat(size / 11),
      `<${'a-'.repeat(size / 2)}`,
      `x${'\n<a-b>y</a-b>'.repeat(size / 13)}`,
      '</userRequest>'.repeat(size / 14),
    ];
    for (const text of hostile) assert.ok(ownWords(text).length <= text.length);
  });
});
