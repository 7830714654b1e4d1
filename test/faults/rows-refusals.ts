// Rows of the fault table: refusals with a status, and answers that are none at all.

import { closedPort } from '../support/fake-upstream.ts';
import {
  contentType,
  contextTooLong,
  decompressionBomb,
  emptyBody,
  htmlPage,
  httpDateIn,
  packed,
  quotaExceeded,
  redirect,
  status,
  unknownPacking,
} from '../support/chaos-upstream.ts';
import type { Expected, FaultRow } from './fault-table.ts';

/** Where a redirect points: nobody is there, and nobody must try. */
const ELSEWHERE = `http://127.0.0.1:${await closedPort()}/v1/stolen`;

const BROKEN: Expected = {
  outcome: 'failed',
  errorType: 'invalid-response',
  alone: { statusCode: 502, attempts: 2 },
};
const SERVED: Expected = { outcome: 'served', usage: 'reported' };

/** Asked to wait longer than a client is kept waiting. */
function limited(retryAfterS: readonly [number, number]): Expected {
  return {
    outcome: 'failed',
    errorType: 'rate-limited',
    alone: { statusCode: 429, retryAfterS },
    afterwards: 'left-alone',
  };
}

/** Told nothing, or to come back at once: one more try when it is alone, and nothing to remember. */
function limitedForNow(retryAfterS?: readonly [number, number]): Expected {
  return {
    outcome: 'failed',
    errorType: 'rate-limited',
    alone: { statusCode: 429, attempts: 2, ...(retryAfterS && { retryAfterS }) },
  };
}

const HOUR_S = 3600;
const MINUTE: readonly [number, number] = [50, 61];
const KEY_REFUSED: Expected = {
  outcome: 'failed',
  errorType: 'auth',
  alone: { statusCode: 502 },
  afterwards: 'left-alone',
};
const LOST_BY_GATEWAY: Expected = {
  outcome: 'failed',
  errorType: 'server-error',
  alone: { statusCode: 502, attempts: 2 },
  isUncertain: true,
};
const NO_QUOTA: Expected = {
  outcome: 'failed',
  errorType: 'quota',
  alone: { statusCode: 502 },
  afterwards: 'left-for-good',
};

export const REFUSAL_ROWS: readonly FaultRow[] = [
  {
    id: 'F17',
    name: 'says 429 and to come back in a minute',
    fault: status(429, { retryAfter: '60' }),
    expected: limited(MINUTE),
    mission: '[B6]',
  },
  {
    id: 'F17',
    name: 'says 429 and to come back at a date',
    fault: (call) => status(429, { retryAfter: httpDateIn(60) })(call),
    expected: limited(MINUTE),
    mission: '[B6]',
  },
  {
    id: 'F17',
    name: 'says 429 and to come back in so many milliseconds',
    fault: status(429, { retryAfterMs: '60000', retryAfter: '1' }),
    expected: limited(MINUTE),
    mission: '[B6]',
  },
  {
    id: 'F17',
    name: 'says 429 and to come back in thirty years',
    fault: status(429, { retryAfter: '1000000000' }),
    expected: limited([HOUR_S - 10, HOUR_S]),
    mission: '[B6]',
  },
  {
    id: 'F17',
    name: 'says 429 and to come back before it was asked',
    fault: status(429, { retryAfter: '-30' }),
    expected: limitedForNow([0, 0]),
  },
  {
    id: 'F17',
    name: 'says 429 and a time that is none',
    fault: status(429, { retryAfter: 'soon' }),
    expected: limitedForNow(),
  },
  {
    id: 'F17',
    name: 'says 429 and to come back in a moment',
    fault: status(429, { retryAfterMs: '30' }),
    expected: limitedForNow([0, 1]),
  },
  { id: 'F18', name: 'says 429 and no more', fault: status(429), expected: limitedForNow() },
  {
    id: 'F19',
    name: 'says 500',
    fault: status(500),
    expected: { outcome: 'failed', errorType: 'server-error', alone: { statusCode: 500, attempts: 2 } },
  },
  {
    id: 'F19',
    name: 'says 503',
    fault: status(503),
    expected: {
      outcome: 'failed',
      errorType: 'overloaded',
      alone: { statusCode: 503, attempts: 2 },
    },
  },
  {
    id: 'F19',
    name: 'says 529',
    fault: status(529),
    expected: { outcome: 'failed', errorType: 'overloaded', alone: { statusCode: 529, attempts: 2 } },
  },
  {
    id: 'F20',
    name: 'says 502',
    fault: status(502),
    expected: LOST_BY_GATEWAY,
  },
  {
    id: 'F20',
    name: 'says 504',
    fault: status(504),
    expected: { outcome: 'failed', errorType: 'timeout', alone: { statusCode: 504 }, isUncertain: true },
  },
  {
    id: 'F20',
    name: 'is behind a proxy with a page of its own',
    fault: htmlPage(502),
    expected: LOST_BY_GATEWAY,
  },
  { id: 'F21', name: 'refuses the key', fault: status(401), expected: KEY_REFUSED },
  { id: 'F21', name: 'does not let the key use the model', fault: status(403), expected: KEY_REFUSED },
  { id: 'F22', name: 'wants to be paid', fault: quotaExceeded(402), expected: NO_QUOTA },
  {
    id: 'F22',
    name: 'says 429 because the credit is used up',
    fault: quotaExceeded(429),
    expected: NO_QUOTA,
    except: {
      dialects: ['google-generate'],
      why: 'its 429 has the same words for a used-up minute and a used-up month',
    },
  },
  {
    id: 'F23',
    name: 'finds the conversation too long and another has a larger window',
    fault: contextTooLong,
    expected: { outcome: 'failed', errorType: 'context-length', alone: { statusCode: 400 } },
  },
  {
    id: 'F23',
    name: 'finds the conversation too long and nobody has a larger window',
    fault: contextTooLong,
    expected: { outcome: 'refused', statusCode: 400 },
    isSecondSmall: true,
  },
  {
    id: 'F23',
    name: 'finds the body too large',
    fault: status(413),
    expected: { outcome: 'failed', errorType: 'context-length', alone: { statusCode: 413 } },
  },
  {
    id: 'F23',
    name: 'refuses a parameter',
    fault: status(400),
    expected: { outcome: 'failed', errorType: 'rejected', alone: { statusCode: 400 } },
  },
  {
    id: 'C16',
    name: 'redirects elsewhere',
    fault: redirect(ELSEWHERE),
    expected: BROKEN,
  },
  { id: 'C16', name: 'redirects for good', fault: redirect(ELSEWHERE, 301), expected: BROKEN },
  { id: 'F8', name: 'sends a page with status 200', fault: htmlPage(200), expected: BROKEN },
  { id: 'F8', name: 'sends a type that is neither', fault: contentType('text/plain'), expected: BROKEN },
  { id: 'F8', name: 'sends an empty body', fault: emptyBody, expected: BROKEN },
  { id: 'C19', name: 'packs its answer unasked', fault: packed('gzip'), expected: SERVED },
  { id: 'C19', name: 'packs its answer another way unasked', fault: packed('br'), expected: SERVED },
  {
    id: 'C19',
    name: 'packs its answer and damages it',
    fault: packed('gzip', (bytes) => Buffer.concat([bytes.subarray(0, 12), Buffer.alloc(400, 7)])),
    expected: BROKEN,
  },
  { id: 'C19', name: 'packs its answer as nobody can read it', fault: unknownPacking, expected: BROKEN },
  { id: 'C19', name: 'sends a bomb', fault: decompressionBomb, expected: BROKEN },
];
