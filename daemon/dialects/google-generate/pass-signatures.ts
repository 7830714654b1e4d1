// Takes thoughts of other models out of a client's own `contents`, every other byte as it was. A part that is nothing but
// a foreign thought goes whole, with the readable thoughts before it; a call that another model made gets the text that
// Google documents for such calls.

import type { RequestBody, Span } from '../../util/request-body.ts';
import { parseRequestBody, spliceMembers, stringAt, typeAt } from '../../util/json-scan.ts';
import type { EncodeTarget } from '../dialect.ts';
import { isOwnSeal } from '../envelope.ts';
import { applyEdits, type Edit } from '../splice.ts';
import { spellingsOf } from './fields.ts';
import { isPlaceholder, NO_SIGNATURE, sealOf, wantsSignedCalls } from './thought-signature.ts';
import { elementSpans, memberAt, memberSpan } from './wire-spans.ts';

/** A part with what becomes of it. */
interface PartFate {
  /** Undefined = left out. */
  text: string | undefined;
}

/** JSON text of the edited `contents`; undefined when nothing in it is foreign. */
export function contentsWithoutForeign(body: RequestBody, target: EncodeTarget): string | undefined {
  const list = memberSpan(body, 'contents');
  if (list === undefined || !spellingsOf('thoughtSignature').some((name) => body.bytes.includes(name))) {
    return undefined;
  }
  const { bytes } = body;
  const edits: Edit[] = [];
  const kept: { readonly content: Span; readonly edit: Edit | undefined }[] = [];
  let isEmptied = false;
  /** Readable thoughts whose proof may still come, be it in the next chunk of the same answer. */
  const thoughts: PartFate[] = [];
  const fates = elementSpans(bytes, list).map((content) => {
    if (memberText(bytes, content, 'role') !== '"model"') thoughts.length = 0;
    const parts = memberAt(bytes, content, 'parts');
    return { content, parts, ...judgeParts(bytes, parts, target, thoughts) };
  });
  for (const { content, parts, all, originals } of fates) {
    const left = all.flatMap(({ text }) => text ?? []);
    if (left.length === 0 && all.length > 0) {
      isEmptied = true; // a content without parts is refused
      continue;
    }
    const hasChanged = parts !== undefined && all.some(({ text }, index) => text !== originals[index]);
    const edit = hasChanged ? { span: parts, text: `[${left.join(',')}]` } : undefined;
    if (edit !== undefined) edits.push(edit);
    kept.push({ content, edit });
  }
  if (!isEmptied) return edits.length === 0 ? undefined : applyEdits(bytes, list, edits);
  const texts = kept.map(({ content, edit }) => applyEdits(bytes, content, edit === undefined ? [] : [edit]));
  return `[${texts.join(',')}]`;
}

function judgeParts(
  bytes: Buffer,
  list: Span | undefined,
  target: EncodeTarget,
  thoughts: PartFate[],
): { readonly all: readonly PartFate[]; readonly originals: readonly string[] } {
  const originals: string[] = [];
  const all = elementSpans(bytes, list).map((part) => {
    const raw = bytes.toString('utf8', part.start, part.end);
    const fate: PartFate = { text: raw };
    const isThought = memberText(bytes, part, 'thought') === 'true';
    const verdict = verdictOn(bytes, part, target);
    originals.push(raw);
    if (verdict === 'keep') {
      const isSigned = memberAt(bytes, part, 'thoughtSignature') !== undefined;
      if (isThought && !isSigned) thoughts.push(fate);
      else thoughts.length = 0;
      return fate;
    }
    if (verdict === 'foreign') for (const thought of thoughts) thought.text = undefined;
    thoughts.length = 0;
    fate.text = verdict === 'foreign' && isThought ? undefined : withSignature(raw, verdict, target);
    return fate;
  });
  return { all, originals };
}

/** `own`: the target's own signature, in an envelope of ours. */
type Verdict = 'keep' | 'foreign' | { readonly own: string };

function verdictOn(bytes: Buffer, part: Span, target: EncodeTarget): Verdict {
  const span = memberAt(bytes, part, 'thoughtSignature');
  if (span === undefined || typeAt(bytes, span.start) !== 'string') return 'keep';
  const signature = stringAt(bytes, span.start, span.end);
  if (isPlaceholder(signature)) return 'keep';
  const seal = sealOf(signature);
  if (!isOwnSeal(seal, target)) return 'foreign';
  return seal.value === signature ? 'keep' : { own: seal.value };
}

/** Undefined when nothing but the signature was in the part. */
function withSignature(
  raw: string,
  verdict: 'foreign' | { readonly own: string },
  target: EncodeTarget,
): string | undefined {
  const body = parseRequestBody(Buffer.from(raw));
  const isCall = spellingsOf('functionCall').some((name) => body.members.has(name));
  const isEmpty = memberText(body.bytes, { start: 0, end: body.bytes.length }, 'text') === '""';
  if (verdict === 'foreign' && !isCall && isEmpty) return undefined;
  const placeholder = isCall && wantsSignedCalls(target.upstreamModel) ? NO_SIGNATURE : undefined;
  const signature = verdict === 'foreign' ? placeholder : verdict.own;
  const text = signature === undefined ? undefined : JSON.stringify(signature);
  const names = spellingsOf('thoughtSignature').filter((name) => body.members.has(name));
  return spliceMembers(body, new Map(names.map((name) => [name, text]))).toString();
}

function memberText(bytes: Buffer, object: Span, name: string): string {
  const span = memberAt(bytes, object, name);
  return span === undefined ? '' : bytes.toString('utf8', span.start, span.end);
}
