// Composition root: builds every part and wires them together. No logic of its own; imported only by the command line
// and by tests.

import { homedir, platform } from 'node:os';
import path from 'node:path';
import { setImmediate as setImmediatePromise } from 'node:timers/promises';
import { createAnswerCaches } from './cache/answer-caches.ts';
import { createExpectedCost } from './catalog/expected-cost-memo.ts';
import type { Catalog, ProviderConnection } from './catalog/catalog.ts';
import { SHIPPED_NAMES } from './catalog/default-models.ts';
import { KNOWN_LOCAL_SERVERS } from './catalog/known-providers.ts';
import { createPriceBook } from './catalog/price-book.ts';
import { PromptCacheReplay } from './catalog/prompt-cache-replay.ts';
import type { Classifier } from './classify/classifier.ts';
import { createMemoClassifier } from './classify/classification-memo.ts';
import { createClassifierCascade } from './classify/classifier-cascade.ts';
import { createClassifierByMode } from './classify/hybrid-classifier.ts';
import { createLearnedClassifier } from './classify/learned-classifier.ts';
import { createRuleClassifier } from './classify/rule-classifier.ts';
import { ConfigStore } from './config/config-store.ts';
import type { RouterConfig } from './config/schema.ts';
import { createControlApi } from './control/control-routes.ts';
import { createConnector } from './connect/connector.ts';
import { createPlaces } from './connect/places.ts';
import { DaemonSurface } from './control/daemon-surface.ts';
import { createTimeMachine } from './control/time-machine.ts';
import { createEventSocket } from './control/event-socket.ts';
import { createEventBus } from './control/event-bus.ts';
import { dashboardRoutes } from './http/dashboard-routes.ts';
import { DashboardSessions } from './http/dashboard-sessions.ts';
import { createErrorShapes } from './http/error-answer.ts';
import { countTokensRoute, exchangeRoute } from './http/exchange-handler.ts';
import { createGuard } from './http/guard.ts';
import type { ModelNames } from './http/models.ts';
import { ollamaRoutes } from './http/ollama-routes.ts';
import { controlRoute, livenessRoutes, modelRoutes } from './http/open-routes.ts';
import { createRouteTable } from './http/routes.ts';
import { createResponsesSocket, RESPONSES_PATH } from './http/responses-socket.ts';
import { createServer, EVENTS_PATH, type AcceptUpgrade } from './http/server.ts';
import {
  dialectForPath,
  errorDialectFor,
  upstreamDialectOf,
  upstreamDialects,
  wirePaths,
} from './dialects/registry.ts';
import { anthropicMessages } from './dialects/anthropic-messages/dialect.ts';
import { openLedger } from './ledger/sqlite-ledger.ts';
import { createDaemonLog } from './lifecycle/daemon-log.ts';
import { prepareHome } from './lifecycle/home.ts';
import { createKeyring } from './lifecycle/keyring.ts';
import { watchLinger } from './lifecycle/linger.ts';
import { keepLockfile } from './lifecycle/lockfile.ts';
import { watchRest } from './lifecycle/rest.ts';
import { createShutdown } from './lifecycle/shutdown.ts';
import { loadTokens, TokenVerifier, watchTokens } from './lifecycle/tokens.ts';
import { readWebviewFile } from './lifecycle/webview-files.ts';
import { createFindEmbedder } from './pipeline/ask-embedder.ts';
import { createFindModel } from './pipeline/ask-model.ts';
import { BudgetBoard } from './pipeline/budget-board.ts';
import { CacheDesk } from './pipeline/cache-desk.ts';
import { countTokens } from './pipeline/count-tokens.ts';
import { EscalationRecord } from './pipeline/escalation-record.ts';
import { loadOutcomes, OutcomeWatch } from './pipeline/outcomes.ts';
import { RecentRequests } from './pipeline/recent-requests.ts';
import { createResend } from './pipeline/resend.ts';
import { ResponseMemory } from './pipeline/response-memory.ts';
import { RoutingTestGuard } from './pipeline/routing-test-guard.ts';
import { serveExchange, type PipelineDeps } from './pipeline/serve-exchange.ts';
import { SignedHistoryVault } from './pipeline/signed-history.ts';
import { SnapshotStore } from './pipeline/snapshot-store.ts';
import { TaskEconomics } from './pipeline/task-economics.ts';
import { UsageCalibration } from './pipeline/usage-calibration.ts';
import { answerWarmUp } from './pipeline/warm-up.ts';
import { PROTOCOL_VERSION } from './protocol/control-api.ts';
import type { SocketCloseReason } from './protocol/control-events.ts';
import { createCheapestCapablePolicy } from './route/cheapest-capable-policy.ts';
import { ConversationIndex } from './route/conversation-identity.ts';
import { ConversationStore } from './route/conversation-store.ts';
import { OverrideBoard } from './route/override.ts';
import { SuccessStatistics } from './route/success-statistics.ts';
import { Health } from './upstream/health.ts';
import { createHttpUpstream } from './upstream/http-attempt.ts';
import { probeLocalServers } from './upstream/local-servers.ts';
import { BodyMemory } from './util/body-memory.ts';
import { systemClock, type Clock } from './util/clock.ts';
import { deferred } from './util/deferred.ts';
import { createIdSource } from './util/ids.ts';
import { createRedactor } from './util/redact.ts';

