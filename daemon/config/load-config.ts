// Reads `config.jsonc`. A file that is not there is a fine configuration (the defaults); one that is there and cannot be
// read is not, and says why.

import { basename } from 'node:path';
import { loadPatternEngine } from '../util/linear-patterns.ts';
import type { KnownNames } from './cross-checks.ts';
import { decodeConfig, defaultConfig, formatProblems } from './decode-config.ts';
import { readTextFile } from './read-text-file.ts';
import type { RouterConfig } from './schema.ts';

export type LoadedConfig = {
  /** Equal for equal content; tells whether a change of the file changed anything. */
  readonly fingerprint: string;
} & (
  | { readonly status: 'loaded'; readonly config: RouterConfig }
  /** `config` holds the defaults. */
  | { readonly status: 'absent'; readonly config: RouterConfig }
  | {
      readonly status: 'invalid';
      readonly error: string;
      /** Privacy rules may stand in it that nobody can read now. */
      readonly mayHoldRules: boolean;
    }
);

export interface LoadConfigOptions {
  readonly path: string;
  /** Rejects with a Node error code, or with a RefusedFile. */
  readonly readFile?: (path: string) => Promise<Uint8Array>;
  readonly known?: KnownNames | undefined;
}

/** Never rejects. */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const fileName = basename(options.path);
  const file = await readTextFile(options.path, options.readFile);
  const { fingerprint } = file;
  if (file.status === 'absent') return { status: 'absent', config: defaultConfig(), fingerprint };
  if (file.status === 'unreadable') {
    return { status: 'invalid', error: `${fileName} ${file.why}`, mayHoldRules: true, fingerprint };
  }
  const mayHoldRules = file.text.includes('privacy');
  if (mayHoldRules) await loadPatternEngine();
  const decoded = decodeConfig(file.text, options.known);
  return decoded.ok
    ? { status: 'loaded', config: decoded.config, fingerprint }
    : { status: 'invalid', error: formatProblems(fileName, decoded.problems), mayHoldRules, fingerprint };
}
