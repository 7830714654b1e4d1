// Writes `pointsman-<version>.vsix` from what `npm run build` made: `npm run package`. The files are those that
// .vscodeignore lets through; same sources, same bytes.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { listFiles, PackageManager } from '@vscode/vsce';

import { packagedManifest, packagedMarkdown } from './packaged-text.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const STAGE = path.join(ROOT, 'out', 'vsix');
export const MAX_VSIX_BYTES = 3_000_000;

/** Any fixed day will do: a file's age must not make another package of it. */
const EPOCH_S = '1767225600';

export interface BuiltVsix {
  readonly file: string;
  readonly bytes: number;
  /** Paths inside, as in the repository. */
  readonly packed: readonly string[];
}

/** Throws what is wrong in one sentence, with what vsce had to say. */
export async function buildVsix(target?: string): Promise<BuiltVsix> {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Record<string, unknown>;
  const packed = (await listFiles({ cwd: ROOT, packageManager: PackageManager.None })).sort();
  stage(manifest, packed);
  const file = target ?? path.join(ROOT, `${String(manifest['name'])}-${String(manifest['version'])}.vsix`);
  runVsce(file, manifest['repository'] !== undefined);
  const { length: bytes } = readFileSync(file);
  if (bytes > MAX_VSIX_BYTES) throw new Error(`${file} has ${bytes} bytes and may have ${MAX_VSIX_BYTES}`);
  return { file, bytes, packed };
}

/** A folder that holds what is shipped and nothing else. */
function stage(manifest: Readonly<Record<string, unknown>>, packed: readonly string[]): void {
  rmSync(STAGE, { recursive: true, force: true });
  for (const name of packed) {
    const source = path.join(ROOT, name);
    if (!existsSync(source)) throw new Error(`${name} is not there: run "npm run build" first`);
    const copy = path.join(STAGE, name);
    mkdirSync(path.dirname(copy), { recursive: true });
    if (name === 'package.json') {
      writeFileSync(copy, `${JSON.stringify(packagedManifest(manifest), null, 2)}\n`);
    } else if (name.endsWith('.md') && manifest['repository'] === undefined) {
      // With a repository in the manifest, vsce makes links into it of them.
      const markdown = readFileSync(source, 'utf8');
      writeFileSync(
        copy,
        packagedMarkdown(markdown, (picture) => readFileSync(path.join(ROOT, picture))),
      );
    } else {
      copyFileSync(source, copy);
    }
    chmodSync(copy, name === 'dist/daemon.cjs' ? 0o755 : 0o644);
  }
  writeFileSync(path.join(STAGE, '.vscodeignore'), '.vscodeignore\n');
}

function runVsce(file: string, hasRepository: boolean): void {
  const vsce = createRequire(import.meta.url).resolve('@vscode/vsce/vsce');
  const links = hasRepository ? [] : ['--allow-missing-repository', '--no-rewrite-relative-links'];
  const result = spawnSync(process.execPath, [vsce, 'package', '--no-dependencies', ...links, '--out', file], {
    cwd: STAGE,
    encoding: 'utf8',
    timeout: 120_000,
    // Times in a zip file are local ones.
    env: { PATH: process.env['PATH'] ?? '', SOURCE_DATE_EPOCH: EPOCH_S, TZ: 'UTC' },
  });
  if (result.status !== 0) {
    throw new Error(`vsce could not pack it: ${result.error?.message ?? ''}${result.stdout}${result.stderr}`);
  }
  const warnings = result.stderr.split('\n').filter((line) => /WARNING/.test(line));
  if (warnings.length > 0) throw new Error(`vsce warns: ${warnings.join(' ')}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const { file, bytes, packed } = await buildVsix();
    console.log(`${path.basename(file)}: ${packed.length} files, ${(bytes / 1e6).toFixed(2)} MB`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