export interface DaemonOptions {
  readonly home: string;
  /** null = `config.jsonc` in the home folder. */
  readonly configPath: string | null;
  /** null = as configured; 0 = any free one. */
  readonly port: number | null;
  readonly host: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Gets every log line as well; the other copy is in HOME/daemon.log. */
  readonly writeLog: (line: string) => void;
  /** The system's by default; benchmarks of money hand in one that they can move forward. */
  readonly clock?: Clock;
  /** Whether to look for model servers on this machine; on by default. */
  readonly probeLocalServers?: boolean;
  /** Ends by itself when nobody has needed it for so long; absent = never. */
  readonly lingerMs?: number;
  /** Called once in each time without requests, a moment after the start first. May block. */
  readonly onRest?: () => void;
  /**
   * Asks the daemon that runs on this home to leave; awaited when everything is ready but the port. Resolves to whether
   * there was one.
   */
  readonly askPredecessorToLeave?: () => Promise<boolean>;
}

export interface RunningDaemon {
  /** What `serve` prints when connections are accepted. */
  readonly ready: {
    readonly event: 'ready';
    readonly url: string;
    readonly pid: number;
    readonly version: string;
    readonly home: string;
  };
  /** What is wrong with the configuration file; null when it is in force. */
  readonly configError: () => string | null;
  /** Begins the graceful stop; a second call ends the process. `why` is what readers of events are told. */
  readonly stop: (reason: string, why?: SocketCloseReason) => void;
  /** Resolves to the exit code when everything is closed. */
  readonly stopped: Promise<number>;
  /** Names of the usable providers, once the model servers on this machine were asked. Never rejects. */
  readonly discovered: Promise<readonly string[]>;
  /** Logs an error that nothing caught; the exit code will be 1. */
  readonly noteBug: (error: unknown) => void;
}

/** How long running exchanges may go on after a stop was asked for. */
const GRACE_MS = 30_000;
/** A daemon that hands over frees its port before it answers; some systems take a moment longer. */
const PORT_PATIENCE_MS = 1000;
const BODY_IDLE_MS = 30_000;
const JITTER = (): number => Math.random();

