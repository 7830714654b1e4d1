// The parsers of code in answers. They are large (30 ms, 10 MB), so they are loaded once, while the first ask for code is
// with its model or when the first answer with code in it is met; until they are there code is simply not judged.

import { setImmediate as afterInput } from 'node:timers/promises';
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
    await afterInput(); // what calls is on its way to a model, and should not wait
    const { parse, parser } = await import('./code-parsers.ts');
    const strict = parser.configure({ strict: true });
    loaded = { javaScript: parse, python: (code) => strict.parse(code) };
  } catch {
    loaded = null; // an installation without them still routes
  }
}
