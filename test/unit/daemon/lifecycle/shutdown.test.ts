import assert from 'node:assert/strict';
import { createShutdown, CUT_MS, LEAST_STEP_MS } from '../../../../daemon/lifecycle/shutdown.ts';
import type { Shutdown, ShutdownStep } from '../../../../daemon/lifecycle/shutdown.ts';
import type { Log } from '../../../../daemon/util/log.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

const GRACE_MS = 30_000;

function create(
  steps: readonly ShutdownStep[],
  log: Log = silentLog,
  flushLog: () => Promise<void> = () => Promise.resolve(),
) {
  const clock = createVirtualClock();
  const exits: number[] = [];
  const shutdown: Shutdown = createShutdown({
    steps,
    graceMs: GRACE_MS,
    clock,
    log,
    flushLog,
    exit: (code) => exits.push(code),
  });
  /** A shutdown that has begun keeps the process alive, so tests see it through. */
  const finish = async (): Promise<void> => {
    const done = shutdown.begin('finish');
    await clock.advance(2 * GRACE_MS);
    await done;
  };
  return { clock, exits, shutdown, finish };
}

/** Never ends by itself. */
const hanging = (name: string): ShutdownStep => ({ name, run: () => new Promise(() => undefined) });

describe('shutdown', () => {
  it('runs the steps one after the other and gives 0', async () => {
    const order: string[] = [];
    const step = (name: string): ShutdownStep => ({
      name,
      async run() {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
      },
    });
    const { shutdown, clock } = create([step('drain'), step('flush')]);
    assert.equal(await shutdown.begin('test'), 0);
    assert.deepEqual(order, ['drain begins', 'drain ends', 'flush begins', 'flush ends']);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('runs them once, however often it is asked', async () => {
    let runs = 0;
    const { shutdown } = create([{ name: 'count', run: () => void (runs += 1) }]);
    const first = shutdown.begin('one');
    assert.equal(shutdown.begin('two'), first);
    await first;
    await shutdown.begin('three');
    assert.equal(runs, 1);
  });

  it('takes as long as it was begun with, which each step is told', async () => {
    const graces: number[] = [];
    const { shutdown, clock } = create([
      { name: 'drain', run: (_, graceMs) => (graces.push(graceMs), new Promise(() => undefined)) },
    ]);
    const done = shutdown.begin('hand-over', 10 * GRACE_MS);
    await clock.advance(10 * GRACE_MS + CUT_MS - 1);
    let hasEnded = false;
    void done.then(() => (hasEnded = true));
    await clock.advance(0);
    assert.equal(hasEnded, false);
    await clock.advance(1);
    assert.equal(await done, 1);
    assert.deepEqual(graces, [10 * GRACE_MS]);
  });

  it('says whether it has begun', () => {
    const { shutdown } = create([]);
    assert.equal(shutdown.isStopping, false);
    void shutdown.begin('test');
    assert.equal(shutdown.isStopping, true);
  });

  it('goes on after a step that fails, names it in the log and gives 1', async () => {
    const errors: unknown[] = [];
    const ran: string[] = [];
    const { shutdown } = create(
      [
        { name: 'rejects', run: () => Promise.reject(new Error('disk full')) },
        { name: 'throws', run: () => { throw new Error('bug'); } },
        { name: 'flush', run: () => void ran.push('flush') },
      ],
      { ...silentLog, error: (_message, fields) => errors.push(fields) },
    ); // prettier-ignore
    assert.equal(await shutdown.begin('test'), 1);
    assert.deepEqual(ran, ['flush']);
    assert.deepEqual(errors, [
      { step: 'rejects', error: 'disk full' },
      { step: 'throws', error: 'bug' },
    ]);
  });

  it('tells a step to cut what is left when its time is up, and gives 0 when it does', async () => {
    let cutAtMs = 0;
    const drain: ShutdownStep = {
      name: 'drain',
      run: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            cutAtMs = clock.monotonicMs();
            resolve();
          });
        }),
    };
    const { shutdown, clock } = create([drain]);
    const done = shutdown.begin('test');
    await clock.advance(GRACE_MS);
    assert.equal(await done, 0);
    assert.equal(cutAtMs, GRACE_MS);
    assert.equal(clock.pendingTimers(), 0);
  });

  it('leaves a step behind that does not end after it was cut, and gives 1', async () => {
    const ran: string[] = [];
    const { shutdown, clock } = create([
      hanging('stuck'),
      { name: 'flush', run: () => void ran.push('flush') },
    ]);
    const done = shutdown.begin('test');
    await clock.advance(GRACE_MS + CUT_MS - 1);
    assert.deepEqual(ran, []);
    await clock.advance(1);
    assert.equal(await done, 1);
    assert.deepEqual(ran, ['flush']);
  });

  it('gives each later step its least time when an earlier one used it all up', async () => {
    const { shutdown, clock } = create([hanging('drain'), hanging('flush')]);
    const done = shutdown.begin('test');
    await clock.advance(GRACE_MS + CUT_MS + LEAST_STEP_MS + CUT_MS - 1);
    let isDone = false;
    void done.then(() => (isDone = true));
    await clock.advance(0);
    assert.equal(isDone, false);
    await clock.advance(1);
    assert.equal(await done, 1);
  });

  it('ends when its own last line is written too, and waits for a stuck log no longer than for a step', async () => {
    const lines: string[] = [];
    const flushed: string[][] = [];
    const log: Log = { ...silentLog, info: (message) => void lines.push(message) };
    const { shutdown } = create([], log, () => Promise.resolve(void flushed.push([...lines])));
    assert.equal(await shutdown.begin('test'), 0);
    assert.deepEqual(flushed, [['stopping', 'stopped']]);

    const stuck = create([], silentLog, () => new Promise(() => undefined));
    const done = stuck.shutdown.begin('test');
    await stuck.clock.advance(LEAST_STEP_MS + CUT_MS);
    assert.equal(await done, 0);
  });

  it('gives 1 when a step fails after it was cut', async () => {
    const { shutdown, clock } = create([
      {
        name: 'drain',
        run: (signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('torn')))),
      },
    ]);
    const done = shutdown.begin('test');
    await clock.advance(GRACE_MS);
    assert.equal(await done, 1);
  });
});

describe('signals', () => {
  it('end the process with the code of the steps', async () => {
    const { shutdown, exits } = create([{ name: 'flush', run: () => undefined }]);
    shutdown.signal('SIGTERM');
    await shutdown.begin('wait');
    await Promise.resolve();
    assert.deepEqual(exits, [0]);
  });

  it('force an end with code 1 when the second comes', async () => {
    const { shutdown, exits, finish } = create([hanging('drain')]);
    shutdown.signal('SIGINT');
    assert.deepEqual(exits, []);
    shutdown.signal('SIGINT');
    assert.deepEqual(exits, [1]);
    await finish();
  });

  it('do not force an end when the first comes after somebody else has begun', async () => {
    const { shutdown, exits, finish } = create([hanging('drain')]);
    void shutdown.begin('POST shutdown');
    shutdown.signal('SIGTERM');
    assert.deepEqual(exits, []);
    await finish();
  });
});