/** Rejects with a sentence when the home folder, the tokens or the port cannot be used. */
export async function startDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const clock = options.clock ?? systemClock;
  const { home, environment, version } = options;
  const startedAtMs = clock.now();
  prepareHome(home);
  const redactor = createRedactor();
  const tokens = loadTokens(home);
  for (const token of [tokens.client, tokens.admin]) redactor.addSecret(token);
  const verifier = new TokenVerifier(tokens);

  const log = createDaemonLog({
    home,
    clock,
    redactor,
    level: () => config.current.logLevel,
    writeLine: options.writeLog,
  });
  const config = new ConfigStore({
    path: options.configPath ?? path.join(home, 'config.jsonc'),
    clock,
    log,
    known: SHIPPED_NAMES,
    check: (candidate) => routingTests.check(candidate),
  });
  await config.start();
  const bus = createEventBus(log);
  const keyring = createKeyring({ environment, home, redactor });
  const ledger = openLedger({
    path: path.join(home, 'ledger.db'),
    clock,
    log,
    onForeignRows: () => budgets.recount(),
  });
  const budgets = new BudgetBoard({
    readSpent: (query) => ledger.spent(query),
    whyNotKept: () => ledger.whyNotKept(),
    clock,
    log,
  });
  budgets.configure(config.current.budgets);
  const snapshots = new SnapshotStore({
    config: () => config.current,
    resolveKey: (provider, ref) => keyring.resolve(provider, ref),
    priceBook: createPriceBook(),
    clock,
    log,
    onChange({ table }) {
      ledger.rememberTable(table);
      void routingTests.refresh();
    },
  });
  const policy = createCheapestCapablePolicy({
    expectedCostUsd: createExpectedCost(),
    dialects: upstreamDialects.map((dialect) => dialect.id),
  });
  const routingTests = new RoutingTestGuard({
    homeFile: path.join(home, 'routing.test.jsonl'),
    config: () => config.current,
    onFilesChanged: () => config.recheck(),
    policy,
    classifierFor: (candidate) => localClassifier(() => candidate.policy),
    preview: (candidate, resolveKey) => snapshots.preview(candidate, resolveKey),
    resolveKey: (provider, ref) => keyring.resolve(provider, ref),
    clock,
    log,
  });
  await snapshots.rebuild();
  await routingTests.settled();
  const endDailyRebuild = snapshots.rebuildDaily();
  config.onChange((inForce, { valid, error }) => {
    const told = { type: 'config-update', valid, error } as const;
    if (!valid) return bus.publish(told); // a rejected edit changes nothing
    budgets.configure(inForce.budgets);
    snapshots.rebuild().then(
      () => {
        health.credentialsChanged(); // keys may have been mended; a still wrong one is found out at once
        bus.publish(told);
      },
      (failure: unknown) =>
        log.error('the configuration could not be put in force', { error: String(failure) }),
    );
  });

  const health = new Health({
    clock,
    targets: () => snapshots.current.table.targets,
    onChange: (update) => bus.publish({ type: 'health-update', ...update }),
  });
  const upstream = createHttpUpstream({
    dialectOf: upstreamDialectOf,
    connection: (provider) => connectionOf(snapshots.current.catalog, provider),
    timeouts: () => config.current.timeouts,
    clock,
    environment,
  });
  const overrides = new OverrideBoard(clock, (override) =>
    bus.publish({ type: 'override-update', override }),
  );
  const statistics = new SuccessStatistics();
  const responseMemory = new ResponseMemory(clock);
  const recent = new RecentRequests();
  const sessions = new DashboardSessions(clock);
  const cache = createAnswerCaches({
    settings: () => config.current.cache,
    path: path.join(home, 'cache.db'),
    hasSecret: (text) => redactor.redact(text) !== text,
    clock,
    log,
  });
  const pipeline: PipelineDeps = {
    snapshot: () => snapshots.current,
    budgets,
    responses: responseMemory,
    vault: new SignedHistoryVault(),
    bodies: new BodyMemory(),
    clock,
    ids: createIdSource(clock),
    log,
    cache,
    findEmbedder: createFindEmbedder({ upstream, health, budgets, clock, log }),
    classifier: createClassifierByMode({
      mode: () => config.current.classifier.mode,
      local: localClassifier(() => config.current.policy),
      findModel: createFindModel({
        upstream,
        health,
        snapshot: () => snapshots.current,
        settings: () => config.current.classifier,
        clock,
        log,
      }),
      clock,
    }),
    policy,
    conversationIndex: new ConversationIndex(),
    conversations: new ConversationStore(),
    statistics,
    outcomes: new OutcomeWatch({ statistics, ledger }),
    overrides,
    recent,
    unavailable: () => health.unavailable(),
    promptCacheReplay: new PromptCacheReplay(),
    servedCacheReplay: new PromptCacheReplay(),
    economics: new TaskEconomics(),
    usageCalibration: new UsageCalibration(),
    escalations: new EscalationRecord(),
    attempts: { upstream, health, clock, random: JITTER, pauseMs: () => config.current.retries.pauseMs },
    ledger,
    isHeard: () => bus.isHeard(),
    publish(event) {
      bus.publish(event);
      if (event.type === 'exchange-end') bus.publish({ type: 'totals-update', totals: ledger.today() });
    },
  };

  const surface = new DaemonSurface({
    config,
    snapshots,
    pipeline,
    overrides,
    health,
    ledger,
    budgets,
    routingTests: () => routingTests.status,
    putCredential: async (provider, apiKey) => {
      // Each window of an editor hands its keys over when it opens; that must not forget which of them were refused.
      if (!keyring.put(provider, apiKey)) return;
      await snapshots.rebuild();
      health.credentialsChanged(provider);
      // Which models can be used is another question now.
      bus.publish({ type: 'config-update', valid: config.state.valid, error: config.state.error });
    },
    identity: { version, pid: process.pid, startedAt: new Date(startedAtMs).toISOString(), home },
    url: () => url,
    cache: new CacheDesk(pipeline, cache),
    replay: createTimeMachine({
      policy,
      snapshots,
      config: () => config.current,
      resolveKey: (provider, ref) => keyring.resolve(provider, ref),
      now: () => clock.now(),
      readHistory: (query) => ledger.history(query),
      storedTable: (hash) => ledger.table(hash),
      monotonicMs: () => clock.monotonicMs(),
      pause: () => setImmediatePromise(),
    }),
    resend: createResend({ pipeline, recent }),
    issueTicket: () => sessions.issueTicket(),
    requestShutdown: (drainMs) => (drainMs === null ? stop('control API') : handOver(drainMs)),
    subscribe: (listener) => bus.subscribe(listener),
  });
  const assistants = createConnector({
    home,
    places: (editorUserFolder) =>
      createPlaces({ environment, platform: platform(), homedir: homedir(), editorUserFolder }),
    target: () => ({ origin: url, token: loadTokens(home).client }),
    now: () => clock.now(),
  });
  const events = createEventSocket({ surface, clock, log });
  const upgrades = new Map<string, AcceptUpgrade>([
    [
      EVENTS_PATH,
      ({ request, socket, head, headers }) => {
        // A reader that came in by the dashboard's cookie goes with its session.
        const release = sessions.hold(headers.get('cookie') ?? '', () => socket.destroy());
        socket.on('close', release);
        events.accept(request, socket, head);
      },
    ],
  ]);
  const responsesDialect = dialectForPath(RESPONSES_PATH);
  const responsesSocket =
    responsesDialect &&
    createResponsesSocket({
      dialect: responsesDialect,
      serveExchange: (request, client) => serveExchange(pipeline, request, client),
      answerWarmUp: (request, client) =>
        answerWarmUp({ responses: responseMemory, ids: pipeline.ids, log }, request, client),
      forget: (session) => responseMemory.release(session),
      maxBodyBytes: () => config.current.limits.maxBodyBytes,
      clock,
      log,
    });
  if (responsesSocket !== undefined) upgrades.set(RESPONSES_PATH, responsesSocket.accept);
  const bodyLimits = {
    maxBodyBytes: () => config.current.limits.maxBodyBytes,
    bodyIdleMs: BODY_IDLE_MS,
    clock,
    log,
  };
  const modelNames = (): ModelNames => ({
    configured: snapshots.current.table.targets,
    createdAtS: Math.floor(startedAtMs / 1000),
  });
  const server = createServer({
    guard: createGuard({
      verifies: (token) => verifier.verifies(token),
      isPageSession: (cookie) => sessions.isOpen(cookie),
    }),
    routes: createRouteTable([
      ...livenessRoutes((challenge, port) => verifier.prove(challenge, port)),
      ...modelRoutes(modelNames),
      ...ollamaRoutes(modelNames),
      ...dashboardRoutes({ sessions, readFile: readWebviewFile }),
      ...[...wirePaths].map(([wirePath, dialect]) =>
        exchangeRoute(wirePath, dialect, {
          ...bodyLimits,
          serveExchange: (request, client) => serveExchange(pipeline, request, client),
        }),
      ),
      countTokensRoute('/v1/messages/count_tokens', anthropicMessages, {
        ...bodyLimits,
        countTokens: (request) => countTokens({ ...pipeline, counter: upstream }, request),
      }),
      controlRoute(createControlApi({ surface, assistants, clock, log }), bodyLimits),
    ]),
    errorShapes: createErrorShapes(errorDialectFor),
    limits: () => config.current.limits,
    log,
    clock,
    upgrades,
  });

  void loadOutcomes({ ledger, statistics, nowMs: clock.now() }).catch((error: unknown) =>
    log.error('what was seen of models earlier could not be loaded', { error: String(error) }),
  );
  const isHandOver = (await options.askPredecessorToLeave?.()) === true;
  const { url } = await server.listen(
    options.port ?? config.current.port,
    options.host,
    isHandOver ? PORT_PATIENCE_MS : 0,
  );
  if (isHandOver) ledger.expectForeignRows();
  const lockfile = {
    pid: process.pid,
    url,
    version,
    protocolVersion: PROTOCOL_VERSION,
    startedAt: new Date(startedAtMs).toISOString(),
    configuredPort: config.current.port,
    ...(options.lingerMs === undefined ? {} : { lingerS: options.lingerMs / 1000 }),
  };
  const takeDownLockfile = keepLockfile(home, lockfile, { clock, log });
  const tokenWatch = watchTokens({
    home,
    current: tokens,
    clock,
    log,
    onChange(changed) {
      for (const token of [changed.client, changed.admin]) redactor.addSecret(token);
      if (verifier.verifies(changed.admin) !== 'admin') sessions.endAll();
      verifier.replace(changed);
    },
  });
  // After the ready line: nobody should wait for a server that may not be there.
  const discovered = (async (): Promise<readonly string[]> => {
    const models = options.probeLocalServers === false ? [] : await probeLocalServers(KNOWN_LOCAL_SERVERS);
    if (models.length > 0) await snapshots.foundLocalModels(models);
    return snapshots.current.catalog.providers.filter(({ usable }) => usable).map(({ name }) => name);
  })().catch((error: unknown) => {
    log.error('looking for local model servers failed', { error: String(error) });
    return [];
  });

  const stopped = deferred<number>();
  let hasBug = false;
  const shutdown = createShutdown({
    graceMs: GRACE_MS,
    clock,
    log,
    flushLog: () => log.flush(),
    exit(code) {
      log.flushNow(); // after a second signal nobody waits for the log
      stopped.resolve(hasBug ? 1 : code);
    },
    steps: [
      { name: 'sockets', run: () => (events.close(whySocketsClose), responsesSocket?.close()) }, // before http, which waits for every connection
      {
        name: 'watchers', // before http too: a successor has its own
        run: () => (
          config.close(),
          routingTests.close(),
          tokenWatch.close(),
          endDailyRebuild(),
          endLinger?.(),
          endRest?.()
        ),
      },
      { name: 'http', run: (_signal, graceMs) => server.close(graceMs) },
      { name: 'upstream', run: () => upstream.close() },
      { name: 'response cache', run: () => cache.close() },
      { name: 'ledger', run: () => ledger.close() },
      { name: 'lockfile', run: () => takeDownLockfile() },
    ],
  });
  let whySocketsClose: SocketCloseReason = 'stopped';
  const stop = (reason: string, why: SocketCloseReason = 'stopped'): void => {
    if (!shutdown.isStopping) whySocketsClose = why;
    shutdown.signal(reason);
  };
  /** The successor may start as soon as this returns: port and lockfile are free, the notes of what runs are written. */
  const handOver = (drainMs: number): void => {
    if (shutdown.isStopping) return;
    whySocketsClose = 'handedOver';
    takeDownLockfile();
    server.stopListening();
    void ledger.flush();
    shutdown.signal('hand-over', drainMs);
  };
  const isBusy = (): boolean => server.runningExchanges() > 0;
  const lastUsedMs = (): number => server.lastUsedMs();
  const { onRest } = options;
  const endRest = onRest && watchRest({ isBusy, lastUsedMs, clock, onRest });
  const endLinger =
    options.lingerMs === undefined
      ? undefined
      : watchLinger({
          lingerMs: options.lingerMs,
          isNeeded: () => events.clientCount() > 0 || isBusy(),
          lastUsedMs,
          clock,
          onEnd: () => stop('nobody needs it', 'ended'),
        });
  log.info('ready', { url, pid: process.pid, home, version });
  return {
    configError: () => config.state.error,
    ready: { event: 'ready', url, pid: process.pid, version, home },
    stop,
    stopped: stopped.promise,
    discovered,
    noteBug(error) {
      hasBug = true;
      log.error('an error that nothing caught', {
        cause: error instanceof Error ? error.stack : String(error),
      });
    },
  };
}

/** What grades asks without leaving this machine: for requests, and for routing tests of another configuration. */
function localClassifier(policy: () => RouterConfig['policy']): Classifier {
  const options = { maxTurnsBeforeUpgrade: () => policy().maxTurnsBeforeUpgrade };
  const learned = createMemoClassifier(createLearnedClassifier(options), options.maxTurnsBeforeUpgrade);
  return createClassifierCascade([learned, createRuleClassifier(options)]);
}

function connectionOf(catalog: Catalog, name: string): ProviderConnection {
  const connection = catalog.providers.find((provider) => provider.name === name);
  if (connection === undefined) throw new Error(`provider ${name} vanished from the catalog`);
  return connection;
}
