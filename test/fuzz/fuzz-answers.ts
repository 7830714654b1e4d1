// Good answers of every kind of provider to begin with, streamed and plain, and what mutations do to them: between
// events, inside of them and in the bytes, and in the way the bytes are handed over.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { isJsonObject, parseJsonObject } from '../../daemon/util/json.ts';
import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import { ROOT } from '../support/daemon-process.ts';
import { ANSWERS, STREAMS } from '../support/hostile-seeds.ts';
import {
  errorFrame,
  plainAnswer,
  streamFrames,
  UPSTREAM_DIALECTS,
  type Answer,
} from '../support/wire-answers.ts';
import { byteEdit, editedBytes, editedText, treeEdit } from './fuzz-edits.ts';

export interface AnswerSeeds {
  /** Events as text, each with its blank line. */
  readonly streams: readonly (readonly string[])[];
  readonly plain: readonly string[];
  readonly sharedCount: number;
}

const MAX_SEED_BYTES = 20_000;
const OWN: readonly Answer[] = [
  { text: 'The answer is four.' },
  { thought: 'Two and two.', text: 'The answer is four.' },
  { text: 'I look.', calls: [{ id: 'call_1', name: 'weather', args: { city: 'Rome', days: [1, 2] } }] },
  {
    calls: [
      { id: 'a', name: 'weather', args: {} },
      { id: 'b', name: 'weather', args: { city: 'Ö' } },
    ],
  },
  { text: 'It goes on and', isCut: true },
  { refusal: 'I will not help with that.' },
  {},
];

function framed(dialect: UpstreamDialectId, data: unknown): string {
  if (typeof data === 'string') return `data: ${data}\n\n`;
  const text = JSON.stringify(data);
  const isNamed = dialect === 'anthropic-messages' || dialect === 'openai-responses';
  return isNamed
    ? `event: ${String((data as { type?: unknown }).type)}\ndata: ${text}\n\n`
    : `data: ${text}\n\n`;
}

function sharedOf(dialect: UpstreamDialectId): { streams: string[][]; plain: string[] } {
  const folder = path.join(ROOT, '..', 'shared', 'wire-fixtures', dialect);
  const found = { streams: [] as string[][], plain: [] as string[] };
  if (!existsSync(folder)) return found;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (name.endsWith('.sse')) {
      const text = readFileSync(path.join(folder, name), 'utf8').replaceAll('\r\n', '\n');
      if (text.length <= MAX_SEED_BYTES) found.streams.push(text.split(/(?<=\n\n)/));
    } else if (name.endsWith('.json')) {
      const response = parseJsonObject(readFileSync(path.join(folder, name), 'utf8'))?.['response'];
      if (!isJsonObject(response) || response['status'] !== 200 || !isJsonObject(response['body'])) continue;
      const text = JSON.stringify(response['body']);
      if (text.length <= MAX_SEED_BYTES) found.plain.push(text);
    }
  }
  return found;
}

export function answerSeedsOf(dialect: UpstreamDialectId): AnswerSeeds {
  const { streams, plain } = sharedOf(dialect);
  const rich = (STREAMS.get(dialect) ?? []).map((data) => framed(dialect, data));
  return {
    streams: [rich, ...OWN.map((answer) => streamFrames(dialect, answer)), ...streams],
    plain: [
      JSON.stringify(ANSWERS.get(dialect)),
      ...OWN.map((answer) => JSON.stringify(plainAnswer(dialect, answer))),
      ...plain,
    ],
    sharedCount: streams.length + plain.length,
  };
}

