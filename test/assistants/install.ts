// Installs assistants from the package registry into a folder outside the project, once per set of versions.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Assistant } from './assistants.ts';

/** Path of the folder that holds the programs; `POINTSMAN_ASSISTANTS` names another place to keep them. */
export function installAssistants(assistants: readonly Assistant[]): string {
  const packages = new Map(assistants.map((assistant) => [assistant.package, assistant.version]));
  const folder = process.env['POINTSMAN_ASSISTANTS'] ?? path.join(tmpdir(), 'pointsman-assistants');
  mkdirSync(folder, { recursive: true });
  const missing = [...packages].filter(
    ([name, version]) => !existsSync(path.join(folder, 'node_modules', name, `.installed-${version}`)),
  );
  if (missing.length > 0) {
    const manifest = path.join(folder, 'package.json');
    if (!existsSync(manifest)) writeFileSync(manifest, '{"private":true}\n');
    const specifiers = [...packages].map(([name, version]) => `${name}@${version}`);
    const args = ['install', '--no-audit', '--no-fund', '--save-exact', ...specifiers];
    const installed = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
    if (installed.status !== 0) throw new Error(`npm could not install the assistants: ${installed.stderr}`);
    for (const [name, version] of packages) {
      writeFileSync(path.join(folder, 'node_modules', name, `.installed-${version}`), '');
    }
  }
  return path.join(folder, 'node_modules', '.bin');
}
