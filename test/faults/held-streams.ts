// Streams that are open while something happens to the daemon: begun, held in the middle by the provider, let go.

import { eventually, type DaemonProcess } from '../support/daemon-process.ts';
import { chatFrames, type FakeUpstream, type VerbContext } from '../support/fake-upstream.ts';
import { ask, type ClientCall } from './client-load.ts';

export const ANSWER = 'The Danube rises in the Black Forest and reaches the sea after ten countries.';

export interface HeldStreams {
  readonly calls: Promise<readonly ClientCall[]>;
  /** The provider writes the rest of every answer. */
  letGo(): void;
}

/** Resolves when every client has the beginning of its answer, or with `before: 'headers'` when the provider was asked. */
export async function holdStreams(
  daemon: DaemonProcess,
  upstream: FakeUpstream,
  count: number,
  { before }: { readonly before: 'rest' | 'headers' } = { before: 'rest' },
): Promise<HeldStreams> {
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const asked = upstream.requests.length;
  const [first = '', second = '', ...rest] = chatFrames(ANSWER);
  upstream.next(
    ...Array.from({ length: count }, () => async ({ response }: VerbContext) => {
      if (before === 'headers') await gate;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(first + second);
      await gate;
      if (!response.destroyed) response.end(rest.join(''));
    }),
  );
  let begun = 0;
  const calls = Promise.all(
    Array.from({ length: count }, () => ask(daemon, undefined, true, () => (begun += 1))),
  );
  await upstream.waitForRequests(asked + count);
  if (before === 'rest') await eventually(() => begun === count);
  return { calls, letGo };
}
