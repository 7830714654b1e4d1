// Seals on their way through a client that speaks another dialect: assistants send signatures and encrypted reasoning
// back as they got them, whatever is in them. So a foreign seal travels as one such opaque text, with its maker's name
// on it, and nothing has to be remembered here. Also: whose seal is it?

import type { Seal, SealKind } from '../conversation/seal.ts';
import { parseJsonObject, stringOf } from '../util/json.ts';
import type { EncodeTarget } from './dialect.ts';

/**
 * "pointsman.1." in base64, which the letter follows: the whole is valid base64, since clients take Google's signatures
 * for bytes and drop a text that is none. That many characters at the front of a vendor's own signature are no accident.
 */
const PREFIX = 'cG9pbnRzbWFuLjEu';

const KINDS: ReadonlySet<string> = new Set<SealKind>([
  'thinking-signature',
  'redacted-thinking',
  'encrypted-reasoning',
  'thought-signature',
  'reasoning-details',
  'unsealed',
]);

/** The kinds of seals that a provider of each dialect makes and takes back. */
const NATIVE_KINDS: Readonly<Record<EncodeTarget['dialect'], readonly SealKind[]>> = {
  'anthropic-messages': ['thinking-signature', 'redacted-thinking'],
  'openai-responses': ['encrypted-reasoning'],
  // Thought signatures are those of Google's compatible endpoint; traits say which providers take them.
  'openai-chat': ['reasoning-details', 'thought-signature', 'unsealed'],
  'google-generate': ['thought-signature'],
  'ollama-chat': [],
  'openai-completions': [],
  'openai-embeddings': [],
};

/** Text for the place where the client's dialect has a signature. `maker` names the model that made the seal. */
export function sealEnvelope(seal: Seal, maker: string): string {
  const { kind, value, itemId } = seal;
  const letter = {
    kind,
    maker,
    ...(value === '' ? {} : { value }),
    ...(itemId === undefined ? {} : { itemId }),
  };
  return PREFIX + Buffer.from(JSON.stringify(letter)).toString('base64');
}

/** The seal in an envelope of ours; undefined for a vendor's own text, and for an envelope that was tampered with. */
export function openEnvelope(text: string): Seal | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const letter = parseJsonObject(Buffer.from(text.slice(PREFIX.length), 'base64').toString());
  const kind = stringOf(letter?.['kind']) ?? '';
  const maker = stringOf(letter?.['maker']) ?? '';
  if (letter === undefined || !isSealKind(kind) || maker === '') return undefined;
  const itemId = stringOf(letter['itemId']);
  return { kind, value: stringOf(letter['value']) ?? '', maker, ...(itemId === undefined ? {} : { itemId }) };
}

/** Whether a text is an envelope of ours, whole or not: such a text must never reach a provider. */
export function isEnvelope(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Whether the target may be sent this seal. Undefined seals nothing, so there is nothing to own. */
export function isOwnSeal(seal: Seal | undefined, target: EncodeTarget): seal is Seal {
  if (seal === undefined || !NATIVE_KINDS[target.dialect].includes(seal.kind)) return false;
  if (target.history === undefined) return seal.maker === undefined;
  return target.history.owns(seal);
}

function isSealKind(text: string): text is SealKind {
  return KINDS.has(text);
}
