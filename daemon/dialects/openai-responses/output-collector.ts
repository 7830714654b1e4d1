// Picks out of an answer, as it is written to the client, what the client can go on from later: the response's id and
// its output items. Looks only into events that hold whole items, so a stream of deltas costs one byte search a write.

import { RouterError } from '../../errors.ts';
import { parseRequestBody, scanArray, scanObject, stringAt, typeAt } from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';
import { createSseParser } from '../sse-parser.ts';

export interface CollectedAnswer {
  readonly responseId: string;
  /** JSON texts of the output items, in order. */
  readonly items: readonly Buffer[];
  /** Items by the ids that clients may refer to them by; null = nothing but a pointer, left out of `items`. */
  readonly byId: ReadonlyMap<string, Buffer | null>;
}

export interface OutputCollector {
  /** What is written to the client: whole events of a stream. */
  push(written: Buffer | string): void;
  /** Undefined until the answer is complete, and for one that failed. */
  answer(): CollectedAnswer | undefined;
}

const ITEM_DONE = 'response.output_item.done';
/** An incomplete answer (cut at a limit) can be gone on from; a failed one cannot. */
const ENDS: readonly string[] = ['response.completed', 'response.incomplete'];
const WORTH_READING: readonly string[] = [ITEM_DONE, ...ENDS];
const COMPLETE: ReadonlySet<string> = new Set(['completed', 'incomplete']);

export function createOutputCollector(): OutputCollector {
  return new StreamedOutput();
}

/** The same from a plain answer's body. */
export function collectFromBody(bytes: Buffer): CollectedAnswer | undefined {
  const body = parsed(bytes);
  if (body === undefined || !COMPLETE.has(textAt(bytes, body.members.get('status')) ?? '')) return undefined;
  return collected(bytes, body.members, []);
}

class StreamedOutput implements OutputCollector {
  private readonly done: Buffer[] = [];
  private complete: CollectedAnswer | undefined;

  push(written: Buffer | string): void {
    // A text that merely quotes such a name is read in vain, once.
    if (!WORTH_READING.some((name) => written.includes(name))) return;
    const bytes = typeof written === 'string' ? Buffer.from(written) : written;
    const parser = createSseParser(Infinity);
    for (const { data } of [...parser.push(bytes), ...parser.flush()]) {
      if (WORTH_READING.some((name) => data.includes(name))) this.read(Buffer.from(data));
    }
  }

  answer(): CollectedAnswer | undefined {
    return this.complete;
  }

  private read(data: Buffer): void {
    const event = parsed(data);
    if (event === undefined) return;
    const type = textAt(data, event.members.get('type')) ?? '';
    const item = event.members.get('item');
    if (type === ITEM_DONE && item !== undefined) this.done.push(data.subarray(item.start, item.end));
    const response = event.members.get('response');
    if (!ENDS.includes(type) || response === undefined || typeAt(data, response.start) !== 'object') return;
    this.complete = collected(data, scanObject(data, response), this.done);
  }
}

/** `done`: the items as they were finished one by one, for servers that leave `output` empty at the end. */
function collected(
  bytes: Buffer,
  response: ReadonlyMap<string, Span>,
  done: readonly Buffer[],
): CollectedAnswer | undefined {
  const responseId = textAt(bytes, response.get('id'));
  if (responseId === undefined || responseId === '') return undefined;
  const output = response.get('output');
  const listed =
    output !== undefined && typeAt(bytes, output.start) === 'array' ? scanArray(bytes, output) : [];
  const items = listed.length === 0 ? done : listed.map(({ start, end }) => bytes.subarray(start, end));
  const kept: Buffer[] = [];
  const byId = new Map<string, Buffer | null>();
  for (const item of items) {
    if (typeAt(item, 0) !== 'object') continue;
    const members = scanObject(item, { start: 0, end: item.length });
    const isWhole = canBeSentAgain(item, members);
    const id = textAt(item, members.get('id')) ?? '';
    if (id !== '') byId.set(id, isWhole ? item : null);
    if (isWhole) kept.push(item);
  }
  return { responseId, items: kept, byId };
}

/**
 * A thought without its encrypted content or its text is only a pointer to what the provider stored; whoever did not
 * make it answers 404 (https://developers.openai.com/api/docs/guides/reasoning, checked 2026-11-21).
 */
function canBeSentAgain(item: Buffer, members: ReadonlyMap<string, Span>): boolean {
  if (textAt(item, members.get('type')) !== 'reasoning') return true;
  const content = members.get('content');
  const hasText =
    content !== undefined && typeAt(item, content.start) === 'array' && scanArray(item, content).length > 0;
  return hasText || (textAt(item, members.get('encrypted_content')) ?? '') !== '';
}

function textAt(bytes: Buffer, span: Span | undefined): string | undefined {
  if (span === undefined || typeAt(bytes, span.start) !== 'string') return undefined;
  return stringAt(bytes, span.start, span.end);
}

/** Undefined for anything but a JSON object: what we cannot read we do not remember. */
function parsed(bytes: Buffer): RequestBody | undefined {
  try {
    return parseRequestBody(bytes);
  } catch (error) {
    if (error instanceof RouterError) return undefined;
    throw error;
  }
}