const frameEdit = fc.record({
  kind: fc.constantFrom(
    'drop',
    'double',
    'swap',
    'foreign',
    'error',
    'comment',
    'text',
    'data',
    'data',
    'data',
    'field',
    'stop',
  ),
  at: fc.nat(),
  other: fc.nat(),
  tree: treeEdit,
  text: fc.constantFrom(
    ': ping\n\n',
    'data:\n\n',
    '\n',
    'data: [DONE]\n\n',
    'event: error\n\n',
    'id: 5\nretry: 1\n\n',
    'data: {"a":\n\n',
    'data: 5\n\n',
    'data: null\n\n',
    'data: []\n\n',
    ':\n',
    'x'.repeat(5000),
    'data: {}\r\n\r\n',
    'event: message_start\ndata: {"type":"message_start"}\n\n',
  ),
});
type FrameEdit = typeof frameEdit extends fc.Arbitrary<infer Edit> ? Edit : never;

export const answerCase = fc.record({
  upstream: fc.constantFrom(...UPSTREAM_DIALECTS),
  seed: fc.nat(),
  /** What the client asks for. */
  isStream: fc.boolean(),
  /** The provider answers in the other way. */
  isOther: fc.integer({ min: 0, max: 29 }).map((dice) => dice === 0),
  frames: fc.array(frameEdit, { maxLength: 3 }),
  bytes: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(byteEdit, { minLength: 1, maxLength: 2 }) },
  ),
  end: fc.constantFrom('end', 'end', 'end', 'reset', 'fin'),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
  contentType: fc.oneof(
    { weight: 20, arbitrary: fc.constant('') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'text/plain',
        'text/html',
        'application/json',
        'text/event-stream; charset=utf-8',
        'application/x-ndjson',
      ),
    },
  ),
});
export type AnswerCase = typeof answerCase extends fc.Arbitrary<infer Case> ? Case : never;

/** The bytes that the provider sends for a case. */
export function answerBytes(given: AnswerCase, seeds: AnswerSeeds): Buffer {
  const isStream = given.isStream !== given.isOther;
  const text = isStream ? editedStream(given, seeds) : editedPlain(given, seeds);
  const foreign = Buffer.from((seeds.streams[(given.seed + 1) % seeds.streams.length] ?? []).join(''));
  return editedBytes(Buffer.from(text), given.bytes, foreign);
}

function editedPlain({ seed, frames }: AnswerCase, { plain }: AnswerSeeds): string {
  return editedText(
    plain[seed % plain.length] ?? '{}',
    frames.map(({ tree }) => tree),
  );
}

function editedStream({ upstream, seed, frames: changes }: AnswerCase, { streams }: AnswerSeeds): string {
  const frames = [...(streams[seed % streams.length] ?? [])];
  for (const change of changes) {
    if (frames.length === 0) break;
    const at = change.at % frames.length;
    editFrame(frames, at, { change, upstream, foreign: streams[change.other % streams.length] ?? [] });
  }
  return frames.join('');
}

function editFrame(
  frames: string[],
  at: number,
  given: { change: FrameEdit; upstream: UpstreamDialectId; foreign: readonly string[] },
): void {
  const { change, upstream, foreign } = given;
  const frame = frames[at] ?? '';
  const other = change.other % frames.length;
  switch (change.kind) {
    case 'drop':
      return void frames.splice(at, 1);
    case 'double':
      return void frames.splice(other, 0, frame);
    case 'swap':
      frames[at] = frames[other] ?? '';
      frames[other] = frame;
      return;
    case 'foreign':
      return void frames.splice(at, 0, foreign[change.at % Math.max(1, foreign.length)] ?? '');
    case 'error':
      return void frames.splice(at, 0, errorFrame(upstream));
    case 'comment':
    case 'text':
      return void frames.splice(at, 0, change.text);
    case 'field':
      frames[at] = frame.replace('data:', change.at % 2 === 0 ? 'data' : 'dat:');
      return;
    case 'stop':
      return void frames.splice(at);
    default: {
      const [, front, data, back] = /^([\s\S]*?data: ?)(\{[^\n]*\})([\s\S]*)$/.exec(frame) ?? [];
      if (data !== undefined && parseJsonObject(data) !== undefined)
        frames[at] = `${front}${editedText(data, [change.tree])}${back}`;
    }
  }
}
