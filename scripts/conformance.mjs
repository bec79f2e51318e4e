// npm run conformance -- PATH: runs the official Engine.IO and Socket.IO suites three times against the conformance worker. PATH is
// a checkout of the socket.io repository; the suites run in a temporary copy.
import './lib/node-version.mjs';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from './lib/command.mjs';
import { projectNode, root } from './lib/paths.mjs';
import { setUp } from './lib/setup.mjs';
import { Refusal, script, step } from './lib/steps.mjs';
import { buildConformanceWorker } from './lib/worker-build.mjs';

const rounds = 3;
const suites = [
  { name: 'Engine.IO v4', folder: 'docs/engine.io-protocol/v4-test-suite' },
  { name: 'Socket.IO v5', folder: 'docs/socket.io-protocol/v5-test-suite' },
];

await script(async () => {
  const checkout = process.argv[2] && resolve(process.argv[2]);
  if (!checkout || !suites.every(({ folder }) => existsSync(join(checkout, folder, 'test-suite.js')))) {
    throw new Refusal('Name a checkout of the socket.io repository: npm run conformance -- PATH.');
  }
  await setUp();
  await step('conformance worker', buildConformanceWorker);

  const scratch = mkdtempSync(join(tmpdir(), 'natter-conformance-'));
  let passed = 0;
  let failed = 0;
  try {
    for (const suite of suites) {
      suite.copy = join(scratch, suite.folder);
      cpSync(join(checkout, suite.folder), suite.copy, { recursive: true });
      await step(`packages of the ${suite.name} suite`, () => mustRun('npm', ['ci'], suite.copy));
    }
    for (let round = 1; round <= rounds; round++) {
      for (const { name, copy } of suites) {
        console.log(`\n${name}, round ${round} of ${rounds}`);
        const { output } = await run(projectNode, [join(root, 'scripts/lib/run-suite.mjs'), copy], { cwd: copy, show: true });
        passed += count(output, 'passing');
        failed += count(output, 'failing');
        if (count(output, 'passing') === 0) failed += 1;
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});

function count(output, word) {
  return Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0);
}

async function mustRun(program, args, cwd) {
  const { code, output } = await run(program, args, { cwd });
  if (code !== 0) throw new Refusal(`${program} ${args.join(' ')} failed.`, { log: output });
}
