import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { createDaemonLog, type DaemonLog } from '../../../../daemon/lifecycle/daemon-log.ts';
import type { LogLevel } from '../../../../daemon/util/log.ts';
import { createRedactor } from '../../../../daemon/util/redact.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

const SECRET = 'plainsecret0123456789';

describe('log of the daemon', () => {
  const folder = temporaryFolder();
  let level: LogLevel;
  let lines: string[];
  let log: DaemonLog;
  const written = (): string => readFileSync(folder.file('daemon.log'), 'utf8');

  beforeEach(() => {
    level = 'info';
    lines = [];
    const redactor = createRedactor();
    redactor.addSecret(SECRET);
    log = createDaemonLog({
      home: folder.path,
      clock: createVirtualClock(Date.UTC(2026, 10, 21)),
      redactor,
      level: () => level,
      writeLine: (line) => lines.push(line),
    });
  });

  it('writes the same line to the file and to whoever started the daemon', async () => {
    log.info('ready', { port: 7411 });
    await log.flush();
    assert.deepEqual(lines, [
      '{"at":"2026-11-21T00:00:00.000Z","level":"info","message":"ready","port":7411}',
    ]);
    assert.equal(written(), `${lines[0]}\n`);
  });

  it('takes keys out of both, in messages and in fields', async () => {
    log.warn(`refused ${SECRET}`, { cause: `header x-api-key: ${SECRET}` });
    await log.flush();
    for (const text of [lines.join(''), written()]) {
      assert.ok(!text.includes(SECRET));
      assert.match(text, /refused \[redacted\]/);
    }
  });

  it('follows the level while it runs', async () => {
    log.debug('not yet');
    level = 'debug';
    log.debug('now');
    await log.flush();
    assert.match(written(), /^[^\n]*"now"[^\n]*\n$/);
  });

  it('keeps a line in one line, whatever is in it', async () => {
    log.error('two\nlines', { stack: 'a\n    at b' });
    await log.flush();
    assert.equal(written().split('\n').length, 2);
    assert.equal((JSON.parse(written()) as { stack: string }).stack, 'a\n    at b');
  });

  it('makes a file that only its owner may read', async () => {
    log.info('ready');
    await log.flush();
    assert.equal(statSync(folder.file('daemon.log')).mode & 0o777, 0o600);
  });

  it('writes what is pending without waiting when the process ends', () => {
    log.error('the last words');
    log.flushNow();
    assert.match(written(), /the last words/);
  });
});
