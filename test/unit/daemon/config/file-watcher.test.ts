import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { FileWatcher } from '../../../../daemon/config/file-watcher.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import type { VirtualClock } from '../../../support/virtual-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const DEBOUNCE_MS = 100;

describe('file watcher', () => {
  const folder = temporaryFolder();
  let clock: VirtualClock;
  let watcher: FileWatcher | null = null;
  let changes = 0;

  const watch = (...names: readonly string[]): void => {
    clock = createVirtualClock();
    changes = 0;
    watcher = new FileWatcher({
      paths: names.map((name) => folder.file(name)),
      onChange: () => void (changes += 1),
      clock,
      debounceMs: DEBOUNCE_MS,
    });
    watcher.start();
  };
  /** Waits for the system to report something, then lets the burst end. */
  const burst = async (): Promise<void> => {
    await clock.waitForTimers(1);
    await clock.advance(DEBOUNCE_MS);
  };
  /** A change of a watched file, as proof that nothing was reported before it. */
  const sentinel = async (name: string): Promise<void> => {
    writeFileSync(folder.file(name), String(changes));
    await burst();
  };
  afterEach(() => watcher?.close());

  it('reports a file that is written', async () => {
    watch('a');
    writeFileSync(folder.file('a'), '1');
    await burst();
    assert.equal(changes, 1);
  });

  it('reports a file that another one is renamed over, as editors save', async () => {
    writeFileSync(folder.file('a'), '1');
    watch('a');
    for (let count = 1; count <= 3; count += 1) {
      writeFileSync(folder.file('a.swp'), '2');
      renameSync(folder.file('a.swp'), folder.file('a'));
      await burst();
      assert.equal(changes, count);
    }
  });

  it('reports a file that is deleted, and the one made in its place', async () => {
    writeFileSync(folder.file('a'), '1');
    watch('a');
    unlinkSync(folder.file('a'));
    await burst();
    writeFileSync(folder.file('a'), '2');
    await burst();
    assert.equal(changes, 2);
  });

  it('reports two edits within the quiet time once, after the last of them', async () => {
    watch('a');
    writeFileSync(folder.file('a'), '1');
    await clock.waitForTimers(1);
    await clock.advance(DEBOUNCE_MS - 1);
    assert.equal(changes, 0);
    writeFileSync(folder.file('a'), '2');
    await new Promise((resolve) => setTimeout(resolve, 20)); // for the system to report it
    await clock.advance(DEBOUNCE_MS - 1);
    assert.equal(changes, 0);
    await clock.advance(1);
    assert.equal(changes, 1);
  });

  it('does not report other files of the folder', async () => {
    watch('a');
    writeFileSync(folder.file('ledger.db-wal'), 'x');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(clock.pendingTimers(), 0);
    await sentinel('a');
    assert.equal(changes, 1);
  });

  it('watches several files', async () => {
    watch('a', 'b');
    writeFileSync(folder.file('a'), '1');
    await burst();
    writeFileSync(folder.file('b'), '1');
    await burst();
    assert.equal(changes, 2);
  });

  it('reports an edit of the file that a link names, in another folder', async () => {
    mkdirSync(folder.file('dotfiles'));
    writeFileSync(folder.file('dotfiles/real'), '1');
    symlinkSync(folder.file('dotfiles/real'), folder.file('a'));
    watch('a');
    writeFileSync(folder.file('dotfiles/real'), '2');
    await burst();
    assert.equal(changes, 1);
  });

  it('follows a link that is pointed elsewhere', async () => {
    mkdirSync(folder.file('one'));
    mkdirSync(folder.file('two'));
    writeFileSync(folder.file('two/real'), '1');
    symlinkSync(folder.file('one/real'), folder.file('a'));
    watch('a');
    symlinkSync(folder.file('two/real'), folder.file('a.new'));
    renameSync(folder.file('a.new'), folder.file('a'));
    await burst();
    writeFileSync(folder.file('two/real'), '2');
    await burst();
    assert.equal(changes, 2);
  });

  it('goes on after the whole folder was replaced', async () => {
    mkdirSync(folder.file('home'));
    watch('home/a');
    rmSync(folder.file('home'), { recursive: true });
    await burst();
    mkdirSync(folder.file('home'));
    await clock.advance(2000);
    const before = changes;
    writeFileSync(folder.file('home/a'), '1');
    await burst();
    assert.equal(changes, before + 1);
  });

  it('looks again from time to time while there is no folder to watch', async () => {
    watch('home/a');
    await clock.advance(4000);
    assert.equal(changes, 2);
    mkdirSync(folder.file('home'));
    await clock.advance(2000);
    assert.equal(clock.pendingTimers(), 0);
    writeFileSync(folder.file('home/a'), '1');
    await burst();
    assert.equal(changes, 4);
  });

  it('reports nothing after it is closed, and leaves no timer', async () => {
    watch('a');
    writeFileSync(folder.file('a'), '1');
    await clock.waitForTimers(1);
    watcher?.close();
    writeFileSync(folder.file('a'), '2');
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(clock.pendingTimers(), 0);
    assert.equal(changes, 0);
  });
});
