// Fills the books of a home with a month of work, so that the dashboard has what a user of some weeks has: a few hundred
// requests really go through the daemon and the SIMULATED providers on a clock that runs through the month, then whole
// conversations are booked again on other days until there are enough rows.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import { openLedger } from '../../daemon/ledger/sqlite-ledger.ts';
import type { ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { systemClock, type Clock } from '../../daemon/util/clock.ts';
import { createRandom, pickOne, type Random } from '../bench/money/random.ts';
import { runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;
const CONVERSATIONS = 90;

export interface SeedOptions {
  readonly home: string;
  readonly rows: number;
}

export async function seedHistory({ home, rows }: SeedOptions): Promise<void> {
  const records = await playMonth(home);
  const ledger = openLedger({
    path: path.join(home, 'ledger.db'),
    clock: systemClock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const random = createRandom(11);
  const conversations = [...new Set(records.map(({ conversationId }) => conversationId))].map((id) =>
    records.filter(({ conversationId }) => conversationId === id),
  );
  for (let count = records.length, copy = 1; count < rows; copy++) {
    const conversation = pickOne(random, conversations).slice(0, rows - count);
    const shiftMs = shiftFor(conversation, random);
    for (const record of conversation) ledger.append(copyOf(record, copy, shiftMs));
    count += conversation.length;
    if (copy % 500 === 0) await ledger.flush();
  }
  await ledger.flush();
  await ledger.close();
}

/** A clock of another day, that runs as time does. */
interface MovedClock extends Clock {
  moveTo(atMs: number): void;
}

function createMovedClock(): MovedClock {
  let offsetMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + offsetMs,
    moveTo: (atMs) => (offsetMs = atMs - systemClock.now()),
  };
}

async function playMonth(home: string): Promise<readonly ExchangeRecord[]> {
  const random = createRandom(7);
  const clock = createMovedClock();
  const starts = Array.from({ length: CONVERSATIONS }, () => startIn(random)).sort((a, b) => a - b);
  clock.moveTo(starts[0] ?? systemClock.now());
  const daemon = await runDaemon({ home, clock });
  try {
    for (const [index, startMs] of starts.entries())
      await playConversation(daemon, clock, random, index, startMs);
    const listed = await daemon.exchanges();
    return await Promise.all(listed.map(({ exchangeId }) => daemon.exchange(exchangeId)));
  } finally {
    await daemon.stop();
  }
}

/** On a working day of the month before now, between eight and six; the last days are left to what tests do. */
function startIn(random: Random): number {
  const nowMs = systemClock.now();
  for (;;) {
    const dayMs = Math.floor(nowMs / DAY_MS - random() * DAYS) * DAY_MS;
    const atMs = dayMs + (8 + random() * 10) * 3_600_000;
    const weekDay = new Date(atMs).getUTCDay();
    if (weekDay !== 0 && weekDay !== 6 && atMs < nowMs - 3 * 3_600_000) return atMs;
  }
}

const ASKS = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '..', 'bench', 'money', 'asks.json'), 'utf8'),
) as Readonly<Record<string, readonly string[]>>;

interface Assistant {
  readonly path: string;
  readonly headers: (session: string) => Readonly<Record<string, string>>;
}

const ASSISTANTS: readonly Assistant[] = [
  { path: '/v1/messages', headers: (session) => ({ 'x-claude-code-session-id': session }) },
  { path: '/v1/messages', headers: (session) => ({ 'x-claude-code-session-id': session }) },
  { path: '/v1/chat/completions', headers: () => ({ 'user-agent': 'Cline/3.40.0' }) },
  {
    path: '/v1/chat/completions',
    headers: (session) => ({ 'user-agent': 'opencode/1.1', 'x-session-affinity': `ses_${session}` }),
  },
  {
    path: '/v1/chat/completions',
    headers: () => ({ 'user-agent': 'GitHubCopilotChat/0.67.0', 'x-initiator': 'user' }),
  },
];
const WORKSPACES = ['shop', 'shop', 'billing-api', 'handbook'] as const;

async function playConversation(
  daemon: TestDaemon,
  clock: MovedClock,
  random: Random,
  index: number,
  startMs: number,
): Promise<void> {
  const session = `5a000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const assistant = pickOne(random, ASSISTANTS);
  const workspace = pickOne(random, WORKSPACES);
  const messages: { role: string; content: string }[] = [];
  const system = `You are a coding assistant in session ${session}. ${'House rules follow. '.repeat(900)}`;
  let atMs = startMs;
  for (let turns = 1 + Math.floor(random() * 6); turns > 0; turns--) {
    clock.moveTo(atMs);
    messages.push({ role: 'user', content: pickAsk(random) });
    const response = await daemon.post(assistant.path, bodyFor(assistant.path, system, messages), {
      ...assistant.headers(session),
      'x-pointsman-workspace': workspace,
    });
    messages.push({ role: 'assistant', content: textOf(await response.json()) });
    atMs += 20_000 + random() * 200_000;
  }
}

function pickAsk(random: Random): string {
  const kinds = ['simple', 'simple', 'moderate', 'moderate', 'complex'] as const;
  return pickOne(random, ASKS[pickOne(random, kinds)] ?? []);
}

function bodyFor(wirePath: string, system: string, messages: readonly unknown[]): unknown {
  if (wirePath === '/v1/messages') return { model: 'claude-auto', max_tokens: 4096, system, messages };
  return { model: 'auto', messages: [{ role: 'system', content: system }, ...messages] };
}

function textOf(body: unknown): string {
  const answer = body as {
    readonly content?: readonly { readonly text?: string }[];
    readonly choices?: readonly { readonly message?: { readonly content?: string } }[];
  };
  return answer.content?.[0]?.text ?? answer.choices?.[0]?.message?.content ?? 'nothing';
}

/** So that it ends somewhere in the month. */
function shiftFor(conversation: readonly ExchangeRecord[], random: Random): number {
  const latestMs = Math.max(...conversation.map(({ startedAt }) => Date.parse(startedAt)));
  const nowMs = systemClock.now();
  // Of the last hour nothing: that is for what tests do. A good part of it is of today.
  const endMs = nowMs - 3_600_000 - random() ** 1.3 * (DAYS * DAY_MS - 3_600_000);
  return endMs - latestMs;
}

/** The same bill on another day, at the pace of a provider that is far away. */
function copyOf(record: ExchangeRecord, copy: number, shiftMs: number): ExchangeRecord {
  const conversationId = `${record.conversationId}_${copy}`;
  const slower = (ms: number): number => ms * (120 + (copy % 7) * 40);
  const slowerOrUnknown = (ms: number | null): number | null => (ms === null ? null : slower(ms));
  return {
    ...record,
    exchangeId: `${record.exchangeId}${String(copy).padStart(5, '0')}`,
    conversationId,
    startedAt: new Date(Date.parse(record.startedAt) + shiftMs).toISOString(),
    durationMs: slower(record.durationMs),
    timeToFirstChunkMs: slowerOrUnknown(record.timeToFirstChunkMs),
    attempts: record.attempts.map((attempt) => ({
      ...attempt,
      startedAtMs: slower(attempt.startedAtMs),
      durationMs: slower(attempt.durationMs),
      timeToFirstChunkMs: slowerOrUnknown(attempt.timeToFirstChunkMs),
    })),
    decision: record.decision === null ? null : { ...record.decision, conversationId },
  };
}
