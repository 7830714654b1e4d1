// Preloaded into a daemon by storage.test.ts: writes the longest delay of its event loop to a file, over and over.

const { monitorEventLoopDelay } = require('node:perf_hooks');
const { writeFileSync } = require('node:fs');

const file = process.env.POINTSMAN_TEST_LOOP_FILE;
const histogram = monitorEventLoopDelay({ resolution: 1 });
// Starting is not what is measured.
setTimeout(() => histogram.enable(), 500).unref();
setInterval(() => writeFileSync(file, String(histogram.max / 1e6)), 50).unref();
