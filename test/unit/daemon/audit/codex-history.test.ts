import assert from 'node:assert/strict';
import { CodexThreads } from '../../../../daemon/audit/codex-fork.ts';
import { createCodexReader } from '../../../../daemon/audit/codex-history.ts';
import { feed, listen } from './history-fixtures.ts';

const START_MS = Date.UTC(2026, 10, 1, 10);
const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();

function counts(input: number, cached: number, output: number, reasoning = 0) {
  return {
    input_tokens: input,
    cached_input_tokens: cached,
    output_tokens: output,
    reasoning_output_tokens: reasoning,
    total_tokens: input + output,
  };
}

function meta(id: string, more: Readonly<Record<string, unknown>> = {}, seconds = 0): unknown {
  const payload = { id, timestamp: at(seconds), cwd: '/work', model_provider: 'openai', ...more };
  return { timestamp: at(seconds), type: 'session_meta', payload };
}

function turn(model: string, seconds = 0): unknown {
  return { timestamp: at(seconds), type: 'turn_context', payload: { cwd: '/work', model } };
}

function counted(seconds: number, total: unknown, last?: unknown): unknown {
  const info = { total_token_usage: total, ...(last === undefined ? {} : { last_token_usage: last }) };
  return { timestamp: at(seconds), type: 'event_msg', payload: { type: 'token_count', info } };
}

function said(role: string, text: string): unknown {
  const payload = { type: 'message', role, content: [{ type: 'input_text', text }] };
  return { timestamp: at(0), type: 'response_item', payload };
}

function read(lines: readonly unknown[], threads = new CodexThreads()) {
  const heard = listen();
  const answers = feed(
    createCodexReader(heard, threads, { name: 'file-name', changedAtMs: START_MS }),
    lines,
  );
  return { ...heard, answers };
}

const inputs = ({ calls }: Pick<ReturnType<typeof listen>, 'calls'>): readonly number[] =>
  calls.map(({ usage }) => usage.inputTokens);

