import assert from 'node:assert/strict';
import { LONGEST_RETRY_AFTER_MS, retryAfterMs } from '../../../../daemon/upstream/retry-after.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12, 0, 0);

describe('retryAfterMs', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, number | undefined])[] = [
    ['reads whole seconds', { 'retry-after': '7' }, 7000],
    ['reads fractions of a second', { 'retry-after': '0.25' }, 250],
    ['reads an HTTP date', { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, 30_000],
    ['takes a date in the past as now', { 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }, 0],
    ['prefers milliseconds', { 'retry-after-ms': '120', 'retry-after': '7' }, 120],
    ['bounds an absurd value to one hour', { 'retry-after': '1000000000' }, LONGEST_RETRY_AFTER_MS],
    ['takes a negative value as now', { 'retry-after': '-5' }, 0],
    ['ignores what is neither a number nor a date', { 'retry-after': 'soon' }, undefined],
    ['falls back when the milliseconds cannot be read', { 'retry-after-ms': '?', 'retry-after': '2' }, 2000],
    ['says nothing when nothing is said', {}, undefined],
    [
      'takes the reset of a limit that is used up',
      { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0.5s' },
      360_500,
    ],
    [
      'reads milliseconds of a reset',
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '120ms' },
      120,
    ],
    [
      'ignores the reset of a limit that still has room',
      { 'x-ratelimit-remaining-requests': '3', 'x-ratelimit-reset-requests': '20s' },
      undefined,
    ],
    [
      'takes the longest of two used-up limits',
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '3s',
      },
      3000,
    ],
    [
      'reads the time form of Anthropic',
      {
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-11-21T12:00:09Z',
      },
      9000,
    ],
    [
      'ignores a bare number as a reset, which may be seconds or a date',
      { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '17' },
      undefined,
    ],
    ['ignores a used-up limit without a reset', { 'x-ratelimit-remaining-tokens': '0' }, undefined],
    [
      'ignores a time that does not exist',
      {
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': '2026-99-99T99:00:00Z',
      },
      undefined,
    ],
  ];
  for (const [title, headers, expected] of cases) {
    it(`[A30] ${title}`, () => {
      assert.equal(retryAfterMs(headers, NOW_MS), expected);
    });
  }
});
