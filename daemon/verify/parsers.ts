// The parsers of code in answers. They are large, so they are loaded once, when the first answer is to be checked (or
// earlier, by `loadParsers`); until they are there code is simply not judged.

import type { ParserOptions, parse as parseJavaScript } from '@babel/parser';
import type { Tree } from '@lezer/common';

export interface Parsers {
  readonly javaScript: (code: string, options: ParserOptions) => ReturnType<typeof parseJavaScript>;
  /** Throws at the first thing that does not parse. */
  readonly python: (code: string) => Tree;
}

let loaded: Parsers | null = null;
let loading: Promise<void> | undefined;

/** Never rejects. Cheap from the second call on. */
export function loadParsers(): Promise<void> {
  loading ??= load();
  return loading;
}

/** null = not there (yet). */
export function parsersInMemory(): Parsers | null {
  return loaded;
}

async function load(): Promise<void> {
  try {
    const [babel, python] = await Promise.all([import('@babel/parser'), import('@lezer/python')]);
    const strict = python.parser.configure({ strict: true });
    loaded = { javaScript: babel.parse, python: (code) => strict.parse(code) };
  } catch {
    loaded = null; // an installation without them still routes
  }
}
