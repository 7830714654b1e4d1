// A test that leaves a server or a timer behind must not hang the run: after the last test the process has a moment to
// end by itself; then this says what still holds it and fails.

const MOMENT_MS = 10_000;

export function mochaGlobalTeardown(): void {
  setTimeout(() => {
    console.error(
      `the tests are over, but something was left open: ${process.getActiveResourcesInfo().join(', ')}`,
    );
    process.on('exit', () => (process.exitCode = 1)); // mocha's own listener, which came first, sets it by the failures
    process.exit();
  }, MOMENT_MS).unref(); // by itself it holds nothing
}
