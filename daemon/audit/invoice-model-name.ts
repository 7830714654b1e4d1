// The names that one model goes by on invoices, in the books and in prices, brought to one key: exports write display
// names (Claude Haiku 4.5), dated names, other orders of the same words, or hide the name in a description.

/** Before the first comma: `gpt-4o-2024-08-06, cached input` -> `gpt-4o-2024-08-06`. */
export function modelOfLineItem(lineItem: string): string {
  const comma = lineItem.indexOf(',');
  return (comma === -1 ? lineItem : lineItem.slice(0, comma)).trim();
}

const FAMILY_WORDS: ReadonlySet<string> = new Set([
  'flash',
  'pro',
  'lite',
  'ultra',
  'nano',
  'image',
  'live',
  'tts',
  'embedding',
  'computer',
  'use',
]);

/**
 * `Generate content output token count gemini 3 flash text flex` and `Gemini 2.5 Flash Lite Text Input - Predictions`
 * -> `gemini-3-flash`, `gemini-2.5-flash-lite`; null where no model is named.
 */
export function modelOfSku(sku: string): string | null {
  const words = sku
    .toLowerCase()
    .replaceAll(/[_-]+/gu, ' ')
    .split(/\s+/u)
    .filter((word) => word !== '');
  const start = words.indexOf('gemini');
  if (start === -1) return null;
  const name = ['gemini'];
  for (const word of words.slice(start + 1)) {
    const isVersion = /^\d+(\.\d+)?$/u.test(word) && name.length === 1;
    if (!isVersion && !FAMILY_WORDS.has(word)) break;
    // 3.0 and 3 are the same version, and models are called by the shorter one.
    name.push(isVersion ? word.replace(/\.0$/u, '') : word);
  }
  return name.length > 1 ? name.join('-') : null;
}

const DATE_SUFFIX = /[-@:](20\d{6}|20\d{2}-\d{2}-\d{2})$/u;
/** Words that say which release of a name is meant, not which model. */
const RELEASE_WORDS: ReadonlySet<string> = new Set(['latest', 'preview']);

/**
 * Equal for all spellings of one model. Words count in any order, numbers in theirs: OpenRouter's
 * `anthropic/claude-4.5-sonnet-20250929` is its `anthropic/claude-sonnet-4.5`, but 3.5 is not 5.3.
 */
export function modelKey(name: string): string {
  const lower = name.trim().toLowerCase();
  const path = lower.slice(lower.lastIndexOf('models/') === -1 ? 0 : lower.lastIndexOf('models/') + 7);
  const slash = path.lastIndexOf('/');
  const vendor = slash === -1 ? '' : path.slice(0, slash + 1);
  // `:free`, `:thinking`: a variant of the same model at OpenRouter, which its exports carry in a column of its own.
  const base = path.slice(slash + 1).replace(DATE_SUFFIX, '');
  const variant = vendor === '' ? -1 : base.indexOf(':');
  const parts = (variant === -1 ? base : base.slice(0, variant))
    .replace(DATE_SUFFIX, '')
    .split(/[\s._-]+/u)
    .filter((part) => part !== '' && !RELEASE_WORDS.has(part));
  const isNumber = (part: string): boolean => /^\d+$/u.test(part);
  const words = parts.filter((part) => !isNumber(part)).sort();
  return `${vendor}${words.join('-')}|${parts.filter(isNumber).join('.')}`;
}
