// The input of a request as items, and a request with the items of earlier turns in front of its own: how a
// `previous_response_id` is served by somebody who is not the vendor that stored it.

import { scanArray, scanObject, spliceMembers, stringAt, typeAt } from '../../util/json-scan.ts';
import type { RequestBody, Span } from '../../util/request-body.ts';

/** The items of `input` as JSON texts; a plain text becomes the message that it stands for. */
export function inputItems(body: RequestBody): readonly Buffer[] {
  const span = body.members.get('input');
  if (span === undefined) return [];
  const { bytes } = body;
  switch (typeAt(bytes, span.start)) {
    case 'array':
      return scanArray(bytes, span).map(({ start, end }) => bytes.subarray(start, end));
    case 'string': {
      const text = bytes.subarray(span.start, span.end);
      return [
        Buffer.concat([Buffer.from('{"type":"message","role":"user","content":'), text, Buffer.from('}')]),
      ];
    }
    default:
      return [];
  }
}

/**
 * The body with `items` (JSON texts of earlier input and output items, in order) in front of its own ones and without
 * `previous_response_id`. `instructions` stay the request's own: those of earlier turns are not carried over.
 */
export function withItems(body: RequestBody, items: readonly Buffer[]): Buffer {
  const edits = new Map<string, string | undefined>();
  if (body.members.has('previous_response_id')) edits.set('previous_response_id', undefined);
  if (items.length > 0) {
    const texts = [...items, ...inputItems(body)].map((item) => item.toString());
    edits.set('input', `[${texts.join(',')}]`);
  }
  return edits.size === 0 ? body.bytes : spliceMembers(body, edits);
}

export interface ItemReference {
  /** Place among the items of `input`. */
  readonly index: number;
  readonly id: string;
}

/** Items that stand for one of an earlier answer; `type` may be left out of them. */
export function referencesIn(body: RequestBody): readonly ItemReference[] {
  return inputItems(body).flatMap((item, index) => {
    const members = scanObject(item, { start: 0, end: item.length });
    const type = textAt(item, members.get('type')) ?? '';
    const isReference = type === 'item_reference' || (type === '' && !members.has('role'));
    const id = textAt(item, members.get('id'));
    return isReference && id !== undefined ? [{ index, id }] : [];
  });
}

/** The body with other items in the given places; null takes one out. */
export function withReferencesFilled(body: RequestBody, items: ReadonlyMap<number, Buffer | null>): Buffer {
  const texts = inputItems(body).flatMap((item, index) => {
    const filled = items.get(index);
    return filled === null ? [] : [(filled ?? item).toString()];
  });
  return spliceMembers(body, new Map([['input', `[${texts.join(',')}]`]]));
}

function textAt(bytes: Buffer, span: Span | undefined): string | undefined {
  if (span === undefined || typeAt(bytes, span.start) !== 'string') return undefined;
  return stringAt(bytes, span.start, span.end);
}
