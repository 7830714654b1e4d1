// Installs assistants from the package registry into a folder outside the project.

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { toolFolder } from '../support/tool-folder.ts';
import type { Assistant } from './assistants.ts';

/**
 * Path of the folder that holds the programs; null when the registry cannot be reached. `POINTSMAN_ASSISTANTS` names a
 * place to keep them (1.5 GB).
 */
export function installAssistants(assistants: readonly Assistant[]): string | null {
  const packages = new Map(assistants.map((assistant) => [assistant.package, assistant.version]));
  const folder = toolFolder('POINTSMAN_ASSISTANTS', 'assistants');
  const stampOf = (name: string, version: string): string =>
    path.join(folder, 'node_modules', name, `.installed-${version}`);
  if ([...packages].some(([name, version]) => !existsSync(stampOf(name, version)))) {
    if (!isRegistryThere(packages)) return null;
    const manifest = path.join(folder, 'package.json');
    if (!existsSync(manifest)) writeFileSync(manifest, '{"private":true}\n');
    const specifiers = [...packages].map(([name, version]) => `${name}@${version}`);
    const args = ['install', '--no-audit', '--no-fund', '--save-exact', ...specifiers];
    const installed = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
    if (installed.status !== 0) throw new Error(`npm could not install the assistants: ${installed.stderr}`);
    for (const [name, version] of packages) writeFileSync(stampOf(name, version), '');
  }
  return path.join(folder, 'node_modules', '.bin');
}

function isRegistryThere(packages: ReadonlyMap<string, string>): boolean {
  const [first] = packages;
  if (first === undefined) return true;
  const asked = spawnSync('npm', ['view', first.join('@'), 'version', '--fetch-retries=0']);
  return asked.status === 0;
}
