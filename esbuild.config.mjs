// Builds what is shipped. `dist/daemon.cjs` is the daemon and the command line in one file; `dist/demo.cjs` is loaded by
// it for `pointsman demo` only, since it carries the official SDKs.
import { build, context } from 'esbuild';
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));

/** In the bundle the demo is a file of its own beside the daemon; in the sources it is a module. */
const demoStaysApart = {
  name: 'demo-stays-apart',
  setup(setup) {
    setup.onResolve({ filter: /\/demo\/run-demo\.ts$/ }, (args) =>
      args.kind === 'dynamic-import' ? { path: './demo.cjs', external: true } : undefined,
    );
  },
};

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node22',
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
    banner: { js: '#!/usr/bin/env node' },
    plugins: [demoStaysApart],
    minify: true,
  },
  { ...shared, entryPoints: ['daemon/demo/run-demo.ts'], outfile: 'dist/demo.cjs', minify: true },
];

if (process.argv.includes('--watch')) {
  for (const output of outputs) await (await context(output)).watch();
} else {
  await Promise.all(outputs.map((output) => build(output)));
}
