import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { LogFile } from '../../../../daemon/lifecycle/log-file.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('log file', () => {
  const folder = temporaryFolder();
  const read = (name = 'daemon.log'): string => readFileSync(folder.file(name), 'utf8');
  const create = (maxBytes?: number, keep?: number): LogFile =>
    new LogFile({
      path: folder.file('daemon.log'),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(keep === undefined ? {} : { keep }),
    });

  it('gets one line per write, in order, private to the user', async () => {
    const log = create();
    for (let line = 1; line <= 100; line += 1) log.write(`line ${line}`);
    await log.flush();
    log.write('last');
    await log.flush();
    assert.deepEqual(read().split('\n'), [
      ...Array.from({ length: 100 }, (_, index) => `line ${index + 1}`),
      'last',
      '',
    ]);
    assert.equal(statSync(folder.file('daemon.log')).mode & 0o777, 0o600);
  });

  it('appends to what is there and closes it to others', async () => {
    writeFileSync(folder.file('daemon.log'), 'old\n');
    chmodSync(folder.file('daemon.log'), 0o644);
    const log = create();
    log.write('new');
    await log.flush();
    assert.equal(read(), 'old\nnew\n');
    assert.equal(statSync(folder.file('daemon.log')).mode & 0o777, 0o600);
  });

  it('is put aside when it is full, and two older ones are kept', async () => {
    const log = create(10);
    for (const line of ['one-----', 'two-----', 'three---', 'four----', 'five----']) {
      log.write(line);
      await log.flush();
    }
    assert.deepEqual(readdirSync(folder.path).sort(), ['daemon.log', 'daemon.log.1', 'daemon.log.2']);
    assert.deepEqual(
      [read(), read('daemon.log.1'), read('daemon.log.2')],
      ['five----\n', 'four----\n', 'three---\n'],
    );
    assert.equal(statSync(folder.file('daemon.log.1')).mode & 0o777, 0o600);
  });

  it('is put aside at 5 MB unless told otherwise', async () => {
    writeFileSync(folder.file('daemon.log'), 'x'.repeat(4_999_995), { mode: 0o600 });
    const log = create();
    log.write('1234');
    await log.flush();
    assert.equal(existsSync(folder.file('daemon.log.1')), false);
    log.write('5');
    await log.flush();
    assert.equal(statSync(folder.file('daemon.log.1')).size, 5_000_000);
    assert.equal(read(), '5\n');
  });

  it('takes a line that is longer than a whole file', async () => {
    const log = create(10);
    log.write('x'.repeat(100));
    log.write('y');
    await log.flush();
    assert.equal(read(), `${'x'.repeat(100)}\ny\n`);
    assert.deepEqual(readdirSync(folder.path), ['daemon.log']);
  });

  it('starts again when somebody deletes it', async () => {
    const log = create();
    log.write('one');
    await log.flush();
    unlinkSync(folder.file('daemon.log'));
    log.write('two');
    await log.flush();
    assert.equal(read(), 'two\n');
  });

  it('never throws, and later tells how many lines were lost', async () => {
    mkdirSync(folder.file('daemon.log'));
    const log = create();
    log.write('one');
    log.write('two');
    await log.flush();
    log.write('three');
    await log.flush();
    rmdirSync(folder.file('daemon.log'));
    log.write('four');
    await log.flush();
    assert.equal(read(), '{"level":"warn","message":"log lines lost","lines":3}\nfour\n');
  });

  it('holds a bounded number of lines while it cannot write', async () => {
    const log = create();
    for (let line = 0; line < 10_005; line += 1) log.write('x');
    await log.flush();
    log.write('y');
    await log.flush();
    const lines = read().split('\n');
    assert.equal(lines.filter((line) => line === 'x').length, 10_000);
    assert.ok(lines.includes('{"level":"warn","message":"log lines lost","lines":5}'));
  });

  it('writes what is pending at once when the process ends', () => {
    const log = create();
    log.write('last words');
    log.flushNow();
    assert.equal(read(), 'last words\n');
    log.flushNow();
    assert.equal(read(), 'last words\n');
  });

  it('writes nothing twice when it ends in the middle of a batch', async () => {
    const log = create();
    log.write('one');
    log.flushNow();
    await log.flush();
    assert.equal(read(), 'one\n');
  });

  it('does not throw at the end of the process either', () => {
    mkdirSync(folder.file('daemon.log'));
    const log = create();
    log.write('x');
    log.flushNow();
  });
});
