import assert from 'node:assert/strict';
import { defaultConfig } from '../../../../daemon/config/decode-config.ts';
import type { RouterConfig } from '../../../../daemon/config/schema.ts';
import { whyHeldBack } from '../../../../daemon/privacy/privacy-hold.ts';
import { compilePrivacyRules, type PrivacyRules } from '../../../../daemon/privacy/privacy-rules.ts';

type Rule = RouterConfig['privacy']['rules'][number];

const PROVIDERS = [
  { name: 'cloud', baseUrl: 'https://api.example.com/v1' },
  { name: 'ollama', baseUrl: 'http://127.0.0.1:11434/v1' },
  { name: 'inhouse', baseUrl: 'https://models.example.org/v1' },
];

async function rulesOf(...rules: readonly Rule[]): Promise<PrivacyRules> {
  const compiled = await compilePrivacyRules(rules, PROVIDERS);
  assert.ok(compiled);
  return compiled;
}

const bodyOf = (text: string): Buffer =>
  Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: text }] }));

async function isHeld(paths: readonly string[], text: string): Promise<boolean> {
  const rules = await rulesOf({ name: 'r', paths, action: 'local' });
  return rules.holdOf([bodyOf(text)]) !== null;
}

describe('paths of privacy rules', () => {
  const found: readonly (readonly [glob: string, text: string])[] = [
    ['src/payments/**', 'read src/payments/charge.ts'],
    ['src/payments/**', 'read /home/me/shop/src/payments/deep/er/charge.ts:12'],
    ['src/payments/**', 'C:\\shop\\SRC\\Payments\\charge.ts'],
    ['src/payments/**', '<file path="src/payments/charge.ts">'],
    ['src/payments/**', 'file:///srv/shop/src%2Fpayments/charge.ts'],
    ['src/payments/**', 'cd src/payments && cat charge.ts'],
    ['src/payments/**', 'everything in src/payments.'],
    ['src/payments/**', '@src/payments'],
    ['src/payments/**', 'cat payments/charge.ts'],
    ['src/payments/**', 'cat ../payments/charge.ts'],
    ['src/payments/**', '{"path":"src\\/payments\\/charge.ts"}'],
    ['src/payments/**', '{"arguments":"{\\"path\\":\\"src\\\\/payments\\\\/a\\"}"}'],
    ['src/payments/', 'src/payments/charge.ts'],
    ['src/*/keys.json', 'src/any thing/keys.json'],
    ['src/**/keys.json', 'src/keys.json'],
    ['src/**/keys.json', 'src/a/b/keys.json'],
    ['*.pem', 'the file server.pem is there'],
    ['**/*.pem', '/etc/ssl/server.PEM'],
    ['*.{pem,key}', 'id.key'],
    ['.env', 'see .env'],
    ['.env*', 'see ./.env.local'],
    ['/srv/shop/**', 'Working directory: /srv/shop'],
    ['/srv/shop/**', 'shop/src/a.ts'],
    ['/srv/my shop/**', 'open "/srv/my shop/a.ts"'],
    ['secrets/**', 'ls secrets/a'],
    ['notes/größe.md', 'notes/gro\u0308\u00dfe.md'],
    ['file?.txt', 'file7.txt'],
  ];
  for (const [glob, text] of found) {
    it(`${glob} is found in ${JSON.stringify(text)}`, async () => {
      assert.equal(await isHeld([glob], text), true);
    });
  }

  const passed: readonly (readonly [glob: string, text: string])[] = [
    ['src/payments/**', 'read src/shipping/charge.ts'],
    ['src/payments/**', 'src/payments-old/a.ts'],
    ['src/payments/**', 'xsrc/payments/a.ts'],
    ['src/payments/**', 'lib/payments/a.ts'],
    ['src/payments/**', 'the payments of this month'],
    ['*.pem', 'a pemmican.pemx'],
    ['.env', 'process.env'],
    ['.env', '.environment'],
    ['secrets/**', 'no secrets here'],
    ['src/*/keys.json', 'src/keys.json'],
    ['src/charge.ts', 'src/charge.tsx'],
    ['src/a.b', 'src/aXb'],
  ];
  for (const [glob, text] of passed) {
    it(`${glob} is not found in ${JSON.stringify(text)}`, async () => {
      assert.equal(await isHeld([glob], text), false);
    });
  }
});

