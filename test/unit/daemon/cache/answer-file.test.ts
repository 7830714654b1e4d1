import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AnswerFile, type FiledAnswer } from '../../../../daemon/cache/answer-file.ts';
import { KEY_PARTS, type KeyParts } from '../../../../daemon/cache/request-key.ts';
import type { Log } from '../../../../daemon/util/log.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

const TTL_MS = 60_000;

function partsOf(ask: string): KeyParts {
  return { ...(Object.fromEntries(KEY_PARTS.map((name) => [name, name])) as unknown as KeyParts), ask };
}

describe('[A31] the file of stored answers', () => {
  const folder = temporaryFolder();
  let clock: VirtualClock;
  let file: AnswerFile;
  let maxBytes: number;
  let warnings: string[];

  const path = (): string => folder.file('cache.db');
  const open = (): AnswerFile =>
    new AnswerFile({
      path: path(),
      limits: () => ({ maxBytes }),
      clock,
      hasSecret: (text) => text.includes('sk-secret'),
      log: { warn: (message: string) => void warnings.push(message) } as unknown as Log,
    });
  const filed = (name: string, text = 'an answer'): FiledAnswer => ({
    parts: partsOf(`ask of ${name}`),
    answer: {
      exchangeId: `ex_${name}`,
      model: 'small',
      provider: 'p',
      events: [{ type: 'text-delta', id: '0', choice: 0, delta: text }],
    },
    expiresAtMs: clock.now() + TTL_MS,
  });
  const put = async (name: string, text?: string): Promise<void> => {
    file.put(name, filed(name, text));
    await clock.advance(100);
  };

  beforeEach(() => {
    clock = createVirtualClock();
    maxBytes = 1_000_000;
    warnings = [];
    file = open();
  });
  afterEach(() => file.close());

  it('gives an answer again after the process has ended', async () => {
    await put('a');
    file.close();
    file = open();
    assert.equal(file.hasAsk('ask of a'), true);
    assert.equal(file.hasAsk('ask of b'), false);
    assert.deepEqual(file.get('a'), { ...filed('a'), expiresAtMs: clock.now() - 100 + TTL_MS });
    assert.equal(file.get('b'), undefined);
  });

  it('is private, with all that stands beside it', async () => {
    await put('a');
    for (const suffix of ['', '-wal', '-shm']) {
      assert.equal(statSync(`${path()}${suffix}`).mode & 0o777, 0o600, suffix);
    }
  });

  it('makes private what was not', async () => {
    await put('a');
    file.close();
    writeFileSync(path(), readFileSync(path()), { mode: 0o644 });
    file = open();
    file.get('a');
    assert.equal(statSync(path()).mode & 0o777, 0o600);
  });

  it('never holds an answer with a key in it', async () => {
    await put('a', 'your key is sk-secret-1234');
    await put('b', 'harmless');
    file.close();
    assert.equal(readFileSync(path()).includes('sk-secret'), false);
    file = open();
    assert.equal(file.get('a'), undefined);
    assert.notEqual(file.get('b'), undefined);
  });

  it('gives nothing that is too old, and throws it away', async () => {
    await put('a');
    await clock.advance(TTL_MS);
    assert.equal(file.hasAsk('ask of a'), false);
    assert.equal(file.get('a'), undefined);
    await put('b');
    assert.equal(file.state().entries, 1);
  });

  it('keeps within its bytes by throwing away what was not used for longest', async () => {
    await put('a', 'x'.repeat(1000));
    await put('b', 'y'.repeat(1000));
    await clock.advance(1000);
    file.get('a');
    maxBytes = 2500;
    await put('c', 'z'.repeat(1000));
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => file.get(key) !== undefined),
      [true, false, true],
    );
  });

  it('forgets the answer of one exchange, also before it is written', async () => {
    await put('a');
    file.put('b', filed('b'));
    assert.equal(file.delete('ex_a'), 1);
    file.delete('ex_b');
    await clock.advance(100);
    assert.equal(file.state().entries, 0);
  });

  it('is gone from the disk once it is cleared', async () => {
    await put('a', 'words that somebody wants to be gone');
    await put('b');
    assert.equal(file.clear(), 2);
    for (const suffix of ['', '-wal', '-shm']) assert.equal(existsSync(`${path()}${suffix}`), false);
    await put('c');
    assert.equal(file.state().entries, 1);
  });

  it('is begun anew when it is broken', async () => {
    writeFileSync(
      path(),
      'this is no database, and long enough that it cannot be taken for an empty one'.repeat(20),
    );
    assert.equal(file.get('a'), undefined);
    assert.match(warnings[0] ?? '', /was broken and is begun anew/);
    await put('a');
    assert.notEqual(file.get('a'), undefined);
  });

  it('is left alone while another process locks it, and works again afterwards', async () => {
    await put('a');
    const other = new DatabaseSync(path());
    other.exec('BEGIN EXCLUSIVE');
    await put('b');
    await put('c');
    other.exec('ROLLBACK');
    other.close();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /cannot be used for now/);
    assert.notEqual(file.get('a'), undefined);
    await put('d');
    assert.notEqual(file.get('d'), undefined);
  });
});
