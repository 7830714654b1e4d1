// Looks into a process that runs with Node's inspector: collects its garbage and asks for its memory, so that what a
// soak compares is what is live and not how lazily V8 was collecting just then.

import { existsSync, readdirSync } from 'node:fs';
import { WebSocket } from 'ws';

/** For the environment of the process that is to be looked into. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const;

export interface MemorySample {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Outside of V8's heap: bodies and the like. */
  readonly externalBytes: number;
  /** Open descriptors; 0 where the system does not say. */
  readonly descriptors: number;
  /** Processor time since its start. */
  readonly cpuMs: number;
}

export interface Inspected {
  /** After a full collection; null when the process has gone. */
  sample(): Promise<MemorySample | null>;
  close(): void;
}

/** `stderr` is what the process has said: Node prints the inspector's address there. */
export async function inspect(stderr: string, pid: number): Promise<Inspected> {
  const address = /Debugger listening on (ws:\/\/\S+)/.exec(stderr)?.[1];
  if (address === undefined) throw new Error('the process says no address of its inspector');
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const waiting = new Map<number, (result: unknown) => void>();
  let lastId = 0;
  socket.on('message', (data: Buffer) => {
    const { id, result } = JSON.parse(data.toString()) as { id?: number; result?: unknown };
    if (id === undefined) return;
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  let isGone = false;
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    isGone = true;
    for (const resolve of waiting.values()) resolve(undefined);
  });
  const call = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      if (isGone) return resolve(undefined);
      waiting.set(++lastId, resolve);
      socket.send(JSON.stringify({ id: lastId, method, params }));
    });
  const evaluate = async (expression: string): Promise<unknown> => {
    const answer = (await call('Runtime.evaluate', { expression, returnByValue: true })) as
      { result: { value: unknown } } | undefined;
    return answer?.result.value;
  };
  await call('HeapProfiler.enable');
  return {
    sample: async () => {
      await call('HeapProfiler.collectGarbage');
      const usage = (await evaluate('process.memoryUsage()')) as NodeJS.MemoryUsage | undefined;
      const cpu = (await evaluate('process.cpuUsage()')) as NodeJS.CpuUsage | undefined;
      if (usage === undefined || cpu === undefined) return null;
      return {
        rssBytes: usage.rss,
        heapUsedBytes: usage.heapUsed,
        externalBytes: usage.external,
        descriptors: descriptorsOf(pid),
        cpuMs: (cpu.user + cpu.system) / 1000,
      };
    },
    close: () => socket.close(),
  };
}

function descriptorsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : 0;
}
