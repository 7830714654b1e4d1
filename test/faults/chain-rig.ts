// A chain of models at one chaos upstream, behind a daemon: what the suites about failing providers begin with.

import type { RouterConfigInput } from '../../daemon/config/schema.ts';
import { startChaosUpstream, type ChaosUpstream } from '../support/chaos-upstream.ts';
import { configFor, runDaemon, type TestDaemon, type TestModel } from '../support/run-daemon.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

/** Work that an answer with a hole in its code is weak for. */
export const ASK = 'write a TypeScript function that sums numbers';

const TIERS = ['simple', 'moderate', 'complex'] as const;

export interface ChainRig {
  readonly upstream: ChaosUpstream;
  readonly modelsOf: ReturnType<typeof modelsAt>;
  /** Stopped after the test. */
  readonly start: typeof runChain;
}

/** For use inside of a `describe`: a chaos upstream for each test, and at most one daemon in front of it. */
export function chainRig(): ChainRig {
  let upstream: ChaosUpstream | undefined;
  let daemon: TestDaemon | undefined;
  const present = (): ChaosUpstream => {
    if (upstream === undefined) throw new Error('there is an upstream only while a test runs');
    return upstream;
  };
  beforeEach(async () => {
    upstream = await startChaosUpstream();
  });
  afterEach(async () => {
    await daemon?.stop();
    daemon = undefined;
    await upstream?.close();
  });
  return {
    get upstream() {
      return present();
    },
    modelsOf: modelsAt(present),
    start: async (...given) => (daemon = await runChain(...given)),
  };
}

/** Models of one provider each, dearer and more trusted from one to the next. */
export function modelsAt(
  upstream: () => Pick<ChaosUpstream, 'baseUrl'>,
): (ids: readonly string[], more?: Partial<TestModel>) => TestModel[] {
  return (ids, more = {}) =>
    ids.map((id, index) => ({
      id,
      baseUrl: upstream().baseUrl,
      tier: TIERS[index] ?? 'complex',
      inputUsdPerMtok: index + 1,
      ...more,
    }));
}

/** Asks models in the order in which they stand, whatever they cost. */
export function inOrder(ids: readonly string[]): Pick<RouterConfigInput, 'profiles'> {
  const listed = [...ids];
  return { profiles: { balanced: { default: { simple: listed, moderate: listed, complex: listed } } } };
}

/** Where providers are silent: short of patience, so that it is over soon. */
export const IMPATIENT = { timeouts: { firstEventMs: 100, firstEventReasoningMs: 100 } } as const;

export function runChain(
  models: readonly TestModel[],
  more: Parameters<typeof configFor>[1] = {},
  clock?: VirtualClock,
): Promise<TestDaemon> {
  return runDaemon({ config: configFor(models, more), ...(clock === undefined ? {} : { clock }) });
}

export function postChat(daemon: TestDaemon, body: object = {}): Promise<Response> {
  return daemon.post('/v1/chat/completions', {
    model: 'auto',
    messages: [{ role: 'user', content: ASK }],
    ...body,
  });
}
