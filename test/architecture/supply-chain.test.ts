// What others wrote and we ship: few packages, each with a reason and a licence in SECURITY.md, pinned to the byte, none
// of which may run anything when it is installed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.join(import.meta.dirname, '..', '..');
const MAX_CHOSEN = 10;
const FREE_LICENCES = /^(?:MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|Unlicense)$/;

/** What is started, and what is loaded into it; `demo` is a file of its own that only `pointsman demo` loads. */
const ENTRIES = {
  daemon: 'daemon/main.ts',
  demo: 'daemon/demo/run-demo.ts',
  extension: 'extension/extension.ts',
  uninstall: 'extension/uninstall.ts',
  page: 'extension/dashboard/webview/dashboard.ts',
} as const;

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const readJson = (name: string): unknown => JSON.parse(readFileSync(path.join(ROOT, name), 'utf8'));
const manifest = readJson('package.json') as Manifest;
const lock = readJson('package-lock.json') as { readonly packages: Readonly<Record<string, Locked>> };
const locked = new Map(Object.entries(lock.packages).filter(([place]) => place !== ''));
const lockedAs = (name: string): Locked => locked.get(`node_modules/${name}`) ?? {};

interface Row {
  readonly name: string;
  readonly licence: string;
  readonly where: string;
  readonly reason: string;
}

/** The table under "Packages in what is shipped". */
function listedPackages(): readonly Row[] {
  const text = readFileSync(path.join(ROOT, 'SECURITY.md'), 'utf8');
  const section = /^## Packages in what is shipped\n([^]*?)(?=^## |$(?![^]))/m.exec(text)?.[1] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` *\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
    ([, name = '', licence = '', where = '', reason = '']) => ({
      name,
      licence: licence.trim(),
      where: where.trim(),
      reason: reason.trim(),
    }),
  );
}

/** Packages whose code is in the bundle of an entry. */
async function bundledIn(entry: string): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    metafile: true,
    write: false,
    outdir: 'out',
    platform: entry.includes('webview') ? 'browser' : 'node',
    format: 'cjs',
    ...(entry.includes('webview') ? {} : { mainFields: ['module', 'main'] }),
    external: ['vscode', ...(entry === ENTRIES.daemon ? ['*/demo/run-demo.ts'] : [])],
    logLevel: 'silent',
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const names = inputs.flatMap(([file, { bytesInOutput }]) => {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
    return name === undefined || bytesInOutput === 0 ? [] : [name];
  });
  return new Set(names);
}

describe('packages in what is shipped', function () {
  this.timeout(30_000);
  const rows = listedPackages();
  const shipped = new Map<string, Set<string>>();

  before(async () => {
    const bundles = Object.entries(ENTRIES).map(
      async ([where, entry]) => [where, await bundledIn(entry)] as const,
    );
    for (const [where, names] of await Promise.all(bundles)) {
      for (const name of names) shipped.set(name, (shipped.get(name) ?? new Set()).add(where));
    }
  });

  it('are those that SECURITY.md lists, each in the bundles that it names', () => {
    const found = [...shipped].map(([name, where]) => `${name} in ${[...where].sort().join(', ')}`);
    assert.deepEqual(rows.map(({ name, where }) => `${name} in ${where}`).sort(), found.sort());
  });

  it('have each a reason, and the licence that the package states, which lets us ship it', () => {
    for (const { name, licence, reason } of rows) {
      assert.equal(licence, lockedAs(name).license, name);
      assert.match(licence, FREE_LICENCES, name);
      assert.ok(reason.split(' ').length >= 3, `${name}: ${reason}`);
    }
  });

  it(`are at most ${MAX_CHOSEN} of our choice, and the others come with one of them`, () => {
    const ours = { ...manifest.dependencies, ...manifest.devDependencies };
    const chosen = rows.filter(({ name, where }) => where !== 'demo' && Object.hasOwn(ours, name));
    assert.ok(chosen.length <= MAX_CHOSEN, chosen.map(({ name }) => name).join(', '));
    assert.ok(Object.keys(manifest.dependencies).length <= MAX_CHOSEN);
    for (const { name, reason } of rows) {
      if (Object.hasOwn(ours, name)) continue;
      const parent = /^comes with `([^`]+)`/.exec(reason)?.[1] ?? '';
      assert.ok(Object.hasOwn(lockedAs(parent).dependencies ?? {}, name), `${name}: ${reason}`);
    }
  });

  it('include every runtime dependency, so that none is carried along for nothing', () => {
    const unused = Object.keys(manifest.dependencies).filter((name) => !shipped.has(name));
    assert.deepEqual(unused, []);
  });

  it('are pinned to one version each, like every tool', () => {
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      assert.match(range, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, name);
      assert.equal(lockedAs(name).version, range, name);
    }
  });

  it('are locked to their bytes, whichever registry they come from', () => {
    for (const [place, { integrity, resolved }] of locked) {
      assert.match(integrity ?? '', /^sha512-/, place);
      assert.equal(resolved, undefined, place);
    }
  });

  it('run nothing when they are installed; tools that do are named in package.json', () => {
    const scripted = [...locked].filter(([, entry]) => entry.hasInstallScript === true);
    const names = scripted.map(([place]) => place.replace('node_modules/', ''));
    assert.deepEqual(
      names.filter((name) => !Object.hasOwn(manifest.allowScripts, name)),
      [],
    );
    assert.deepEqual(
      scripted.filter(([, { dev }]) => dev !== true),
      [],
    );
    assert.deepEqual(
      names.filter((name) => shipped.has(name)),
      [],
    );
  });
});
