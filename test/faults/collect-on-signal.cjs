// Preloaded into a daemon (NODE_OPTIONS) by tests that ask what it holds, see resources.test.ts.

process.on('SIGUSR2', () => {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  process.stderr.write(`live bytes: ${heapUsed + external}\n`);
});
