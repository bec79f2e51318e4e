// npm run conformance -- PATH [SUITE…]: runs the suites of the checkout of the socket.io repository at PATH against the
// conformance worker: those of the two protocols, three times in a row, and those of the reference client's packages.
import './lib/node-version.mjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setUp } from './lib/setup.mjs';
import { Refusal, script, step } from './lib/steps.mjs';
import { exclusionsOf, hasSuites, prepareSuite, runSuite, suites } from './lib/suites.mjs';
import { buildConformanceWorker } from './lib/worker-build.mjs';

await script(async () => {
  const [path, ...names] = process.argv.slice(2);
  const checkout = path && resolve(path);
  if (!checkout || !hasSuites(checkout)) {
    throw new Refusal('Name a checkout of the socket.io repository: npm run conformance -- PATH [SUITE…].');
  }
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) throw new Refusal(`${unknown.join(', ')} is none of ${suites.map(({ name }) => name).join(', ')}.`);
  const chosen = suites.filter(({ name }) => names.length === 0 || names.includes(name));

  await setUp();
  await step('conformance worker', buildConformanceWorker);
  const scratch = mkdtempSync(join(tmpdir(), 'natter-conformance-'));
  const results = [];
  try {
    const folders = new Map();
    for (const suite of chosen) folders.set(suite, await prepareSuite(suite, checkout, scratch));
    for (const suite of chosen) {
      for (const { title, env } of suite.runs) {
        const name = `${suite.title}, ${title}`;
        console.log(`\n${name}`);
        results.push({ name, ...(await runSuite(suite, folders.get(suite), env)) });
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }

  for (const { suite, file, reason, tests } of chosen.flatMap(exclusionsOf)) {
    console.log(`\nExcluded from ${[suite, file].filter(Boolean).join(', ')}. ${reason}`);
    for (const test of tests) console.log(`  ${test}`);
  }
  console.log();
  for (const { name, passed, excluded, failed } of results) {
    console.log(`${name.padEnd(48)} ${passed} passed, ${excluded} excluded, ${failed} failed`);
  }
  if (results.some(({ failed }) => failed > 0)) process.exitCode = 1;
});
