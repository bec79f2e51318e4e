// Reads the numbers of tests from the output of the test runners.
const plain = (text) => text.replace(/\x1b\[[0-9;]*m/g, '');

/** Sums the `test result:` lines that cargo prints, one per test binary. */
export function cargoCounts(output) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of plain(output).matchAll(/^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return counts;
}

/** Reads the summary at the end of a report in TAP. */
export function tapCounts(report) {
  const summary = report.slice(report.lastIndexOf('\n# tests '));
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(summary)?.[1] ?? 0);
  // node reports a file without tests as a passed test that bears the file's name.
  const empty = report.match(/^ok \d+ - .*\.test\.mjs$/gm)?.length ?? 0;
  return {
    passed: count('pass') - empty,
    failed: count('fail') + count('cancelled') + empty,
    skipped: count('skipped') + count('todo'),
  };
}

/** The summary at the end of what mocha's `spec` reporter prints. */
export function mochaCounts(output) {
  const count = (word) => Number(new RegExp(`^ *(\\d+) ${word}`, 'm').exec(plain(output))?.[1] ?? 0);
  return { passed: count('passing'), failed: count('failing') };
}
