// Connecting assistants over the control API of a running daemon: shown, refused when outdated, written, taken back.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type {
  AssistantPlan,
  AssistantResult,
  AssistantsBody,
  AssistantState,
  ErrorBody,
} from '../../daemon/protocol/control-api.ts';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('connecting assistants over the control API', () => {
  const folder = temporaryFolder();
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  beforeEach(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({
      config: configFor([{ id: 'small', baseUrl: upstream.baseUrl }]),
      environment: { HOME: folder.path },
    });
  });
  afterEach(async () => {
    await daemon.stop();
    await upstream.close();
  });

  async function ask<Body>(method: string, route: string, body?: unknown): Promise<Body> {
    const answer = await daemon.control(method, route, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body as Body;
  }

  async function refusal(method: string, route: string, body?: unknown): Promise<readonly [number, string]> {
    const answer = await daemon.control(method, route, body);
    return [answer.status, (answer.body as ErrorBody).error.message];
  }

  const stateOf = async (id: string): Promise<AssistantState['state'] | undefined> =>
    (await ask<AssistantsBody>('GET', 'assistants')).assistants.find((one) => one.id === id)?.state;

  it('[A1] [C1] shows the change, writes it, and puts it back', async () => {
    const settings = folder.file('.claude/settings.json');
    mkdirSync(path.dirname(settings));
    writeFileSync(settings, '{ "model": "opus" }');
    assert.equal(await stateOf('claude-code'), 'not-connected');
    const plan = await ask<AssistantPlan>('GET', 'assistants/claude-code');
    assert.ok(!JSON.stringify(plan).includes(daemon.token));
    const { fingerprint } = plan;
    const written = await ask<AssistantResult>('PUT', 'assistants/claude-code', { fingerprint });
    assert.equal(written.state, 'connected');
    assert.deepEqual(written.changedPaths, [settings]);
    const { env } = JSON.parse(readFileSync(settings, 'utf8')) as { env: Record<string, string> };
    assert.deepEqual(env, { ANTHROPIC_BASE_URL: daemon.url, ANTHROPIC_AUTH_TOKEN: daemon.token });

    const undo = await ask<AssistantPlan>('GET', 'assistants/claude-code?action=undo');
    assert.equal(undo.changes[0]?.after, '{ "model": "opus" }');
    await ask('DELETE', 'assistants/claude-code', { fingerprint: undo.fingerprint });
    assert.equal(readFileSync(settings, 'utf8'), '{ "model": "opus" }');
    assert.equal(await stateOf('claude-code'), 'not-connected');
  });

  it('[A6] answers a request that is sent with nothing but what was written', async () => {
    mkdirSync(folder.file('editor/User'), { recursive: true });
    const editorUserFolder = folder.file('editor/User');
    const query = `editorUserFolder=${encodeURIComponent(editorUserFolder)}`;
    const { fingerprint } = await ask<AssistantPlan>('GET', `assistants/copilot?${query}`);
    const { changedPaths } = await ask<AssistantResult>('PUT', 'assistants/copilot', {
      fingerprint,
      editorUserFolder,
    });
    const [group] = JSON.parse(readFileSync(changedPaths[0] ?? '', 'utf8')) as {
      models: { url: string; id: string }[];
    }[];
    const model = group?.models[0];
    const response = await fetch(`${model?.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: model?.id, messages: [{ role: 'user', content: 'hello' }] }),
    });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
    await ask('DELETE', `assistants/copilot?${query}`);
    assert.equal(existsSync(changedPaths[0] ?? ''), false);
  });

  it('refuses to write what nobody was shown, or what is not so any more', async () => {
    assert.deepEqual(await refusal('PUT', 'assistants/codex', {}), [
      400,
      'the field "fingerprint" is missing; it comes with the change from GET',
    ]);
    const [status, sentence] = await refusal('PUT', 'assistants/codex', { fingerprint: 'other' });
    assert.equal(status, 409);
    assert.match(sentence, /not as they were when the change was shown/);
    assert.equal(existsSync(folder.file('.codex')), false);
  });

  it('refuses folders that are no editor’s, unknown assistants and unknown words', async () => {
    mkdirSync(folder.file('.ssh'));
    const wrong: readonly (readonly [method: string, route: string, body: unknown, status: number])[] = [
      ['GET', `assistants?editorUserFolder=${encodeURIComponent(folder.file('.ssh'))}`, undefined, 400],
      ['PUT', 'assistants/copilot', { fingerprint: 'f', editorUserFolder: folder.file('.ssh') }, 400],
      ['DELETE', 'assistants/copilot', { editorUserFolder: 'User' }, 400],
      ['GET', 'assistants/codex?action=rm', undefined, 400],
      ['GET', 'assistants/codex?path=/etc/passwd', undefined, 400],
      ['PUT', 'assistants/codex', { fingerprint: 'f', path: '/etc/passwd' }, 400],
      ['GET', 'assistants/nobody', undefined, 404],
      ['GET', 'assistants/..%2f..%2fetc', undefined, 404],
      ['POST', 'assistants', {}, 405],
    ];
    for (const [method, route, body, status] of wrong) {
      assert.equal((await refusal(method, route, body))[0], status, route);
    }
  });

  it('is closed to the client token', async () => {
    const response = await fetch(`${daemon.url}/pointsman/v1/assistants`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    });
    assert.equal(response.status, 403);
    await response.arrayBuffer();
  });
});
