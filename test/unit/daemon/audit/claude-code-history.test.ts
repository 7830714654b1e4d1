import assert from 'node:assert/strict';
import { createClaudeCodeReader } from '../../../../daemon/audit/claude-code-history.ts';
import { answer, feed, listen, user } from './history-fixtures.ts';

const CHANGED_MS = Date.UTC(2026, 10, 20);

function read(lines: readonly unknown[]) {
  const heard = listen();
  const answers = feed(createClaudeCodeReader(heard, { name: 'file-name', changedAtMs: CHANGED_MS }), lines);
  return { ...heard, answers };
}

describe('histories of Claude Code', () => {
  it('[A48] count what was read from and written to the prompt cache inside of the input, one-hour writes apart', () => {
    const usage = {
      input_tokens: 4,
      cache_creation_input_tokens: 620,
      cache_read_input_tokens: 12_400,
      output_tokens: 55,
      output_tokens_details: { thinking_tokens: 20 },
      cache_creation: { ephemeral_1h_input_tokens: 600, ephemeral_5m_input_tokens: 20 },
    };
    const [call] = read([answer({ id: 'msg_1', usage })]).calls;
    assert.deepEqual(call?.usage, {
      inputTokens: 13_024,
      cacheReadInputTokens: 12_400,
      cacheCreationInputTokens: 620,
      outputTokens: 55,
      reasoningOutputTokens: 20,
    });
    assert.equal(call.cacheWrite1hTokens, 600);
  });

  it('give every line of one answer the same key', () => {
    const keys = read([answer({ id: 'msg_1' }), answer({ id: 'msg_1' }), answer({ id: 'msg_2' })]).calls.map(
      ({ key }) => key,
    );
    assert.equal(keys[0], keys[1]);
    assert.notEqual(keys[0], keys[2]);
  });

  it('hold the words of the user without what the program wrapped around them', () => {
    const { asks } = read([
      user([
        { type: 'text', text: '<system-reminder>\nToday is Sunday.\n</system-reminder>' },
        { type: 'text', text: 'fix the parser' },
      ]),
      user('what does it return?'),
    ]);
    assert.deepEqual(
      asks.map(({ text }) => text),
      ['fix the parser', 'what does it return?'],
    );
  });

  it('hold no ask where a tool answered or the program spoke for itself', () => {
    const { asks } = read([
      user([{ type: 'tool_result', tool_use_id: 't', content: 'the whole file' }]),
      user([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'the whole file' }] }]),
      user('Caveat: the messages below were generated', { isMeta: true }),
      user('<command-name>/clear</command-name>'),
      user('[Request interrupted by user]'),
    ]);
    assert.deepEqual(asks, []);
  });

  it('hold what a command of the user stands for, but not the remarks around those of the program', () => {
    const command = (name: string, args: string) =>
      user(
        `<command-message>${name}</command-message>\n<command-name>/${name}</command-name>\n<command-args>${args}</command-args>`,
      );
    const { asks } = read([
      user('Caveat: the messages below were generated', { isMeta: true }),
      command('release', ''),
      user([{ type: 'text', text: 'Write the notes of the next release.' }], { isMeta: true }),
      command('review', 'the last commit'),
      user('Look at every file of it.', { isMeta: true }),
      command('clear', ''),
      user('<local-command-stdout></local-command-stdout>'),
      user('Caveat: the messages below were generated', { isMeta: true }),
    ]);
    assert.deepEqual(
      asks.map(({ text }) => text),
      ['Write the notes of the next release.', 'the last commit'],
    );
  });

  it('name a summary of what came before as such', () => {
    const heard = read([user('This session is being continued from …', { isCompactSummary: true })]);
    assert.deepEqual(heard.compactions, ['s-1']);
    assert.deepEqual(heard.asks, []);
  });

  it('keep sub-agents apart from the conversation that started them', () => {
    const more = { isSidechain: true, agentId: 'a2ea' };
    const { asks, calls } = read([user('list the files', more), answer({ id: 'msg_1', more })]);
    assert.equal(asks[0]?.conversation, 's-1/a2ea');
    assert.equal(calls[0]?.conversation, 's-1/a2ea');
    assert.equal(calls[0].isSide, true);
  });

  it('tell two unnamed sub-agents of one session apart', () => {
    const more = { isSidechain: true };
    const { calls } = read([
      user('list the files', more),
      answer({ id: 'msg_1', more }),
      user('read the logs', more),
      answer({ id: 'msg_2', more }),
    ]);
    assert.notEqual(calls[0]?.conversation, calls[1]?.conversation);
  });

  it('leave out what the program said in place of a model', () => {
    assert.deepEqual(read([answer({ id: 'x', model: '<synthetic>' })]).calls, []);
  });

  it('are read with spaces between names and values as well', () => {
    const line = JSON.stringify(answer({ id: 'msg_1' }))
      .replaceAll('":', '": ')
      .replaceAll(',"', ', "');
    assert.equal(read([line]).calls.length, 1);
  });

  it('take the time of the line before where one tells none, and that of the file where none does', () => {
    const { calls } = read([
      answer({ id: 'msg_1', more: { timestamp: 12 } }),
      user('hello'),
      answer({ id: 'msg_2', more: { timestamp: undefined } }),
    ]);
    assert.deepEqual(
      calls.map(({ atMs }) => atMs),
      [CHANGED_MS, Date.parse('2026-11-01T10:00:00.000Z')],
    );
  });

  it('survive broken lines and nonsense', () => {
    const heard = read([
      '{"type":"assistant","message":{"usage":{"input_tok',
      { type: 'assistant', message: { model: 'm', usage: 'none' }, timestamp: 'never' },
      answer({ id: 'msg_1', usage: { input_tokens: -5, output_tokens: 'many' } }),
      { __proto__: null, type: 'user', message: { content: { toString: 1 } } },
      answer({ id: 'msg_3' }),
    ]);
    assert.deepEqual(heard.answers, [false, true, true, true, true]);
    assert.deepEqual(
      heard.calls.map(({ key }) => key),
      ['claude msg_3'],
    );
  });
});
