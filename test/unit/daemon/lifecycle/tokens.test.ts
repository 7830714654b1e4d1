import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import {
  loadTokens,
  rotateTokens,
  tokenPath,
  TokenVerifier,
  watchTokens,
} from '../../../../daemon/lifecycle/tokens.ts';
import type { Tokens } from '../../../../daemon/lifecycle/tokens.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

describe('tokens on disk', () => {
  const folder = temporaryFolder();

  it('are made at first, 256 bits each and private', () => {
    const tokens = loadTokens(folder.path);
    assert.match(tokens.client, /^pm_[\w-]{43}$/);
    assert.match(tokens.admin, /^pma_[\w-]{43}$/);
    assert.equal(readFileSync(folder.file('token'), 'utf8'), `${tokens.client}\n`);
    for (const name of ['token', 'admin-token'])
      assert.equal(statSync(folder.file(name)).mode & 0o777, 0o600);
  });

  it('stay the same from then on', () => {
    assert.deepEqual(loadTokens(folder.path), loadTokens(folder.path));
  });

  it('differ between installations', () => {
    const first = loadTokens(folder.path);
    unlinkSync(folder.file('token'));
    assert.notEqual(loadTokens(folder.path).client, first.client);
  });

  it('are the same for eight processes that make them at once', async () => {
    const script = `import { loadTokens } from ${JSON.stringify(new URL('../../../../daemon/lifecycle/tokens.ts', import.meta.url).href)};
      process.stdout.write(JSON.stringify(loadTokens(process.argv[1])));`;
    const run = promisify(execFile);
    const start = () => run(process.execPath, ['--input-type=module', '-e', script, folder.path]);
    const answers = await Promise.all(Array.from({ length: 8 }, start));
    assert.equal(new Set(answers.map(({ stdout }) => stdout)).size, 1);
  });

  it('may be brought along by an installation, if they cannot be guessed', () => {
    writeFileSync(folder.file('token'), `${'t'.repeat(32)}\r\n`, { mode: 0o600 });
    assert.equal(loadTokens(folder.path).client, 't'.repeat(32));
  });

  for (const content of [
    '',
    '\n',
    'short',
    `${'t'.repeat(40)} ${'t'.repeat(40)}`,
    `${'t'.repeat(40)}\n${'t'.repeat(40)}`,
    'é'.repeat(40),
  ]) {
    it(`are refused when the file holds ${JSON.stringify(content).slice(0, 20)}, and the remedy named`, () => {
      writeFileSync(folder.file('token'), content, { mode: 0o600 });
      assert.throws(() => loadTokens(folder.path), {
        code: 'config.invalid',
        message: /run: pointsman token --rotate$/,
      });
    });
  }

  it('are refused when others can read them', () => {
    loadTokens(folder.path);
    chmodSync(folder.file('admin-token'), 0o644);
    assert.throws(() => loadTokens(folder.path), {
      message: /admin-token can be read by others; run: chmod 600/,
    });
  });

  it('are refused when both are the same, since the admin token must not be what assistants get', () => {
    for (const name of ['token', 'admin-token'])
      writeFileSync(folder.file(name), 't'.repeat(40), { mode: 0o600 });
    assert.throws(() => loadTokens(folder.path), { message: /holds the client token/ });
  });

  it('never stand in a message', () => {
    writeFileSync(folder.file('token'), 'secret value with spaces, long enough to be one', { mode: 0o600 });
    assert.throws(
      () => loadTokens(folder.path),
      (error: Error) => !error.message.includes('secret value'),
    );
  });

  it('are replaced one by one or together', () => {
    const before = loadTokens(folder.path);
    const client = rotateTokens(folder.path, 'client');
    assert.notEqual(client.client, before.client);
    assert.equal(client.admin, before.admin);
    const both = rotateTokens(folder.path, 'both');
    assert.notEqual(both.client, client.client);
    assert.notEqual(both.admin, client.admin);
    assert.deepEqual(loadTokens(folder.path), both);
    assert.equal(statSync(folder.file('token')).mode & 0o777, 0o600);
  });

  it('are mended by rotation when a file was damaged or open to others', () => {
    loadTokens(folder.path);
    writeFileSync(folder.file('token'), 'damaged');
    chmodSync(folder.file('admin-token'), 0o666);
    rotateTokens(folder.path, 'both');
    assert.match(loadTokens(folder.path).client, /^pm_/);
  });

  it('cannot be replaced without a home folder, and the sentence says so', () => {
    assert.throws(() => rotateTokens(folder.file('no'), 'client'), {
      code: 'config.invalid',
      message: /cannot be written \(ENOENT\)/,
    });
  });
});

