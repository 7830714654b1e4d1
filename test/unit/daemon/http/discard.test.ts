import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';

import { discardUpload } from '../../../../daemon/http/discard.ts';

/** An upload that always has more, and how often it was read. */
function endless(): { readonly request: IncomingMessage; reads(): number; readonly stream: PassThrough } {
  const stream = new PassThrough({ highWaterMark: 1 });
  let reads = 0;
  stream.on('data', () => {
    reads += 1;
    setImmediate(() => stream.write('x'));
  });
  stream.pause();
  stream.write('x');
  return { request: stream as unknown as IncomingMessage, reads: () => reads, stream };
}

const after = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

describe('discarding of refused uploads', () => {
  it('reads all of them at one pace, each in its turn', async () => {
    const uploads = [endless(), endless(), endless(), endless()];
    const discardings = uploads.map(({ request }) => discardUpload(request, () => {}));
    const beganMs = performance.now();
    while (uploads.some((upload) => upload.reads() < 5)) await after(5);
    const reads = uploads.map((upload) => upload.reads());
    const tookMs = performance.now() - beganMs;
    for (const discarding of discardings) discarding.stop();
    const [least, most] = [Math.min(...reads), Math.max(...reads)];
    assert.ok(most - least <= 2, reads.join(', '));
    // The first read of each is at once, then there is one each 2 ms.
    const total = reads.reduce((sum, count) => sum + count);
    assert.ok(total <= 4 + tookMs / 2 + 2, `${total} reads in ${tookMs} ms`);
    await after(10);
    assert.ok(
      uploads.every((upload, at) => upload.reads() <= (reads[at] ?? 0) + 1),
      'it went on after stop',
    );
  });

  it('says once that the upload is complete', async () => {
    const stream = new PassThrough();
    const ends: number[] = [];
    discardUpload(stream as unknown as IncomingMessage, () => ends.push(1));
    stream.end('last');
    while (ends.length === 0) await after(1);
    stream.destroy();
    await after(5);
    assert.equal(ends.length, 1);
  });
});
