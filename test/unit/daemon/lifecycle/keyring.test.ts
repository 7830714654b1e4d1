import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createKeyring } from '../../../../daemon/lifecycle/keyring.ts';
import { createRedactor } from '../../../../daemon/util/redact.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const FROM_ENVIRONMENT = 'environmentkey0123456789';
const HANDED_OVER = 'handedoverkey0123456789';

describe('keyring', () => {
  const folder = temporaryFolder();
  const open = (environment: Readonly<Record<string, string>> = { KEY: FROM_ENVIRONMENT }) => {
    const redactor = createRedactor();
    return { redactor, keyring: createKeyring({ environment, home: folder.path, redactor }) };
  };

  it('finds a key where the configuration says', () => {
    writeFileSync(folder.file('a.key'), 'filekey0123456789\n', { mode: 0o600 });
    const { keyring } = open();
    assert.equal(keyring.resolve('a', { env: 'KEY' }).key, FROM_ENVIRONMENT);
    assert.equal(keyring.resolve('b', { file: 'a.key' }).key, 'filekey0123456789');
  });

  it('lets a handed-over key beat the configured place, and gives way to it when the key is taken away', () => {
    const { keyring } = open();
    keyring.put('a', HANDED_OVER);
    assert.equal(keyring.resolve('a', { env: 'KEY' }).key, HANDED_OVER);
    keyring.put('a', null);
    assert.equal(keyring.resolve('a', { env: 'KEY' }).key, FROM_ENVIRONMENT);
  });

  it('uses a handed-over key for a provider that is configured without any', () => {
    const { keyring } = open();
    keyring.put('a', HANDED_OVER);
    assert.equal(keyring.resolve('a', undefined).key, HANDED_OVER);
  });

  it('keeps the key of one provider from another', () => {
    const { keyring } = open({});
    keyring.put('a', HANDED_OVER);
    assert.equal(keyring.resolve('b', { env: 'KEY' }).key, null);
    assert.equal(keyring.resolve('__proto__', undefined).key, null);
  });

  it('says whether a key that is handed over is another one', () => {
    const { keyring } = open();
    assert.deepEqual(
      [HANDED_OVER, HANDED_OVER, null, null, HANDED_OVER].map((key) => keyring.put('a', key)),
      [true, false, true, false, true],
    );
  });

  it('has every key that it gave out taken out of the log, also one that was replaced', () => {
    const { keyring, redactor } = open();
    keyring.resolve('a', { env: 'KEY' });
    keyring.put('a', HANDED_OVER);
    keyring.resolve('a', { env: 'KEY' });
    assert.equal(redactor.redact(`${FROM_ENVIRONMENT} ${HANDED_OVER}`), '[redacted] [redacted]');
  });

  it('says where a key came from without saying the key', () => {
    const { keyring } = open();
    keyring.put('b', HANDED_OVER);
    for (const resolved of [keyring.resolve('a', { env: 'KEY' }), keyring.resolve('b', undefined)]) {
      assert.ok(resolved.key !== null);
      assert.ok(!resolved.from.includes(resolved.key));
    }
  });
});
