// What is inside the package that people install: these files and nothing else, in this size, the same each time.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { buildVsix, MAX_VSIX_BYTES, type BuiltVsix } from '../package/build-vsix.ts';
import { ensureBundle } from '../support/daemon-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readZip } from '../support/zip-file.ts';

const EXPECTED = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension/LICENSE.txt',
  'extension/changelog.md',
  'extension/dist/app.cjs',
  'extension/dist/commands.cjs',
  'extension/dist/config.schema.json',
  'extension/dist/daemon.cjs',
  'extension/dist/demo.cjs',
  'extension/dist/extension.cjs',
  'extension/dist/first-steps.cjs',
  'extension/dist/parsers.cjs',
  'extension/dist/patterns.cjs',
  'extension/dist/prices.cjs',
  'extension/dist/uninstall.cjs',
  'extension/dist/webview/dashboard.css',
  'extension/dist/webview/dashboard.js',
  'extension/media/icon.png',
  'extension/media/walkthrough/assistant.svg',
  'extension/media/walkthrough/daemon.svg',
  'extension/media/walkthrough/key.svg',
  'extension/media/walkthrough/saved.svg',
  'extension/package.json',
  'extension/readme.md',
];

describe('the package that people install', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let place = '';
  let built: BuiltVsix;
  let files: ReadonlyMap<string, Buffer>;

  before(async () => {
    ensureBundle();
    place = mkdtempSync(path.join(tmpdir(), 'pointsman-test-'));
    built = await buildVsix({ file: path.join(place, 'first.vsix') });
    files = readZip(readFileSync(built.file));
  });

  after(() => rmSync(place, { recursive: true, force: true }));

  const text = (name: string): string => files.get(name)?.toString('utf8') ?? '';

  it('holds exactly these files', () => {
    assert.deepEqual([...files.keys()].sort(), EXPECTED);
  });

  it('is smaller than 3 MB', () => {
    assert.ok(built.bytes < MAX_VSIX_BYTES, `${built.bytes} bytes`);
  });

  it('has the same bytes when it is made again', async () => {
    const again = await buildVsix({ file: folder.file('second.vsix') });
    const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
    assert.equal(digest(again.file), digest(built.file));
  });

  it('has every file that its manifest names', () => {
    const manifest = text('extension/package.json');
    const named = [...manifest.matchAll(/"(?:\.\/)?((?:dist|media)\/[^"]+)"/g)].map(([, file = '']) => file);
    assert.ok(named.length >= 6, named.join(' '));
    const absent = named.filter((file) => !files.has(`extension/${file}`));
    assert.deepEqual(absent, []);
  });

  it('says nothing of how it is built', () => {
    const manifest = JSON.parse(text('extension/package.json')) as Record<string, unknown>;
    assert.equal(manifest['devDependencies'], undefined);
    assert.equal(manifest['private'], undefined);
    assert.deepEqual(manifest['scripts'], { 'vscode:uninstall': 'node ./dist/uninstall.cjs' });
    const bundles = [...files].filter(([name]) => /\.c?js$/.test(name));
    assert.deepEqual(
      bundles.filter(([, bytes]) => bytes.includes('sourceMappingURL=')).map(([name]) => name),
      [],
    );
  });

  // One other character makes V8 hold all of a file at two bytes a character, and read it half as fast.
  it('has its programs in ASCII', () => {
    const programs = [...files].filter(([name]) => name.endsWith('.cjs'));
    assert.ok(programs.length >= 9);
    const others = programs.filter(([, bytes]) => bytes.some((byte) => byte > 0x7f)).map(([name]) => name);
    assert.deepEqual(others, []);
  });

  it('names no folder of the machine that it was made on', () => {
    const root = path.join(import.meta.dirname, '..', '..');
    const named = [...files].filter(([, bytes]) => bytes.includes(root)).map(([name]) => name);
    assert.deepEqual(named, []);
  });

  it('has a README without pictures and links that lead nowhere', () => {
    const targets = linkTargets(text('extension/readme.md'));
    assert.deepEqual(
      targets.filter((target) => !/^(?:https:|#)/.test(target)),
      [],
    );
  });

  it('has a README with all pictures once it is known where they are found', async () => {
    const baseUrl = 'https://example.com/pointsman';
    const { file } = await buildVsix({ file: folder.file('linked.vsix'), baseUrl });
    const readme = readZip(readFileSync(file)).get('extension/readme.md')?.toString('utf8') ?? '';
    const pictures = [...readme.matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    assert.ok(pictures.length > 0);
    assert.deepEqual(
      pictures.filter((picture) => !picture.startsWith(`${baseUrl}/media/`)),
      [],
    );
  });
});

function linkTargets(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```[^]*?^```|`[^`\n]+`/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}
