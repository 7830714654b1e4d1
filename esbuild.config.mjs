// Builds what is shipped. `dist/daemon.cjs` is the daemon and the command line in one file; `dist/demo.cjs` is loaded by
// it for `pointsman demo` only, since it carries the official SDK; `dist/config.schema.json` is for editors.
// `dist/extension.cjs` is what the editor loads, `dist/uninstall.cjs` what it runs after the extension was removed,
// `dist/webview/` the dashboard page, which the daemon serves to browsers as well.
import { build, context } from 'esbuild';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const { version, engines } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
const leastNode = engines.node.replace('>=', '');

/** In the bundle the demo is a file of its own beside the daemon; in the sources it is a module. */
const demoStaysApart = {
  name: 'demo-stays-apart',
  setup(setup) {
    setup.onResolve({ filter: /\/demo\/run-demo\.ts$/ }, (args) =>
      args.kind === 'dynamic-import' ? { path: './demo.cjs', external: true } : undefined,
    );
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
  supported: { 'regexp-unicode-property-escapes': true },
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
    plugins: [demoStaysApart, executable],
    minify: true,
  },
  { ...shared, entryPoints: ['daemon/demo/run-demo.ts'], outfile: 'dist/demo.cjs', minify: true },
  {
    ...shared,
    entryPoints: ['extension/extension.ts'],
    outfile: 'dist/extension.cjs',
    external: ['vscode'],
    minify: true,
  },
  { ...shared, entryPoints: ['extension/uninstall.ts'], outfile: 'dist/uninstall.cjs', minify: true },
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
