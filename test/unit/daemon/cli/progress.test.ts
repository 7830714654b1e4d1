import assert from 'node:assert/strict';
import { createProgress } from '../../../../daemon/cli/progress.ts';

function listen(isTTY: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  return {
    written,
    stream: { isTTY, write: (text: string) => written.push(text) > 0 },
    now: () => nowMs,
    pass: (ms: number) => void (nowMs += ms),
  };
}

describe('progress', () => {
  it('is one line that is written over and taken away', () => {
    const { written, stream, now, pass } = listen(true);
    const progress = createProgress('reading MB', stream, { now });
    progress.update(1, 4, () => '7 MB/s');
    pass(50);
    progress.update(2, 4);
    pass(100);
    progress.update(4, 4);
    progress.end();
    assert.deepEqual(written, [
      '\r\u001b[Kreading MB [#####...............] 25 %, 1 of 4, 7 MB/s',
      '\r\u001b[Kreading MB [####################] 100 %, 4 of 4',
      '\r\u001b[K',
    ]);
  });

  it('says nothing where no person looks, unless it is to be logged', () => {
    const { written, stream, now, pass } = listen(false);
    const silent = createProgress('rows', stream, { now });
    const logged = createProgress('reading MB', stream, { now, isLogged: true });
    logged.update(0, 4);
    pass(6000);
    silent.update(2, 4);
    logged.update(2, 4, () => '7 MB/s');
    logged.end();
    assert.deepEqual(written, ['reading MB [##########..........] 50 %, 2 of 4, 7 MB/s\n']);
  });
});
