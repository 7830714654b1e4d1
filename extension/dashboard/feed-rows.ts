// One row of the feed in words and figures. Pure.

import type { ExchangeStatus, UsageSource } from '../../daemon/protocol/vocabulary.ts';
import type { FeedItem, RunningExchange, StoredExchange } from './feed-store.ts';
import { duration, signedUsd, tokens, usd } from './figures.ts';
import { clientName, gradeName, reasonWords, taskName } from './words.ts';

export type RowState = 'running' | 'ok' | 'failed-over' | 'exact-hit' | 'semantic-hit' | ExchangeStatus;

/** How a figure is coloured; the sign says the same in the text. */
export type Tone = 'gain' | 'loss' | 'plain' | 'unknown';

export interface FeedRow {
  readonly exchangeId: string;
  readonly time: string;
  /** Day and time in full, for the tooltip. */
  readonly fullTime: string;
  readonly client: string;
  readonly task: string;
  readonly grade: string;
  /** What was asked for; null where the answering model is all there is to say. */
  readonly requested: string | null;
  readonly answered: string;
  readonly why: string;
  readonly tokens: string;
  readonly cost: string;
  readonly saved: string;
  readonly savedTone: Tone;
  readonly duration: string;
  readonly state: RowState;
  readonly stateWords: string;
}

const STATE_WORDS: Readonly<Record<RowState, string>> = {
  running: 'Running',
  ok: 'OK',
  'failed-over': 'Failed over',
  'exact-hit': 'Exact hit',
  'semantic-hit': 'Semantic hit',
  error: 'Error',
  cancelled: 'Cancelled',
  interrupted: 'Interrupted',
};

/** Stands where a figure is not known yet. */
const NOT_YET = '…';

export function feedRow(item: FeedItem, nowMs: number): FeedRow {
  const time = { time: timeText(item.startedAtMs, nowMs), fullTime: fullTime(item.startedAtMs) };
  return item.running === null
    ? { ...time, ...storedRow(item.record) }
    : { ...time, ...runningRow(item.running) };
}

function storedRow(record: StoredExchange): Omit<FeedRow, 'time' | 'fullTime'> {
  const state = rowState(record);
  return {
    exchangeId: record.exchangeId,
    client: clientName(record.client),
    task: taskName(record.task),
    grade: gradeName(record.complexity),
    requested: requestedName(record.requestModel, record.responseModel),
    answered: record.responseModel ?? 'no answer',
    why: reasonWords(record.reason),
    tokens: usageText(record),
    cost: moneyText(record.costUsd, record.usageSource),
    saved: signedMoneyText(record.savedUsd, record.usageSource),
    savedTone: toneOf(record.savedUsd),
    duration: duration(record.durationMs),
    state,
    stateWords: STATE_WORDS[state],
  };
}

function runningRow(running: RunningExchange): Omit<FeedRow, 'time' | 'fullTime'> {
  const isRouted = running.chosen !== null;
  const state = running.failedAttempts === 0 ? 'Running' : 'Running, failed over';
  return {
    exchangeId: running.exchangeId,
    client: clientName(running.client),
    task: isRouted ? taskName(running.task) : NOT_YET,
    grade: gradeName(running.complexity),
    requested: requestedName(running.requestModel, running.chosen),
    answered: running.chosen ?? 'deciding',
    why: isRouted ? reasonWords(running.reason) : NOT_YET,
    tokens: NOT_YET,
    cost: NOT_YET,
    saved: NOT_YET,
    savedTone: 'plain',
    duration: NOT_YET,
    state: 'running',
    stateWords: state,
  };
}

/** `failed-over`: answered, but not by the one that was asked first. A hit: answered without asking anyone. */
export function rowState(record: Pick<StoredExchange, 'status' | 'attempts' | 'cache'>): RowState {
  if (record.status === 'ok' && record.cache === 'exact') return 'exact-hit';
  if (record.status === 'ok' && record.cache === 'semantic') return 'semantic-hit';
  const hasFailed = record.attempts.some(({ status }) => status === 'failed');
  return record.status === 'ok' && hasFailed ? 'failed-over' : record.status;
}

export const stateWords = (state: RowState): string => STATE_WORDS[state];

export function toneOf(savedUsd: number | null): Tone {
  if (savedUsd === null) return 'unknown';
  if (savedUsd === 0) return 'plain';
  return savedUsd > 0 ? 'gain' : 'loss';
}

/** Stands before figures that rest on estimated usage. */
export const ESTIMATE_MARK = '≈';

const markOf = (source: UsageSource): string => (source === 'estimated' ? ESTIMATE_MARK : '');

/** `≈$0.0031` where it rests on estimated usage. */
export function moneyText(amount: number | null, source: UsageSource): string {
  return `${amount === null || amount === 0 ? '' : markOf(source)}${usd(amount)}`;
}

export function signedMoneyText(amount: number | null, source: UsageSource): string {
  return `${amount === null || amount === 0 ? '' : markOf(source)}${signedUsd(amount)}`;
}

/** What a screen reader says of the row as a whole. */
export function rowLabel(row: FeedRow): string {
  const asked = row.requested === null ? '' : `, asked for ${row.requested}`;
  const grade = row.grade === '' ? '' : `, ${row.grade}`;
  return `${row.time}, ${row.client}, ${row.task}${grade}, ${row.answered}${asked}, cost ${row.cost}, saved ${row.saved}, ${row.stateWords}`;
}

function requestedName(requested: string, answered: string | null): string | null {
  const plain = requested.startsWith('exact/') ? requested.slice('exact/'.length) : requested;
  return plain === '' || plain === answered ? null : plain;
}

function usageText({ usage, usageSource, costUsd }: StoredExchange): string {
  // Nobody answered and nobody billed: there is nothing to be known.
  if (usage === null) return costUsd === 0 ? 'none' : 'unknown';
  return `${markOf(usageSource)}${tokens(usage.inputTokens)} → ${tokens(usage.outputTokens)}`;
}

/** The time of today's rows, day and time of older ones. */
export function timeText(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (at.toDateString() === new Date(nowMs).toDateString()) return clock;
  return `${at.getDate()} ${MONTHS[at.getMonth()] ?? ''} ${clock.slice(0, 5)}`;
}

export function fullTime(atMs: number): string {
  const at = new Date(atMs);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${at.getDate()} ${MONTHS[at.getMonth()] ?? ''} ${at.getFullYear()}, ${clock}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');
