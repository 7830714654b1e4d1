import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readTaskModels } from '../../../../daemon/audit/task-models.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const AT_MS = Date.UTC(2026, 8, 20, 9);

describe('models of a task', () => {
  const folder = temporaryFolder();
  const signal = new AbortController().signal;

  function write(name: string, value: unknown): void {
    const file = folder.file(`tasks/t1/${name}`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(value));
  }

  async function models(): Promise<readonly (readonly [number, string, string | null])[]> {
    const found = await readTaskModels(folder.file('tasks/t1'), signal);
    return found.map(({ atMs, model, provider }) => [atMs, model, provider]);
  }

  it('are those that Cline noted, oldest first', async () => {
    write('task_metadata.json', {
      model_usage: [
        { ts: AT_MS + 5, model_id: 'claude-opus-5-5', model_provider_id: 'anthropic' },
        { ts: AT_MS, model_id: 'gpt-5.5', model_provider_id: 'openai-native' },
        { ts: 'never', model_id: 'x' },
      ],
    });
    assert.deepEqual(await models(), [
      [AT_MS, 'gpt-5.5', 'openai'],
      [AT_MS + 5, 'claude-opus-5-5', 'anthropic'],
    ]);
  });

  it('are those that Roo Code told the model itself', async () => {
    const told = (ts: number, model: string) => ({
      role: 'user',
      content: [
        { type: 'text', text: `<environment_details>\n<model>${model}</model>\n</environment_details>` },
      ],
      ts,
    });
    write('api_conversation_history.json', [
      told(AT_MS, 'claude-sonnet-4-5'),
      told(AT_MS + 5, 'claude-sonnet-4-5'),
      told(AT_MS + 9, 'gpt-5.5'),
    ]);
    assert.deepEqual(await models(), [
      [AT_MS, 'claude-sonnet-4-5', null],
      [AT_MS + 9, 'gpt-5.5', null],
    ]);
  });

  it('are those that Cline kept with the answers', async () => {
    const modelInfo = { modelId: 'claude-opus-5-5', providerId: 'anthropic', mode: 'act' };
    write('api_conversation_history.json', [{ role: 'assistant', content: [], ts: AT_MS, modelInfo }]);
    assert.deepEqual(await models(), [[AT_MS, 'claude-opus-5-5', 'anthropic']]);
  });

  it('are the last one in the list of all tasks where nothing else tells', async () => {
    write('../../state/taskHistory.json', [
      { id: 't0', modelId: 'gpt-5.5' },
      { id: 't1', modelId: 'claude-opus-5-5' },
    ]);
    assert.deepEqual(await models(), [[0, 'claude-opus-5-5', null]]);
  });

  it('are none where no file is there', async () => {
    assert.deepEqual(await models(), []);
  });
});
