// Builds what is shipped. `dist/daemon.cjs` is what people start; it loads the files beside it when they are needed (see
// `apart`): the less code a daemon has to read, the sooner it is ready and the less it holds. `dist/config.schema.json`
// is for editors.
// `dist/extension.cjs` is what the editor loads, `dist/uninstall.cjs` what it runs after the extension was removed,
// `dist/webview/` the dashboard page, which the daemon serves to browsers as well.
import { build, context } from 'esbuild';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const { version, engines } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
const leastNode = engines.node.replace('>=', '');

/**
 * Modules that are a file of their own in `dist`, loaded by whoever imports them with `import()`; in the sources they are
 * modules like others. What two of these files import is in both, so nothing in them may rely on there being one copy.
 */
const apart = {
  'daemon/app.ts': 'app.cjs',
  'daemon/cli/command-line.ts': 'commands.cjs',
  'daemon/cli/first-steps.ts': 'first-steps.cjs',
  'daemon/demo/run-demo.ts': 'demo.cjs', // carries the official SDK
  'daemon/verify/code-parsers.ts': 'parsers.cjs',
  'daemon/catalog/genai-price-library.ts': 'prices.cjs',
  re2js: 'patterns.cjs',
};
const staysApart = {
  name: 'stays-apart',
  setup(setup) {
    setup.onResolve({ filter: /./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const from = path.startsWith('.') ? relative(import.meta.dirname, resolve(resolveDir, path)) : path;
      const file = apart[from.replaceAll('\\', '/')];
      return file === undefined ? undefined : { path: `./${file}`, external: true };
    });
  },
};

/**
 * Parts of packages that the daemon never gets to, and that would load a large part of Node each time it starts:
 * the client in `ws` (TLS; 10 ms and 5 MB), HTTP/2 in undici (switched off by `allowH2`; 8 ms and 2 MB).
 */
const withoutSpareParts = {
  name: 'without-spare-parts',
  setup(setup) {
    setup.onResolve({ filter: /^(?:https|tls|\.\/client-h2\.js)$/ }, ({ path, importer }) =>
      /node_modules.(?:ws|undici).lib/.test(importer) ? { path, namespace: 'absent' } : undefined,
    );
    setup.onLoad({ filter: /./, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/**
 * One character outside of Latin-1 makes V8 hold the whole file at two bytes a character. esbuild escapes them in texts,
 * but not in regular expressions, where the escape means the same.
 */
const inAscii = {
  name: 'in-ascii',
  setup(setup) {
    setup.onEnd(({ errors }) => {
      if (errors.length > 0) return;
      const { outfile } = setup.initialOptions;
      const text = readFileSync(outfile, 'utf8');
      const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      writeFileSync(outfile, text.replaceAll(/[\u0080-\uffff]/g, escaped));
    });
  },
};

/** npm links `bin` files as they are, and people run them by path: the mode has to be right here. */
const executable = {
  name: 'executable',
  setup(setup) {
    setup.onEnd(({ errors }) => {
      if (errors.length === 0) chmodSync(setup.initialOptions.outfile, 0o755);
    });
  },
};

/**
 * Runs before the first `require`, in words that every Node knows: without it an older one would fail at `node:sqlite`
 * with a stack. "use strict" comes first because it counts only there.
 */
const nodeCheck = `"use strict";(function (has, least) {
  if (has[0] > least[0] || (has[0] === least[0] && has[1] >= least[1])) return;
  require("fs").writeSync(2, "pointsman: Node.js ${leastNode} or newer is needed and this is " + process.version + "; install a newer one from https://nodejs.org\\n");
  process.exit(1);
})(process.versions.node.split(".").map(Number), ${JSON.stringify(leastNode.split('.').map(Number))});`;

const shared = {
  bundle: true,
  platform: 'node',
  // Older than what is needed to run: a file that cannot be parsed cannot say which Node it needs.
  target: 'node20',
  // esbuild holds Node for unable and would make these regular expressions anew each time they are used.
  // And `import()` of a file of ours becomes `require`: Node's own reads the whole file once more, for names that it exports.
  supported: { 'regexp-unicode-property-escapes': true, 'dynamic-import': false },
  format: 'cjs',
  // jsonc-parser's `main` is a UMD file that cannot be bundled; its `module` can.
  mainFields: ['module', 'main'],
  define: { POINTSMAN_VERSION: JSON.stringify(version), 'import.meta.url': '__filename' },
  legalComments: 'none',
  logLevel: 'warning',
};

const outputs = [
  {
    ...shared,
    entryPoints: ['daemon/main.ts'],
    outfile: 'dist/daemon.cjs',
    banner: { js: `#!/usr/bin/env node\n${nodeCheck}` },
    plugins: [staysApart, inAscii, executable],
    minify: true,
  },
  ...Object.entries(apart).map(([entry, file]) => ({
    ...shared,
    entryPoints: [entry],
    outfile: `dist/${file}`,
    plugins: [staysApart, ...(file === 'app.cjs' ? [withoutSpareParts] : []), inAscii],
    minify: true,
  })),
  {
    ...shared,
    entryPoints: ['extension/extension.ts'],
    outfile: 'dist/extension.cjs',
    external: ['vscode'],
    plugins: [inAscii],
    minify: true,
  },
  {
    ...shared,
    entryPoints: ['extension/uninstall.ts'],
    outfile: 'dist/uninstall.cjs',
    plugins: [inAscii],
    minify: true,
  },
  {
    bundle: true,
    platform: 'browser',
    // The Chromium of the oldest editor that is supported, and browsers of the last years.
    target: 'es2022',
    format: 'iife',
    entryPoints: { dashboard: 'extension/dashboard/webview/dashboard.ts' },
    outdir: 'dist/webview',
    legalComments: 'none',
    logLevel: 'warning',
    minify: true,
  },
  // Without a format of its own: styles only.
  {
    bundle: true,
    entryPoints: ['media/dashboard.css'],
    outfile: 'dist/webview/dashboard.css',
    external: ['*.svg'],
    logLevel: 'warning',
    minify: true,
  },
];

async function writeConfigSchema() {
  const { configJsonSchema } = await import('./daemon/config/schema.ts');
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/config.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}

if (process.argv.includes('--watch')) {
  for (const output of outputs) await (await context(output)).watch();
} else {
  await Promise.all([...outputs.map((output) => build(output)), writeConfigSchema()]);
}
