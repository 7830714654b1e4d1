// The attempts of one request as bars on a common axis of time. Pure.

import type { AttemptRecord, ExchangeRecord } from '../../daemon/protocol/exchange-record.ts';
import { duration, usd } from './figures.ts';
import { failureWords } from './words.ts';

export interface TimelineBar {
  readonly model: string;
  readonly provider: string;
  readonly status: AttemptRecord['status'];
  /** 0..1 of the whole axis. */
  readonly startRatio: number;
  readonly waitRatio: number;
  readonly streamRatio: number;
  /** When it began, as it is written beside the bar. */
  readonly began: string;
  readonly took: string;
  /** How long until the first piece of the answer; null = none came. */
  readonly firstChunk: string | null;
  /** `OK`, `Overloaded (529)`, … */
  readonly outcome: string;
  readonly cost: string;
  /** The provider may have billed it without saying so. */
  readonly isPossiblyBilled: boolean;
}

export interface Timeline {
  readonly bars: readonly TimelineBar[];
  readonly totalMs: number;
  /** Before the first attempt: reading, classifying, deciding. */
  readonly decidingMs: number;
}

/** Bars so short that they could not be seen are given this share of the axis. */
const LEAST_RATIO = 0.004;

export function attemptTimeline(record: Pick<ExchangeRecord, 'attempts' | 'durationMs'>): Timeline {
  const { attempts } = record;
  const ends = attempts.map(({ startedAtMs, durationMs }) => startedAtMs + durationMs);
  const totalMs = Math.max(1, record.durationMs, ...ends);
  return {
    bars: attempts.map((attempt) => barOf(attempt, totalMs)),
    totalMs,
    decidingMs: attempts[0]?.startedAtMs ?? 0,
  };
}

function barOf(attempt: AttemptRecord, totalMs: number): TimelineBar {
  const { startedAtMs, durationMs, timeToFirstChunkMs } = attempt;
  // The first chunk is counted from the beginning of the attempt.
  const waitMs = Math.min(durationMs, timeToFirstChunkMs ?? durationMs);
  const startRatio = Math.min(1 - LEAST_RATIO, Math.max(0, startedAtMs) / totalMs);
  const waitRatio = waitMs / totalMs;
  const streamRatio = (durationMs - waitMs) / totalMs;
  const isTooShort = waitRatio + streamRatio < LEAST_RATIO;
  return {
    model: attempt.model,
    provider: attempt.provider,
    status: attempt.status,
    startRatio,
    waitRatio: isTooShort ? LEAST_RATIO : waitRatio,
    streamRatio: isTooShort ? 0 : streamRatio,
    began: `after ${duration(startedAtMs)}`,
    took: duration(durationMs),
    firstChunk: timeToFirstChunkMs === null ? null : duration(timeToFirstChunkMs),
    outcome: outcomeOf(attempt),
    cost: usd(attempt.costUsd),
    isPossiblyBilled: attempt.possiblyBilled,
  };
}

function outcomeOf({ status, errorType, statusCode }: AttemptRecord): string {
  if (status === 'ok') return 'Answered';
  const words = status === 'cancelled' && errorType === null ? 'Cancelled' : failureWords(errorType);
  return statusCode === null || statusCode < 400 ? words : `${words} (${statusCode})`;
}

/** The whole of it in one sentence, for those who cannot see bars. */
export function timelineSentence({ bars, totalMs }: Timeline): string {
  if (bars.length === 0) return 'No model was asked.';
  const told = bars.map(({ model, outcome, took }) => `${model}: ${outcome.toLowerCase()} after ${took}`);
  return `${bars.length === 1 ? '1 attempt' : `${bars.length} attempts`} in ${duration(totalMs)}. ${told.join('; ')}.`;
}
