// Rows of the fault table: what can be wrong with an answer that has begun, and what must not be taken for a fault.

import {
  about,
  answers,
  breakAfterWords,
  breakBeforeEnd,
  breakInCharacter,
  breakInEvent,
  duplicatedStart,
  endAfterWords,
  errorAfterWords,
  errorInPlaceOfAnswer,
  type Fault,
  malformedAfterWords,
  namedErrorFrame,
  splicedStart,
  stallAfterWords,
  status,
  TOOL_ANSWER,
  withoutTerminator,
  withoutUsage,
} from '../support/chaos-upstream.ts';
import type { Expected, FaultRow } from './fault-table.ts';

const STREAM_ONLY = { shape: 'stream', why: 'a plain answer has no events' } as const;
const PLAIN_ONLY = { shape: 'plain', why: 'a stream says it with an event' } as const;
const ONLY_CHAT = {
  dialects: ['openai-responses', 'anthropic-messages', 'google-generate'],
  why: 'only providers of chat completions do that',
} as const;

const SERVED: Expected = { outcome: 'served', usage: 'reported' };
const UNCOUNTED: Expected = { outcome: 'served', usage: 'estimated' };
const TORN: Expected = { outcome: 'torn' };
const BROKEN: Expected = {
  outcome: 'failed',
  errorType: 'invalid-response',
  alone: { statusCode: 502, attempts: 2 },
};
/** OpenAI's and Google's errors say what they are by a code of theirs, Anthropic's by its type. */
const OWN_ERROR: Expected = {
  outcome: 'failed',
  errorType: {
    'openai-chat': 'server-error',
    'openai-responses': 'server-error',
    'anthropic-messages': 'overloaded',
    'google-generate': 'overloaded',
  },
  alone: {
    statusCode: {
      'openai-chat': 500,
      'openai-responses': 500,
      'anthropic-messages': 529,
      'google-generate': 503,
    },
    attempts: 2,
  },
};

const WORDS_BEFORE = 30;

function torn(id: string, name: string, fault: Fault): FaultRow {
  return { id, name, fault, expected: TORN, only: STREAM_ONLY };
}

export const ANSWER_ROWS: readonly FaultRow[] = [
  { id: 'F0', name: 'answers', fault: answers(), expected: SERVED },
  {
    id: 'F0',
    name: 'answers with a call of a tool',
    fault: answers({ answer: TOOL_ANSWER }),
    expected: SERVED,
    says: TOOL_ANSWER,
  },
  {
    id: 'F7',
    name: 'sends its error as the first event',
    fault: errorAfterWords(0),
    expected: OWN_ERROR,
    only: STREAM_ONLY,
  },
  {
    id: 'F7',
    name: 'sends a named error event first',
    fault: errorAfterWords(0, namedErrorFrame),
    expected: {
      outcome: 'failed',
      errorType: 'server-error',
      alone: { statusCode: 500, attempts: 2 },
    },
    only: STREAM_ONLY,
    except: ONLY_CHAT,
  },
  {
    id: 'F8',
    name: 'sends an error with status 200',
    fault: errorInPlaceOfAnswer(),
    expected: OWN_ERROR,
    only: PLAIN_ONLY,
  },
  {
    id: 'F8',
    name: 'sends an error with status 200 where a stream was asked for',
    fault: errorInPlaceOfAnswer(),
    expected: OWN_ERROR,
    only: { shape: 'stream', why: 'that of a plain answer is a row of its own' },
  },
  { ...torn('F9', 'closes the connection after the first word', breakAfterWords(1, 'cut')), mission: '[B6]' },
  torn('F9', 'closes the connection in the middle', breakAfterWords(WORDS_BEFORE, 'cut')),
  torn('F9', 'closes a stream without length in the middle', breakAfterWords(WORDS_BEFORE, 'cut', 'close')),
  {
    ...torn('F9', 'closes the connection inside of a call', about(TOOL_ANSWER, breakBeforeEnd(4, 'cut'))),
    says: TOOL_ANSWER,
  },
  {
    ...torn('F10', 'resets the connection inside of a call', about(TOOL_ANSWER, breakBeforeEnd(4, 'reset'))),
    says: TOOL_ANSWER,
  },
  torn('F10', 'resets the connection after the first word', breakAfterWords(1, 'reset')),
  torn('F10', 'resets the connection in the middle', breakAfterWords(WORDS_BEFORE, 'reset')),
  torn('F10', 'closes the connection inside of an event', breakInEvent(WORDS_BEFORE, 'cut')),
  torn('F10', 'resets the connection inside of an event', breakInEvent(WORDS_BEFORE, 'reset')),
  torn('F10', 'closes the connection inside of a character', breakInCharacter(WORDS_BEFORE, 'cut')),
  torn('F10', 'resets the connection inside of a character', breakInCharacter(WORDS_BEFORE, 'reset')),
  {
    ...torn('F11', 'falls silent in the middle', stallAfterWords(WORDS_BEFORE)),
    timeouts: { idleMs: 200 },
  },
  {
    ...torn('F11', 'falls silent after the first word', stallAfterWords(1)),
    timeouts: { idleMs: 200 },
  },
  {
    id: 'F12',
    name: 'ends the stream before the first word',
    fault: endAfterWords(0),
    expected: BROKEN,
    only: STREAM_ONLY,
  },
  torn('F12', 'ends the stream in the middle', endAfterWords(WORDS_BEFORE)),
  torn('F12', 'says everything but that it is at its end', withoutTerminator),
  {
    ...torn(
      'F12',
      'calls a tool and does not say that it is at its end',
      about(TOOL_ANSWER, withoutTerminator),
    ),
    says: TOOL_ANSWER,
  },
  {
    id: 'F47',
    name: 'is overloaded in the middle of a conversation with signed thoughts',
    fault: status(503),
    expected: { outcome: 'failed', errorType: 'overloaded', alone: { statusCode: 503, attempts: 2 } },
    hasHistory: true,
  },
  {
    ...torn(
      'F47',
      'breaks off in the middle of a conversation with signed thoughts',
      breakAfterWords(WORDS_BEFORE, 'reset'),
    ),
    hasHistory: true,
  },
  { id: 'F13', name: 'does not tell what it used', fault: withoutUsage, expected: UNCOUNTED },
  torn('F14', 'sends its error after some words', errorAfterWords(WORDS_BEFORE)),
  {
    ...torn(
      'F14',
      'sends a named error event after some words',
      errorAfterWords(WORDS_BEFORE, namedErrorFrame),
    ),
    except: ONLY_CHAT,
  },
  {
    id: 'F15',
    name: 'opens the stream twice',
    fault: duplicatedStart,
    expected: SERVED,
    only: STREAM_ONLY,
    except: { dialects: ['google-generate'], why: 'its streams have no opening' },
  },
  {
    ...torn('F15', 'begins again in the middle of the stream', splicedStart(WORDS_BEFORE)),
    except: {
      dialects: ['google-generate', 'openai-chat'],
      why: 'its streams have no opening by which a second beginning could be told from more text',
    },
  },
  torn('F16', 'sends an event that is no JSON in the middle', malformedAfterWords(WORDS_BEFORE)),
  {
    id: 'F16',
    name: 'sends an event that is no JSON first',
    fault: malformedAfterWords(0),
    expected: BROKEN,
    only: STREAM_ONLY,
  },
  {
    id: 'F16',
    name: 'sends a body that is no JSON',
    fault: malformedAfterWords(0),
    expected: BROKEN,
    only: PLAIN_ONLY,
  },
];