describe('histories of Codex', () => {
  it('[A48] hold one call for each change of the totals, however often they were sent', () => {
    const first = counts(7000, 0, 80, 40);
    const second = counts(14_200, 6900, 110, 40);
    const heard = read([
      meta('t'),
      turn('gpt-5.5'),
      { timestamp: at(1), type: 'event_msg', payload: { type: 'token_count', info: null } },
      counted(2, first, first),
      counted(3, first, first),
      counted(9, second, counts(7200, 6900, 30)),
    ]);
    assert.deepEqual(
      heard.calls.map(({ usage, model }) => [model, usage]),
      [
        [
          'gpt-5.5',
          {
            inputTokens: 7000,
            cacheReadInputTokens: 0,
            cacheCreationInputTokens: 0,
            outputTokens: 80,
            reasoningOutputTokens: 40,
          },
        ],
        [
          'gpt-5.5',
          {
            inputTokens: 7200,
            cacheReadInputTokens: 6900,
            cacheCreationInputTokens: 0,
            outputTokens: 30,
            reasoningOutputTokens: 0,
          },
        ],
      ],
    );
  });

  it('are told from the totals alone where the last call is not named', () => {
    const heard = read([meta('t'), counted(1, counts(1000, 0, 10)), counted(2, counts(3000, 900, 25))]);
    assert.deepEqual(inputs(heard), [1000, 2000]);
    assert.equal(heard.calls[1]?.usage.cacheReadInputTokens, 900);
  });

  it('begin anew where the totals fall', () => {
    const heard = read([meta('t'), counted(1, counts(9000, 0, 90)), counted(2, counts(500, 0, 5))]);
    assert.deepEqual(inputs(heard), [9000, 500]);
  });

  it('count a response that has a record of its own once', () => {
    const usage = counts(1200, 200, 40);
    const record = {
      timestamp: at(1),
      type: 'token_usage_record',
      payload: { response_id: 'resp_1', usage, thread_token_usage: usage },
    };
    assert.deepEqual(inputs(read([meta('t'), record, counted(1, usage, usage)])), [1200]);
  });

  it('count it once where the totals of the events are counted otherwise', () => {
    const usage = counts(1200, 200, 40);
    const record = {
      timestamp: at(1),
      type: 'token_usage_record',
      payload: { response_id: 'resp_1', usage, thread_token_usage: usage },
    };
    assert.deepEqual(inputs(read([meta('t'), record, counted(1, counts(9200, 200, 340), usage)])), [1200]);
  });

  it('do not count what a sub-agent was given of a thread that is gone, under its old times', () => {
    const source = { subagent: { thread_spawn: { parent_thread_id: 'gone', depth: 1 } } };
    const side = read([
      meta('side', { source }, 1000),
      counted(10, counts(5000, 0, 50)),
      counted(500, counts(5600, 0, 60)),
      counted(1010, counts(5900, 0, 65), counts(300, 0, 5)),
    ]);
    assert.deepEqual(inputs(side), [300]);
  });

  it('follow a change of the model', () => {
    const heard = read([
      meta('t'),
      turn('gpt-5.5'),
      counted(1, counts(10, 0, 1)),
      turn('gpt-5.6-luna'),
      counted(2, counts(30, 0, 2)),
    ]);
    assert.deepEqual(
      heard.calls.map(({ model }) => model),
      ['gpt-5.5', 'gpt-5.6-luna'],
    );
  });

  it('hold the words of the user and not what Codex says in their name', () => {
    const { asks } = read([
      meta('t'),
      said('user', '<environment_context>\n  <cwd>/work</cwd>\n</environment_context>'),
      said('developer', 'You are a coding agent.'),
      said('user', 'which port does it listen on?'),
    ]);
    assert.deepEqual(
      asks.map(({ text }) => text),
      ['which port does it listen on?'],
    );
  });

  it('say when they were paid for by subscription', () => {
    const payload = { type: 'token_count', info: null, rate_limits: { plan_type: 'plus' } };
    assert.deepEqual(read([meta('t'), { timestamp: at(1), type: 'event_msg', payload }]).plans, ['plus']);
  });

  it('do not count again what a fork copied under new times from a thread that was read', () => {
    const threads = new CodexThreads();
    const one = counts(1000, 0, 10);
    const two = counts(2500, 900, 20);
    read([meta('parent'), counted(1, one, one), counted(30, two, counts(1500, 900, 10))], threads);
    const fork = read(
      [
        meta('fork', { forked_from_id: 'parent' }, 100),
        meta('parent'),
        counted(100.2, one, one),
        counted(104, two, counts(1500, 900, 10)),
        counted(130, counts(4500, 2400, 35), counts(2000, 1500, 15)),
      ],
      threads,
    );
    assert.deepEqual(inputs(fork), [2000]);
  });

  it('do not count what a fork copied at once from a thread that is gone', () => {
    const fork = read([
      meta('fork', { forked_from_id: 'gone' }, 100),
      counted(100.1, counts(1000, 0, 10)),
      counted(100.9, counts(2500, 0, 20)),
      counted(101.7, counts(2600, 0, 30), counts(100, 0, 10)),
      counted(120, counts(2900, 0, 35), counts(300, 0, 5)),
    ]);
    assert.deepEqual(inputs(fork), [300]);
  });

  it('count a sub-agent from its first call on, also where that looks like one of its parent', () => {
    const threads = new CodexThreads();
    const same = counts(1000, 0, 10);
    read([meta('parent'), counted(1, same, same)], threads);
    const source = { subagent: { thread_spawn: { parent_thread_id: 'parent', depth: 1 } } };
    const side = read([meta('side', { source }, 10), counted(10.5, same, same)], threads);
    assert.deepEqual(inputs(side), [1000]);
    assert.equal(side.calls[0]?.isSide, true);
  });

  it('count what a sub-agent did after the mark of its own beginning, however soon', () => {
    const source = { subagent: { thread_spawn: { parent_thread_id: 'gone', depth: 1 } } };
    const begins = {
      timestamp: at(10.1),
      type: 'inter_agent_communication_metadata',
      payload: { trigger_turn: true },
    };
    const side = read([
      meta('side', { source }, 10),
      meta('gone'),
      counted(10.05, counts(5000, 0, 50)),
      begins,
      counted(10.6, counts(5600, 0, 60), counts(600, 0, 10)),
    ]);
    assert.deepEqual(inputs(side), [600]);
  });

  it('follow a change of the service tier', () => {
    const settings = (service_tier: string) => ({
      timestamp: at(0),
      type: 'event_msg',
      payload: { type: 'thread_settings_applied', thread_settings: { model: 'gpt-5.5', service_tier } },
    });
    const heard = read([
      meta('t'),
      settings('priority'),
      counted(1, counts(10, 0, 1)),
      settings('default'),
      counted(2, counts(30, 0, 2)),
    ]);
    assert.deepEqual(
      heard.calls.map(({ serviceTier }) => serviceTier),
      ['priority', null],
    );
  });

  it('survive broken lines', () => {
    const heard = read([meta('t'), '{"timestamp":"2026', counted(1, counts(10, 0, 1))]);
    assert.deepEqual(heard.answers, [true, false, true]);
    assert.deepEqual(inputs(heard), [10]);
  });
});
