// A configuration file as it may be shown: what looks like a key, the user's own included, stands there as `…`.

import { createRedactor } from '../util/redact.ts';

const MASK = '…';
/** A value behind a name that says what it is. The first group is kept. */
const NAMED_SECRET =
  /((?:^|[\s"'{,;])[\w.-]*(?:api[_-]?key|token(?!i)|secret|password|passwd|credential|authorization|bearer)[\w.-]*["']?[ \t]*[:=][ \t]*)(?:"(?:[^"\\\n]|\\.)+"|'[^'\n]+'|[^\s"',;{}[\]#]{8,}(?:[ \t]+[^\s"',;{}[\]#]{8,})?)/gim;
/** Behind such names numbers are limits, and `true`, names of variables and the like no secrets either. */
const HARMLESS =
  /^(?:\d+|true|false|null|none|auto|manual|oauth|[A-Z]+_[A-Z0-9_]+|\$\{?\w+\}?|\{(?:env|file):[^}]*\}|\$\{\{[^}]*\}\})$/;

export function maskSecrets(text: string, secrets: readonly string[]): string {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.addSecret(secret);
  return redactor
    .redact(text)
    .replaceAll('[redacted]', MASK)
    .replace(NAMED_SECRET, (whole: string, name: string) => {
      const value = whole.slice(name.length);
      const quote = /^["']/.exec(value)?.[0] ?? '';
      const bare = quote === '' ? value : value.slice(1, -1);
      return HARMLESS.test(bare) || bare === MASK ? whole : `${name}${quote}${MASK}${quote}`;
    });
}
