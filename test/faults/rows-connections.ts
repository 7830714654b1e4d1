// Rows of the fault table: connections that do not come about, fall silent or break before there is any content.

import {
  breakAfterWords,
  breakBeforeHeaders,
  breakInHeaders,
  pingsOnly,
  stallAfterHeaders,
  stallAfterPings,
  stallAfterWords,
  stallBeforeHeaders,
  stallInHeaders,
} from '../support/chaos-upstream.ts';
import type { Expected, FaultRow } from './fault-table.ts';

const STREAM_ONLY = { shape: 'stream', why: 'a plain answer has no events' } as const;

/** It is asked once more when it is alone: the connection never came about, so nothing was begun. */
const UNREACHABLE: Expected = {
  outcome: 'failed',
  errorType: 'connect',
  alone: { statusCode: 502, attempts: 2 },
};
const SILENT: Expected = { outcome: 'failed', errorType: 'timeout', alone: { statusCode: 504 } };
const BROKEN: Expected = {
  outcome: 'failed',
  errorType: 'invalid-response',
  alone: { statusCode: 502, attempts: 2 },
};
const SHORT = { firstEventMs: 300 } as const;

export const CONNECTION_ROWS: readonly FaultRow[] = [
  { id: 'F1', name: 'refuses connections', place: 'closed-port', expected: UNREACHABLE },
  { id: 'F1', name: 'has a host name that nobody knows', place: 'unknown-host', expected: UNREACHABLE },
  {
    id: 'F2',
    name: 'lets connecting take forever',
    place: 'full-backlog',
    expected: UNREACHABLE,
    timeouts: { connectMs: 250 },
  },
  {
    id: 'F3',
    name: 'has a certificate that nobody vouches for',
    place: 'self-signed',
    expected: { outcome: 'failed', errorType: 'connect', alone: { statusCode: 502 } },
  },
  { id: 'F4', name: 'accepts and reads nothing', place: 'black-hole', expected: SILENT, timeouts: SHORT },
  { id: 'F4', name: 'never answers', fault: stallBeforeHeaders, expected: SILENT, timeouts: SHORT },
  { id: 'F4', name: 'stops in the head', fault: stallInHeaders, expected: SILENT, timeouts: SHORT },
  { id: 'F5', name: 'sends a head and no more', fault: stallAfterHeaders, expected: SILENT, timeouts: SHORT },
  {
    id: 'F5',
    name: 'stops after what opens the stream',
    fault: stallAfterWords(0),
    expected: SILENT,
    timeouts: SHORT,
    only: { shape: 'stream', why: 'a plain answer opens with its content' },
  },
  {
    id: 'F5',
    name: 'stops in the middle of a plain answer',
    fault: stallAfterWords(0),
    expected: SILENT,
    timeouts: SHORT,
    only: { shape: 'plain', why: 'that of a stream is a row of its own' },
  },
  {
    id: 'F6',
    name: 'sends a few signs of life and falls silent',
    fault: stallAfterPings(5),
    expected: SILENT,
    timeouts: SHORT,
    only: STREAM_ONLY,
  },
  {
    id: 'F6',
    name: 'sends nothing but signs of life',
    fault: pingsOnly(),
    expected: SILENT,
    timeouts: SHORT,
    only: STREAM_ONLY,
  },
  {
    id: 'F6',
    name: 'sends nothing but signs of life after some words',
    fault: pingsOnly({ afterWords: 30 }),
    expected: { outcome: 'torn' },
    timeouts: { idleMs: 200 },
    only: STREAM_ONLY,
  },
  {
    id: 'F9',
    name: 'closes the connection instead of answering',
    fault: breakBeforeHeaders('cut'),
    expected: UNREACHABLE,
  },
  {
    id: 'F10',
    name: 'resets the connection instead of answering',
    fault: breakBeforeHeaders('reset'),
    expected: UNREACHABLE,
  },
  {
    id: 'F9',
    name: 'closes the connection in the head',
    fault: breakInHeaders('cut'),
    expected: UNREACHABLE,
  },
  {
    id: 'F10',
    name: 'resets the connection in the head',
    fault: breakInHeaders('reset'),
    expected: UNREACHABLE,
  },
  {
    id: 'F9',
    name: 'closes the connection before the first word',
    fault: breakAfterWords(0, 'cut'),
    expected: BROKEN,
  },
  {
    id: 'F9',
    name: 'closes an answer without length before the first word',
    fault: breakAfterWords(0, 'cut', 'close'),
    expected: BROKEN,
  },
  {
    id: 'F10',
    name: 'resets the connection before the first word',
    fault: breakAfterWords(0, 'reset'),
    expected: BROKEN,
  },
];
