// Dots while it runs, the failures in full, and as the very last line `N passed, N failed, N skipped`.
const { reporters } = require('mocha');

module.exports = class SummaryReporter extends reporters.Dot {
  epilogue() {
    const { passes, failures, pending } = this.stats;
    super.epilogue();
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
};
