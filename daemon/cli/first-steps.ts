// The one screen that somebody sees who started the daemon before giving it anything to route to.

import { KNOWN_LOCAL_SERVERS, KNOWN_PROVIDERS } from '../catalog/known-providers.ts';
import { upstreamDialects } from '../dialects/registry.ts';
import type { DialectId } from '../protocol/vocabulary.ts';
import { alignRows } from './table.ts';

/** Lines for a person; `url` is where the daemon listens. */
export function firstSteps(options: {
  readonly url: string;
  readonly home: string;
  readonly configPath: string;
  /** What is wrong with the configuration file; null when it is in force. */
  readonly configError: string | null;
}): readonly string[] {
  const { url, home, configPath, configError } = options;
  if (configError !== null) {
    return [
      '',
      'Pointsman is running, but your configuration file is not in force:',
      '',
      ...configError.split('\n').map((line) => `  ${line}`),
      '',
      `Mend ${configPath} and save it; it is read again at once.`,
      '',
    ];
  }
  // A key whose provider cannot be spoken to yet would help nobody.
  const isServed = (dialect: DialectId): boolean => upstreamDialects.some(({ id }) => id === dialect);
  const keys = KNOWN_PROVIDERS.filter(({ dialect }) => isServed(dialect)).map(({ envVar }) => envVar);
  const local = KNOWN_LOCAL_SERVERS.map(({ label }) => label);
  return [
    '',
    'Pointsman is running, but it has no model to send requests to yet. Do one of these:',
    '',
    '  1. Set the key of a provider and start again. These are recognised:',
    ...inRowsOfThree(keys).map((row) => `       ${row}`),
    `  2. Start a model server on this machine (${local.join(', ')}) and start again.`,
    `  3. Describe your providers in ${configPath}`,
    '     (it is read again whenever it is saved).',
    '',
    `Then point an assistant at   ${url}/v1`,
    `with this file as its key    ${home}/token   ("pointsman token" prints it)`,
    'and "auto" as its model. "pointsman doctor" checks everything; "pointsman demo" shows it without any key.',
    '"pointsman audit" says what your assistants cost so far, from their histories on this machine.',
    '',
  ];
}

function inRowsOfThree(names: readonly string[]): readonly string[] {
  const rows: (readonly string[])[] = [];
  for (let index = 0; index < names.length; index += 3) rows.push(names.slice(index, index + 3));
  return alignRows(rows);
}
