// Preloaded into a test run: serves one source file with one text in it replaced, so that a rule of the policy is broken
// for that run alone. The file on disk stays as it is.

import { registerHooks } from 'node:module';

/** Of `POINTSMAN_TEST_MUTATION`, as JSON. */
interface Served {
  /** File URL of the source. */
  readonly url: string;
  readonly text: string;
  readonly replacement: string;
}

const given = process.env['POINTSMAN_TEST_MUTATION'];
if (given !== undefined) {
  const { url, text, replacement } = JSON.parse(given) as Served;
  registerHooks({
    load(asked, context, nextLoad) {
      const loaded = nextLoad(asked, context);
      if (asked !== url || loaded.source === undefined || loaded.source === null) return loaded;
      const source =
        typeof loaded.source === 'string'
          ? loaded.source
          : Buffer.from(loaded.source as Uint8Array).toString();
      return { ...loaded, source: source.replace(text, () => replacement) };
    },
  });
}
