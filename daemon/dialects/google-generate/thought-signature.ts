// What stands in `thoughtSignature`: Google's own proof, an envelope of ours with another vendor's seal in it, or the
// text that Google documents for calls that none of its models made
// (https://ai.google.dev/gemini-api/docs/thought-signatures, checked 2026-11-21; recorded with answer 200).

import type { Seal } from '../../conversation/seal.ts';
import { isEnvelope, openEnvelope } from '../envelope.ts';

/** Stands for the signature of a call of another model. */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** Both documented texts, as they are and in base64, as SDKs with typed bytes send them. */
const PLACEHOLDERS: ReadonlySet<string> = new Set(
  [NO_SIGNATURE, 'context_engineering_is_the_way_to_go'].flatMap((text) => [
    text,
    Buffer.from(text).toString('base64'),
  ]),
);

/** Undefined when the text proves nothing. */
export function sealOf(signature: string): Seal | undefined {
  if (signature === '' || PLACEHOLDERS.has(signature)) return undefined;
  if (isEnvelope(signature)) return openEnvelope(signature);
  return { kind: 'thought-signature', value: signature };
}

export function isPlaceholder(signature: string): boolean {
  return signature === '' || PLACEHOLDERS.has(signature);
}

/** Models before Gemini 3 take calls without a signature; later ones, and those whose name tells nothing, refuse them. */
export function wantsSignedCalls(upstreamModel: string): boolean {
  return !/gemini-[12](?:[.-]|$)/.test(upstreamModel);
}
