// npm run bench:instructions [-- --update]: counts the instructions of pieces of the core's work under callgrind. It fails if one
// exceeds its record in tests/bench/instructions.json by more than the tolerance; --update writes the record. callgrind counts
// inside the program's function `repeat` only, so neither start-up nor preparation is included.
import './lib/node-version.mjs';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './lib/command.mjs';
import { root } from './lib/paths.mjs';
import { requireRust } from './lib/rust.mjs';
import { Refusal, script, step } from './lib/steps.mjs';

const bench = join(root, 'tests', 'bench');
const targetDir = join(root, 'target', 'bench');
const program = join(targetDir, 'release', 'natter-bench-core');
const record = join(bench, 'instructions.json');

const times = 100;
/** The share by which a count may exceed its record, so that a compiler update does not count as a regression. */
const tolerance = 0.05;

await script(async () => {
  const update = process.argv.includes('--update');
  await step('Rust', requireRust);
  await step('programs', async () => {
    const args = ['build', '--locked', '--release', '--package', 'natter-bench-core'];
    await mustRun('cargo', args, { cwd: bench, env: { CARGO_TARGET_DIR: targetDir } });
  });
  const recorded = JSON.parse(readFileSync(record, 'utf8'));
  const works = (await mustRun(program, [])).trim().split('\n');
  const counted = {};
  const scratch = mkdtempSync(join(tmpdir(), 'natter-callgrind-'));
  try {
    for (const work of works) {
      await step(work, async () => {
        counted[work] = Math.round((await count(work, scratch)) / times);
        return `${counted[work].toLocaleString('en')} instructions, recorded ${recorded[work]?.toLocaleString('en') ?? 'none'}`;
      });
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (update) return writeFileSync(record, `${JSON.stringify(counted, null, 2)}\n`);
  const slower = works.filter((work) => !(counted[work] <= recorded[work] * (1 + tolerance)));
  if (slower.length > 0) throw new Refusal(`These exceed their record or have none: ${slower.join(', ')}. If that is intended, run \`npm run bench:instructions -- --update\`.`);
});

async function count(work, scratch) {
  const args = ['--tool=callgrind', `--callgrind-out-file=${join(scratch, 'out')}`, '--toggle-collect=natter_bench_core::repeat'];
  const output = await mustRun('valgrind', [...args, program, work, String(times)]);
  const count = Number(/Collected : (\d+)/.exec(output)[1]);
  if (count === 0) throw new Refusal(`valgrind counted nothing, because ${program} has no function \`repeat\`.`);
  return count;
}
