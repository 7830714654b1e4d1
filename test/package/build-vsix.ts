// Writes `pointsman-<version>.vsix` from what `npm run build` made: `npm run package`. The files are those that
// .vscodeignore lets through; same sources, same bytes.
//
//   npm run package [-- --base-url https://…]     where the README's pictures and links are found, once that is known;
//                                                 a `repository` in package.json does the same

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { listFiles, PackageManager } from '@vscode/vsce';

import { packagedManifest, packagedMarkdown } from './packaged-text.ts';
import { vsixPath } from './vsix-path.ts';

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
export async function buildVsix(
  options: { readonly file?: string; readonly baseUrl?: string | undefined } = {},
): Promise<BuiltVsix> {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const packed = (await listFiles({ cwd: ROOT, packageManager: PackageManager.None })).sort();
  const links = linkOptions(manifest, options.baseUrl);
  stage(manifest, packed, links === NO_LINKS);
  const file = options.file ?? vsixPath();
  runVsce(file, links);
  const { length: bytes } = readFileSync(file);
  if (bytes > MAX_VSIX_BYTES) throw new Error(`${file} has ${bytes} bytes and may have ${MAX_VSIX_BYTES}`);
  return { file, bytes, packed };
}

const NO_LINKS = ['--allow-missing-repository', '--no-rewrite-relative-links'] as const;

/** With an address, vsce makes links and pictures of the README point there. */
function linkOptions(
  manifest: Readonly<Record<string, unknown>>,
  baseUrl: string | undefined,
): readonly string[] {
  if (baseUrl !== undefined)
    return ['--allow-missing-repository', '--baseContentUrl', baseUrl, '--baseImagesUrl', baseUrl];
  return manifest['repository'] === undefined ? NO_LINKS : [];
}

/** A folder that holds what is shipped and nothing else. */
function stage(
  manifest: Readonly<Record<string, unknown>>,
  packed: readonly string[],
  standsAlone: boolean,
): void {
  rmSync(STAGE, { recursive: true, force: true });
  for (const name of packed) {
    const source = path.join(ROOT, name);
    if (!existsSync(source)) throw new Error(`${name} is not there: run "npm run build" first`);
    const copy = path.join(STAGE, name);
    mkdirSync(path.dirname(copy), { recursive: true });
    if (name === 'package.json') {
      writeFileSync(copy, `${JSON.stringify(packagedManifest(manifest), null, 2)}\n`);
    } else if (name.endsWith('.md') && standsAlone) {
      writeFileSync(copy, packagedMarkdown(readFileSync(source, 'utf8')));
    } else {
      copyFileSync(source, copy);
    }
    chmodSync(copy, name === 'dist/daemon.cjs' ? 0o755 : 0o644);
  }
  writeFileSync(path.join(STAGE, '.vscodeignore'), '.vscodeignore\n');
}

function runVsce(file: string, links: readonly string[]): void {
  const vsce = createRequire(import.meta.url).resolve('@vscode/vsce/vsce');
  const result = spawnSync(
    process.execPath,
    [vsce, 'package', '--no-dependencies', ...links, '--out', file],
    {
      cwd: STAGE,
      encoding: 'utf8',
      timeout: 120_000,
      // Times in a zip file are local ones.
      env: { PATH: process.env['PATH'] ?? '', SOURCE_DATE_EPOCH: EPOCH_S, TZ: 'UTC' },
    },
  );
  if (result.status !== 0) {
    throw new Error(`vsce could not pack it: ${result.error?.message ?? ''}${result.stdout}${result.stderr}`);
  }
  const warnings = result.stderr.split('\n').filter((line) => /WARNING/.test(line));
  if (warnings.length > 0) throw new Error(`vsce warns: ${warnings.join(' ')}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const { values } = parseArgs({ options: { 'base-url': { type: 'string' } } });
    const { file, bytes, packed } = await buildVsix({ baseUrl: values['base-url'] });
    console.log(`${path.basename(file)}: ${packed.length} files, ${(bytes / 1e6).toFixed(2)} MB`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
