// Reads how many tests ran out of what the test runners print.
const plain = (text) => text.replace(/\x1b\[[0-9;]*m/g, '');

/** The sum over the `test result:` lines that cargo test prints for every test binary. */
export function cargoCounts(output) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [, passed, failed, ignored] of plain(output).matchAll(/^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored/gm)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return counts;
}

/** The summary at the end of what node's `tap` reporter writes. */
export function tapCounts(report) {
  const summary = report.slice(report.lastIndexOf('\n# tests '));
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(summary)?.[1] ?? 0);
  // A file without a single test is reported as one that passed, under the file's name.
  const empty = report.match(/^ok \d+ - .*\.test\.mjs$/gm)?.length ?? 0;
  return {
    passed: count('pass') - empty,
    failed: count('fail') + count('cancelled') + empty,
    skipped: count('skipped') + count('todo'),
  };
}