describe('token verifier', () => {
  const tokens: Tokens = { client: `pm_${'c'.repeat(43)}`, admin: `pma_${'a'.repeat(43)}` };
  const verifier = new TokenVerifier(tokens);

  it('tells the two tokens apart', () => {
    assert.equal(verifier.verifies(tokens.client), 'client');
    assert.equal(verifier.verifies(tokens.admin), 'admin');
  });

  const wrong = [
    undefined,
    null,
    '',
    ' ',
    'pm_',
    tokens.client.slice(0, -1),
    `${tokens.client}x`,
    `${tokens.client} `,
    tokens.client.toUpperCase(),
    `${tokens.client},${tokens.admin}`,
    'x'.repeat(100_000),
  ];
  for (const candidate of wrong) {
    it(`knows nobody by ${JSON.stringify(candidate)?.slice(0, 60) ?? 'no token'}`, () => {
      assert.equal(verifier.verifies(candidate), null);
    });
  }

  it('knows only the new tokens after they were replaced', () => {
    const replaced = new TokenVerifier(tokens);
    assert.deepEqual(
      [replaced.verifies(tokens.client), replaced.verifies(tokens.admin)],
      ['client', 'admin'],
    );
    const next: Tokens = { client: 'n'.repeat(40), admin: 'm'.repeat(40) };
    replaced.replace(next);
    assert.deepEqual(
      [tokens.client, tokens.admin, next.client, next.admin].map((token) => replaced.verifies(token)),
      [null, null, 'client', 'admin'],
    );
  });

  it('does not show the tokens when it is printed', () => {
    assert.doesNotMatch(JSON.stringify(verifier), /ccc/);
  });
});

describe('token files that change while the daemon runs', () => {
  const folder = temporaryFolder();

  function watched(): {
    clock: ReturnType<typeof createVirtualClock>;
    seen: Tokens[];
    close: () => void;
    changed: () => Promise<void>;
  } {
    const clock = createVirtualClock();
    const seen: Tokens[] = [];
    const watch = watchTokens({
      home: folder.path,
      current: loadTokens(folder.path),
      onChange: (tokens) => seen.push(tokens),
      clock,
      log: silentLog,
    });
    const changed = async (): Promise<void> => {
      await clock.waitForTimers(1);
      await clock.advance(10);
    };
    return { clock, seen, close: () => watch.close(), changed };
  }

  it('take effect when one is rotated', async () => {
    const { seen, close, changed } = watched();
    const rotated = rotateTokens(folder.path, 'client');
    await changed();
    assert.deepEqual(seen, [rotated]);
    close();
  });

  it('are made anew when one is deleted, so that the old one is void', async () => {
    const before = loadTokens(folder.path);
    const { seen, close, changed } = watched();
    unlinkSync(folder.file('admin-token'));
    await changed();
    assert.notEqual(seen[0]?.admin, before.admin);
    assert.equal(seen[0]?.client, before.client);
    close();
  });

  it('change nothing when one becomes unsafe to use', async () => {
    const { seen, close, changed } = watched();
    writeFileSync(folder.file('token'), 'x');
    await changed();
    assert.deepEqual(seen, []);
    close();
  });

  it('take effect when they were rotated between loading and watching', () => {
    const current = loadTokens(folder.path);
    const rotated = rotateTokens(folder.path, 'both');
    const seen: Tokens[] = [];
    watchTokens({
      home: folder.path,
      current,
      onChange: (tokens) => seen.push(tokens),
      clock: createVirtualClock(),
      log: silentLog,
    }).close();
    assert.deepEqual(seen, [rotated]);
  });

  it('have fixed names in the home folder', () => {
    assert.equal(tokenPath(folder.path, 'client'), folder.file('token'));
    assert.equal(tokenPath(folder.path, 'admin'), folder.file('admin-token'));
  });
});
