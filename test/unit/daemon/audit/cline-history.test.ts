import assert from 'node:assert/strict';
import { createClineSessionReader } from '../../../../daemon/audit/cline-history.ts';
import { createClineTaskReader, type TaskFlavour } from '../../../../daemon/audit/cline-task-history.ts';
import { feed, listen } from './history-fixtures.ts';

const AT_MS = Date.UTC(2026, 8, 20, 9);

function readSession(messages: readonly unknown[]) {
  const heard = listen();
  const options = { conversation: 's', isSide: false, model: 'from-manifest', provider: null };
  feed(createClineSessionReader(heard, options), messages);
  return heard;
}

function readTask(flavour: TaskFlavour, messages: readonly unknown[], model = 'claude-sonnet-4-5') {
  const heard = listen();
  const models = [{ atMs: AT_MS + 150, model, provider: null, providerName: undefined }];
  feed(createClineTaskReader(heard, { task: 't', flavour, models }), messages);
  return heard;
}

function request(info: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}) {
  return { ts: AT_MS + 100, type: 'say', say: 'api_req_started', text: JSON.stringify(info), ...more };
}

describe('histories of Cline since 4.1', () => {
  it('[A48] count the prompt cache inside of the input', () => {
    const { calls } = readSession([
      {
        id: 'm1',
        role: 'user',
        content: [{ type: 'text', text: '<user_input mode="act">fix it</user_input>' }],
        ts: AT_MS,
      },
      {
        id: 'm2',
        role: 'assistant',
        content: [],
        ts: AT_MS + 5,
        modelInfo: { id: 'claude-sonnet-4-5', provider: 'anthropic' },
        metrics: {
          inputTokens: 9200,
          outputTokens: 60,
          cacheReadTokens: 8000,
          cacheWriteTokens: 1100,
          cost: 0.0077,
        },
      },
    ]);
    assert.deepEqual(calls[0]?.usage, {
      inputTokens: 9200,
      cacheReadInputTokens: 8000,
      cacheCreationInputTokens: 1100,
      outputTokens: 60,
      reasoningOutputTokens: 0,
    });
    assert.equal(calls[0].model, 'claude-sonnet-4-5');
    assert.equal(calls[0].provider, 'anthropic');
    assert.equal(calls[0].reportedCostUsd, 0.0077);
  });

  it('hold the words of the user and no results of tools', () => {
    const { asks } = readSession([
      {
        role: 'user',
        content: [{ type: 'text', text: '<user_input mode="act">fix it</user_input>' }],
        ts: AT_MS,
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'ok' }], ts: AT_MS },
    ]);
    assert.deepEqual(
      asks.map(({ text }) => text),
      ['fix it'],
    );
  });

  it('take the model of the session where an answer does not name its own', () => {
    const message = { role: 'assistant', ts: AT_MS, metrics: { inputTokens: 10, outputTokens: 1 } };
    assert.equal(readSession([message]).calls[0]?.model, 'from-manifest');
  });
});

describe('tasks of Cline, Roo Code and Kilo Code', () => {
  it('[A48] add the prompt cache to the rest of the prompt where Cline counts them apart', () => {
    const info = { tokensIn: 12, tokensOut: 310, cacheWrites: 14_300, cacheReads: 500 };
    const modelInfo = { providerId: 'anthropic', modelId: 'claude-opus-5-5' };
    const [call] = readTask('cline', [request(info, { modelInfo })]).calls;
    assert.equal(call?.usage.inputTokens, 14_812);
    assert.equal(call.model, 'claude-opus-5-5');
  });

  it('take the prompt as it is counted at providers that count all of it', () => {
    const info = { tokensIn: 5000, tokensOut: 10, cacheWrites: 0, cacheReads: 4000 };
    const modelInfo = { providerId: 'openai', modelId: 'gpt-5.5' };
    assert.equal(readTask('cline', [request(info, { modelInfo })]).calls[0]?.usage.inputTokens, 5000);
  });

  it('take it as it is counted by Roo Code since it counts all of it', () => {
    const info = {
      apiProtocol: 'anthropic',
      tokensIn: 15_000,
      tokensOut: 200,
      cacheWrites: 14_980,
      cacheReads: 0,
    };
    assert.equal(readTask('roo-code', [request(info)]).calls[0]?.usage.inputTokens, 15_000);
  });

  it('add the prompt cache where Roo Code counted it apart', () => {
    const info = {
      apiProtocol: 'anthropic',
      tokensIn: 9000,
      tokensOut: 1,
      cacheWrites: 100,
      cacheReads: 200,
    };
    const old = request(info, { ts: Date.UTC(2025, 5, 1) });
    assert.equal(readTask('roo-code', [old]).calls[0]?.usage.inputTokens, 9300);
  });

  it('take the model that was noted while the request ran', () => {
    const info = { tokensIn: 10, tokensOut: 1 };
    assert.equal(readTask('roo-code', [request(info)]).calls[0]?.model, 'claude-sonnet-4-5');
  });

  it('leave out requests that were never answered', () => {
    assert.deepEqual(
      readTask('cline', [request({ request: '…' }), request({}, { partial: true })]).calls,
      [],
    );
  });

  it('hold the task and what the user said to it', () => {
    const { asks } = readTask('cline', [
      { ts: AT_MS, type: 'say', say: 'task', text: 'fix the login test' },
      { ts: AT_MS + 1, type: 'say', say: 'text', text: 'I look at it first.' },
      { ts: AT_MS + 2, type: 'say', say: 'user_feedback', text: 'now run the linter' },
    ]);
    assert.deepEqual(
      asks.map(({ text }) => text),
      ['fix the login test', 'now run the linter'],
    );
  });
});
