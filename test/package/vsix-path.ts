// Where `npm run package` writes the package, and where tests find it.

import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');

export function vsixPath(): string {
  const { name, version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  return path.join(ROOT, `${name}-${version}.vsix`);
}
