// Makes of the suites in host/ what an extension host can load: one CommonJS file each in out/, beside the entry.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const HOST = path.join(import.meta.dirname, 'host');
const OUT = path.join(import.meta.dirname, '..', '..', 'out', 'vscode-host');

/** Path of the entry, which exports `run`. */
export async function bundleHostSuites(): Promise<string> {
  if (existsSync(OUT)) rmSync(OUT, { recursive: true });
  const suites = readdirSync(HOST).filter((name) => name.endsWith('.test.ts') || name === 'index.ts');
  await build({
    entryPoints: suites.map((name) => path.join(HOST, name)),
    outdir: OUT,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    // Mocha is loaded from the project, whose tests these are.
    external: ['vscode', 'mocha'],
    mainFields: ['module', 'main'],
    define: { 'import.meta.url': '__filename' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return path.join(OUT, 'index.cjs');
}
