// SPDX-License-Identifier: MIT
/**
 * Preloaded into each test file's process: one that does not end, because a test that failed left something open, ends here, and
 * says what keeps it. The runner itself would wait for ever.
 */
const longestMs = Number(process.env.SIGNALBOX_TEST_FILE_MS ?? 360_000);

if (process.env.NODE_TEST_CONTEXT !== undefined) {
  setTimeout(() => {
    const kept = [...new Set(process.getActiveResourcesInfo())].join(", ");
    console.error(`${process.argv[1]} did not end within ${longestMs / 1_000} s; what keeps it: ${kept}`);
    process.exit(1);
  }, longestMs).unref();
}