describe('privacy rules', () => {
  it('hold nobody where there are none', async () => {
    assert.equal(await compilePrivacyRules([], PROVIDERS), null);
  });

  it('let the providers on this machine see a request of a "local" rule, and no other', async () => {
    const rules = await rulesOf({ name: 'keys', patterns: ['AKIA[0-9A-Z]{16}'], action: 'local' });
    const hold = rules.holdOf([bodyOf('key akiaABCDEFGHIJKLMNOP')]);
    assert.deepEqual(hold, { rules: ['keys'], providers: ['ollama'], isLocalOnly: true, isRefused: false });
    assert.equal(whyHeldBack({ provider: 'ollama', upstreamModel: 'qwen3:8b' }, hold), null);
    assert.equal(
      whyHeldBack({ provider: 'cloud', upstreamModel: 'big' }, hold),
      'may not see this request (privacy rule "keys")',
    );
  });

  it('know that a server on this machine passes some models on to a cloud', async () => {
    const rules = await rulesOf({ name: 'a', paths: ['a.txt'], action: 'local' });
    const hold = rules.holdOf([bodyOf('a.txt')]);
    assert.match(
      whyHeldBack({ provider: 'ollama', upstreamModel: 'gpt-oss:120b-cloud' }, hold) ?? '',
      /may not/,
    );
  });

  it('let the providers that are named see it in place of those on this machine', async () => {
    const rules = await rulesOf({ name: 'a', paths: ['a.txt'], action: 'local', providers: ['inhouse'] });
    const hold = rules.holdOf([bodyOf('a.txt')]);
    assert.deepEqual(hold?.providers, ['inhouse']);
    assert.equal(whyHeldBack({ provider: 'inhouse', upstreamModel: 'our-cloud' }, hold), null);
  });

  it('all hold where several match', async () => {
    const rules = await rulesOf(
      { name: 'a', paths: ['a.txt'], action: 'local', providers: ['inhouse', 'ollama'] },
      { name: 'b', paths: ['b.txt'], action: 'local' },
      { name: 'c', paths: ['c.txt'], action: 'refuse' },
    );
    assert.deepEqual(rules.holdOf([bodyOf('a.txt b.txt')])?.providers, ['ollama']);
    assert.deepEqual(rules.holdOf([bodyOf('a.txt'), bodyOf('c.txt')]), {
      rules: ['a', 'c'],
      providers: [],
      isLocalOnly: true,
      isRefused: true,
    });
  });

  it('still hold a conversation that fell under them, as long as they are there', async () => {
    const rules = await rulesOf({ name: 'a', paths: ['a.txt'], action: 'local' });
    assert.deepEqual(rules.holdOf([bodyOf('go on')], ['a', 'gone'])?.rules, ['a']);
    assert.equal(rules.holdOf([bodyOf('go on')], ['gone']), null);
  });

  it('see both members of one name, of which a parser keeps one', async () => {
    const rules = await rulesOf({ name: 'a', paths: ['a.txt'], action: 'local' });
    const hold = rules.holdOf([Buffer.from('{"messages":[{"content":"a.txt"}],"messages":[]}')]);
    assert.deepEqual(hold?.rules, ['a']);
  });

  it('see text that was sent as base64, and do not stumble over pictures', async () => {
    const rules = await rulesOf({ name: 'a', patterns: ['project nightfall'], action: 'local' });
    const text = Buffer.from('This is about Project Nightfall and about nothing else in the world.');
    assert.ok(rules.holdOf([Buffer.from(JSON.stringify({ data: text.toString('base64') }))]));
    const url = `data:text/plain;base64,${text.toString('base64')}`;
    assert.ok(rules.holdOf([Buffer.from(JSON.stringify({ url }))]));
    const picture = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7) % 256));
    assert.equal(rules.holdOf([Buffer.from(JSON.stringify({ data: picture.toString('base64') }))]), null);
  });

  it('take linear time over a text that is made to be slow', async () => {
    const rules = await rulesOf({ name: 'a', patterns: ['(a+)+$x', '(?:a|aa)+b'], action: 'local' });
    assert.equal(rules.holdOf([bodyOf('a'.repeat(100_000))]), null);
  });

  it('are none by default', () => {
    assert.deepEqual(defaultConfig().privacy.rules, []);
  });
});
