// Ten thousand requests with a protected path or a protected word somewhere in them, written in every way that clients
// write paths, through the real daemon: none reaches a provider that may not see it.

import assert from 'node:assert/strict';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { Rng } from '../support/hostile-input.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const REQUESTS = 10_000;
const AT_ONCE = 16;
const SEED = Number(process.env['POINTSMAN_SEED'] ?? 1);

/** How the same file is named by clients, tools and people. */
const FORMS: readonly ((file: string) => string)[] = [
  (file) => `read src/payments/${file}`,
  (file) => `/home/me/shop/src/payments/deep/${file}:12:7`,
  (file) => `C:\\shop\\src\\payments\\${file}`,
  (file) => `<file path="SRC/Payments/${file}">`,
  (file) => `file:///srv/shop/src%2Fpayments%2f${file}`,
  (file) => `cd src/payments && cat ${file}`,
  (file) => `diff --git a/src/payments/${file} b/src/payments/${file}`,
  (file) => JSON.stringify({ file_path: `src/payments/${file}` }),
  (file) => JSON.stringify({ arguments: JSON.stringify({ path: `src\\payments\\${file}` }) }),
  (file) => `./payments/${file}`,
  (file) => `the key of ${file} is CANARY-${file.length}-KEY`,
  (file) =>
    Buffer.from(`This file is src/payments/${file} and it is long enough to be told.`).toString('base64'),
];

function bodyOf(rng: Rng, text: string): readonly [path: string, body: string] {
  const noise = 'Please look at src/shipping/parcel.ts and at the payments of this month. '.repeat(
    rng.below(6),
  );
  const turns = [{ role: 'user', content: noise + text + noise }];
  if (rng.below(2) === 0) {
    turns.push({ role: 'assistant', content: 'I see.' }, { role: 'user', content: 'And now? Go on.' });
  }
  const model = rng.below(3) === 0 ? 'cloud' : 'auto';
  const kinds: readonly (readonly [string, object])[] = [
    ['/v1/chat/completions', { model, messages: turns, stream: rng.below(2) === 0 }],
    ['/v1/messages', { model, max_tokens: 20, messages: turns }],
    ['/v1/messages', { model, max_tokens: 20, system: text, messages: [{ role: 'user', content: 'hello' }] }],
    ['/v1/responses', { model, input: turns }],
    ['/v1/chat/completions', { model, messages: [{ role: 'user', content: [{ type: 'text', text }] }] }],
    ['/v1/chat/completions', withCall(model, text)],
  ];
  const [path, body] = kinds[rng.below(kinds.length)] ?? kinds[0] ?? ['', {}];
  const json = JSON.stringify(body);
  // Escapes that JSON allows and nobody needs.
  return [path, rng.below(4) === 0 ? json.replaceAll('/', '\\/') : json];
}

/** A protected file that only the arguments of an earlier tool call name. */
function withCall(model: string, text: string): object {
  const call = {
    id: 'call_1',
    type: 'function',
    function: { name: 'read', arguments: JSON.stringify({ text }) },
  };
  const tools = [{ type: 'function', function: { name: 'read', parameters: { type: 'object' } } }];
  return {
    model,
    tools,
    messages: [
      { role: 'user', content: 'What does it say?' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'nothing' },
    ],
  };
}

describe('privacy rules over ten thousand requests', function () {
  this.timeout(180_000);
  let cloud: FakeUpstream;
  let inhouse: FakeUpstream;
  let daemon: TestDaemon;

  before(async () => {
    cloud = await startFakeUpstream();
    inhouse = await startFakeUpstream();
    const models = [
      { id: 'cloud', provider: 'cloud', baseUrl: cloud.baseUrl },
      { id: 'inhouse', provider: 'inhouse', baseUrl: inhouse.baseUrl },
    ];
    const rule = {
      name: 'payments',
      paths: ['src/payments/**'],
      patterns: ['canary-[0-9]+-key'],
      action: 'local' as const,
      providers: ['inhouse'],
    };
    daemon = await runDaemon({
      config: configFor(models, { baseline: 'inhouse', privacy: { storePrompts: false, rules: [rule] } }),
    });
  });
  after(async () => {
    await daemon.stop();
    await cloud.close();
    await inhouse.close();
  });

  it(`[C12] 0 of ${REQUESTS} requests with a protected path or word reach another provider (seed ${SEED})`, async () => {
    const rng = new Rng(SEED);
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < REQUESTS) {
        const index = (sent += 1);
        const form = FORMS[rng.below(FORMS.length)] ?? String;
        const [path, body] = bodyOf(rng, form(`charge-${index}.ts`));
        const answer = await daemon.post(path, body);
        await answer.text();
        if (!answer.ok) assert.equal(answer.status, 400, body);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    assert.equal(cloud.requests.length, 0, String(cloud.requests[0]?.body));
    assert.ok(inhouse.requests.length > REQUESTS * 0.9, `${inhouse.requests.length} were answered in house`);
  });

  it('requests that only sound like it go where they went before', async () => {
    const before = cloud.requests.length;
    for (let index = 0; index < 50; index += 1) {
      const text = `src/shipping/charge-${index}.ts, lib/payments/a.ts, src/payments-old and canary-${index}-keys?`;
      await (
        await daemon.post('/v1/chat/completions', {
          model: 'cloud',
          messages: [{ role: 'user', content: text.replace('-keys', '') }],
        })
      ).text();
    }
    assert.equal(cloud.requests.length - before, 50);
  });
});
