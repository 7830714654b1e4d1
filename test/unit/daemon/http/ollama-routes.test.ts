import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { BodyBudget } from '../../../../daemon/http/body-budget.ts';
import type { ModelNames } from '../../../../daemon/http/models.ts';
import { listOllamaModels, ollamaRoutes, showOllamaModel } from '../../../../daemon/http/ollama-routes.ts';
import type { RequestContext } from '../../../../daemon/http/request-context.ts';

const NAMES: ModelNames = {
  configured: [
    { id: 'deepseek-flash', provider: 'deepseek', contextTokens: 128_000, supports: ['tools', 'json'] },
    {
      id: 'claude-opus',
      provider: 'anthropic',
      contextTokens: 200_000,
      supports: ['tools', 'vision', 'reasoning'],
    },
  ],
  createdAtS: 0,
};
const NOTHING: ModelNames = { configured: [], createdAtS: 0 };

interface Shown {
  model_info: Record<string, unknown>;
  capabilities: string[];
}
const shown = (model: string, names = NAMES) =>
  showOllamaModel(names, JSON.stringify({ model })) as unknown as Shown;

describe('ollama routes', () => {
  it('[A4] list the same names as the model list, each as `name` and `model`', () => {
    const { models } = listOllamaModels(NAMES) as unknown as { models: { name: string; model: string }[] };
    const names = [
      'auto',
      'auto:budget',
      'auto:balanced',
      'auto:quality',
      'claude-auto',
      'exact/deepseek-flash',
      'exact/claude-opus',
    ];
    assert.deepEqual(
      models.map(({ name }) => name),
      names,
    );
    assert.deepEqual(
      models.map(({ model }) => model),
      names,
    );
  });

  it('tell window and capabilities of one model where VS Code looks for them', () => {
    const { model_info: info, capabilities } = shown('exact/claude-opus');
    const architecture = String(info['general.architecture']);
    assert.deepEqual(
      [info['general.basename'], info[`${architecture}.context_length`]],
      ['claude-opus', 200_000],
    );
    assert.deepEqual(capabilities, ['completion', 'tools', 'vision', 'thinking']);
    const flash = shown('exact/deepseek-flash');
    assert.equal(flash.model_info[`${architecture}.context_length`], 128_000);
    assert.deepEqual(flash.capabilities, ['completion', 'tools']);
  });

  it('tell of a routed name what the best of the models can', () => {
    const { model_info: info, capabilities } = shown('auto:latest');
    assert.equal(info[`${String(info['general.architecture'])}.context_length`], 200_000);
    assert.deepEqual(capabilities, ['completion', 'tools', 'vision', 'thinking']);
  });

  it('have an answer also where nothing is known', () => {
    const { model_info: info, capabilities } = shown('gpt-x', NOTHING);
    assert.equal(info[`${String(info['general.architecture'])}.context_length`], 128_000);
    assert.deepEqual(capabilities, ['completion', 'tools', 'vision', 'thinking']);
  });

  it('take the older field name, and refuse no name and unknown exact ones', () => {
    assert.ok(showOllamaModel(NAMES, '{"name":"auto"}'));
    assert.throws(() => showOllamaModel(NAMES, '{}'), /send the name of a model/);
    assert.throws(() => showOllamaModel(NAMES, 'broken'), /send the name of a model/);
    assert.throws(
      () => shown('exact/nope'),
      /there is no model exact\/nope; use one of: exact\/deepseek-flash/,
    );
  });

  describe('over HTTP', () => {
    let server: Server;
    let url = '';

    before((done) => {
      const routes = ollamaRoutes(() => NAMES);
      server = createServer((request, response) => {
        const route = routes.find(
          ({ pattern, methods }) => pattern === request.url && methods.includes(request.method ?? ''),
        );
        assert.ok(route);
        const bodies = new BodyBudget(() => ({ totalBytes: 1_000_000 }));
        void route.handle({ request, response, bodies } as unknown as RequestContext);
      }).listen(0, '127.0.0.1', () => {
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        done();
      });
    });
    after(() => server.close());

    it('say a version that is new enough for VS Code', async () => {
      const { version } = (await (await fetch(`${url}/api/version`)).json()) as { version: string };
      const [major = 0, minor = 0] = version.split('.').map(Number);
      assert.match(version, /^\d+\.\d+\.\d+$/);
      assert.ok(major > 0 || minor >= 7, version);
    });

    it('answer the list and the question for one model', async () => {
      const tags = (await (await fetch(`${url}/api/tags`)).json()) as { models: unknown[] };
      assert.equal(tags.models.length, 7);
      const body = JSON.stringify({ model: 'auto' });
      const response = await fetch(`${url}/api/show`, { method: 'POST', body });
      assert.deepEqual(((await response.json()) as Shown).capabilities[0], 'completion');
    });
  });
});
