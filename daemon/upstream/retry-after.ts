// How long an upstream asks us to stay away. Pure: the time now is handed in. Values that make no sense are bounded
// or dropped, since a wrong one must neither hammer a provider nor lock it out for a week.

/** Longest wait that is believed: a provider that asks for more is asked again after an hour. */
export const LONGEST_RETRY_AFTER_MS = 60 * 60 * 1000;

/** Answer headers, lower case. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>;

/**
 * Milliseconds to wait, 0..1 h; undefined when the answer does not say. Strongest first: `retry-after-ms`,
 * `retry-after` (seconds or HTTP date), then the reset time of the one rate limit that is used up.
 */
export function retryAfterMs(headers: AnswerHeaders, nowMs: number): number | undefined {
  return (
    bounded(numberIn(headers['retry-after-ms'])) ??
    bounded(secondsOrDateMs(headers['retry-after'], nowMs)) ??
    bounded(usedUpLimitMs(headers, nowMs))
  );
}

function bounded(delayMs: number | undefined): number | undefined {
  if (delayMs === undefined || Number.isNaN(delayMs)) return undefined;
  return Math.min(Math.max(0, Math.ceil(delayMs)), LONGEST_RETRY_AFTER_MS);
}

function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*-?\d+(\.\d+)?\s*$/.test(text)) return undefined;
  return Number(text);
}

function secondsOrDateMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = numberIn(text);
  if (seconds !== undefined) return seconds * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}

/** The two families of limit headers: OpenAI's (also Groq, Mistral, …) and Anthropic's. */
const LIMITS: readonly { readonly remaining: string; readonly reset: string }[] = [
  ...['requests', 'tokens'].map((what) => ({
    remaining: `x-ratelimit-remaining-${what}`,
    reset: `x-ratelimit-reset-${what}`,
  })),
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].map((what) => ({
    remaining: `anthropic-ratelimit-${what}-remaining`,
    reset: `anthropic-ratelimit-${what}-reset`,
  })),
];

/** Only a limit with nothing left says when to come back; the longest of them decides. */
function usedUpLimitMs(headers: AnswerHeaders, nowMs: number): number | undefined {
  const waits = LIMITS.flatMap(({ remaining, reset }) => {
    if (numberIn(headers[remaining]) !== 0) return [];
    const waitMs = resetMs(headers[reset], nowMs);
    return waitMs === undefined ? [] : [waitMs];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1s`, `6m0s`, `7.66s`, `120ms` (OpenAI's form) or an RFC 3339 time (Anthropic's). Bare numbers are ambiguous: dropped. */
function resetMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) {
    let totalMs = 0;
    for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
      totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
    }
    return totalMs;
  }
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}
